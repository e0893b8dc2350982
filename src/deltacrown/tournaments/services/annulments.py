"""What is decided about a completed tournament as a whole: annulled, that lifted, or opened again.

Results are kept and count nowhere meanwhile; ``uncounted_reason`` of each says why. Registrations stay, and
matches count as they did: whoever annuls a tournament for what happened in its matches voids those too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.core.audit import record_deed, write_about
from deltacrown.core.deeds import Deed
from deltacrown.core.inputs import check_text
from deltacrown.core.inserts import insert_rows
from deltacrown.core.words import declare_stored
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import Tournament, TournamentDecision, TournamentResult
from deltacrown.tournaments.services.organisers import MayNotOrganise
from deltacrown.tournaments.services.permissions import require_organiser
from deltacrown.tournaments.services.states import Status, change_state, lock_tournament
from django_tally.context import attributed_change
from django_tally.transactions import atomic_service

Kind = TournamentDecision.Kind

#: How the reasons of results begin that count nowhere because of these decisions.
ANNULLED, REOPENED = "annulled: ", "reopened: "
declare_stored(gettext_noop("annulled: %(reason)s"))
declare_stored(gettext_noop("reopened: %(reason)s"))
#: What a result column can hold, with one of those before it.
LONGEST_REASON = 500 - len(ANNULLED)
#: Why an entrant has no placement that an earlier completion placed, and the last one does not.
LEFT_OUT = gettext_noop("left out when the tournament was completed again")
#: What of a result a second completion does not write.
KEPT = {"id", "tournament", "user", "stats", "recorded_at"}


@atomic_service
@attributed_change
def annul_tournament(
    *, tournament: Tournament, reason: str, now: datetime, by: User | None = None
) -> Tournament:
    """Annul a completed tournament: its results are kept, shown struck, and count nowhere.

    One that is annulled already keeps its date and reason. ``lift_annulment`` restores it exactly.

    :param reason: told on the tournament and on its results; at most 490 characters.
    :raises WrongState: it is not completed; one that is not can be cancelled.
    """
    _check_reason(reason)
    lock_tournament(tournament)
    if change_state(tournament, Status.ANNULLED, allowed=[Status.COMPLETED], action="annulling"):
        _record(tournament, Kind.ANNULLED, reason, now, by)
        results = _set_reason(tournament, "", ANNULLED + reason)
        signals.tournament_annulled.send(
            Tournament, tournament=tournament, results=results, reason=reason, by=by, now=now
        )
    return tournament


@atomic_service
@attributed_change
def lift_annulment(
    *, tournament: Tournament, reason: str, now: datetime, by: User | None = None
) -> Tournament:
    """Take an annulment back: the tournament is completed again, with the results it had.

    One that is completed stays as it is.

    :param reason: why the annulment was wrong.
    :raises WrongState: it is neither annulled nor completed.
    """
    _check_reason(reason)
    lock_tournament(tournament)
    action = "lifting an annulment"
    if change_state(tournament, Status.COMPLETED, allowed=[Status.ANNULLED], action=action):
        _record(tournament, Kind.ANNULMENT_LIFTED, reason, now, by)
        results = _set_reason(tournament, ANNULLED, "")
        signals.annulment_lifted.send(
            Tournament, tournament=tournament, results=results, reason=reason, by=by, now=now
        )
    return tournament


@atomic_service
@attributed_change
def reopen_tournament(
    *, tournament: Tournament, reason: str, now: datetime, by: User | None = None
) -> Tournament:
    """Open a completed tournament again: it runs, and its results count nowhere until it is completed again.

    The next ``complete_tournament`` may bring other standings. Disqualifications stay. One that runs stays as
    it is.

    :param reason: told on the tournament and on its results; at most 490 characters.
    :raises WrongState: it is neither completed nor running; lift an annulment first.
    """
    _check_reason(reason)
    lock_tournament(tournament)
    if change_state(tournament, Status.RUNNING, allowed=[Status.COMPLETED], action="reopening"):
        _record(tournament, Kind.REOPENED, reason, now, by)
        results = _set_reason(tournament, "", REOPENED + reason)
        signals.tournament_reopened.send(
            Tournament, tournament=tournament, results=results, reason=reason, by=by, now=now
        )
    return tournament


def require_lifting(tournament: Tournament, user: User) -> None:
    """Refuse unless ``user`` may lift the annulment: staff; the organiser only their own.

    :raises MayNotOrganise: they may not.
    """
    require_organiser(tournament, user)
    if not can_lift_annulment(tournament, user):
        raise MayNotOrganise(
            _("Staff annulled %(tournament)s; only staff can take that back.")
            % {"tournament": tournament.name}
        )


def can_lift_annulment(tournament: Tournament, user: User) -> bool:
    """Return whether somebody who runs the tournament may lift its annulment, if it is annulled."""
    last = get_decision(tournament)
    is_own = last is None or last.kind != Kind.ANNULLED or last.decided_by_id == user.pk
    return is_own or has_right(user, Right.MANAGE_TOURNAMENTS)


def get_decision(tournament: Tournament) -> TournamentDecision | None:
    """Return the last decision about a tournament as a whole, if there is one."""
    rows = TournamentDecision.objects.filter(tournament=tournament).select_related("decided_by")
    found: TournamentDecision | None = rows.order_by("-decided_at", "-id").first()
    return found


def get_standing_decision(tournament: Tournament) -> TournamentDecision | None:
    """Return why a tournament is annulled, or runs again after its end; None where it is neither."""
    kinds = {Status.ANNULLED: Kind.ANNULLED, Status.RUNNING: Kind.REOPENED}
    expected = kinds.get(Status(tournament.status))
    last = get_decision(tournament) if expected else None
    return last if last is not None and last.kind == expected else None


def write_results(tournament: Tournament, results: Sequence[TournamentResult]) -> None:
    """Insert the results of a tournament that ends. After a reopening, write over those set aside.

    A result that is set aside and that the new standings leave out stays, without a placement or a prize:
    disputes may be about it. One of a disqualified entrant stays disqualified.
    """
    known = {_owner_of(row): row for row in TournamentResult.objects.filter(tournament=tournament)}
    if not known:
        insert_rows(results)
        return

    again = [row for row in results if _owner_of(row) in known]
    for row in again:
        row.pk = known.pop(_owner_of(row)).pk
    TournamentResult.objects.bulk_update(again, _list_written())
    TournamentResult.objects.bulk_create([row for row in results if row.pk is None])

    for row in known.values():
        _leave_out(row)
    TournamentResult.objects.bulk_update(known.values(), _list_written())


def is_left_out(row: TournamentResult, given: Collection[int]) -> bool:
    """Return whether standings that say nothing of a result agree with it.

    :param given: the ids of the entrants that the standings name.
    """
    names = {row.user_id, row.team_id}
    is_out = row.unplaced_reason == LEFT_OUT or row.disqualified_at is not None
    return is_out and not names & {*given}


def _leave_out(row: TournamentResult) -> None:
    for name in _list_written():
        if name.startswith(("placement", "published_")):
            setattr(row, name, None)
    row.prize_amount = row.withheld_prize = 0
    row.uncounted_reason = ""
    row.unplaced_reason = "" if row.disqualified_at else LEFT_OUT


def _list_written() -> list[str]:
    return [field.name for field in TournamentResult._meta.concrete_fields if field.name not in KEPT]


def _owner_of(row: TournamentResult) -> tuple[int | None, int | None]:
    """Return whose result it is: a player's, or, where it is of no player, a team's."""
    return (row.user_id, None) if row.user_id is not None else (None, row.team_id)


def _check_reason(reason: str) -> None:
    check_text(reason, field="reason", limit=LONGEST_REASON, required=True, multiline=True)


def _record(tournament: Tournament, kind: str, reason: str, now: datetime, by: User | None) -> None:
    told = {"decision": kind, "slug": tournament.slug}
    about = write_about("tournament", tournament.slug)
    record_deed(deed=Deed.TOURNAMENT_DECIDED, by=by, about=about, reason=reason, told=told)
    TournamentDecision.objects.create(
        tournament=tournament, kind=kind, reason=reason, decided_at=now, decided_by=by
    )


def _set_reason(tournament: Tournament, before: str, reason: str) -> list[TournamentResult]:
    """Set why results count nowhere, of those whose reason begins with ``before``; return them.

    :param before: empty for those that count.
    """
    begins = {"uncounted_reason__startswith": before} if before else {"uncounted_reason": ""}
    rows = tournament.results.filter(**begins)
    found = list(rows.select_related("user", "team").order_by("pk"))
    rows.update(uncounted_reason=reason)
    for row in found:
        row.uncounted_reason = reason
    return found
