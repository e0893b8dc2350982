"""How many are ahead of the player of a row, as a column of a statement that reads the row.

As ``rank_counts`` does it for values that are known before: most are read from what is kept counted, and
players with changes that wait to be counted are compared one by one. Here that is a part of a statement that
nearly every request makes, so it must never cost more than to count as far as is told: where more than a few
changes wait, or nothing is counted yet, that is done.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F, Func, IntegerField
from django.db.models.expressions import Subquery

from deltacrown.user_profile.models import RankChange, RankedPlayer, UserProfile
from deltacrown.user_profile.numbers.rank_boards import RankedBy, get_ranked
from deltacrown.user_profile.numbers.rank_reading import (
    CHANGED,
    read_counted,
    write_back,
    write_better,
    write_sign,
    write_usable,
)
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
        read = _write_read(by, by.write_value(own))
        sql = f"CASE WHEN {write_usable(MOST_WAITING)} THEN {read} ELSE {otherwise} END"
        return sql, list(given)


def _write_read(by: RankedBy, own: str) -> str:
    """Return the sum of the ranges of better values, corrected by whom they miscount.

    :param own: the value of the row, as a whole number. Tables of subqueries have other names than its.
    """
    profiles, changes, sign = table_of(UserProfile), table_of(RankChange), write_sign(by)
    board, listed = by.get_name(None), write_listed_sql("q")
    is_ahead = f"{by.write_eligible()} AND {by.write_value()} {sign} {own}"
    is_back = write_back("q").replace("%", "%%")
    return (
        f"({write_better(by, board, own)} "
        f"+ (SELECT COUNT(*) FROM ({CHANGED}) c JOIN {profiles} q ON q.user_id = c.owner "
        f"WHERE {is_ahead} AND {listed}) "
        f"- (SELECT COUNT(*) FROM ({CHANGED}) c JOIN {table_of(RankedPlayer)} r ON r.owner = c.owner "
        f"WHERE {read_counted(board, 'r.counted')} {sign} {own}) "
        f"+ (SELECT COUNT(*) FROM {profiles} q WHERE {is_back} AND {is_ahead} "
        f"AND NOT EXISTS (SELECT 1 FROM {changes} c WHERE c.owner = q.user_id)))"
    )
