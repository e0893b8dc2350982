"""The pages about tournaments: the list of all, and of each its front page and its long lists.

Tournaments are official: everyone who took part is shown, also players who hide their own histories.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import NotFound
from deltacrown.core.pagination import Page, paginate
from deltacrown.core.prepared import Parameter, PreparedQuery
from deltacrown.pages import tournament_played
from deltacrown.pages.search import Found, search_tournaments
from deltacrown.pages.series import SeriesItem
from deltacrown.pages.tournament_entrants import (
    EntrantLink,
    ResultItem,
    count_registered,
    list_entered_whole,
    list_first,
    list_registrations,
    list_standings,
    list_winners,
)
from deltacrown.pages.tournament_entries import EnteredItem, Entries, count_entries, list_entered
from deltacrown.pages.tournament_matches import list_match_items
from deltacrown.pages.tournament_played import Played, ask_size, read_played
from deltacrown.pages.tournament_players import (
    PlayersPage,
    list_player_page,
)
from deltacrown.pages.tournament_series import (
    SeriesPage,
    get_series,
    list_played_items,
    list_series_items,
)
from deltacrown.tournaments.models import Tournament, TournamentDecision, TournamentResult
from deltacrown.tournaments.services import (
    TournamentSummary,
    ask_co_organiser,
    find_tournaments,
    get_standing_decision,
)
from deltacrown.user_profile.histories.filters import SLUG, get_game, get_season_named
from deltacrown.user_profile.privacy import Viewer, filter_tournaments_by_visibility

#: How many items of each list the front page of a tournament shows.
FRONT_RESULTS, FRONT_ENTRANTS, FRONT_PLAYERS, FRONT_MATCHES = 16, 12, 10, 10
PER_PAGE = 50
#: How many teams a page of entrants has, with all their players.
TEAMS_PER_PAGE = 20


@dataclass(frozen=True)
class TournamentItem:
    """A tournament in the list of all tournaments.

    :param registered: how many players are registered, without those who withdrew.
    :param formerly: the former name by which a search found it; else empty.
    """

    tournament: Tournament
    registered: int
    winners: list[EntrantLink]
    formerly: str = ""


@dataclass(frozen=True)
class TournamentFrontPage:
    """A tournament at a glance.

    :param entries: how many are registered, and what the viewer's own registration is.
    :param played: its ``players`` are the first of those who played, its ``latest`` what was played last.
    :param results: the first of the table; ``entrants`` are shown while there are none.
    """

    tournament: Tournament
    entries: Entries
    played: Played
    results: list[ResultItem]
    has_more_results: bool
    disqualified: list[ResultItem]
    entrants: list[EnteredItem]

    @property
    def registered(self) -> int:
        """Return how many players are registered, without those who withdrew."""
        return self.entries.players

    @property
    def summary(self) -> TournamentSummary:
        """Return the totals over the matches that count; its players are those who played."""
        return self.played.summary


@dataclass(frozen=True)
class TournamentListPage:
    """One long list of a tournament: results, entrants, matches, or players' numbers."""

    tournament: Tournament
    lines: Page[Any]


@dataclass(frozen=True)
class TournamentPlayersPage:
    """What the players of a tournament did."""

    tournament: Tournament
    lines: PlayersPage


def list_tournament_items(
    page: str | None = None,
    *,
    query: str | None = None,
    game: str | None = None,
    status: str | None = None,
    season: str | None = None,
    limit: int = 20,
) -> Page[TournamentItem]:
    """Return a page of the published tournaments, latest start first. Drafts are never listed.

    :param query: only tournaments with this name, the best matches first.
    :param game: a slug: only tournaments of this game.
    :param status: only tournaments with this status.
    :param season: a slug: only tournaments that start on its days, in its game where it is of one.
    :raises InvalidInput: for a game, season, cursor or limit that cannot be taken.
    """
    if query:
        named = search_tournaments(query, page, game=game, status=status, season=season, limit=limit)
        return named.with_items(_describe_found)

    rows = Tournament.objects.exclude(status=Tournament.Status.DRAFT).select_related("game")
    if game:
        rows = rows.filter(game=get_game(game))
    if status:
        rows = rows.filter(status=status)
    if season:
        held_in = get_season_named(season, game=game)
        rows = rows.filter(held_in.covers("starts_at", is_later_page=page is not None))

    listing = f"tournaments/{game or ''}/{status or ''}/{season or ''}"
    order = ("-starts_at", "-id")
    found = paginate(rows, listing=listing, order=order, cursor=page, limit=limit)
    return found.with_items(describe_tournaments)


