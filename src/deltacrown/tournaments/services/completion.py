"""The end of a tournament: its official results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from deltacrown.core.errors import Conflict
from deltacrown.core.inputs import check_past
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import Tournament, TournamentParticipation, TournamentResult
from deltacrown.tournaments.services.attendance import EntrantWithdrawn
from deltacrown.tournaments.services.disqualifications import record_disqualification
from deltacrown.tournaments.services.entrants import (
    NotRegistered,
    Participation,
    bar_roster,
    get_entrant,
    group_rosters,
    has_status,
    name_of,
)
from deltacrown.tournaments.services.registration import EntrantDisqualified
from deltacrown.tournaments.services.standings import (
    InvalidStanding,
    Standing,
    build_results,
    check_standings,
)
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
) -> list[TournamentResult]:
    """Complete a running tournament with its official results; the same standings again change nothing.

    A solo event gets a row per standing. A team event gets a team row with the whole prize, and a row
    per member of the roster as registered, each with an equal share rounded down to cents. An
    entrant placed nowhere gets no row. A standing with a reason for disqualification marks the
    registration too.

    :param standings: valid by ``check_standings``; they may be empty only when everybody is out.
    :param decided_at: when the results became official, if not now.
    :return: the results of the tournament.
    :raises InvalidInput: the standings cannot be.
    :raises NotRegistered: someone in them is not registered.
    :raises EntrantWithdrawn: someone in them withdrew.
    :raises EntrantDisqualified: someone placed was disqualified before.
    :raises ResultsConflict: the tournament is completed with other results, or they were corrected since.
    :raises WrongState: it is not running.
    """
    lock_tournament(tournament)
    by_entrant = check_standings(tournament, standings)
    official = now if decided_at is None else _check_decided_at(decided_at, now)
    if not change_state(tournament, Status.COMPLETED, allowed=[Status.RUNNING], action="completing"):
        return _find_same_results(tournament, by_entrant)
    rosters = _list_rosters(tournament, by_entrant)
    results: list[TournamentResult] = []
    disqualified: list[TournamentParticipation] = []
    for entrant, standing in by_entrant.items():
        results += build_results(tournament, rosters[entrant], standing, official)
        if standing.placement is None:
            disqualified += rosters[entrant]
            who = get_entrant(tournament, standing.user, standing.team)
            record_disqualification(
                tournament, who, reason=standing.disqualified_reason, now=official, by=None
            )

    TournamentResult.objects.bulk_create(results)
    bar_roster(disqualified)
    signals.tournament_completed.send(Tournament, tournament=tournament, results=results, now=now)
    return results


def _check_decided_at(decided_at: datetime, now: datetime) -> datetime:
    check_past(decided_at, field="decided_at", now=now)
    return decided_at


def _list_rosters(
    tournament: Tournament, standings: Mapping[int, Standing]
) -> dict[int, list[TournamentParticipation]]:
    """Return every roster by entrant, and refuse standings of those who cannot have one."""
    rows = tournament.participations.select_related("user", "team").order_by("pk")
    rosters = group_rosters(tournament, rows)
    for entrant, standing in standings.items():
        who = name_of(get_entrant(tournament, standing.user, standing.team))
        if entrant not in rosters:
            raise NotRegistered(
                f"{who} is not registered for {tournament.name} and cannot be placed.", field="standings"
            )
        if has_status(rosters[entrant], Participation.WITHDRAWN):
            raise EntrantWithdrawn(
                f"{who} withdrew from {tournament.name} and cannot be placed; "
                "use take_back_withdrawal first.",
                field="standings",
            )
        if standing.placement is not None and has_status(rosters[entrant], Participation.DISQUALIFIED):
            raise EntrantDisqualified(
                f"{who} was disqualified from {tournament.name} and cannot be placed; "
                "use lift_disqualification first, or leave it out.",
                field="standings",
            )
    if not standings and any(row.stands for roster in rosters.values() for row in roster):
        raise InvalidStanding(
            f"{tournament.name} has entrants and no standings; say at least who won.", field="standings"
        )
    return rosters


def _find_same_results(tournament: Tournament, standings: Mapping[int, Standing]) -> list[TournamentResult]:
    """Return the results of a completed tournament if they are what ``standings`` say."""
    rows = list(tournament.results.select_related("user", "team").order_by("pk"))
    solo = tournament.entrant_kind == Tournament.EntrantKind.SOLO
    official = {row.user_id if solo else row.team_id: row for row in rows if solo or row.user_id is None}
    given = {
        entrant: (each.placement, Decimal(each.prize), each.disqualified_reason)
        for entrant, each in standings.items()
    }
    recorded = {
        entrant: (row.placement, row.prize_amount, row.disqualified_reason)
        for entrant, row in official.items()
    }
    if given != recorded:
        raise ResultsConflict(
            f"{tournament.name} is completed with other results. "
            "Nothing was changed; use correct_result or disqualify_entrant.",
            field="standings",
        )
    return rows
