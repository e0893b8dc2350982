"""What only the whole file shows: which names are one team, who played for whom, who came first."""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from deltacrown.core.names import make_name_key


@dataclass(frozen=True)
class CwlLine:
    """The part of one row that matters to the tournament as a whole."""

    match: str
    series: str
    started_at: datetime
    ended_at: datetime
    team: str
    player: str
    won: bool


@dataclass
class Stint:
    """From the start of a player's first game for a team to the end of the last."""

    joined_at: datetime
    left_at: datetime


@dataclass
class Survey:
    """All rows of a file, in any order; ask when every row was added."""

    lines: list[CwlLine] = field(default_factory=list)

    @property
    def starts_at(self) -> datetime:
        """Return the start of the first game."""
        return min(line.started_at for line in self.lines)

    @property
    def ends_at(self) -> datetime:
        """Return the end of the last game."""
        return max(line.ended_at for line in self.lines)

    @functools.cached_property
    def team_names(self) -> dict[str, str]:
        """Return team name → the name that team bore first.

        Two names are one team when all players of one also played for the other: a team that was
        renamed during the tournament.
        """
        first_seen: dict[str, datetime] = {}
        players: dict[str, set[str]] = {}
        for line in self.lines:
            first_seen[line.team] = min(line.ended_at, first_seen.get(line.team, line.ended_at))
            players.setdefault(line.team, set()).add(make_name_key(line.player))
        by_age = sorted(players, key=lambda name: (first_seen[name], name))
        first_names: dict[str, str] = {}
        for name in by_age:
            same = (old for old in by_age if old == name or is_same_team(players[old], players[name]))
            first_names[name] = next(same)
        return first_names

    def stints(self) -> dict[tuple[str, str], Stint]:
        """Return (team, player) → from when to when, by the team's first name, in order of appearance."""
        stints: dict[tuple[str, str], Stint] = {}
        for line in sorted(self.lines, key=lambda line: (line.ended_at, line.match, line.player)):
            key = self.team_names[line.team], line.player
            stint = stints.setdefault(key, Stint(line.started_at, line.ended_at))
            stint.joined_at = min(stint.joined_at, line.started_at)
            stint.left_at = max(stint.left_at, line.ended_at)
        return stints

    def finalists(self) -> list[str]:
        """Return the teams of the last series, the winner first; empty when it has no winner.

        The last series is that of the game that ended last.
        """
        last = max(self.lines, key=lambda line: (line.ended_at, line.series)).series
        final = [line for line in self.lines if line.series == last]
        wins = Counter({self.team_names[line.team]: 0 for line in final})
        games_won = {(self.team_names[line.team], line.match) for line in final if line.won}
        wins.update(team for team, _ in games_won)

        ranked = wins.most_common()
        is_decided = len(ranked) == 2 and ranked[0][1] > ranked[1][1]
        return [team for team, _ in ranked] if is_decided else []


def is_same_team(one: set[str], other: set[str]) -> bool:
    """Return whether all players of the smaller set are in the larger."""
    return one <= other or other <= one