def list_past_tournaments(page: str | None, *, limit: int = 20) -> Page[TournamentItem]:
    """Return a page of the tournaments that neither run nor are to come, latest start first."""
    current = [Tournament.Status.DRAFT, Tournament.Status.OPEN, Tournament.Status.RUNNING]
    rows = Tournament.objects.exclude(status__in=current).select_related("game")
    order = ("-starts_at", "-id")
    found = paginate(rows, listing="past tournaments", order=order, cursor=page, limit=limit)
    return found.with_items(describe_tournaments)


def get_tournament_page(slug: str, *, viewer: Viewer, with_totals: bool = False) -> TournamentFrontPage:
    """Return the front page of a tournament, in at most eight queries; a large one in two more.

    :param with_totals: the summary has the totals of all that games reported, not of kills and deaths alone.
    """
    event = get_tournament(slug, viewer=viewer, with_size=True)
    results, has_more, disqualified = list_first(event, limit=FRONT_RESULTS)
    return TournamentFrontPage(
        tournament=event,
        entries=count_entries(event, viewer),
        played=read_played(
            event,
            disqualified={item.key for item in disqualified},
            players=FRONT_PLAYERS,
            latest=FRONT_MATCHES,
            with_totals=with_totals,
        ),
        results=results,
        has_more_results=has_more,
        disqualified=disqualified,
        entrants=[] if results else list_entered(event, limit=FRONT_ENTRANTS),
    )


def get_results_page(
    slug: str, page: str | None, *, viewer: Viewer, limit: int = PER_PAGE
) -> TournamentListPage:
    """Return the official results: the placed, best first, then the unranked, then the disqualified."""
    event = get_tournament(slug, viewer=viewer)
    return TournamentListPage(event, list_standings(event, page, limit=limit))


def get_entrants_page(
    slug: str, page: str | None, *, viewer: Viewer, limit: int = PER_PAGE
) -> TournamentListPage:
    """Return the registrations, in the order they were made."""
    event = get_tournament(slug, viewer=viewer)
    return TournamentListPage(event, list_registrations(event, page, limit=limit))


def get_entered_page(slug: str, page: str | None, *, viewer: Viewer) -> TournamentListPage:
    """Return the registrations, those of a team together and never on two pages."""
    event = get_tournament(slug, viewer=viewer)
    if event.entrant_kind == Tournament.EntrantKind.SOLO:
        return TournamentListPage(event, list_registrations(event, page, limit=PER_PAGE))
    whole = list_entered_whole(event, page, limit=TEAMS_PER_PAGE)
    return TournamentListPage(
        event, whole.with_items(lambda teams: [line for team in teams for line in team])
    )


def get_tournament_matches_page(
    slug: str, page: str | None, *, viewer: Viewer, limit: int = PER_PAGE
) -> TournamentListPage:
    """Return the matches, latest first; voided ones with the reason."""
    event = get_tournament(slug, viewer=viewer)
    return TournamentListPage(event, list_match_items(event, page, limit=limit))


def get_played_page(
    slug: str, page: str | None, *, viewer: Viewer, limit: int = PER_PAGE
) -> TournamentListPage:
    """Return what was played, latest first: each series as one with its games, and matches of none."""
    event = get_tournament(slug, viewer=viewer)
    return TournamentListPage(event, list_played_items(event, page, limit=limit))


