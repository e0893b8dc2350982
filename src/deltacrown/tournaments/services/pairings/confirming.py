"""Reports of the sides and rulings of organisers, and what follows: recorded matches, and who moves on."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import Conflict
from deltacrown.core.inputs import check_text
from deltacrown.tournaments.models import Pairing, PairingReport
from deltacrown.tournaments.models.pairing import LONGEST_REASON
from deltacrown.tournaments.services.entrants import name_of
from deltacrown.tournaments.services.organisers import MayNotOrganise
from deltacrown.tournaments.services.pairings.outcomes import Outcome, agree, check_outcome, other_side
from deltacrown.tournaments.services.pairings.reading import (
    ENTRANTS,
    PairingNotFound,
    find_current_reports,
    find_reporting_side,
)
from deltacrown.tournaments.services.pairings.recorded import (
    read_recorded,
    record_outcome,
    void_recorded,
)
from deltacrown.tournaments.services.states import Status, lock_tournament, require_state
from django_tally.transactions import atomic_service

State = Pairing.State
Kind = PairingReport.Kind


class PairingConflict(Conflict):
    """The pairing is confirmed already, waits for entrants, or another one rests on it."""


@atomic_service
def report_pairing(*, pairing: Pairing, outcome: Outcome, by: User, now: datetime) -> Pairing:
    """Report a result for the side of ``by``; where the other side says the same, it is confirmed.

    A side can report anew until then. Reporting the same again changes nothing.

    :raises MayNotOrganise: ``by`` speaks for neither side.
    :raises PairingConflict: another result is confirmed, or an entrant is not known.
    :raises InvalidOutcome: it does not decide the pairing.
    """
    locked = _lock(pairing)
    side = find_reporting_side(locked, by, now)
    if side is None:
        raise MayNotOrganise(_("The two players, or the captains of the two teams, report the result."))
    _check(locked, outcome)
    if locked.is_confirmed:
        if agree(outcome, Outcome.read(locked.outcome)) is None:
            message = _("Another result is confirmed already; ask the organiser to take it back.")
            raise PairingConflict(message, field="pairing")
        return locked

    said = find_current_reports(locked, locked.reports.order_by("pk"))
    if said.get(side) == outcome:
        return locked
    _note(locked, Kind.REPORT, outcome=outcome, side=side, by=by, now=now)
    other = said.get(other_side(side))
    agreed = agree(outcome, other) if other else None
    if agreed is not None:
        _confirm(locked, agreed, now)
        return locked
    locked.state = State.DIFFERING if other else State.REPORTED
    locked.save(update_fields=["state"])
    return locked


@atomic_service
def rule_pairing(*, pairing: Pairing, outcome: Outcome, reason: str, by: User, now: datetime) -> Pairing:
    """Enter the result of a pairing for its organiser: with or without reports of the sides.

    :param reason: required where a side reported something.
    :raises PairingConflict: another result is confirmed, or an entrant is not known.
    :raises InvalidOutcome: it does not decide the pairing.
    """
    locked = _lock(pairing)
    is_told = locked.state in {State.REPORTED, State.DIFFERING}
    check_text(reason, field="reason", limit=LONGEST_REASON, required=is_told, multiline=True)
    _check(locked, outcome)
    if locked.is_confirmed:
        if outcome != Outcome.read(locked.outcome):
            message = _("Another result is confirmed already; take it back first, then rule.")
            raise PairingConflict(message, field="pairing")
        return locked
    _note(locked, Kind.RULING, outcome=outcome, reason=reason, by=by, now=now)
    _confirm(locked, outcome, now)
    return locked


@atomic_service
def take_back_pairing(*, pairing: Pairing, reason: str, by: User, now: datetime) -> Pairing:
    """Take a confirmed result back: its matches are void with ``reason``, and nobody has moved on.

    The sides can report again then. One that is not confirmed stays as it is.

    :raises PairingConflict: a pairing that the winner or the loser played next is confirmed.
    """
    locked = _lock(pairing)
    check_text(reason, field="reason", limit=LONGEST_REASON, required=True, multiline=True)
    if not locked.is_confirmed:
        return locked
    targets = _lock_targets(locked)
    _require_open(targets)
    void_recorded(locked, reason=reason, by=by, now=now)
    _note(locked, Kind.TAKEN_BACK, outcome=Outcome.read(locked.outcome), reason=reason, by=by, now=now)
    for target in targets:
        _place(target, locked.to_side, None)
    locked.state, locked.outcome, locked.winner_side, locked.confirmed_at = State.READY, {}, None, None
    locked.revision += 1
    locked.save()
    return locked


@atomic_service
def follow_recorded(*, pairing: Pairing, by: User, now: datetime) -> Pairing:
    """Let those move on who won and lost by the recorded matches as they were corrected.

    :raises PairingConflict: those matches decide nothing, or a pairing that rests on this one is confirmed.
    """
    locked = _lock(pairing)
    winner, outcome = read_recorded(locked)
    if winner is None or (winner == 0 and locked.is_drawn):
        message = _("The recorded matches decide nothing now; take the result back, and enter another.")
        raise PairingConflict(message, field="pairing")
    if winner == locked.winner_side:
        return locked
    _require_open(_lock_targets(locked))
    _note(locked, Kind.FOLLOWED, outcome=outcome, by=by, now=now)
    locked.winner_side, locked.outcome = winner, outcome.write()
    locked.save(update_fields=["winner_side", "outcome"])
    _move_on(locked)
    return locked


def _lock(pairing: Pairing) -> Pairing:
    """Return the pairing as it is now, locked after its tournament, which runs.

    :raises PairingNotFound: it is gone.
    :raises WrongState: the tournament does not run.
    """
    lock_tournament(pairing.tournament)
    require_state(pairing.tournament, [Status.RUNNING], "reporting")
    rows = Pairing.objects.select_for_update(no_key=True, of=("self",)).select_related(*ENTRANTS)
    locked = rows.filter(pk=pairing.pk).first()
    if locked is None:
        raise PairingNotFound(_("There is no such pairing any more."), field="pairing")
    locked.tournament = pairing.tournament
    return locked


def _check(pairing: Pairing, outcome: Outcome) -> None:
    if pairing.state == State.WAITING:
        message = _("It is not known yet who plays; wait for the results before it.")
        raise PairingConflict(message, field="pairing")
    check_outcome(outcome, best_of=pairing.best_of, may_draw=not pairing.is_drawn)


def _note(
    pairing: Pairing,
    kind: str,
    *,
    outcome: Outcome,
    by: User,
    now: datetime,
    side: int = 0,
    reason: str = "",
) -> None:
    PairingReport.objects.create(
        pairing=pairing,
        revision=pairing.revision,
        kind=kind,
        side=side,
        outcome=outcome.write(),
        reason=reason,
        reported_at=now,
        reported_by=by,
    )


def _confirm(pairing: Pairing, outcome: Outcome, now: datetime) -> None:
    """Record the matches of a pairing, and let the winner move on. It was played when it was first told."""
    told = pairing.reports.filter(revision=pairing.revision).order_by("pk").first()
    played_at = min(now, told.reported_at) if told else now
    if pairing.scheduled_at is not None:
        played_at = min(played_at, pairing.scheduled_at)
    pairing.outcome = outcome.write()
    record_outcome(pairing, outcome, played_at=played_at, now=now)
    pairing.state, pairing.winner_side, pairing.confirmed_at = State.CONFIRMED, outcome.winner, now
    pairing.save()
    _move_on(pairing)


def _move_on(pairing: Pairing) -> None:
    for target in _lock_targets(pairing):
        goes_on = pairing.winner if target.pk == pairing.winner_to_id else pairing.loser
        _place(target, pairing.to_side, goes_on)


def _lock_targets(pairing: Pairing) -> list[Pairing]:
    """Return the pairings in which the sides play next, locked in the order of play."""
    keys = [key for key in (pairing.winner_to_id, pairing.loser_to_id) if key is not None]
    if not keys:
        return []
    rows = Pairing.objects.select_for_update(no_key=True, of=("self",)).select_related(*ENTRANTS)
    return [*rows.filter(pk__in=keys).order_by("number")]


def _require_open(targets: list[Pairing]) -> None:
    for target in targets:
        if target.is_confirmed:
            first, second = (name_of(each) if each else "–" for each in target.sides)
            message = _(
                "%(round)s, %(first)s against %(second)s, is confirmed and rests on this one; "
                "take that result back first."
            )
            words = {"round": target.round, "first": first, "second": second}
            raise PairingConflict(message % words, field="pairing")


def _place(target: Pairing, side: int, entrant: object) -> None:
    """Put an entrant on a side of a pairing, or nobody; what was reported of it no longer holds."""
    column = "first" if side == 1 else "second"
    user, team = (entrant, None) if isinstance(entrant, User) else (None, entrant)
    setattr(target, f"{column}_user", user)
    setattr(target, f"{column}_team", team)
    target.state = State.READY if all(target.sides) else State.WAITING
    target.revision += 1
    target.save()
