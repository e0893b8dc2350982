"""What each page about tournaments shows, put together in one call.

Tournaments are official: everyone who took part is shown, also players who hide their own histories.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet

from deltacrown.core.errors import NotFound
from deltacrown.core.pagination import Page, paginate
from deltacrown.pages.tournament_matches import EncounterLine, PlayerLine, list_encounters, list_player_lines
from deltacrown.tournaments.models import Tournament, TournamentParticipation, TournamentResult
from deltacrown.tournaments.services import TournamentSummary, summarise_tournament
from deltacrown.user_profile.histories.filters import SLUG, get_game
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.privacy import Viewer, is_staff

FRONT_RESULTS, FRONT_ENTRANTS, FRONT_PLAYERS, FRONT_ENCOUNTERS = 16, 12, 10, 10
PER_PAGE = 50


@dataclass(frozen=True)
class Entrant:
    """Who a result or an entry belongs to: a team's name, or a player's."""

    name: str
    public_id: str = ""


@dataclass(frozen=True)
class ResultLine:
    """One official result; of a team with its roster, or of a player.

    :param is_tied: true when others share the placement.
    """

    entrant: Entrant
    roster: list[Entrant]
    placement: int | None
    is_tied: bool
    prize_amount: Decimal
    disqualified_reason: str


@dataclass(frozen=True)
class EntryLine:
    """One player's registration."""

    player: Entrant
    team: str
    status: TournamentParticipation.Status
    registered_at: datetime


@dataclass(frozen=True)
class TournamentLine:
    """A tournament in the list of all."""

    tournament: Tournament
    players: int
    winners: list[Entrant]


@dataclass(frozen=True)
class TournamentPage:
    """A tournament at a glance; ``results``, ``players`` and ``encounters`` begin their lists, which have pages of their own."""

    tournament: Tournament
    summary: TournamentSummary
    results: Page[ResultLine]
    disqualified: list[ResultLine]
    entrants: Page[EntryLine]
    players: list[PlayerLine]
    encounters: list[EncounterLine]


@dataclass(frozen=True)
class TournamentList:
    """One long list of a tournament: its results, its entrants, or its players' numbers."""

    tournament: Tournament
    lines: Page[Any]


def list_tournaments(
    page: str | None = None, *, game: str | None = None, status: str | None = None, limit: int = 20
) -> Page[TournamentLine]:
    """Return a page of the published tournaments, latest start first.

    :param game: a slug: only those of this game.
    :param status: only those that stand so; drafts are nobody's to list.
    :raises InvalidInput: for a game, cursor or limit that cannot be taken.
    """
    rows = Tournament.objects.exclude(status=Tournament.Status.DRAFT).select_related("game")
    if game:
        rows = rows.filter(game=get_game(game))
    if status:
        rows = rows.filter(status=status)
    return paginate(
        rows, listing=f"tournaments/{game or ''}/{status or ''}", order=("-starts_at", "-id"), cursor=page, limit=limit
    ).with_items(_describe_tournaments)


def get_tournament_page(slug: str, *, viewer: Viewer) -> TournamentPage:
    """Everything on a tournament's front page."""
    event = get_tournament(slug, viewer=viewer)
    return TournamentPage(
        tournament=event,
        summary=summarise_tournament(event),
        results=_read_results(event, None, limit=FRONT_RESULTS),
        disqualified=_describe_results(_official(event).filter(placement__isnull=True).order_by("id")[:PER_PAGE]),
        entrants=_read_entrants(event, None, limit=FRONT_ENTRANTS),
        players=list_player_lines(event)[:FRONT_PLAYERS],
        encounters=list_encounters(event, None, limit=FRONT_ENCOUNTERS).items,
    )


def get_results_page(slug: str, page: str | None, *, viewer: Viewer, limit: int = PER_PAGE) -> TournamentList:
    """The official results, best first; disqualified entrants are on the front page."""
    event = get_tournament(slug, viewer=viewer)
    return TournamentList(event, _read_results(event, page, limit=limit))


def get_entrants_page(slug: str, page: str | None, *, viewer: Viewer, limit: int = PER_PAGE) -> TournamentList:
    """The registrations, in the order they came."""
    event = get_tournament(slug, viewer=viewer)
    return TournamentList(event, _read_entrants(event, page, limit=limit))


def get_encounters_page(slug: str, page: str | None, *, viewer: Viewer, limit: int = PER_PAGE) -> TournamentList:
    """The encounters, latest first; voided ones say why."""
    event = get_tournament(slug, viewer=viewer)
    return TournamentList(event, list_encounters(event, page, limit=limit))


