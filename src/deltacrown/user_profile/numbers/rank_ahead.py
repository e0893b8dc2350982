"""How many are ahead of the player of a row, as a column of a statement that reads the row.

As ``rank_counts`` does it for values that are known before: most are read from what is kept counted, and
players with changes that wait to be counted are compared one by one. Here that is a part of a statement that
nearly every request makes, so it must never cost more than to count as far as is told: where more than a few
changes wait, or nothing is counted yet, that is done.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import F, Func, IntegerField
from django.db.models.expressions import Subquery

from deltacrown.user_profile.models import (
    RankChange,
    RankCount,
    RankedPlayer,
    RankFold,
    Standing,
    UserProfile,
)
from deltacrown.user_profile.numbers.rank_boards import BITS, LEVELS, RankedBy, get_fingerprint, get_ranked
from deltacrown.user_profile.standing import write_listed_sql
from django_tally.schema import table_of

#: With so many changes waiting, to compare them takes as long as to count a thousand players.
MOST_WAITING = 50


class Ahead(Func):
    """How many listed players are ahead of the profile of the row on a board over everything.

    :param column: the number of ``UserProfile`` that ranks.
    :param counted: counts them, but only so far: what is told where nothing is kept counted.
    """

    output_field = IntegerField()

    def __init__(self, column: str, counted: Subquery) -> None:
        super().__init__(F(column), counted)
        self._column = column

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        """Return the column."""
        value, counted = self.get_source_expressions()
        own, _of_column = compiler.compile(value)
        by = get_ranked(UserProfile, self._column)
        otherwise, given = compiler.compile(counted)
        read = _write_read(by, f"CAST({by.write_value(own)} AS bigint)")
        sql = f"CASE WHEN {_write_usable()} THEN {read} ELSE {otherwise} END"
        return sql, list(given)


def _write_usable() -> str:
    changes = table_of(RankChange)
    waiting = f"SELECT owner FROM {changes} LIMIT {MOST_WAITING + 1}"
    return (
        f"((SELECT COUNT(*) = COUNT(w.owner) AND COUNT(*) <= {MOST_WAITING} FROM ({waiting}) w) "
        f"AND EXISTS (SELECT 1 FROM {table_of(RankFold)} WHERE fingerprint = '{get_fingerprint()}'))"
    )


def _write_read(by: RankedBy, own: str) -> str:
    """Return the sum of the ranges of better values, corrected by whom they miscount.

    :param own: the value of the row, as a whole number. Tables of subqueries have other names than its.
    """
    profiles, changes = table_of(UserProfile), table_of(RankChange)
    sign = "<" if by.declared.lowest_first else ">"
    board, listed = by.get_name(None), write_listed_sql("q")
    changed = f"(SELECT DISTINCT owner FROM {changes})"
    is_ahead = f"{by.write_eligible()} AND {by.write_value()} {sign} {own}"
    # Whose suspension is over is listed again from that moment on, without a write.
    is_back = f"q.standing = '{Standing.SUSPENDED}' AND q.standing_until IS NOT NULL AND {listed}"
    return (
        f"(COALESCE((SELECT SUM(({_write_range(by, board, own)})) FROM {_LEVELS} s), 0) "
        f"+ (SELECT COUNT(*) FROM {changed} c JOIN {profiles} q ON q.user_id = c.owner "
        f"WHERE {is_ahead} AND {listed}) "
        f"- (SELECT COUNT(*) FROM {changed} c JOIN {table_of(RankedPlayer)} r ON r.owner = c.owner "
        f"WHERE {_read_counted(board)} {sign} {own}) "
        f"+ (SELECT COUNT(*) FROM {profiles} q WHERE {is_back} AND {is_ahead} "
        f"AND NOT EXISTS (SELECT 1 FROM {changes} c WHERE c.owner = q.user_id)))"
    )


#: Both databases call what it has ``column1``.
_LEVELS = f"(VALUES {', '.join(f'({level})' for level in range(LEVELS + 1))})"


def _write_range(by: RankedBy, board: str, own: str) -> str:
    """Return the SELECT of how many have better values in the ranges of a level beside the own."""
    bucket = f"(({own}) >> ({BITS} * s.column1))"
    first = f"(({bucket} >> {BITS}) << {BITS})"
    if by.declared.lowest_first:
        within = f"k.bucket >= {first} AND k.bucket < {bucket}"
    else:
        within = f"k.bucket > {bucket} AND k.bucket < {first} + {2**BITS}"
    return (
        f"SELECT SUM(k.players) FROM {table_of(RankCount)} k "
        f"WHERE k.board = '{board}' AND k.level = s.column1 AND {within}"
    )


def _read_counted(board: str) -> str:
    if connection.vendor == "postgresql":
        return f"(r.counted ->> '{board}')::bigint"
    return f"json_extract(r.counted, '$.\"{board}\"')"
