"""The whole season as a plan. The same seed and size always give the same season."""

from __future__ import annotations

from dataclasses import dataclass

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

    players: list[PlannedPlayer]
    teams: list[PlannedTeam]
    tournaments: list[PlannedTournament]
    casual: list[PlannedMatch]
    rulings: Rulings
    follows: list[PlannedFollow]
    verifications: list[PlannedVerification]


def plan_season(*, seed: int, size: SeasonSize) -> Season:
    """Return a season of the given size.

    :raises ValueError: the size is smaller than ``SMALLEST`` in some number.
    """
    for name in ("players", "matches", "tournaments"):
        if getattr(size, name) < getattr(SMALLEST, name):
            raise ValueError(f"A season needs at least {getattr(SMALLEST, name)} {name}.")

    stream = f"{seed}/{size.players}/{size.matches}/{size.tournaments}"
    players = plan_players(stream, size.players)
    teams = plan_teams(stream, players)
    tournaments = plan_tournaments(stream, players, teams, size.tournaments)
    official = sum(len(tournament.matches) for tournament in tournaments)
    casual = plan_casual_matches(stream, players, max(size.matches - official, SMALLEST.matches // 4))
    rulings = plan_rulings(stream, casual, tournaments)
    return Season(
        players,
        teams,
        tournaments,
        casual,
        rulings,
        plan_follows(stream, players),
        plan_verifications(stream, players),
    )
