"""What a match must be to be recorded: rules on one record, without the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import check_integer, check_json_object, check_past, check_text, is_blank
from deltacrown.games.models import MatchRow
from deltacrown.games.services.records import LineRecord, MatchRecord

#: How far ahead of ours a game server's clock may be: some state the time of their own zone as UTC.
CLOCK_TOLERANCE = timedelta(days=1)
#: Before this a date is a mistake of units or an empty field, not a match.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_KEY = 100
LONGEST_SIDE = 120
LONGEST_REASON = 500


class InvalidMatch(InvalidInput):
    """The record cannot be true: no players, one player twice, results that contradict each other."""


def check_record(record: MatchRecord, *, now: datetime) -> None:
    """Refuse a record that breaks a rule; a record that passes can be stored.

    :raises InvalidInput: naming the field and how to mend it.
    """
    check_text(record.match_key, field="match_key", limit=LONGEST_KEY, required=True)
    check_text(record.void_reason, field="void_reason", limit=LONGEST_REASON)
    if record.void_reason and is_blank(record.void_reason):
        raise InvalidMatch(
            "void_reason is blank; say why the match is void, or leave it out.", field="void_reason"
        )
    check_kind(record.kind)
    if record.game.pk is None:
        raise InvalidMatch("The game is not saved; create it first.", field="game")
    check_played_at(record.played_at, now=now)
    check_lines(record.lines)


def check_kind(kind: str) -> None:
    """Refuse a word that is no kind of match."""
    if kind not in MatchRow.Kind.values:
        raise InvalidMatch(
            f"kind {kind!r} is unknown; give {' or '.join(MatchRow.Kind.values)}.", field="kind"
        )


def check_lines(lines: Sequence[LineRecord]) -> None:
    """Refuse the lines of a match that cannot be together, or one that cannot be at all."""
    _check_players(lines)
    for line in lines:
        _check_line(line)
    check_results((line.side, line.result) for line in lines)


def check_played_at(played_at: datetime, *, now: datetime) -> None:
    """Refuse a date without time zone, before 1970, or more than a day ahead of ``now``."""
    check_past(played_at, field="played_at", now=now, tolerance=CLOCK_TOLERANCE)
    if played_at < EARLIEST:
        raise InvalidMatch("played_at is before 1970; check its format and unit.", field="played_at")


def check_results(outcomes: Iterable[tuple[str, str]]) -> None:
    """Refuse results that contradict each other, given as (side, result) of every known player.

    Players of one side share its result; a player without a side is a side alone. A draw is
    everybody's. When two or more sides are known, they neither all win nor all lose. One known
    side may have any result.

    :raises InvalidMatch: naming the contradiction.
    """
    by_side: dict[str | int, str] = {}
    for place, (side, result) in enumerate(outcomes):
        if by_side.setdefault(side or place, result) != result:
            raise InvalidMatch(
                f"The side {side!r} has both {by_side[side]} and {result}; a side shares one result.",
                field="result",
            )
    results = set(by_side.values())
    if "DRAW" in results and len(results) > 1:
        raise InvalidMatch("Some players have DRAW and some do not; a draw is everybody's.", field="result")
    if len(by_side) > 1 and results in ({"WIN"}, {"LOSS"}):
        what = "won" if "WIN" in results else "lost"
        raise InvalidMatch(
            f"Every side {what}, which cannot be; give players of one team the same side, or DRAW.",
            field="result",
        )


def check_result(result: object) -> None:
    """Refuse a word that is no result."""
    if result not in MatchRow.Result.values:
        raise InvalidMatch(
            f"result {result!r:.40} is unknown; give {', '.join(MatchRow.Result.values)}.", field="result"
        )


def check_reason(reason: str) -> None:
    """Refuse an empty or overlong reason for changing what was recorded."""
    check_text(reason, field="reason", limit=LONGEST_REASON, required=True, multiline=True)


def check_score(score: int | None) -> None:
    """Refuse a score that is no whole number of 32 bits; None is no score."""
    if score is not None:
        check_integer(score, field="score")


def _check_players(lines: Sequence[LineRecord]) -> None:
    if not lines:
        raise InvalidMatch("The match has no players; give at least one line.", field="lines")
    seen: set[int] = set()
    for line in lines:
        if line.user.pk is None:
            raise InvalidMatch(
                f"The player {line.user.username!r} is not saved; create them first.", field="user"
            )
        if line.user.pk in seen:
            raise InvalidMatch(
                f"{line.user.username} is in the match twice; give one line per player.", field="user"
            )
        seen.add(line.user.pk)


def _check_line(line: LineRecord) -> None:
    check_result(line.result)
    check_text(line.side, field="side", limit=LONGEST_SIDE)
    check_score(line.score)
    check_json_object(line.stats, field="stats")
