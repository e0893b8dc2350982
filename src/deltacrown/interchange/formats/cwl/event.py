"""The tournament of a CWL file: recorded before its first game, completed after its last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from deltacrown.core.errors import DomainError
from deltacrown.games.services import create_game, find_games
from deltacrown.interchange.directory import Directory, Names
from deltacrown.interchange.formats.cwl.naming import CwlEvent
from deltacrown.interchange.formats.cwl.survey import Survey
from deltacrown.interchange.lines import FileRefused
from deltacrown.teams.models import Team, TeamMembership
from deltacrown.teams.services import MembershipRecord, ensure_teams, record_memberships
from deltacrown.tournaments.models import Tournament
from deltacrown.tournaments.services import (
    EntrantRecord,
    Standing,
    complete_tournament,
    create_tournament,
    find_tournaments,
    open_registration,
    register_entrants,
    schedule_end,
    start_tournament,
)
from django_tally.transactions import atomic_service


@atomic_service
def enter_event(
    *, event: CwlEvent, title: tuple[str, str], survey: Survey, whole: bool, now: datetime
) -> None:
    """Record the game, the tournament with registration open, its players, teams and rosters.

    What is known already changes nothing.

    :param title: slug and name of the game.
    :param whole: every line could be read, so that the end of the last game is the tournament's.
    """
    slug, name = title
    game = find_games([slug]).get(slug) or create_game(slug=slug, name=name)
    tournament = find_tournaments([event.slug]).get(event.slug)
    if tournament is None:
        tournament = create_tournament(
            slug=event.slug,
            name=event.name,
            game=game,
            starts_at=survey.starts_at,
            ends_at=survey.ends_at if whole else None,
            entrant_kind=Tournament.EntrantKind.TEAM,
        )
        open_registration(tournament=tournament)
    register_entrants(tournament=tournament, entrants=ensure_entrants(survey), now=now)


def ensure_entrants(survey: Survey) -> list[EntrantRecord]:
    """Return the teams of a file with their rosters, as of its start; create who is unknown.

    A player of two teams is in the roster of the first.
    """
    rosters: dict[str, list[str]] = {}
    seen: set[str] = set()
    for team, player in survey.stints():
        if player not in seen:
            seen.add(player)
            rosters.setdefault(team, []).append(player)
    directory = Directory()
    names = Names(players=[player for _, player in survey.stints()], teams=rosters)
    directory.find(names)
    directory.create_missing(names)
    if directory.faults:
        raise FileRefused(f"A name in the file cannot be taken: {'; '.join(directory.faults.values())}.")
    return [
        EntrantRecord(
            team=directory.teams[team],
            roster=[directory.players[player] for player in roster],
            registered_at=survey.starts_at,
        )
        for team, roster in rosters.items()
    ]


@atomic_service
def complete_event(*, event: CwlEvent, survey: Survey, now: datetime) -> list[str]:
    """Record the memberships that only the whole file shows, and complete the tournament with places 1 and 2.

    :return: remarks on what could not be done.
    """
    record_stints(survey)
    tournament = find_tournaments([event.slug])[event.slug]
    teams = ensure_teams(names=survey.finalists())
    standings = [Standing(team=team, placement=place) for place, team in enumerate(teams.values(), start=1)]
    try:
        schedule_end(tournament=tournament, ends_at=survey.ends_at)
        if tournament.status == Tournament.Status.OPEN:
            start_tournament(tournament=tournament)
        if standings:
            complete_tournament(
                tournament=tournament, standings=standings, now=now, decided_at=survey.ends_at
            )
    except DomainError as error:
        return [f"the results were left as they are: {error.message.rstrip('.')}"]
    return [] if standings else ["the last series decides nothing, so the tournament has no results"]


def record_stints(survey: Survey) -> None:
    """Record a membership for each player of each team, from first to last game, unless one is known."""
    directory = Directory()
    stints = survey.stints()
    directory.find(Names(players={player for _, player in stints}, teams={team for team, _ in stints}))
    records = [
        MembershipRecord(directory.teams[team], directory.players[player], stint.joined_at, stint.left_at)
        for (team, player), stint in stints.items()
    ]
    known = list_memberships([record.team for record in records])
    new = []
    for record in records:
        others = known.get(record.key, [])
        if not any(overlaps(record, other) for other in others):
            new.append(record)
    record_memberships(memberships=new)


def list_memberships(teams: Sequence[Team]) -> dict[tuple[int, int], list[TeamMembership]]:
    """Return every membership in some teams, by (team, player)."""
    found: dict[tuple[int, int], list[TeamMembership]] = {}
    for membership in TeamMembership.objects.filter(team__in={team.pk for team in teams}):
        found.setdefault((membership.team_id, membership.user_id), []).append(membership)
    return found


def overlaps(record: MembershipRecord, known: TeamMembership) -> bool:
    """Return whether a known membership covers any of the time of a stint."""
    begins_before = known.joined_at < (record.left_at or known.joined_at)
    ends_after = known.left_at is None or known.left_at > record.joined_at
    return begins_before and ends_after
