"""Teams: their founders, their members over time, and the transfers between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from deltacrown.demo.plan import words
from deltacrown.demo.plan.calendar import Calendar, draw_between, make_stream
from deltacrown.demo.plan.people import PlannedPlayer
from deltacrown.demo.plan.titles import TITLES, Title

#: Most teams of one game, and days between two transfer windows.
MOST_TEAMS, WINDOW_DAYS = 10, 44
#: Probability that a team changes a player in a window, and that it does so by a swap with another team.
CHANGES, SWAPS = 0.35, 0.4
#: Members of a team beyond those who play.
SUBSTITUTES = 1


@dataclass
class Membership:
    """The period of a player in a team."""

    player: PlannedPlayer
    joined_at: datetime
    left_at: datetime | None = None


@dataclass
class PlannedTeam:
    """A team of one game."""

    name: str
    title: Title
    memberships: list[Membership] = field(default_factory=list)

    def roster_at(self, at: datetime) -> list[PlannedPlayer]:
        """Return the members at a time, the strongest in the team's game first."""
        present = [
            each.player
            for each in self.memberships
            if each.joined_at <= at and (each.left_at is None or at < each.left_at)
        ]
        return sorted(present, key=lambda player: (-player.strength_at(self.title, at), player.number))

    def sign(self, player: PlannedPlayer, joined_at: datetime) -> None:
        """Add a player to the team."""
        self.memberships.append(Membership(player, joined_at))

    def release(self, player: PlannedPlayer, left_at: datetime) -> None:
        """End a player's membership."""
        current = (each for each in self.memberships if each.player is player and each.left_at is None)
        next(current).left_at = left_at


def plan_teams(seed: str, calendar: Calendar, players: Sequence[PlannedPlayer]) -> list[PlannedTeam]:
    """Return the teams of every team game, with all transfers of the season."""
    rng = make_stream(seed, "teams")
    names = rng.sample(words.TEAM_NAMES, len(words.TEAM_NAMES))
    teams: list[PlannedTeam] = []
    for title in (title for title in TITLES if title.is_team_game):
        founded = _found_teams(rng, calendar.opens_at, title, players, names)
        _trade(rng, calendar, founded, players)
        teams += founded
    return teams


def _found_teams(
    rng: Random, opens_at: datetime, title: Title, players: Sequence[PlannedPlayer], names: list[str]
) -> list[PlannedTeam]:
    """Return new teams of players who are there for the whole season; pop their names off ``names``."""
    founders = _list_candidates(title, players, opens_at)
    size = title.squad + SUBSTITUTES
    count = min(MOST_TEAMS, len(founders) // size)
    dealt = [founders[place::count][:size] for place in range(count)]

    teams = []
    for members in dealt:
        team = PlannedTeam(names.pop(), title)
        founded_at = draw_between(rng, opens_at, opens_at + timedelta(days=14))
        for player in members:
            team.sign(player, founded_at + timedelta(minutes=rng.randrange(1, 600)))
        teams.append(team)
    return teams


def _list_candidates(title: Title, players: Sequence[PlannedPlayer], at: datetime) -> list[PlannedPlayer]:
    """Return the players a team can sign: those who have joined and stay to the end of the season.

    Players of the game come first, then the others; the strongest first in both groups.
    """
    staying = [player for player in players if player.joined_at < at and player.left_at is None]
    return sorted(
        staying,
        key=lambda player: (
            title.slug not in player.interests,
            -player.strength_at(title, at),
            player.number,
        ),
    )


def _trade(
    rng: Random, calendar: Calendar, teams: Sequence[PlannedTeam], players: Sequence[PlannedPlayer]
) -> None:
    window = calendar.opens_at + timedelta(days=WINDOW_DAYS)
    while window + timedelta(days=MOST_TEAMS) < calendar.closes_at:
        for place, team in enumerate(teams):
            if rng.random() < CHANGES:
                # Each team has a day of its own in the window, so that no player moves twice at once.
                time_of_day = timedelta(seconds=rng.randrange(8 * 3600, 20 * 3600))
                _change_player(rng, team, teams, players, window + timedelta(days=place) + time_of_day)
        window += timedelta(days=WINDOW_DAYS)


def _change_player(
    rng: Random,
    team: PlannedTeam,
    teams: Sequence[PlannedTeam],
    players: Sequence[PlannedPlayer],
    at: datetime,
) -> None:
    leaving = rng.choice(team.roster_at(at))
    others = [other for other in teams if other is not team]

    if others and rng.random() < SWAPS:
        other = rng.choice(others)
        arriving = rng.choice(other.roster_at(at))
        other.release(arriving, at)
        other.sign(leaving, at)
    else:
        engaged = {player.number for each in teams for player in each.roster_at(at)}
        candidates = _list_candidates(team.title, players, at)
        free = [player for player in candidates if player.number not in engaged]
        if not free:
            return
        arriving = rng.choice(free[:12])

    team.release(leaving, at)
    team.sign(arriving, at)
