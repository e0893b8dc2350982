"""The entrants of a tournament: their registrations and their official results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.db.models import (
    Case,
    Count,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    SmallIntegerField,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from deltacrown.core.either import Either
from deltacrown.core.names import make_name_key
from deltacrown.core.pagination import Order, Page, paginate
from deltacrown.core.prepared import Parameter, PreparedQuery
from deltacrown.tournaments.models import (
    EntryChange,
    Tournament,
    TournamentParticipation,
    TournamentResult,
)
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.standing import has_listed_player

#: The most disqualified entrants that the front page of a tournament lists.
DISQUALIFIED_SHOWN = 50
#: The placed, then the unranked, then the disqualified.
STANDINGS_ORDER: Order = ("state", "first_place", "last_place", "id")

#: Placement, or both ends of a range → how many entrants of a tournament have it.
Sharing = dict[tuple[int | None, int | None], int]


@dataclass(frozen=True)
class EntrantLink:
    """The name of a team or a player; a player's name links to the profile with ``public_id``."""

    name: str
    public_id: str = ""
    team_slug: str = ""
    picture: str = ""


@dataclass(frozen=True)
class ResultItem:
    """One official result; of a team with its roster, or of a player.

    :param placement: None of who is unranked or disqualified.
    :param placement_to: the last place of a range.
    :param is_tied: whether others share the placement, or the range.
    :param key: of the entrant, as ``Contender`` has it.
    """

    entrant: EntrantLink
    roster: list[EntrantLink]
    placement: int | None
    placement_to: int | None
    unplaced_reason: str
    is_tied: bool
    prize_amount: Decimal
    prize_currency: str
    disqualified_reason: str
    uncounted_reason: str
    key: tuple[str, int]


@dataclass(frozen=True)
class RegistrationItem:
    """One player's registration.

    :param joined_on: of a substitute, the day in UTC of joining the roster.
    :param left_on: the day in UTC on which the player left the roster.
    """

    player: EntrantLink
    team: str
    team_slug: str
    status: TournamentParticipation.Status
    registered_at: datetime
    joined_on: date | None
    left_on: date | None


def list_standings(event: Tournament, page: str | None, *, limit: int) -> Page[ResultItem]:
    """Return a page of the results: the placed, best first, then the unranked, then the disqualified."""
    found = paginate(
        _in_order(_filter_official(event)),
        listing=f"results/{event.pk}",
        order=STANDINGS_ORDER,
        cursor=page,
        limit=limit,
    )
    return found.with_items(lambda rows: _describe_results(event, rows, _count_by_placement(rows)))


def list_first(event: Tournament, *, limit: int) -> tuple[list[ResultItem], bool, list[ResultItem]]:
    """Return the first results of who is not disqualified, whether there are more, and the disqualified.

    The disqualified are in the order they were recorded. Two queries, one where no teams are placed, none
    where ``event`` knows that it has no results.
    """
    if not getattr(event, "has_results", True):
        return [], False, []
    is_team = event.entrant_kind == Tournament.EntrantKind.TEAM
    rows = _prepare_first(is_team, limit).run(event.pk)
    standing = [row for row in rows if row.disqualified_at is None]
    barred = [row for row in rows if row.disqualified_at is not None]
    kept = standing[:limit]
    sharing: Sharing = {(row.placement, row.placement_to): row.sharing for row in kept if row.placement}
    items = _describe_results(event, [*kept, *barred], sharing)
    return items[: len(kept)], len(standing) > limit, items[len(kept) :]


@cache
def _prepare_first(is_team: bool, limit: int) -> PreparedQuery[Any]:
    return PreparedQuery(lambda: _list_first_rows(is_team, limit))


