"""What is decided about an entrant beyond play: a corrected result, a disqualification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from deltacrown.accounts.models import User
from deltacrown.core.inputs import check_text
from deltacrown.teams.models import Team
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import Tournament, TournamentParticipation, TournamentResult
from deltacrown.tournaments.services.attendance import EntrantWithdrawn
from deltacrown.tournaments.services.entrants import (
    Participation,
    get_entrant,
    has_status,
    list_entrant_roster,
    name_of,
)
from deltacrown.tournaments.services.standings import (
    LONGEST_REASON,
    Standing,
    build_results,
    check_placement,
    check_prize,
    share_prize,
)
from deltacrown.tournaments.services.states import Status, lock_tournament, require_state
from django_tally.context import attributed_change
from django_tally.transactions import atomic_service

COLUMNS = ["placement", "prize_amount", "disqualified_at", "disqualified_reason"]


@dataclass(frozen=True, kw_only=True)
class ResultChange:
    """A result row as it is now, and what it said before; None and 0 for one that is new."""

    result: TournamentResult
    old_placement: int | None
    old_prize: Decimal


@atomic_service
@attributed_change
def correct_result(
    *,
    tournament: Tournament,
    user: User | None = None,
    team: Team | None = None,
    placement: int,
    prize: Decimal | None = None,
    reason: str,
    now: datetime,
    by: User | None = None,
) -> list[TournamentResult]:
    """Set an entrant's placement in a completed tournament, a team's with its members'; others stay.

    An entrant without a result gets one; a disqualification is lifted, and the entrant counts as
    registered again. What is so already changes nothing.

    :param prize: the entrant's whole prize; None leaves prizes as they are.
    :return: the entrant's result rows, the team's own first.
    :raises InvalidInput: the placement is no whole number from 1 on, or the prize or reason cannot be.
    :raises NotRegistered: it is not registered.
    :raises EntrantWithdrawn: it withdrew.
    :raises WrongState: the tournament is not completed.
    """
    check_text(reason, field="reason", limit=LONGEST_REASON, required=True, multiline=True)
    check_placement(placement)
    check_prize(prize or 0)
    lock_tournament(tournament)
    require_state(tournament, [Status.COMPLETED], "correcting a result")
    entrant = get_entrant(tournament, user, team)
    roster = list_entrant_roster(tournament, entrant)
    if has_status(roster, Participation.WITHDRAWN):
        raise EntrantWithdrawn(
            f"{name_of(entrant)} withdrew from {tournament.name} and cannot be placed.", field="entrant"
        )
    rows = _list_results(tournament, entrant)
    if rows:
        changes = _replace(rows, placement, prize)
    else:
        standing = Standing(user=user, team=team, placement=placement, prize=prize or Decimal(0))
        rows = TournamentResult.objects.bulk_create(build_results(tournament, roster, standing, now))
        changes = [ResultChange(result=row, old_placement=None, old_prize=Decimal(0)) for row in rows]
    if changes:
        disqualified = [row for row in roster if row.status == Participation.DISQUALIFIED]
        _set_status(disqualified, Participation.REGISTERED)
        signals.result_corrected.send(
            TournamentResult, tournament=tournament, changes=changes, reason=reason, by=by, now=now
        )
    return rows


@atomic_service
@attributed_change
def disqualify_entrant(
    *,
    tournament: Tournament,
    user: User | None = None,
    team: Team | None = None,
    reason: str,
    now: datetime,
    by: User | None = None,
) -> list[TournamentParticipation]:
    """Disqualify an entrant, before or after the end; one that is disqualified stays so.

    Its result rows, if there are any, lose placement and prize, and everyone placed worse moves up by
    one. Nobody's prize moves: the organiser corrects those with ``correct_result``.

    :return: the entrant's registrations.
    :raises NotRegistered: it is not registered.
    :raises WrongState: the tournament is a draft or cancelled.
    """
    check_text(reason, field="reason", limit=LONGEST_REASON, required=True, multiline=True)
    lock_tournament(tournament)
    require_state(tournament, [Status.OPEN, Status.RUNNING, Status.COMPLETED], "disqualifying")
    entrant = get_entrant(tournament, user, team)
    roster = list_entrant_roster(tournament, entrant)
    placed = [row for row in _list_results(tournament, entrant) if row.placement is not None]
    if has_status(roster, Participation.DISQUALIFIED) and not placed:
        return roster
    _set_status(roster, Participation.DISQUALIFIED)
    changes = _strike(placed, reason, now)
    moved = _move_up(tournament, below=changes[0].old_placement) if changes else []
    facts = {
        "participations": roster,
        "changes": changes,
        "moved": moved,
        "reason": reason,
        "by": by,
        "now": now,
    }
    signals.entrant_disqualified.send(TournamentResult, tournament=tournament, **facts)
    return roster


def _list_results(tournament: Tournament, entrant: User | Team) -> list[TournamentResult]:
    """Return the entrant's rows, the team's own before its members'."""
    rows = tournament.results.select_related("user", "team")
    found = rows.filter(user=entrant) if isinstance(entrant, User) else rows.filter(team=entrant)
    return sorted(found, key=lambda row: (row.user_id is not None, row.pk))


def _replace(rows: Sequence[TournamentResult], placement: int, prize: Decimal | None) -> list[ResultChange]:
    """Write a placement, and a prize if given, to an entrant's rows, and return those that changed."""
    share = share_prize(prize, max(len(rows) - 1, 1)) if prize is not None else None
    changes = []
    for place, row in enumerate(rows):
        change = ResultChange(result=row, old_placement=row.placement, old_prize=row.prize_amount)
        amount = prize if place == 0 else share
        row.placement = placement
        row.prize_amount = row.prize_amount if amount is None else Decimal(amount)
        row.disqualified_at, row.disqualified_reason = None, ""
        if (change.old_placement, change.old_prize) != (row.placement, row.prize_amount):
            changes.append(change)
    TournamentResult.objects.bulk_update([change.result for change in changes], COLUMNS)
    return changes


def _strike(rows: Sequence[TournamentResult], reason: str, now: datetime) -> list[ResultChange]:
    changes = [
        ResultChange(result=row, old_placement=row.placement, old_prize=row.prize_amount) for row in rows
    ]
    for row in rows:
        row.placement, row.prize_amount = None, Decimal(0)
        row.disqualified_at, row.disqualified_reason = now, reason
    TournamentResult.objects.bulk_update(rows, COLUMNS)
    return changes


def _move_up(tournament: Tournament, *, below: int | None) -> list[ResultChange]:
    """Move everyone placed worse than ``below`` up by one."""
    changes = []
    placed_worse = tournament.results.filter(placement__gt=below).select_related("user", "team")
    for row in placed_worse.order_by("placement", "pk"):
        changes.append(ResultChange(result=row, old_placement=row.placement, old_prize=row.prize_amount))
        row.placement = (row.placement or 0) - 1
    TournamentResult.objects.bulk_update([change.result for change in changes], ["placement"])
    return changes


def _set_status(roster: Sequence[TournamentParticipation], status: str) -> None:
    for row in roster:
        row.status = status
    TournamentParticipation.objects.bulk_update(roster, ["status"])
