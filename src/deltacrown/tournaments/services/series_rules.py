"""What the games of a series come to: one result per player, whatever the order they were told in.

Pure: from lines to results, without the database. ``services/series.py`` reads and writes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from django.utils.translation import gettext_noop

from deltacrown.core.names import make_name_key
from deltacrown.core.natural_order import get_numbered_key
from deltacrown.core.words import declare_stored
from deltacrown.games.models import MatchRow
from deltacrown.games.services import FORFEITED
from deltacrown.tournaments.models import TournamentSeriesResult

Result = TournamentSeriesResult.Result
#: How a line ends that gives the match up, and with it what was left of the series.
GIVEN_UP = frozenset({MatchRow.EndedBy.FORFEIT, MatchRow.EndedBy.RETIRED, MatchRow.EndedBy.DISQUALIFIED})

ALL_VOID = gettext_noop("all its games are void")
NONE_COUNTS = gettext_noop("none of its games counts")
NOT_IN_ONE = gettext_noop("none of the player's games in it counts")
MANY_SIDES = gettext_noop("more than two sides played it, so games won do not decide it")
UNDECIDED = declare_stored(gettext_noop("undecided best of %(games)s"))

#: What plays a series: a team, or a player who has none.
Side = tuple[str, int]


class SeriesLine(NamedTuple):
    """One player's line of one game of a series, as recorded; a tuple, since an import makes many.

    The first part is what the tournament says of it, the second what the match row says.

    :ivar side_name: the name of the side in the game, as told; empty where nobody said.
    """

    team: int | None
    opponent_team: int | None
    opponent_user: int | None
    round: str
    best_of: int | None

    user: int
    match_key: str
    side_name: str
    result: str
    ended_by: str
    voided_at: datetime | None
    uncounted_reason: str
    played_at: datetime
    is_time_known: bool
    sequence: int | None

    @property
    def is_void(self) -> bool:
        return self.voided_at is not None

    @property
    def counts(self) -> bool:
        """Return whether the line counts for numbers."""
        return self.voided_at is None and not self.uncounted_reason

    @property
    def side(self) -> Side:
        """Return whose part in the series it is."""
        return ("player", self.user) if self.team is None else ("team", self.team)


@dataclass
class _Score:
    """Games as one side has them."""

    won: int = 0
    lost: int = 0
    drawn: int = 0

    @property
    def games(self) -> int:
        return self.won + self.lost + self.drawn


class _Game:
    """One game of a series: its lines by the side they were on."""

    def __init__(self, lines: Sequence[SeriesLine]) -> None:
        self.lines = lines
        self.counts = any(line.counts for line in lines)
        self.is_void = all(line.is_void for line in lines)
        teams: Mapping[str, int] = {}
        if any(line.side_name and line.team is None for line in lines):
            named = [(line.side_name, line.team) for line in lines if line.side_name]
            teams = {make_name_key(name): team for name, team in named if team is not None}

        self.places: dict[Side, object] = {}
        self.sides: defaultdict[object, list[SeriesLine]] = defaultdict(list)
        for line in lines:
            place = _find_place(line, teams)
            self.places[line.side] = place
            self.sides[place].append(line)

    @cached_property
    def order(self) -> tuple[datetime, str]:
        """Return what orders the games, as histories order matches."""
        first = self.lines[0]
        return first.played_at, get_numbered_key(first.sequence, first.match_key)

    @cached_property
    def winners(self) -> set[object]:
        return {place for place, lines in self.sides.items() if _has(lines, MatchRow.Result.WIN)}

    @cached_property
    def losers(self) -> set[object]:
        """Return the sides that gave the game up, everybody known of them."""
        return {
            place for place, lines in self.sides.items() if all(line.ended_by in GIVEN_UP for line in lines)
        }

    def add_to(self, score: _Score, side: Side) -> None:
        """Count the game in the score of a side that was in it. One that both or neither won is drawn."""
        place = self.places[side]
        has_won = place in self.winners
        if len(self.sides) > 1:
            others_won = bool(self.winners - {place})
        else:
            # The other side is not known: this one's loss says that it won.
            others_won = not has_won and _has(self.sides[place], MatchRow.Result.LOSS)

        if has_won and not others_won:
            score.won += 1
        elif others_won and not has_won:
            score.lost += 1
        else:
            score.drawn += 1


def _find_place(line: SeriesLine, teams: Mapping[str, int]) -> object:
    """Return the side of a line within its game: by team, or by the name of the side, or the player alone.

    A name alone does not tell sides over a whole series: white and black change between games.
    """
    if line.team is not None:
        return line.team
    if not line.side_name:
        return line.side

    key = make_name_key(line.side_name)
    return teams.get(key, key)


def _has(lines: Sequence[SeriesLine], result: str) -> bool:
    counted = [line for line in lines if line.counts]
    return any(line.result == result for line in counted or lines)


@dataclass
class _Series:
    """The games of a series in the order of play, and what each side made of them."""

    games: list[_Game]
    scores: defaultdict[Side, _Score] = field(default_factory=lambda: defaultdict(_Score))

    def __post_init__(self) -> None:
        for game in self.counted:
            for side in game.places:
                game.add_to(self.scores[side], side)

    @cached_property
    def counted(self) -> list[_Game]:
        return [game for game in self.games if game.counts]

    @cached_property
    def best_of(self) -> int | None:
        """Return the most games it was set for: the most that a game which is not void says."""
        said = [
            line.best_of
            for game in self.games
            for line in game.lines
            if line.best_of is not None and (not game.is_void or self.is_void)
        ]
        return max(said, default=None)

    @cached_property
    def is_void(self) -> bool:
        return all(game.is_void for game in self.games)

    @cached_property
    def fault(self) -> str:
        """Return why it counts for nobody; empty where it may."""
        if self.is_void:
            return ALL_VOID
        if not self.counted:
            reasons = {
                line.uncounted_reason for game in self.games for line in game.lines if not line.is_void
            }
            return reasons.pop() if len(reasons) == 1 else NONE_COUNTS
        if any(len(game.sides) > 2 for game in self.counted):
            return MANY_SIDES
        return ""

    def decide(self, side: Side) -> tuple[str, str]:
        """Return the result of a side, and why it counts nowhere."""
        score = self.scores[side]
        if self.fault:
            return Result.NONE, self.fault
        if self._is_decided(score):
            return _compare(score.won, score.lost), ""
        if given_up := self._find_given_up(side):
            return given_up

        return Result.NONE, UNDECIDED % {"games": self.best_of}

    def _is_decided(self, score: _Score) -> bool:
        if self.best_of is None:
            return True
        return max(score.won, score.lost) > self.best_of // 2 or score.games >= self.best_of

    def _find_given_up(self, side: Side) -> tuple[str, str] | None:
        """Return result and reason where the last game was given up, and with it the rest of the series."""
        last = [game for game in self.games if not game.is_void][-1]
        if not last.losers or side not in last.places:
            return None

        result = Result.LOSS if last.places[side] in last.losers else Result.WIN
        return result, "" if last.counts else FORFEITED


def _compare(won: int, lost: int) -> str:
    if won == lost:
        return Result.DRAW
    return Result.WIN if won > lost else Result.LOSS


def judge_series(lines: Iterable[SeriesLine]) -> list[TournamentSeriesResult]:
    """Return what the lines of one series come to: an unsaved row per player, without tournament and series.

    The side that alone won more of the counted games has won; as many on both sides are a draw. With
    ``best_of``, a series is decided when one side has more than half of that, when so many games were played,
    or when the last game was given up: then the side that gave up has lost. Everybody who was in a counted
    game has the result of their side.
    """
    by_game: defaultdict[str, list[SeriesLine]] = defaultdict(list)
    for line in lines:
        by_game[line.match_key].append(line)

    games = sorted((_Game(each) for each in by_game.values()), key=lambda game: game.order)
    series = _Series(games)
    timed = series.counted or games

    by_player: defaultdict[int, list[SeriesLine]] = defaultdict(list)
    for game in games:
        for line in game.lines:
            by_player[line.user].append(line)
    return [_describe(series, timed, by_player[user]) for user in sorted(by_player)]


def _describe(series: _Series, timed: Sequence[_Game], lines: Sequence[SeriesLine]) -> TournamentSeriesResult:
    """Return the row of a player, whose lines are given in the order of play."""
    counted = [line for line in lines if line.counts]
    last = (counted or lines)[-1]
    score = series.scores[last.side]
    result, reason = series.decide(last.side)
    if not (counted or series.fault):
        reason = NOT_IN_ONE

    last_game = timed[-1].lines[0]
    return TournamentSeriesResult(
        user_id=last.user,
        team_id=last.team,
        opponent_team_id=last.opponent_team,
        opponent_user_id=last.opponent_user,
        round=last.round,
        best_of=series.best_of,
        result=result,
        games_won=score.won,
        games_lost=score.lost,
        games_drawn=score.drawn,
        games_played=len(counted),
        uncounted_reason=reason,
        started_at=timed[0].lines[0].played_at,
        played_at=last_game.played_at,
        is_time_known=last_game.is_time_known,
    )