def _list_first_rows(is_team: bool, limit: int) -> QuerySet[TournamentResult]:
    """Return the results of the tournament 0 that ``list_first`` needs, each with who shares its place."""
    official = _filter_table(Parameter(0), is_team)
    table = official.select_related(None).order_by()
    in_it = _in_order(table.filter(disqualified_at__isnull=True))
    # Each begins where an index does, however many rows there are.
    of_range = Coalesce("placement_to", "placement")
    placed = in_it.filter(placement__isnull=False).order_by("placement", of_range, "id")
    unranked = in_it.filter(placement__isnull=True).order_by("placement", "id")
    out = _in_order(table.filter(disqualified_at__isnull=False)).order_by(*STANDINGS_ORDER)
    parts = (placed[: limit + 1], unranked[: limit + 1], out[:DISQUALIFIED_SHOWN])
    is_shown = Q(pk__in=Either(*(part.values("pk") for part in parts)))

    # Who has a place alone is written as a range of one, so that no column is compared that is empty.
    ends_at = Coalesce("placement_to", Value(0))
    same = table.filter(placement=OuterRef("placement")).annotate(ends_at=ends_at)
    same = same.filter(ends_at=Coalesce(OuterRef("placement_to"), Value(0)))
    sharing_it = same.values("tournament").annotate(entrants=Count("pk")).values("entrants")
    shown = _in_order(official).filter(is_shown).annotate(sharing=Subquery(sharing_it))
    return shown.order_by(*STANDINGS_ORDER)


def list_winners(events: Sequence[Tournament], *, only_listed: bool = False) -> dict[int, list[EntrantLink]]:
    """Return tournament's id → its winners, for all of ``events`` in one query.

    :param only_listed: without players who are not listed, as news has it.
    """
    kinds = {event.pk: event.entrant_kind for event in events}
    rows = TournamentResult.objects.filter(tournament__in=events, placement=1, uncounted_reason="")
    winners: defaultdict[int, list[EntrantLink]] = defaultdict(list)
    if only_listed:
        rows = rows.filter(Q(user=None) | Q(has_listed_player()))
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


def list_entered_whole(event: Tournament, page: str | None, *, limit: int) -> Page[list[RegistrationItem]]:
    """Return a page of the teams that registered, each with all its players; who is in none stands alone.

    They are in the order of their first registrations, and no page's edge divides a team.
    """
    rows = TournamentParticipation.objects.filter(tournament=event)
    same = rows.filter(team=OuterRef("team"))
    earlier = Q(registered_at=OuterRef("registered_at"), pk__lt=OuterRef("pk"))
    first = rows.exclude(Exists(same.filter(Q(registered_at__lt=OuterRef("registered_at")) | earlier)))
    order = ("registered_at", "id")
    found = paginate(first, listing=f"entered/{event.pk}", order=order, cursor=page, limit=limit)
    return found.with_items(lambda shown: _describe_whole(rows, shown))


def _describe_whole(
    rows: QuerySet[TournamentParticipation], shown: Sequence[TournamentParticipation]
) -> list[list[RegistrationItem]]:
    """Return the registrations of the teams of ``shown``, which are the first of each; two queries."""
    teams = {row.team_id for row in shown if row.team_id is not None}
    alone = [row.pk for row in shown if row.team_id is None]
    wanted = rows.filter(Q(team__in=teams) | Q(pk__in=alone)).select_related("user__profile", "team")
    players = list(wanted.order_by("registered_at", "id"))
    whole: defaultdict[tuple[str, int], list[RegistrationItem]] = defaultdict(list)
    for row, item in zip(players, _describe_rows(players), strict=True):
        whole[_group_of(row)].append(item)
    return [whole[_group_of(row)] for row in shown]


def _group_of(row: TournamentParticipation) -> tuple[str, int]:
    return ("alone", row.pk) if row.team_id is None else ("team", row.team_id)


def describe_registrations(rows: Iterable[TournamentParticipation]) -> list[RegistrationItem]:
    """Convert registrations that were just written, in their order. One query."""
    ids = [row.pk for row in rows]
    found = TournamentParticipation.objects.select_related("user__profile", "team").in_bulk(ids)
    return _describe_rows([found[pk] for pk in ids])


def _filter_official(event: Tournament) -> QuerySet[TournamentResult]:
    """Return the rows of the table of results: a team's own rows, or the players' in a solo event."""
    return _filter_table(event, event.entrant_kind == Tournament.EntrantKind.TEAM)


def _filter_table(event: Tournament | Parameter, is_team: bool) -> QuerySet[TournamentResult]:
    rows = TournamentResult.objects.filter(tournament=event, user__isnull=is_team)
    return rows.select_related("team", "user__profile")


