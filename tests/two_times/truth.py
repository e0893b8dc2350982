"""The truth in plain Python: what every source row was and since when, and the numbers counted from that.

Nothing here reads a declaration, a revision or a cached number: rows are read from the source tables after
each step, and the rules by which they count are written down once more.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from math import isqrt
from typing import Any, NamedTuple

from deltacrown.games.models import ArchivedMatch, Match
from deltacrown.moderation.models import Dispute
from deltacrown.tournaments.models import TournamentParticipation, TournamentResult, TournamentSeriesResult
from deltacrown.user_profile.models import ExperienceAward, UserAchievement

Value = int | Decimal | None
#: A history and a key: an archived row keeps both.
Key = tuple[str, int]


class Row(NamedTuple):
    """A source row, as far as numbers are made of it."""

    kind: str
    user: int
    happened_at: datetime
    game: int | None = None
    result: str = ""
    placement: int | None = None
    points: int = 0
    is_counted: bool = True


def read_rows() -> dict[Key, Row]:
    """Return every source row as the database has it now."""
    return dict(_iterate_rows())


def _iterate_rows() -> Iterator[tuple[Key, Row]]:
    columns = ("pk", "user", "game", "result", "played_at", "uncounted_reason")
    for table in (ArchivedMatch, Match):
        for pk, user, game, result, at, reason, voided_at in table.objects.values_list(*columns, "voided_at"):
            counted = voided_at is None and reason == ""
            yield ("match", pk), Row("match", user, at, game, result, is_counted=counted)
    for pk, user, game, result, at, reason in TournamentSeriesResult.objects.values_list(*columns):
        yield ("series", pk), Row("series", user, at, game, result, is_counted=reason == "")
    for result in TournamentResult.objects.exclude(user=None):
        reasons = (result.uncounted_reason, result.unplaced_reason)
        counted = not any(reasons) and result.disqualified_at is None
        row = Row("result", result.user_id, result.decided_at, placement=result.placement, is_counted=counted)
        yield ("result", result.pk), row
    for pk, user, at, points in ExperienceAward.objects.values_list("pk", "user", "awarded_at", "points"):
        yield ("experience", pk), Row("experience", user, at, points=points)
    others: list[tuple[str, Any, str, str]] = [
        ("entry", TournamentParticipation, "user", "registered_at"),
        ("dispute", Dispute, "reporter", "filed_at"),
        ("achievement", UserAchievement, "user", "earned_at"),
    ]
    for kind, table, owner, happened in others:
        for pk, user, at in table.objects.values_list("pk", owner, happened):
            yield (kind, pk), Row(kind, user, at)


class Log:
    """What each row was, and from when on that was known.

    :ivar marks: times between steps: what was committed before one was known at it, and nothing else.
    """

    def __init__(self) -> None:
        self.states: dict[Key, list[tuple[datetime, Row | None]]] = {}
        self.marks: list[datetime] = []

    def note(self, at: datetime, rows: dict[Key, Row]) -> None:
        """Keep that the rows are these, as was known at ``at``."""
        self.marks.append(at)
        for key in self.states.keys() | rows.keys():
            told, row = self.states.setdefault(key, []), rows.get(key)
            if (told[-1][1] if told else None) != row:
                told.append((at, row))

    def list_known(self, known_at: datetime | None = None) -> list[Row]:
        """Return the rows that there were, as they were, by what was known at a time or is known now."""
        found = []
        for told in self.states.values():
            place = len(told) if known_at is None else bisect_right(told, known_at, key=lambda each: each[0])
            row = told[place - 1][1] if place else None
            if row is not None:
                found.append(row)
        return found

    def list_times(self) -> list[datetime]:
        """Return every time at which something happened, as it is known or once was."""
        return sorted({row.happened_at for told in self.states.values() for _, row in told if row})


def count(name: str, rows: Sequence[Row]) -> Value:
    """Return the number called ``name`` of whom these rows are."""
    return NUMBERS[name](rows)


def list_own(rows: Sequence[Row], user: int, game: int | None = None) -> list[Row]:
    """Return the rows of a player, in one game or all."""
    return [row for row in rows if row.user == user and game in {None, row.game}]


def list_within(rows: Sequence[Row], since: datetime | None, until: datetime | None) -> list[Row]:
    """Return the rows whose facts happened from ``since`` on and before ``until``."""
    return [
        row
        for row in rows
        if (since is None or row.happened_at >= since) and (until is None or row.happened_at < until)
    ]


def _played(kind: str, *results: str) -> Callable[[Sequence[Row]], int]:
    def number(rows: Sequence[Row]) -> int:
        return sum(
            row.kind == kind and row.is_counted and (row.result in results or not results) for row in rows
        )

    return number


def _rate(kind: str) -> Callable[[Sequence[Row]], Decimal]:
    def number(rows: Sequence[Row]) -> Decimal:
        played = _played(kind)(rows)
        return divide(100 * _played(kind, "WIN")(rows), played) if played else Decimal("0.00")

    return number


def _all(kind: str) -> Callable[[Sequence[Row]], int]:
    return lambda rows: sum(row.kind == kind for row in rows)


def _list_placed(rows: Sequence[Row]) -> list[int]:
    return [
        row.placement
        for row in rows
        if row.kind == "result" and row.is_counted and row.placement is not None and row.placement <= 10
    ]


def _experience(rows: Sequence[Row]) -> int:
    return sum(row.points for row in rows)


def _average(rows: Sequence[Row]) -> Decimal | None:
    placed = _list_placed(rows)
    return divide(sum(placed), len(placed)) if placed else None


def _level(rows: Sequence[Row]) -> int:
    return isqrt((_experience(rows) + 50) // 50)


def divide(one: int, other: int) -> Decimal:
    """Return a quotient to two decimals, half rounded up."""
    return (Decimal(one) / other).quantize(Decimal("0.01"), ROUND_HALF_UP)


#: Numbers over everything.
OVERALL: dict[str, Callable[[Sequence[Row]], Value]] = {
    "total_matches_played": _played("match"),
    "matches_won": _played("match", "WIN"),
    "overall_win_rate": _rate("match"),
    "series_won": _played("series", "WIN"),
    "series_played": _played("series"),
    "series_win_rate": _rate("series"),
    "tournaments_participated": _all("entry"),
    "tournaments_won": lambda rows: _list_placed(rows).count(1),
    "placement_sum": lambda rows: sum(_list_placed(rows)),
    "placement_count": lambda rows: len(_list_placed(rows)),
    "average_placement": _average,
    "disputes_filed": _all("dispute"),
    "achievement_count": _all("achievement"),
    "experience_points": _experience,
    "level": _level,
}
#: Numbers in one game.
IN_GAME: dict[str, Callable[[Sequence[Row]], Value]] = {
    "matches_played": _played("match"),
    "matches_won": _played("match", "WIN"),
    "win_rate": _rate("match"),
    "series_won": _played("series", "WIN"),
    "series_played": _played("series"),
    "series_win_rate": _rate("series"),
}
NUMBERS = {**OVERALL, **IN_GAME}