def get_players_page(slug: str, *, viewer: Viewer) -> TournamentList:
    """What every player did over the tournament, on one page: a roster's worth, not a history."""
    event = get_tournament(slug, viewer=viewer)
    return TournamentList(event, Page(list_player_lines(event), None, has_next=False))


def get_tournament(slug: str, *, viewer: Viewer) -> Tournament:
    """The tournament addressed by ``slug``; a draft is there for its organiser and staff alone.

    :raises NotFound: when there is none.
    """
    event = Tournament.objects.select_related("game").filter(slug=slug).first() if SLUG.fullmatch(slug) else None
    is_open = event is not None and event.status != Tournament.Status.DRAFT
    if event is None or not (is_open or is_staff(viewer) or (viewer is not None and viewer.pk and viewer.pk == event.organiser_id)):
        raise NotFound(f"There is no tournament {slug!r}.", field="slug")
    return event


def _describe_tournaments(events: Sequence[Tournament]) -> list[TournamentLine]:
    counted = TournamentParticipation.objects.filter(tournament__in=events).values_list("tournament").annotate(players=Count("pk"))
    players: dict[int, int] = dict(counted)
    winners = defaultdict(list)
    placed = TournamentResult.objects.filter(tournament__in=events, placement=1).select_related("team", "user__profile").order_by("id")
    kinds = {event.pk: event.entrant_kind for event in events}
    for row in placed:
        if _is_official(row, kinds[row.tournament_id]):
            winners[row.tournament_id].append(_entrant(row))
    return [TournamentLine(event, players.get(event.pk, 0), winners[event.pk]) for event in events]


def _official(event: Tournament) -> QuerySet[TournamentResult]:
    """The rows of the table of results: a team's own rows, or the players' in a solo event."""
    is_team = event.entrant_kind == Tournament.EntrantKind.TEAM
    return TournamentResult.objects.filter(tournament=event, user__isnull=is_team).select_related("team", "user__profile")


def _is_official(row: TournamentResult, kind: str) -> bool:
    return (row.user_id is None) == (kind == Tournament.EntrantKind.TEAM)


def _read_results(event: Tournament, page: str | None, *, limit: int) -> Page[ResultLine]:
    placed = _official(event).filter(placement__isnull=False)
    found = paginate(placed, listing=f"results/{event.pk}", order=("placement", "id"), cursor=page, limit=limit)
    return found.with_items(_describe_results)


def _describe_results(found: Iterable[TournamentResult]) -> list[ResultLine]:
    rows = list(found)
    if not rows:
        return []
    same = Q(tournament=rows[0].tournament_id)
    shared = Counter[int | None]()
    own = TournamentResult.objects.filter(
        same, user__isnull=rows[0].user_id is None, placement__in={row.placement for row in rows if row.placement}
    )
    shared.update(dict(own.values_list("placement").annotate(entrants=Count("pk"))))
    members = TournamentResult.objects.filter(same, user__isnull=False, team__in=[row.team_id for row in rows if row.user_id is None])
    rosters = defaultdict(list)
    for member in members.select_related("user__profile").order_by("user__username"):
        rosters[member.team_id].append(_entrant(member))
    return [
        ResultLine(
            entrant=_entrant(row),
            roster=rosters[row.team_id] if row.user_id is None else [],
            placement=row.placement,
            is_tied=shared[row.placement] > 1,
            prize_amount=row.prize_amount,
            disqualified_reason=row.disqualified_reason,
        )
        for row in rows
    ]


def describe_registrations(rows: Iterable[TournamentParticipation]) -> list[EntryLine]:
    """Turn registrations just written into lines, in their order; one query."""
    wanted = [row.pk for row in rows]
    found = TournamentParticipation.objects.select_related("user__profile", "team").in_bulk(wanted)
    return _describe_entries([found[pk] for pk in wanted])


def _read_entrants(event: Tournament, page: str | None, *, limit: int) -> Page[EntryLine]:
    rows = TournamentParticipation.objects.filter(tournament=event).select_related("user__profile", "team")
    found = paginate(rows, listing=f"entrants/{event.pk}", order=("registered_at", "id"), cursor=page, limit=limit)
    return found.with_items(_describe_entries)


def _describe_entries(rows: Sequence[TournamentParticipation]) -> list[EntryLine]:
    return [
        EntryLine(
            player=_player(row.user.profile),
            team=row.team.name if row.team else "",
            status=TournamentParticipation.Status(row.status),
            registered_at=row.registered_at,
        )
        for row in rows
    ]


def _entrant(row: TournamentResult) -> Entrant:
    if row.user is not None:
        return _player(row.user.profile)
    return Entrant(row.team.name if row.team else "")


def _player(profile: UserProfile) -> Entrant:
    return Entrant(profile.name, profile.public_id)
