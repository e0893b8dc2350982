"""Write matches in DeltaCrown's own format, so that ``import_matches`` reads them as they were."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from deltacrown.core.dates import write_iso, write_iso_day
from deltacrown.games.models import MatchRow
from deltacrown.interchange.batches import Batch
from deltacrown.interchange.fields import is_number
from deltacrown.interchange.formats.deltacrown.matches import MATCH_COLUMNS, NESTED, STATS

DETAILS = "details"
#: The columns of every file that is written, in this order; those of single stats follow.
COLUMNS = (*MATCH_COLUMNS.required, *MATCH_COLUMNS.optional, NESTED)
#: What a line of NDJSON has, in this order.
FIELDS = (*COLUMNS[:-2], NESTED, DETAILS)
#: How a match ended → the word for it; none where it was played to its end.
WORD_OF_END = {end.value: "" if end is MatchRow.EndedBy.PLAY else end.lower() for end in MatchRow.EndedBy}

_NUMBERS_OR_NONE = {int, float, type(None)}


class MatchBatch(Batch):
    """Lines of matches, each one player's line of a match.

    :param values: by the names of ``FIELDS``. The player is what the file calls them: a username, or a public
        id; ``uncounted`` and ``voided`` are reasons, empty where it counts and is not void.
    """

    def write_csv(self, columns: Sequence[str]) -> str:
        """Return the lines of a CSV file, with the stats in columns of their own where they can be read back.

        :param columns: those of ``list_columns``.
        """
        stats = self._values[NESTED]
        single = {column: _list_kept(stats, column) for column in columns[len(COLUMNS) :]}
        kept = sum(len(values) - values.count(None) for values in single.values())
        nested: Sequence[Any] = [None] * len(stats)
        if kept < sum(map(len, stats)):
            nested = [_leave(each, single) or None for each in stats]
        details = [each or None for each in self._values[DETAILS]]
        return Batch({**self._values, **single, NESTED: nested, DETAILS: details}).write_csv(columns)


def _list_kept(stats: Sequence[Mapping[str, Any]], column: str) -> list[Any]:
    """Return what the column of a stat has of each line."""
    name = column.removeprefix(STATS)
    values = [each.get(name) for each in stats]
    if set(map(type, values)) <= _NUMBERS_OR_NONE:
        return values
    return [None if get_stat_column(name, value) is None else value for value in values]


def _leave(stats: Mapping[str, Any], columns: Collection[str]) -> dict[str, Any]:
    """Return the stats of a line that have no column of their own."""
    return {name: value for name, value in stats.items() if get_stat_column(name, value) not in columns}


def write_match(row: MatchRow, *, player: str, **fields: Any) -> dict[str, Any]:
    """Return what the line of a row has, with its game fetched.

    :param fields: what the row does not say, or not in the words of today: team, tournament and the like.
    """
    return {
        "match_key": row.match_key,
        "game": row.game.slug,
        "player": player,
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
        **fields,
    }


def write_played(played_at: datetime, is_time_known: bool) -> str:
    """Return when a match was played, or the day where that alone is known."""
    return write_iso(played_at) if is_time_known else write_iso_day(played_at)


def write_all_played(times: Sequence[datetime], are_known: Sequence[bool]) -> list[str]:
    """Return what ``write_played`` does of each, in a third of the time where they are in UTC."""
    return [
        f"{played_at.isoformat()[:-6]}Z"
        if is_known and played_at.tzinfo is UTC
        else write_played(played_at, is_known)
        for played_at, is_known in zip(times, are_known, strict=True)
    ]


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