def list_series(slug: str, page: str | None, *, viewer: Viewer, limit: int = PER_PAGE) -> Page[SeriesItem]:
    """Return the series, those played last first."""
    return list_series_items(get_tournament(slug, viewer=viewer), page, limit=limit)


def get_series_page(
    slug: str, series: str, page: str | None, *, viewer: Viewer, limit: int = PER_PAGE
) -> SeriesPage:
    """Return one series, and its games, latest first.

    :raises NotFound: there is no such tournament, or no such series in it.
    """
    event = get_tournament(slug, viewer=viewer)
    found = get_series(event, series)
    return SeriesPage(event, found, list_match_items(event, page, series=series, limit=limit))


def get_players_page(
    slug: str, page: str | None, *, viewer: Viewer, limit: int = PER_PAGE
) -> TournamentPlayersPage:
    """Return what the players did, most kills per death first, else most wins.

    :raises NotFound: there is no such tournament, or ``viewer`` does not see it.
    :raises InvalidInput: for a cursor or limit that cannot be taken.
    """
    event = get_tournament(slug, viewer=viewer, with_size=True)
    return TournamentPlayersPage(event, list_player_page(event, page, limit=limit))


def get_tournament(slug: str, *, viewer: Viewer, with_size: bool = False) -> Tournament:
    """Return the tournament with this slug; a draft only to who runs it.

    It knows whether ``viewer`` runs it beside its organiser: no statement is needed to ask that.

    :param with_size: it also knows whether much was played in it.
    :raises NotFound: when there is none.
    """
    event: Tournament | None = None
    if SLUG.fullmatch(slug):
        many = tournament_played.MANY_LINES if with_size else None
        if not isinstance(viewer, User):
            event = _prepare_shown(many).first(slug)
        if event is None:
            event = find_tournaments([slug], among=_list_shown(viewer, many)).get(slug)
    if event is None:
        raise NotFound(_("There is no tournament %(slug)s.") % {"slug": repr(slug)}, field="slug")
    return event


@cache
def _prepare_shown(many_lines: int | None) -> PreparedQuery[Tournament]:
    """Return the query for the tournament with the slug 0, as visitors see it."""
    return PreparedQuery(lambda: _list_shown(None, many_lines).filter(slug=Parameter(0))[:1])


def _list_shown(viewer: Viewer, many_lines: int | None) -> QuerySet[Tournament]:
    """Return the tournaments that ``viewer`` may see, which know what ``get_tournament`` says of them."""
    rows: QuerySet[Tournament] = Tournament.objects.select_related("game").annotate(
        has_decisions=Exists(TournamentDecision.objects.filter(tournament=OuterRef("pk"))),
        has_results=Exists(TournamentResult.objects.filter(tournament=OuterRef("pk"))),
    )
    if many_lines is not None:
        rows = ask_size(rows, many_lines)
    if isinstance(viewer, User):
        rows = ask_co_organiser(rows, viewer)
    return filter_tournaments_by_visibility(rows, viewer)


def get_decision(event: Tournament) -> TournamentDecision | None:
    """Return why a tournament is annulled, or runs again after its end; None where it is neither.

    :param event: as ``get_tournament`` returns it, which knows whether anything was decided.
    """
    return get_standing_decision(event) if getattr(event, "has_decisions", True) else None


def _describe_found(found: Sequence[Found[Tournament]]) -> list[TournamentItem]:
    items = describe_tournaments([each.item for each in found])
    return [replace(item, formerly=each.formerly) for item, each in zip(items, found, strict=True)]


def describe_tournaments(events: Sequence[Tournament]) -> list[TournamentItem]:
    """Return tournaments with the counts of their entrants and with their winners; two queries."""
    registered, winners = count_registered(events), list_winners(events)
    return [TournamentItem(event, registered.get(event.pk, 0), winners.get(event.pk, [])) for event in events]
