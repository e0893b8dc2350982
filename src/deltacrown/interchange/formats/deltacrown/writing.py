"""Write matches in DeltaCrown's own format, so that ``import_matches`` reads them as they were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple, Self

from django.db.models import QuerySet

from deltacrown.core.dates import write_iso, write_iso_day
from deltacrown.games.models import MatchRow
from deltacrown.interchange.fields import parse_number
from deltacrown.interchange.formats.deltacrown.matches import MATCH_COLUMNS, NESTED, STATS

#: The columns of every file that is written, in this order; those of single stats follow.
COLUMNS = (*MATCH_COLUMNS.required, *MATCH_COLUMNS.optional, NESTED)
DETAILS = "details"
_PLAIN = tuple(name for name in COLUMNS if name not in {NESTED, DETAILS})
_get_plain = attrgetter(*_PLAIN)


class WrittenLine(NamedTuple):
    """One player's line of a match; the fields are the columns of the format, given by their names.

    A tuple, since a file has many, and one is made in two thirds of the time of a frozen dataclass.

    :param player: what the file calls the player: a username, or a public id.
    :param is_time_known: False where the day alone is written.
    :param uncounted: the reason why it counts nowhere, though it is not void; empty when it counts.
    :param voided: the reason why it is void; empty when it is not.
    """

    match_key: str
    game: str
    player: str
    result: str
    played_at: datetime
    kind: str
    side: str
    score: str
    voided: str
    team: str
    tournament: str
    round: str
    series: str
    map: str
    details: Mapping[str, Any]
    stats: Mapping[str, Any]
    is_time_known: bool = True
    placement: int | None = None
    ended_by: str = ""
    uncounted: str = ""
    sequence: int | None = None
    best_of: int | None = None
    player_name: str = ""
    country: str = ""

    @classmethod
    def of(cls, row: MatchRow, *, player: str, **fields: Any) -> Self:
        """Return the line of a row, with its game fetched.

        :param fields: what the row does not say, or not in the words of today: team, tournament and the like.
        """
        values: dict[str, Any] = {
            "match_key": row.match_key,
            "game": row.game.slug,
            "result": row.result,
            "played_at": row.played_at,
            "is_time_known": row.is_time_known,
            "kind": row.kind,
            "side": row.side,
            "score": row.score,
            "placement": row.placement,
            "ended_by": row.ended_by,
            "uncounted": row.uncounted_reason,
            "voided": row.void_reason,
            "sequence": row.sequence,
            "stats": row.stats,
        }
        return cls(player=player, **values | fields)

    def as_json(self) -> dict[str, Any]:
        """Return the line of an NDJSON file, without what is empty."""
        values = {name: value for name, value in self._values().items() if value or value == 0}
        if self.stats:
            values[NESTED] = dict(self.stats)
        if self.details:
            values[DETAILS] = dict(self.details)

        return values

    def as_row(self, columns: Iterable[str]) -> list[Any]:
        """Return the values of a row of a CSV file; see ``list_columns``."""
        values = self._values()
        nested: dict[str, Any] = {}
        for name, value in self.stats.items():
            column = get_stat_column(name, value)
            if column:
                values[column] = value
            else:
                nested[name] = value
        values |= {NESTED: nested or None, DETAILS: dict(self.details) or None}

        return [values.get(column) for column in columns]

    def _values(self) -> dict[str, Any]:
        values: dict[str, Any] = dict(zip(_PLAIN, _get_plain(self), strict=True))
        values["result"], values["kind"] = self.result.lower(), self.kind.lower()
        values["ended_by"] = "" if self.ended_by == MatchRow.EndedBy.PLAY else self.ended_by.lower()
        write = write_iso if self.is_time_known else write_iso_day
        values["played_at"] = write(self.played_at)

        return values


def get_stat_column(name: str, value: Any) -> str | None:
    """Return the column of a CSV file that a stat is read back from as it is; None when only JSON keeps it.

    A CSV file has no types: a text that looks like a number is read as one, a list as text.
    """
    if not name.strip() or name != name.strip():
        return None
    if isinstance(value, str):
        is_kept = value.strip() == value != "" and isinstance(parse_number(value), str)
        return f"{STATS}{name}" if is_kept else None

    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{STATS}{name}" if is_number else None


def list_columns(sources: Iterable[QuerySet[Any]]) -> list[str]:
    """Return the columns of a CSV file of match rows; it reads the stats of all of them."""
    named: set[str] = set()
    for source in sources:
        with_stats = source.exclude(stats={}).values_list("stats", flat=True)
        for stats in with_stats.iterator(chunk_size=2000):
            named.update(filter(None, map(get_stat_column, stats.keys(), stats.values())))

    return [*COLUMNS, *sorted(named)]
