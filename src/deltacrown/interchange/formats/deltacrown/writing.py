"""Write matches in DeltaCrown's own format, so that ``import_matches`` reads them as they were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, Self

from deltacrown.core.dates import write_iso, write_iso_day
from deltacrown.games.models import MatchRow
from deltacrown.interchange.fields import is_number
from deltacrown.interchange.formats.deltacrown.matches import MATCH_COLUMNS, NESTED, STATS

#: The columns of every file that is written, in this order; those of single stats follow.
COLUMNS = (*MATCH_COLUMNS.required, *MATCH_COLUMNS.optional, NESTED)
#: How a match ended → the word for it; none where it was played to its end.
WORD_OF_END = {end.value: "" if end is MatchRow.EndedBy.PLAY else end.lower() for end in MatchRow.EndedBy}


class WrittenLine(NamedTuple):
    """One player's line of a match: what the file says, under the names and in the order of its JSON.

    A tuple, since a file has many, and one is made in two thirds of the time of a frozen dataclass.

    :param player: what the file calls the player: a username, or a public id.
    :param played_at: a datetime, or the day where that alone is known.
    :param uncounted: the reason why it counts nowhere, though it is not void; empty when it counts.
    :param voided: the reason why it is void; empty when it is not.
    """

    match_key: str
    game: str
    player: str
    result: str
    played_at: str
    kind: str
    side: str
    score: str
    placement: int | None
    ended_by: str
    uncounted: str
    voided: str
    team: str
    tournament: str
    round: str
    series: str
    best_of: int | None
    map: str
    sequence: int | None
    player_name: str
    country: str
    stats: Mapping[str, Any]
    details: Mapping[str, Any]

    @classmethod
    def of(cls, row: MatchRow, *, player: str, **fields: Any) -> Self:
        """Return the line of a row, with its game fetched.

        :param fields: what the row does not say, or not in the words of today: team, tournament and the like.
        """
        values: dict[str, Any] = {
            "match_key": row.match_key,
            "game": row.game.slug,
            "result": row.result.lower(),
            "played_at": write_played(row.played_at, row.is_time_known),
            "kind": row.kind.lower(),
            "side": row.side,
            "score": row.score,
            "placement": row.placement,
            "ended_by": WORD_OF_END[row.ended_by],
            "uncounted": row.uncounted_reason,
            "voided": row.void_reason,
            "sequence": row.sequence,
            "stats": row.stats,
        }
        return cls(player=player, **values | fields)

    def as_json(self) -> dict[str, Any]:
        """Return the line of an NDJSON file, without what is empty."""
        return {name: value for name, value in zip(_NAMES, self, strict=True) if value or value == 0}

    def as_row(self, columns: Sequence[str]) -> list[Any]:
        """Return the values of a row of a CSV file.

        :param columns: those of ``list_columns``.
        """
        single: dict[str, Any] = {}
        nested: dict[str, Any] = {}
        for name, value in self.stats.items():
            column = get_stat_column(name, value)
            if column:
                single[column] = value
            else:
                nested[name] = value

        stats = map(single.get, columns[len(COLUMNS) :])
        return [*self[:_NESTED], self.details or None, nested or None, *stats]


_NAMES = WrittenLine._fields
#: Where what is nested begins; in a row of CSV, the details come before the stats.
_NESTED = _NAMES.index(NESTED)


def write_played(played_at: datetime, is_time_known: bool) -> str:
    """Return when a match was played, or the day where that alone is known."""
    return write_iso(played_at) if is_time_known else write_iso_day(played_at)


def get_stat_column(name: str, value: Any) -> str | None:
    """Return the column of a CSV file that a stat is read back from as it is; None when only JSON keeps it.

    A CSV file has no types: a text that looks like a number is read as one, a list as text.
    """
    column, kind = _name_column(name), type(value)
    if column is None or kind is int or kind is float:
        return column

    is_kept = kind is str and value.strip() == value != "" and not is_number(value)
    return column if is_kept else None


@lru_cache(maxsize=4096)
def _name_column(stat: str) -> str | None:
    return f"{STATS}{stat}" if stat and stat == stat.strip() else None


def list_columns(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the columns of a CSV file of match rows with these stats."""
    named: dict[str, str] = {}
    for stats in rows:
        for name in stats.keys() - named.keys():
            if column := get_stat_column(name, stats[name]):
                named[name] = column

    return [*COLUMNS, *sorted(named.values())]
