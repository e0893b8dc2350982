"""The entrants of a tournament: their registrations and their official results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, QuerySet

from deltacrown.core.pagination import Page, paginate
from deltacrown.tournaments.models import Tournament, TournamentParticipation, TournamentResult
from deltacrown.user_profile.models import UserProfile

#: The most disqualified entrants that the front page of a tournament lists.
DISQUALIFIED_SHOWN = 50


@dataclass(frozen=True)
class EntrantLink:
    """The name of a team or a player; a player's name links to the profile with ``public_id``."""

    name: str
    public_id: str = ""


@dataclass(frozen=True)
class ResultItem:
    """One official result; of a team with its roster, or of a player.

    :param is_tied: whether others share the placement.
    """

    entrant: EntrantLink
    roster: list[EntrantLink]
    placement: int | None
    is_tied: bool
    prize_amount: Decimal
    disqualified_reason: str


@dataclass(frozen=True)
class RegistrationItem:
    """One player's registration."""

    player: EntrantLink
    team: str
    status: TournamentParticipation.Status
    registered_at: datetime


def list_placed(event: Tournament, page: str | None, *, limit: int) -> Page[ResultItem]:
    """Return a page of the results with a placement, best first."""
    placed = _filter_official(event).filter(placement__isnull=False)
    order = ("placement", "id")
    found = paginate(placed, listing=f"results/{event.pk}", order=order, cursor=page, limit=limit)
    return found.with_items(_describe_results)


def list_disqualified(event: Tournament) -> list[ResultItem]:
    """Return the results without a placement, in the order they were recorded."""
    rows = _filter_official(event).filter(placement__isnull=True).order_by("id")
    return _describe_results(rows[:DISQUALIFIED_SHOWN])


def list_winners(events: Sequence[Tournament]) -> dict[int, list[EntrantLink]]:
    """Return tournament's id → its winners, for all of ``events`` in one query."""
    kinds = {event.pk: event.entrant_kind for event in events}
    rows = TournamentResult.objects.filter(tournament__in=events, placement=1)
    winners: defaultdict[int, list[EntrantLink]] = defaultdict(list)
    for row in rows.select_related("team", "user__profile").order_by("id"):
        is_of_team = row.user_id is None
        if is_of_team == (kinds[row.tournament_id] == Tournament.EntrantKind.TEAM):
            winners[row.tournament_id].append(_link_entrant(row))
    return winners


def count_registered(events: Sequence[Tournament]) -> dict[int, int]:
    """Return tournament's id → how many players are registered, without those who withdrew. One query."""
    rows = TournamentParticipation.objects.filter(tournament__in=events)
    kept = rows.exclude(status=TournamentParticipation.Status.WITHDRAWN)
    return dict(kept.values_list("tournament").annotate(players=Count("pk")))


def list_registrations(event: Tournament, page: str | None, *, limit: int) -> Page[RegistrationItem]:
    """Return a page of the registrations, in the order they were made."""
    rows = TournamentParticipation.objects.filter(tournament=event).select_related("user__profile", "team")
    order = ("registered_at", "id")
    found = paginate(rows, listing=f"entrants/{event.pk}", order=order, cursor=page, limit=limit)
    return found.with_items(_describe_rows)


def describe_registrations(rows: Iterable[TournamentParticipation]) -> list[RegistrationItem]:
    """Convert registrations that were just written, in their order. One query."""
    ids = [row.pk for row in rows]
    found = TournamentParticipation.objects.select_related("user__profile", "team").in_bulk(ids)
    return _describe_rows([found[pk] for pk in ids])


def _filter_official(event: Tournament) -> QuerySet[TournamentResult]:
    """Return the rows of the table of results: a team's own rows, or the players' in a solo event."""
    is_team = event.entrant_kind == Tournament.EntrantKind.TEAM
    rows = TournamentResult.objects.filter(tournament=event, user__isnull=is_team)
    return rows.select_related("team", "user__profile")


def _describe_results(found: Iterable[TournamentResult]) -> list[ResultItem]:
    rows = list(found)
    if not rows:
        return []
    entrants_at = _count_by_placement(rows)
    rosters = _list_rosters(rows)

    items = []
    for row in rows:
        is_of_team = row.user_id is None
        item = ResultItem(
            entrant=_link_entrant(row),
            roster=rosters[row.team_id] if is_of_team else [],
            placement=row.placement,
            is_tied=entrants_at.get(row.placement, 0) > 1,
            prize_amount=row.prize_amount,
            disqualified_reason=row.disqualified_reason,
        )
        items.append(item)
    return items


def _count_by_placement(rows: Sequence[TournamentResult]) -> dict[int | None, int]:
    """Return placement → how many entrants of the tournament have it."""
    first = rows[0]
    placements = {row.placement for row in rows if row.placement}
    same_table = TournamentResult.objects.filter(
        tournament=first.tournament_id,
        user__isnull=first.user_id is None,
        placement__in=placements,
    )
    return dict(same_table.values_list("placement").annotate(entrants=Count("pk")))


def _list_rosters(rows: Sequence[TournamentResult]) -> dict[int | None, list[EntrantLink]]:
    """Return team's id → the players with a result for it."""
    teams = [row.team_id for row in rows if row.user_id is None]
    members = TournamentResult.objects.filter(
        tournament=rows[0].tournament_id,
        user__isnull=False,
        team__in=teams,
    )
    rosters: defaultdict[int | None, list[EntrantLink]] = defaultdict(list)
    for member in members.select_related("user__profile"):
        rosters[member.team_id].append(_link_entrant(member))
    for roster in rosters.values():
        # By the names that are shown: an order by username would tell login names.
        roster.sort(key=lambda player: (player.name.casefold(), player.public_id))
    return rosters


def _describe_rows(rows: Sequence[TournamentParticipation]) -> list[RegistrationItem]:
    return [
        RegistrationItem(
            player=_link_player(row.user.profile),
            team=row.team.name if row.team else "",
            status=TournamentParticipation.Status(row.status),
            registered_at=row.registered_at,
        )
        for row in rows
    ]


def _link_entrant(row: TournamentResult) -> EntrantLink:
    if row.user is not None:
        return _link_player(row.user.profile)
    return EntrantLink(row.team.name if row.team else "")


def _link_player(profile: UserProfile) -> EntrantLink:
    return EntrantLink(profile.name, profile.public_id)