def _in_order(rows: QuerySet[TournamentResult]) -> QuerySet[TournamentResult]:
    """Add what ``STANDINGS_ORDER`` reads. Of one placement, who has it alone comes before a range from it."""
    state = Case(
        When(disqualified_at__isnull=False, then=Value(2)),
        When(placement__isnull=True, then=Value(1)),
        default=Value(0),
        output_field=SmallIntegerField(),
    )
    first = Coalesce("placement", Value(0))
    last = Coalesce("placement_to", "placement", Value(0))
    return rows.annotate(state=state, first_place=first, last_place=last)


def _describe_results(
    event: Tournament, rows: Sequence[TournamentResult], entrants_at: Sharing
) -> list[ResultItem]:
    """Convert official results.

    :param entrants_at: placement, or both ends of a range → how many entrants of the tournament have it.
    """
    rosters = _list_rosters(rows)

    items = []
    for row in rows:
        is_of_team = row.user_id is None
        item = ResultItem(
            entrant=_link_entrant(row),
            roster=rosters[row.team_id] if is_of_team else [],
            placement=row.placement,
            placement_to=row.placement_to,
            unplaced_reason=row.unplaced_reason,
            is_tied=entrants_at.get((row.placement, row.placement_to), 0) > 1,
            prize_amount=row.prize_amount,
            prize_currency=event.prize_currency,
            disqualified_reason=row.disqualified_reason,
            uncounted_reason=row.uncounted_reason,
            key=("team", row.team_id or 0) if is_of_team else ("player", row.user_id or 0),
        )
        items.append(item)
    return items


def _count_by_placement(rows: Sequence[TournamentResult]) -> Sharing:
    """Return placement, or both ends of a range → how many entrants of the tournament have it."""
    if not rows:
        return {}
    first = rows[0]
    placements = {row.placement for row in rows if row.placement}
    same_table = TournamentResult.objects.filter(
        tournament=first.tournament_id,
        user__isnull=first.user_id is None,
        placement__in=placements,
    )
    counted = same_table.values_list("placement", "placement_to").annotate(entrants=Count("pk"))
    return {(placement, placement_to): entrants for placement, placement_to, entrants in counted}


def _list_rosters(rows: Sequence[TournamentResult]) -> dict[int | None, list[EntrantLink]]:
    """Return team's id → the players with a result for it."""
    teams = [row.team_id for row in rows if row.user_id is None]
    if not teams:
        return {}
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
        roster.sort(key=lambda player: (make_name_key(player.name), player.public_id))
    return rosters


def _describe_rows(rows: Sequence[TournamentParticipation]) -> list[RegistrationItem]:
    """Convert registrations of one tournament. One query where there are teams."""
    last = _list_last_moves(rows)

    items = []
    for row in rows:
        move = last.get(row.user_id)
        day = move.happened_at.astimezone(UTC).date() if move else None
        has_joined = move is not None and move.kind == EntryChange.Kind.JOINED
        item = RegistrationItem(
            player=link_player(row.user.profile),
            team=row.team.name if row.team else "",
            team_slug=row.team.slug if row.team else "",
            status=TournamentParticipation.Status(row.status),
            registered_at=row.registered_at,
            joined_on=day if has_joined else None,
            left_on=None if has_joined else day,
        )
        items.append(item)
    return items


def _list_last_moves(rows: Sequence[TournamentParticipation]) -> dict[int | None, EntryChange]:
    """Return player's id → how they joined a roster of the tournament, or left one, last."""
    in_teams = [row for row in rows if row.team_id is not None]
    if not in_teams:
        return {}
    moves = EntryChange.objects.filter(
        tournament=in_teams[0].tournament_id,
        user__in=[row.user_id for row in in_teams],
        kind__in=EntryChange.OF_ROSTERS,
    )
    return {move.user_id: move for move in moves.order_by("happened_at", "id")}


def _link_entrant(row: TournamentResult) -> EntrantLink:
    if row.user is not None:
        return link_player(row.user.profile)
    return EntrantLink(row.team.name, team_slug=row.team.slug) if row.team else EntrantLink("")


def link_player(profile: UserProfile) -> EntrantLink:
    """Return the name of a player, which links to the profile."""
    return EntrantLink(profile.name, profile.public_id, picture=profile.picture)
