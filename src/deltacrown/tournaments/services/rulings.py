"""What is decided about an entrant beyond play: a corrected result, a disqualification, its lifting."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from deltacrown.accounts.models import User
from deltacrown.core.deeds import Deed
from deltacrown.core.inputs import check_text
from deltacrown.teams.models import Team
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import (
    Disqualification,
    Tournament,
    TournamentParticipation,
    TournamentResult,
)
from deltacrown.tournaments.services.attendance import EntrantWithdrawn
from deltacrown.tournaments.services.disqualifications import (
    caused_by,
    find_standing,
    record_disqualification,
)
from deltacrown.tournaments.services.entrants import (
    Participation,
    bar_roster,
    bring_back_roster,
    get_entrant,
    has_status,
    let_in_roster,
    list_entrant_roster,
    name_of,
)
from deltacrown.tournaments.services.logged import record_ruling
from deltacrown.tournaments.services.oddities import (
    Ruled,
    describe_lost_prize,
    describe_unplaced,
    list_oddities,
)
from deltacrown.tournaments.services.recipients import add_leavers
from deltacrown.tournaments.services.result_table import ResultChange, ResultTable
from deltacrown.tournaments.services.standings import (
    LONGEST_REASON,
    Standing,
    build_results,
    check_standing,
    share_prize,
)
from deltacrown.tournaments.services.states import Status, lock_tournament, require_state
from django_tally.context import attributed_change
from django_tally.transactions import atomic_service

#: The reason of a disqualification that was written past the services, without one.
OUT_BY_HAND = gettext_noop("Disqualified.")


@atomic_service
@attributed_change
def correct_result(
    *,
    tournament: Tournament,
    user: User | None = None,
    team: Team | None = None,
    placement: int | None,
    placement_to: int | None = None,
    unplaced_reason: str = "",
    prize: Decimal | None = None,
    reason: str,
    now: datetime,
    by: User | None = None,
) -> Ruled[TournamentResult]:
    """Set an entrant's placement in a completed tournament, a team's with its members'; others stay.

    An entrant without a result gets one. A disqualified one is let in again first, as by
    ``lift_disqualification``, and that moves the others back. What is so already changes nothing.

    :param placement: None takes it away: the entrant is unranked.
    :param placement_to: the last place of a range, 8 for 5 to 8; None for a placement of one place.
    :param unplaced_reason: why there is no placement: not classified, did not start.
    :param prize: the entrant's whole prize; None leaves prizes as they are.
    :return: the entrant's result rows, the team's own first, with ``warnings`` of what is odd now.
    :raises InvalidInput: the placement, range, prize or reason cannot be.
    :raises NotRegistered: it is not registered.
    :raises EntrantWithdrawn: it withdrew.
    :raises WrongState: the tournament is not completed.
    """
    check_text(reason, field="reason", limit=LONGEST_REASON, required=True, multiline=True)
    lock_tournament(tournament)
    require_state(tournament, [Status.COMPLETED], "correcting a result")
    entrant = get_entrant(tournament, user, team)
    given = Standing(
        user=user,
        team=team,
        placement=placement,
        placement_to=placement_to,
        unplaced_reason=unplaced_reason,
        prize=prize or Decimal(0),
    )
    standing = check_standing(given, who=name_of(entrant))
    roster = _list_placeable(tournament, entrant)
    table = ResultTable(tournament)
    if _is_out(roster, table.list_rows(entrant)):
        _lift(table, entrant, roster, reason=reason, now=now, by=by)
        bring_back_roster(roster)  # of one that withdrew before it was disqualified, and is placed now
    if rows := table.list_rows(entrant):
        changes = table.place(rows, standing.place, standing.unplaced_reason, _share_out(prize, rows))
    else:
        changes = _add_result(table, entrant, roster, standing, now)

    if changes:
        signals.result_corrected.send(
            TournamentResult, tournament=tournament, changes=changes, reason=reason, by=by, now=now
        )
        record_ruling(tournament, Deed.RESULT_CORRECTED, by=by, of=user, reason=reason)
    return Ruled(table.list_rows(entrant), list_oddities(table, changes))


def _add_result(
    table: ResultTable,
    entrant: User | Team,
    roster: Sequence[TournamentParticipation],
    standing: Standing,
    now: datetime,
) -> list[ResultChange]:
    """Give an entrant a result that had none, and return what changed."""
    placed = {row.user_id for row in table.rows}
    recipients = add_leavers(table.tournament, {entrant.pk: roster}, placed=placed)[entrant.pk]
    return table.add(build_results(table.tournament, recipients, standing, now))


@atomic_service
def disqualify_entrant(
    *,
    tournament: Tournament,
    user: User | None = None,
    team: Team | None = None,
    reason: str,
    now: datetime,
    by: User | None = None,
) -> Ruled[TournamentParticipation]:
    """Disqualify an entrant, before or after the end; one that is disqualified stays so.

    Its result rows, if there are any, lose placement and prize, and everyone placed worse moves up by
    one. Nobody else's prize moves: the organiser corrects those with ``correct_result``. What is taken is
    remembered: ``lift_disqualification`` restores it.

    :param reason: told on the entrant's rows. On those of others who move: that the entrant was disqualified.
    :return: the entrant's registrations; its ``warnings`` say what is odd about the standings now.
    :raises NotRegistered: it is not registered.
    :raises WrongState: the tournament is a draft or cancelled.
    """
    check_text(reason, field="reason", limit=LONGEST_REASON, required=True, multiline=True)
    lock_tournament(tournament)
    require_state(tournament, [Status.OPEN, Status.RUNNING, Status.COMPLETED], "disqualifying")
    entrant = get_entrant(tournament, user, team)
    roster = list_entrant_roster(tournament, entrant)
    table = ResultTable(tournament)
    still_in = [row for row in table.list_rows(entrant) if row.disqualified_at is None]
    if has_status(roster, Participation.DISQUALIFIED) and not still_in:
        return Ruled(roster)

    ruling = record_disqualification(tournament, entrant, reason=reason, now=now, by=by)
    with caused_by(ruling, by):
        bar_roster(roster)
        changes, moved = [], []
        if still_in:
            table.remember_published()
            changes = table.strike(still_in, reason, now)
            moved = table.move_others()
        signals.entrant_disqualified.send(
            TournamentResult,
            tournament=tournament,
            participations=list(roster),
            changes=changes,
            moved=moved,
            reason=reason,
            by=by,
            now=now,
        )
    record_ruling(tournament, Deed.DISQUALIFIED, by=by, of=user, reason=reason)
    oddities = list_oddities(table, changes) if changes else []
    return Ruled(roster, [*describe_lost_prize(changes), *oddities])


@atomic_service
def lift_disqualification(
    *,
    tournament: Tournament,
    user: User | None = None,
    team: Team | None = None,
    reason: str,
    now: datetime,
    by: User | None = None,
) -> Ruled[TournamentParticipation]:
    """Take a disqualification back and restore exactly what it moved; one who is in stays so.

    The entrant has its status, placement, prize and title again, and everyone moves back. Several
    disqualifications can be lifted in any order. A result that was corrected in between stays corrected. Who
    had no placement before is unranked; so is whom the published results disqualify.

    :param reason: why the disqualification was wrong; told on the entrant's rows alone.
    :return: the entrant's registrations; its ``warnings`` say what is odd about the standings now.
    :raises NotRegistered: it is not registered.
    :raises WrongState: the tournament is a draft.
    """
    check_text(reason, field="reason", limit=LONGEST_REASON, required=True, multiline=True)
    lock_tournament(tournament)
    allowed = [Status.OPEN, Status.RUNNING, Status.COMPLETED, Status.CANCELLED]
    require_state(tournament, allowed, "lifting a disqualification")
    entrant = get_entrant(tournament, user, team)
    roster = list_entrant_roster(tournament, entrant)
    table = ResultTable(tournament)
    rows = table.list_rows(entrant)
    if not _is_out(roster, rows):
        return Ruled(roster)

    changes = _lift(table, entrant, roster, reason=reason, now=now, by=by)
    record_ruling(tournament, Deed.DISQUALIFICATION_LIFTED, by=by, of=user, reason=reason)
    return Ruled(roster, [*describe_unplaced(rows), *(list_oddities(table, changes) if changes else [])])


def _list_placeable(tournament: Tournament, entrant: User | Team) -> list[TournamentParticipation]:
    """Return the roster of an entrant that can have a result; refuse one that withdrew."""
    roster = list_entrant_roster(tournament, entrant)
    if has_status(roster, Participation.WITHDRAWN):
        raise EntrantWithdrawn(
            _("%(name)s withdrew from %(tournament)s and cannot be placed; use take_back_withdrawal first.")
            % {"name": name_of(entrant), "tournament": tournament.name},
            field="entrant",
        )
    return roster


def _is_out(roster: Sequence[TournamentParticipation], rows: Sequence[TournamentResult]) -> bool:
    """Return whether an entrant is disqualified, by its registrations or by its results."""
    is_struck = any(row.disqualified_at is not None for row in rows)
    return is_struck or any(row.status == Participation.DISQUALIFIED for row in roster)


def _lift(
    table: ResultTable,
    entrant: User | Team,
    roster: Sequence[TournamentParticipation],
    *,
    reason: str,
    now: datetime,
    by: User | None,
) -> list[ResultChange]:
    """Let an entrant in again, restore what the table remembers, and return what changed of its rows."""
    tournament = table.tournament
    # Rows that were written as disqualified by hand have no ruling yet.
    ruling = find_standing(tournament, entrant) or record_disqualification(
        tournament, entrant, reason=OUT_BY_HAND, now=now, by=None
    )
    ruling.lifted_at, ruling.lift_reason, ruling.lifted_by = now, reason, by
    ruling.save(update_fields=["lifted_at", "lift_reason", "lifted_by"])

    with caused_by(ruling, by, is_lifting=True):
        let_in_roster(roster)
        changes = table.restore(table.list_rows(entrant))
        moved = table.move_others()
        signals.disqualification_lifted.send(
            Disqualification,
            tournament=tournament,
            participations=list(roster),
            changes=changes,
            moved=moved,
            reason=reason,
            by=by,
            now=now,
        )
    return changes


def _share_out(prize: Decimal | None, rows: Sequence[TournamentResult]) -> list[Decimal] | None:
    """Return the prize of each row of one entrant: the whole for its own, a share for each member."""
    if prize is None:
        return None
    share = share_prize(prize, max(len(rows) - 1, 1))
    return [Decimal(prize), *(share for _ in rows[1:])]
