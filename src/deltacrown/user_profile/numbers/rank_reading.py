"""How the kept counts of a board are read, as SQL: the same for values that are given and for those of a row.

The values on both sides of a comparison are whole numbers, as ``rank_boards`` writes them.
"""

from __future__ import annotations

from django.db import connection

from deltacrown.user_profile.models import RankChange, RankCount, RankFold, Standing
from deltacrown.user_profile.numbers.rank_boards import BITS, LEVELS, RankedBy, get_fingerprint
from django_tally.database_clock import SQLITE_NOW
from django_tally.schema import table_of

#: Who has a change that waits to be counted: what is counted of them may not be what they are.
CHANGED = f"SELECT DISTINCT owner FROM {table_of(RankChange)}"
#: Both databases call what it has ``column1``.
_LEVELS = f"(VALUES {', '.join(f'({level})' for level in range(LEVELS + 1))})"


def write_usable(most_waiting: int) -> str:
    """Return the condition that counts can be read: they are of these boards, and little waits.

    A change of nobody means that anybody's may have changed.
    """
    waiting = f"SELECT owner FROM {table_of(RankChange)} LIMIT {most_waiting + 1}"
    return (
        f"((SELECT COUNT(*) = COUNT(w.owner) AND COUNT(*) <= {most_waiting} FROM ({waiting}) w) "
        f"AND EXISTS (SELECT 1 FROM {table_of(RankFold)} WHERE fingerprint = '{get_fingerprint()}'))"
    )


def write_sign(by: RankedBy) -> str:
    """Return how a better value compares with a value."""
    return "<" if by.declared.lowest_first else ">"


def write_better(by: RankedBy, board: str, own: str) -> str:
    """Return how many are counted with a better value than ``own``: the ranges of each level beside it.

    :param own: a value in SQL. Tables of the expression that is returned are called ``k`` and ``s``.
    """
    # A short whole number would be shifted by no more than its own length.
    bucket = f"(CAST({own} AS BIGINT) >> ({BITS} * s.column1))"
    # At the highest level, all that is counted is in the first ranges, whatever value is asked for.
    first = f"(CASE WHEN s.column1 = {LEVELS} THEN 0 ELSE ({bucket} >> {BITS}) << {BITS} END)"
    if by.declared.lowest_first:
        within = f"k.bucket >= {first} AND k.bucket < {bucket}"
    else:
        within = f"k.bucket > {bucket} AND k.bucket < {first} + {2**BITS}"
    # A subquery of each level, so that each is a range of the index, whatever the planner knows.
    each = (
        f"SELECT SUM(k.players) FROM {table_of(RankCount)} k "
        f"WHERE k.board = '{board}' AND k.level = s.column1 AND {within}"
    )
    return f"COALESCE((SELECT SUM(({each})) FROM {_LEVELS} s), 0)"


def write_same(board: str, own: str) -> str:
    """Return how many are counted with the value ``own``."""
    return (
        f"COALESCE((SELECT k.players FROM {table_of(RankCount)} k "
        f"WHERE k.board = '{board}' AND k.level = 0 AND k.bucket = {own}), 0)"
    )


def read_counted(board: str, counted: str) -> str:
    """Return the value with which a player is counted on a board; none where they are not.

    :param counted: the column of ``RankedPlayer``.
    """
    if connection.vendor == "postgresql":
        return f"({counted} ->> '{board}')::bigint"
    return f"json_extract({counted}, '$.\"{board}\"')"


def write_back(profile: str) -> str:
    """Return the condition that a suspension is over: listed again from that moment on, without a write."""
    now = "statement_timestamp()" if connection.vendor == "postgresql" else SQLITE_NOW
    return f"{profile}.standing = '{Standing.SUSPENDED}' AND {profile}.standing_until <= {now}"
