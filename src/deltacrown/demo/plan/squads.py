"""Teams: who founded them, who was in them when, and the transfers between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from deltacrown.demo.plan import words
from deltacrown.demo.plan.calendar import CLOSES, OPENS, draw_between, make_stream
from deltacrown.demo.plan.people import Player
from deltacrown.demo.plan.titles import TITLES, Title

#: Most teams of one game, and days between two windows of transfers.
MOST_TEAMS, WINDOW_DAYS = 10, 45
#: How likely a team changes a player in a window, and that the one who goes is swapped with another team's.
CHANGES, SWAPS = 0.35, 0.4
#: Teams have one player more than play.
SUBSTITUTES = 1


@dataclass
class Stretch:
    """A player's time in a team."""

    player: Player
    joined_at: datetime
    left_at: datetime | None = None


@dataclass
class Team:
    """A team of one game."""

    name: str
    title: Title
    stretches: list[Stretch] = field(default_factory=list)

    def roster_at(self, moment: datetime) -> list[Player]:
        """Who is in the team at a moment, the strongest in its game first."""
        present = [
            each.player
            for each in self.stretches
            if each.joined_at <= moment and (each.left_at is None or moment < each.left_at)
        ]
        return sorted(present, key=lambda player: (-player.strength_at(self.title, moment), player.number))

    def sign(self, player: Player, joined_at: datetime) -> None:
        """Take a player in."""
        self.stretches.append(Stretch(player, joined_at))

    def release(self, player: Player, left_at: datetime) -> None:
        """Let a player go."""
        next(
            each for each in self.stretches if each.player is player and each.left_at is None
        ).left_at = left_at


def plan_teams(seed: str, players: Sequence[Player]) -> list[Team]:
    """Found the teams of every team game and trade players between them for the whole season."""
    rng = make_stream(seed, "teams")
    names = rng.sample(words.TEAM_NAMES, len(words.TEAM_NAMES))
    teams: list[Team] = []
    for title in (title for title in TITLES if title.is_team_game):
        founded = _found_teams(rng, title, players, names)
        _trade(rng, founded, players)
        teams += founded
    return teams


def _found_teams(rng: Random, title: Title, players: Sequence[Player], names: list[str]) -> list[Team]:
    """Found teams out of those who stay to the end and joined before the season opened; takes their names off ``names``."""
    founders = _candidates(title, players, OPENS)
    size = title.squad + SUBSTITUTES
    count = min(MOST_TEAMS, len(founders) // size)
    dealt = [founders[place::count][:size] for place in range(count)]
    teams = []
    for members in dealt:
        team = Team(names.pop(), title)
        founded_at = draw_between(rng, OPENS, OPENS + timedelta(days=14))
        for player in members:
            team.sign(player, founded_at + timedelta(minutes=rng.randrange(1, 600)))
        teams.append(team)
    return teams


def _candidates(title: Title, players: Sequence[Player], moment: datetime) -> list[Player]:
    """Who may be signed: there at the moment, staying to the end; first those who play the game, the strongest first."""
    staying = [player for player in players if player.joined_at < moment and player.left_at is None]
    return sorted(
        staying,
        key=lambda player: (
            title.slug not in player.interests,
            -player.strength_at(title, moment),
            player.number,
        ),
    )


def _trade(rng: Random, teams: Sequence[Team], players: Sequence[Player]) -> None:
    window = OPENS + timedelta(days=WINDOW_DAYS)
    while window < CLOSES:
        for place, team in enumerate(teams):
            if rng.random() < CHANGES:
                # In daytime, and a day for each team: nobody moves twice at once.
                _change_player(
                    rng,
                    team,
                    teams,
                    players,
                    window + timedelta(days=place, seconds=rng.randrange(8 * 3600, 20 * 3600)),
                )
        window += timedelta(days=WINDOW_DAYS)


def _change_player(
    rng: Random, team: Team, teams: Sequence[Team], players: Sequence[Player], moment: datetime
) -> None:
    leaving = rng.choice(team.roster_at(moment))
    others = [other for other in teams if other is not team]
    if others and rng.random() < SWAPS:
        other = rng.choice(others)
        arriving = rng.choice(other.roster_at(moment))
        other.release(arriving, moment)
        other.sign(leaving, moment)
    else:
        engaged = {player.number for each in teams for player in each.roster_at(moment)}
        free = [player for player in _candidates(team.title, players, moment) if player.number not in engaged]
        if not free:
            return
        arriving = rng.choice(free[:12])
    team.release(leaving, moment)
    team.sign(arriving, moment)
