"""Tournaments as everybody sees them."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query
from pydantic import Field

from deltacrown.api.access import PUBLIC, SHARED, caller_of
from deltacrown.api.resource import Resource
from deltacrown.api.resources.players import SEASON_HELD
from deltacrown.api.shapes import PageOf, Paging, PagingByTen, TournamentStatus, page_of
from deltacrown.api.shapes.tournaments import (
    EncounterLine,
    OfficialLine,
    PlayerTotals,
    Registration,
    Series,
    SeriesPage,
    TournamentLine,
    TournamentPage,
)
from deltacrown.pages import search, tournaments
from deltacrown.tournaments.models import Tournament
from deltacrown.tournaments.services import get_standing_decision

resource = Resource("tournaments")

SeriesPath = Annotated[str, Path(description="The name of a series, unique within its tournament.")]
SlugPath = Annotated[str, Path(description="A tournament's slug.")]


class ListQuery(Paging):
    """Narrows the list of tournaments."""

    q: str | None = Field(
        None,
        min_length=search.SHORTEST_SEARCH,
        max_length=search.LONGEST_SEARCH,
        description="Letters of a name or a slug, present or former: the best matches come first.",
    )
    game: str | None = Field(None, description="A game's slug.")
    status: TournamentStatus | None = None
    season: str | None = Field(None, description=SEASON_HELD)


@resource.read("/tournaments", answers=PageOf[TournamentLine], access=SHARED)
def list_tournaments(request: HttpRequest, query: Query[ListQuery]) -> Any:
    """The published tournaments, latest start first, or those with a name, the best matches first."""
    found = tournaments.list_tournament_items(
        query.page,
        query=query.q,
        game=query.game,
        status=query.status,
        season=query.season,
        limit=query.limit,
    )
    return page_of(found.with_items(lambda lines: [_line(each) for each in lines]))


@resource.read("/tournaments/{slug}", answers=TournamentPage, access=PUBLIC, refuses=[404])
def get_tournament(request: HttpRequest, slug: SlugPath) -> Any:
    """A tournament at a glance; a draft is there for its organiser, and staff who may run every one."""
    shown = tournaments.get_tournament_page(slug, viewer=caller_of(request).viewer, with_totals=True)
    return {
        **describe_tournament(shown.tournament),
        "registered": shown.registered,
        "summary": shown.summary,
        "results": shown.results,
        "disqualified": shown.disqualified,
    }


@resource.read("/tournaments/{slug}/results", answers=PageOf[OfficialLine], access=PUBLIC, refuses=[404])
def list_tournament_results(request: HttpRequest, slug: SlugPath, query: Query[Paging]) -> Any:
    """The official results: the placed, best first, then the unranked, then the disqualified.

    Official results show everyone, whatever they hide on their profiles.
    """
    shown = tournaments.get_results_page(
        slug, query.page, viewer=caller_of(request).viewer, limit=query.limit
    )
    return page_of(shown.lines)


@resource.read("/tournaments/{slug}/entrants", answers=PageOf[Registration], access=PUBLIC, refuses=[404])
def list_tournament_entrants(request: HttpRequest, slug: SlugPath, query: Query[Paging]) -> Any:
    """The registrations, in the order they came."""
    shown = tournaments.get_entrants_page(
        slug, query.page, viewer=caller_of(request).viewer, limit=query.limit
    )
    return page_of(shown.lines)


@resource.read("/tournaments/{slug}/players", answers=PageOf[PlayerTotals], access=PUBLIC, refuses=[404])
def list_tournament_players(request: HttpRequest, slug: SlugPath, query: Query[Paging]) -> Any:
    """What every player did over the tournament, most kills per death first, else most wins."""
    viewer = caller_of(request).viewer
    return page_of(tournaments.get_players_page(slug, query.page, viewer=viewer, limit=query.limit).lines)


@resource.read("/tournaments/{slug}/matches", answers=PageOf[EncounterLine], access=PUBLIC, refuses=[404])
def list_tournament_matches(request: HttpRequest, slug: SlugPath, query: Query[PagingByTen]) -> Any:
    """The matches of a tournament, latest first."""
    shown = tournaments.get_tournament_matches_page(
        slug, query.page, viewer=caller_of(request).viewer, limit=query.limit
    )
    return page_of(shown.lines)


@resource.read("/tournaments/{slug}/series", answers=PageOf[Series], access=PUBLIC, refuses=[404])
def list_tournament_series(request: HttpRequest, slug: SlugPath, query: Query[PagingByTen]) -> Any:
    """The series of a tournament, each one result over its games; those played last first."""
    viewer = caller_of(request).viewer
    return page_of(tournaments.list_series(slug, query.page, viewer=viewer, limit=query.limit))


@resource.read("/tournaments/{slug}/series/{path:series}", answers=SeriesPage, access=PUBLIC, refuses=[404])
def get_tournament_series(
    request: HttpRequest, slug: SlugPath, series: SeriesPath, query: Query[PagingByTen]
) -> Any:
    """One series with its games, latest first."""
    viewer = caller_of(request).viewer
    shown = tournaments.get_series_page(slug, series, query.page, viewer=viewer, limit=query.limit)
    return page_of(shown.lines, series=shown.series)


def describe_tournament(event: Tournament) -> dict[str, Any]:
    """Return a tournament with the fields of the shape ``Tournament``."""
    names = (
        "slug",
        "name",
        "entrant_kind",
        "status",
        "capacity",
        "starts_at",
        "ends_at",
        "created_at",
        "prize_currency",
        "prize_pool",
        "registration_closes_at",
        "rules",
    )
    organiser = event.organiser.profile.public_id if event.organiser else None
    return {
        **{name: getattr(event, name) for name in names},
        "game_slug": event.game.slug,
        "game_name": event.game.name,
        "organiser": organiser,
        "decision": get_standing_decision(event),
        "counts_forfeits": event.counts_forfeits,
    }


def _line(line: tournaments.TournamentItem) -> dict[str, Any]:
    return {
        **describe_line(line.tournament),
        "registered": line.registered,
        "winners": line.winners,
        "formerly": line.formerly,
    }


def describe_line(event: Tournament) -> dict[str, Any]:
    """Return a tournament with the first fields of the shape ``TournamentLine``."""
    names = ("slug", "name", "entrant_kind", "status", "starts_at", "ends_at")
    return {
        **{name: getattr(event, name) for name in names},
        "game_slug": event.game.slug,
        "game_name": event.game.name,
    }
