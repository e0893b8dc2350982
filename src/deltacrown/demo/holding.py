"""Run a planned tournament through the services, from its draft to its final status."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from deltacrown.demo.plan import words
from deltacrown.demo.plan.brackets import BEST_OF
from deltacrown.demo.plan.matches import PlannedMatch
from deltacrown.demo.plan.tournaments import PlannedTournament
from deltacrown.demo.records import Cast, build_record
from deltacrown.tournaments.models import Tournament, TournamentParticipation
from deltacrown.tournaments.services import (
    EntrantRecord,
    Standing,
    TournamentMatchRecord,
    cancel_tournament,
    complete_tournament,
    create_tournament,
    open_registration,
    record_tournament_matches,
    register_entrants,
    start_tournament,
    withdraw,
)

Status = Tournament.Status


def hold_tournament(cast: Cast, planned: PlannedTournament, until: datetime) -> None:
    """Create a tournament and take it through every step to its planned status.

    The caller opens the transaction.

    :param until: the end of the season; nothing is recorded as of later.
    """
    tournament = create_tournament(
        slug=planned.slug,
        name=planned.name,
        game=cast.games[planned.title.slug],
        starts_at=planned.starts_at,
        ends_at=planned.ends_at,
        entrant_kind=Tournament.EntrantKind.TEAM if planned.is_for_teams else Tournament.EntrantKind.SOLO,
        capacity=planned.capacity,
        organiser=cast.staff,
        prize_currency="EUR" if planned.prizes else "",
        prize_pool=Decimal(sum(planned.prizes)) if planned.prizes else None,
        registration_closes_at=planned.starts_at,
        rules=words.RULES,
    )
    if planned.status == Status.DRAFT:
        return

    open_registration(tournament=tournament)
    _register(cast, planned, tournament, until)
    if planned.status == Status.CANCELLED:
        cancel_tournament(
            tournament=tournament, reason=words.CANCELLATION, now=planned.starts_at - timedelta(days=1)
        )
    if planned.status in (Status.RUNNING, Status.COMPLETED):
        start_tournament(tournament=tournament)
        _record_matches(cast, planned, tournament, until)
    if planned.status == Status.COMPLETED:
        complete_tournament(
            tournament=tournament, standings=_list_standings(cast, planned), now=planned.ends_at
        )


def _register(cast: Cast, planned: PlannedTournament, tournament: Tournament, until: datetime) -> None:
    """Register the entrants. If the tournament has matches, those who did not withdraw are checked in."""
    statuses = TournamentParticipation.Status
    status = statuses.CHECKED_IN if planned.matches else statuses.REGISTERED

    entrants = []
    for each in planned.entrants:
        user, team = cast.entrant(each)
        entrants.append(
            EntrantRecord(
                user=user,
                team=team,
                roster=cast.roster(each.roster) if team else None,
                registered_at=each.registered_at,
                status=statuses.REGISTERED if each.withdrew else status,
            )
        )
    register_entrants(tournament=tournament, entrants=entrants, now=min(planned.starts_at, until))

    for each in planned.entrants:
        if each.withdrew:
            user, team = cast.entrant(each)
            withdraw(tournament=tournament, user=user, team=team)


def _record_matches(cast: Cast, planned: PlannedTournament, tournament: Tournament, until: datetime) -> None:
    records = [_describe(cast, tournament, match) for match in planned.matches]
    for outcome in record_tournament_matches(records=records, now=min(planned.ends_at, until)):
        if outcome.refusal:
            raise outcome.refusal


def _describe(cast: Cast, tournament: Tournament, match: PlannedMatch) -> TournamentMatchRecord:
    return TournamentMatchRecord(
        tournament=tournament,
        match=build_record(cast, match),
        round=match.round_name,
        series=match.series,
        best_of=BEST_OF if match.series else None,
        map_name=match.map_name,
    )


def _list_standings(cast: Cast, planned: PlannedTournament) -> list[Standing]:
    standings = []
    for entrant, placement in planned.placements:
        user, team = cast.entrant(entrant)
        prize = Decimal(planned.prize_of(placement))
        standings.append(Standing(user=user, team=team, placement=placement, prize=prize))

    if planned.disqualified:
        user, team = cast.entrant(planned.disqualified)
        standings.append(
            Standing(user=user, team=team, placement=None, disqualified_reason=planned.disqualified_reason)
        )
    return standings
