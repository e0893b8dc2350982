"""The end of a tournament: its official results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.deeds import Deed
from deltacrown.core.errors import Conflict
from deltacrown.core.inputs import check_past
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import (
    Disqualification,
    Tournament,
    TournamentParticipation,
    TournamentResult,
)
from deltacrown.tournaments.services.annulments import is_left_out, write_results
from deltacrown.tournaments.services.attendance import EntrantWithdrawn
from deltacrown.tournaments.services.disqualifications import record_disqualifications
from deltacrown.tournaments.services.entrants import (
    NotRegistered,
    Participation,
    bar_roster,
    get_entrant,
    group_rosters,
    has_status,
    name_of,
)
from deltacrown.tournaments.services.logged import record_ruling
from deltacrown.tournaments.services.oddities import Ruled, list_standings_oddities
from deltacrown.tournaments.services.recipients import add_leavers
from deltacrown.tournaments.services.register import EntrantDisqualified
from deltacrown.tournaments.services.result_table import place_of
from deltacrown.tournaments.services.standings import Standing, build_results, check_standings
from deltacrown.tournaments.services.states import Status, change_state, lock_tournament
from django_tally.transactions import atomic_service


class ResultsConflict(Conflict):
    """The tournament is completed with other results."""


@atomic_service
def complete_tournament(
    *,
    tournament: Tournament,
    standings: Sequence[Standing],
    now: datetime,
    decided_at: datetime | None = None,
    by: User | None = None,
) -> Ruled[TournamentResult]:
    """Complete a running tournament with its official results; the same standings again change nothing.

    Standings are taken as published: ties, gaps, ranges, no winner or several, the first few or nobody. A
    solo event gets a row per standing. A team event gets a team row with the whole prize, and a row per
    member of the roster at the end and per player who left it after playing (``add_leavers``), each with an
    equal share rounded down to cents. An entrant in no standing gets no row. A standing with a reason for
    disqualification marks the registration too.

    One that was reopened gets the new standings in the place of the old ones.

    :param standings: as ``check_standings`` takes them; they may be empty.
    :param decided_at: when the results became official, if not now.
    :param by: who completes it, for the audit log; None for commands and imports.
    :return: the results of the tournament; ``warnings`` say what is odd about them.
    :raises InvalidInput: the standings contradict themselves.
    :raises NotRegistered: someone in them is not registered.
    :raises EntrantWithdrawn: someone in them withdrew.
    :raises EntrantDisqualified: someone in them was disqualified before, and they do not say so.
    :raises ResultsConflict: the tournament is completed with other results, or they were corrected since.
    :raises WrongState: it is not running.
    """
    lock_tournament(tournament)
    by_entrant = check_standings(tournament, standings)
    official = now if decided_at is None else _check_decided_at(decided_at, now)
    if not change_state(tournament, Status.COMPLETED, allowed=[Status.RUNNING], action="completing"):
        same = _find_same_results(tournament, by_entrant)
        return Ruled(same, list_standings_oddities(tournament, by_entrant.values()))

    rosters = _list_rosters(tournament)
    check_rosters(tournament, rosters, by_entrant)
    recipients = add_leavers(tournament, rosters)
    results: list[TournamentResult] = []
    for entrant, standing in by_entrant.items():
        results += build_results(tournament, recipients[entrant], standing, official)
    write_results(tournament, results)

    out = {entrant: standing for entrant, standing in by_entrant.items() if standing.disqualified_reason}
    if out:
        record_disqualifications(build_disqualifications(tournament, out.values(), official))
        bar_roster(row for entrant in out for row in rosters[entrant])
    record_ruling(tournament, Deed.TOURNAMENT_COMPLETED, by=by)
    signals.tournament_completed.send(Tournament, tournament=tournament, results=results, now=now)
    return Ruled(results, list_standings_oddities(tournament, by_entrant.values()))


def build_disqualifications(
    tournament: Tournament, standings: Iterable[Standing], decided_at: datetime
) -> list[Disqualification]:
    """Return the unsaved rulings of standings that disqualify."""
    return [
        Disqualification(
            tournament=tournament,
            user=standing.user,
            team=standing.team,
            reason=standing.disqualified_reason,
            decided_at=decided_at,
        )
        for standing in standings
    ]


def _check_decided_at(decided_at: datetime, now: datetime) -> datetime:
    check_past(decided_at, field="decided_at", now=now)
    return decided_at


def _list_rosters(tournament: Tournament) -> dict[int, list[TournamentParticipation]]:
    rows = tournament.participations.select_related("user", "team").order_by("pk")
    return group_rosters(tournament, rows)


def check_rosters(
    tournament: Tournament,
    rosters: Mapping[int, Sequence[TournamentParticipation]],
    standings: Mapping[int, Standing],
) -> None:
    """Refuse standings of those who cannot have one. No query.

    :param rosters: of each entrant, as ``group_rosters`` returns them.
    :param standings: as ``check_standings`` returns them.
    :raises NotRegistered: someone in them is not registered.
    :raises EntrantWithdrawn: someone in them withdrew.
    :raises EntrantDisqualified: someone in them was disqualified before, and they do not say so.
    """
    for entrant, standing in standings.items():
        who = name_of(get_entrant(tournament, standing.user, standing.team))
        said = {"name": who, "tournament": tournament.name}
        if entrant not in rosters:
            raise NotRegistered(
                _("%(name)s is not registered for %(tournament)s and cannot be placed.") % said,
                field="standings",
            )
        if has_status(rosters[entrant], Participation.WITHDRAWN):
            raise EntrantWithdrawn(
                _(
                    "%(name)s withdrew from %(tournament)s and cannot be placed; "
                    "use take_back_withdrawal first."
                )
                % said,
                field="standings",
            )
        if not standing.disqualified_reason and has_status(rosters[entrant], Participation.DISQUALIFIED):
            raise EntrantDisqualified(
                _(
                    "%(name)s was disqualified from %(tournament)s and cannot be placed; "
                    "use lift_disqualification first, or leave it out."
                )
                % said,
                field="standings",
            )


def _find_same_results(tournament: Tournament, standings: Mapping[int, Standing]) -> list[TournamentResult]:
    """Return the results of a completed tournament if they are what ``standings`` say."""
    rows = list(tournament.results.select_related("user", "team").order_by("pk"))
    solo = tournament.entrant_kind == Tournament.EntrantKind.SOLO
    told = [row for row in rows if not is_left_out(row, standings)]
    official = {row.user_id if solo else row.team_id: row for row in told if solo or row.user_id is None}
    given = {entrant: _tell_standing(each) for entrant, each in standings.items()}
    recorded = {entrant: _tell_result(row) for entrant, row in official.items()}
    if given != recorded:
        raise ResultsConflict(
            _(
                "%(tournament)s is completed with other results. "
                "Nothing was changed; use correct_result or disqualify_entrant."
            )
            % {"tournament": tournament.name},
            field="standings",
        )
    return rows


def _tell_standing(standing: Standing) -> tuple[Any, ...]:
    reasons = (standing.unplaced_reason, standing.disqualified_reason)
    return standing.place, Decimal(standing.prize), *reasons


def _tell_result(row: TournamentResult) -> tuple[Any, ...]:
    return place_of(row), row.prize_amount, row.unplaced_reason, row.disqualified_reason
