"""The whole season as a plan. The same seed, size and calendar always give the same season."""

from __future__ import annotations

from dataclasses import dataclass

from deltacrown.demo.plan.calendar import Calendar
from deltacrown.demo.plan.casual import plan_casual_matches
from deltacrown.demo.plan.circles import PlannedFollow, PlannedVerification, plan_follows, plan_verifications
from deltacrown.demo.plan.matches import PlannedMatch
from deltacrown.demo.plan.people import PlannedPlayer, plan_players
from deltacrown.demo.plan.rulings import Rulings, plan_rulings
from deltacrown.demo.plan.squads import PlannedTeam, plan_teams
from deltacrown.demo.plan.tournaments import PlannedTournament, plan_tournaments


@dataclass(frozen=True)
class SeasonSize:
    """The size of a season.

    :param matches: number of matches, including those of tournaments.
    """

    players: int = 300
    matches: int = 20_000
    tournaments: int = 40


#: A smaller season would lack some kind of ruling or tournament.
SMALLEST = SeasonSize(players=40, matches=400, tournaments=12)


@dataclass(frozen=True)
class Season:
    """The whole plan.

    :param casual: matches outside tournaments, in the order they are recorded.
    """

    calendar: Calendar
    players: list[PlannedPlayer]
    teams: list[PlannedTeam]
    tournaments: list[PlannedTournament]
    casual: list[PlannedMatch]
    rulings: Rulings
    follows: list[PlannedFollow]
    verifications: list[PlannedVerification]


def plan_season(*, seed: int, size: SeasonSize, calendar: Calendar) -> Season:
    """Return a season of the given size.

    :raises ValueError: the size is smaller than ``SMALLEST`` in some number.
    """
    for name in ("players", "matches", "tournaments"):
        if getattr(size, name) < getattr(SMALLEST, name):
            raise ValueError(f"A season needs at least {getattr(SMALLEST, name)} {name}.")

    stream = f"{seed}/{size.players}/{size.matches}/{size.tournaments}"
    players = plan_players(stream, calendar, size.players)
    teams = plan_teams(stream, calendar, players)
    tournaments = plan_tournaments(stream, calendar, players, teams, size.tournaments)
    official = sum(len(tournament.matches) for tournament in tournaments)
    outside = max(size.matches - official, SMALLEST.matches // 4)
    casual = plan_casual_matches(stream, calendar, players, outside)
    rulings = plan_rulings(stream, calendar.closes_at, casual, tournaments)
    return Season(
        calendar,
        players,
        teams,
        tournaments,
        casual,
        rulings,
        plan_follows(stream, calendar.closes_at, players),
        plan_verifications(stream, calendar.closes_at, players),
    )
