"""Every change of a number, newest first, each with its cause.

A source row has its own beginning (``recorded_at``); a revision has each later change. Rows that
were never changed are read from the source tables alone. The beginning of a changed row is in the
image that its first revision keeps. What a repair changed that no row tells of, the repair tells.
Together they add up to the number.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from heapq import merge
from itertools import islice
from typing import Any

from django.db import connection

from django_tally.commits import committed_to_sql, recorded_sql
from django_tally.database_clock import read_datetime
from django_tally.feeds import Model
from django_tally.models import Repair, Revision
from django_tally.schema import quote, table_of
from django_tally.sources import history_label
from django_tally.sql import literal
from django_tally.stat_sql import REPAIRS, REVISIONS, StatOf

#: Where a page ended: the time as the database writes it, the stream's rank, and the row or revision.
Position = tuple[str, int, int]

#: Where a page of days ended: the day, and the rank of the number among those that are read.
DailyPosition = tuple[str, int]

#: The source of the changes that a repair tells because no row does.
REPAIR = Repair._meta.label
#: Two images that are not there; typed, since streams that have some are read in the same statement.
NO_IMAGES = "CAST(NULL AS jsonb) AS old_image, CAST(NULL AS jsonb) AS new_image"


@dataclass(frozen=True)
class Change:
    """One change of one number.

    :param at: when it was committed; where the database cannot say, when it was written.
    :param stat: the name of the number.
    :param delta: by how much, up or down; never 0.
    :param old: the source row before, as column → value; ``None`` when it was recorded by this change.
    :param new: the source row after; ``None`` when it was deleted, or when it is as it was recorded.
    :param actor: who; empty when the write did not say.
    :param position: hand it back to read on from here.
    """

    at: datetime
    stat: str
    delta: int
    source: str
    row: int
    position: Position
    old: Mapping[str, Any] | None = None
    new: Mapping[str, Any] | None = None
    actor: str = ""
    reason: str = ""

    @property
    def is_recording(self) -> bool:
        """Return whether the row was recorded by this change, not changed."""
        return self.old is None and self.new is None and not self.is_repair

    @property
    def is_repair(self) -> bool:
        """Return whether a repair tells of it, since no row does; ``row`` is then the key of the repair."""
        return self.source == REPAIR


@dataclass(frozen=True)
class DailyChange:
    """All changes of one number on one day in UTC, summed up; their sum is not 0.

    :param stat: the name of the number.
    :param position: hand it back to read on from here.
    """

    day: date
    stat: str
    delta: int
    position: DailyPosition


def list_changes(*numbers: StatOf, limit: int, after: Position | None = None) -> list[Change]:
    """List at most ``limit`` changes of ``numbers``, newest first, from the one after ``after`` on.

    Each stream is read in the order of an index and no further than ``limit`` changes, so a page costs
    the same however long the history; in one statement, so that no row archived meanwhile is told twice.
    """
    return _list_from_streams(_rank_streams(numbers), after, limit)


def list_revisions(*numbers: StatOf, limit: int) -> list[Change]:
    """List at most ``limit`` changes of ``numbers`` that changed recorded rows, newest first; no repairs."""
    ranked = _rank_streams(numbers)
    return _list_from_streams([each for each in ranked if each[1].is_of_revisions], None, limit)


def list_latest(*numbers: StatOf, limit: int, revisions: int) -> tuple[list[Change], list[Change]]:
    """Return what ``list_changes`` and ``list_revisions`` list, the latest of each, in one statement."""
    ranked = _rank_streams(numbers)
    limits = [max(limit, revisions) if stream.is_of_revisions else limit for _, stream in ranked]
    pages = _read_streams(ranked, None, limits)
    of_revisions = [page for (_, stream), page in zip(ranked, pages, strict=True) if stream.is_of_revisions]
    return _merge_pages(pages, limit), _merge_pages(of_revisions, revisions)


def list_daily_changes(*numbers: StatOf, limit: int, after: DailyPosition | None = None) -> list[DailyChange]:
    """List at most ``limit`` days on which ``numbers`` changed, newest first, from ``after`` on.

    A number that was changed and changed back within a day has no such day. One statement; it reads all
    changes up to ``after``, so it is for numbers that change seldom.
    """
    ranked = [
        (rank, stream)
        for rank, number in enumerate(numbers)
        for streams in _list_streams([number])
        for stream in streams
    ]
    read = " UNION ALL ".join(
        f"SELECT {rank} AS number, p.* FROM ({stream.sql}) p" for rank, stream in ranked
    )
    day_of = _day_of(f"COALESCE({_find_committed()}, s.written)")
    changes = f"SELECT {day_of} AS day, s.number, s.delta FROM ({read}) s"
    past = ""
    if after:
        day, rank = literal(after[0], connection), int(after[1])
        past = f"WHERE day < {day} OR (day = {day} AND number > {rank})"

    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT day, number, SUM(delta) FROM ({changes}) dated {past} "
            f"GROUP BY day, number HAVING SUM(delta) <> 0 ORDER BY day DESC, number LIMIT {int(limit)}"
        )
        found = cursor.fetchall()

    return [
        DailyChange(date.fromisoformat(day), numbers[rank].stat.name, int(delta), (day, int(rank)))
        for day, rank, delta in found
    ]


def _day_of(column: str) -> str:
    """Return the day of a datetime column in UTC, as text that sorts by time."""
    if connection.vendor == "postgresql":
        return f"TO_CHAR({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD') COLLATE \"C\""

    return f"SUBSTR({column}, 1, 10)"


@dataclass(frozen=True)
class _Stream:
    """Changes read in the order of an index; ``sql`` lacks the condition on the position and the order."""

    stat: str
    label: str
    sql: str
    at: str
    row: str
    is_of_revisions: bool = False


def _rank_streams(numbers: Sequence[StatOf]) -> list[tuple[int, _Stream]]:
    return [(rank, stream) for rank, streams in enumerate(_list_streams(numbers)) for stream in streams]


def _list_streams(numbers: Sequence[StatOf]) -> Iterator[list[_Stream]]:
    """Yield streams so that a change comes before the recording it changes, should both have one time.

    Streams of one list share their rank: a row keeps its position when archived or first revised, so
    that a page read before is continued rightly after.
    """
    for number in numbers:
        for label, model in number.by_label.items():
            tables = [table for table in number.by_model if history_label(table) == label]
            yield [
                *(_read_unchanged_rows(number, table) for table in tables),
                _read_beginnings(number, label, model),
            ]
        for label, model in number.by_label.items():
            yield [_read_revisions(number, label, model)]
        yield [_read_balances(number)]
        yield [_read_repairs(number)]


def _as_written(column: str) -> str:
    """Return a datetime column as a position has it: SQLite stores text, which its driver would parse."""
    return column if connection.vendor == "postgresql" else f"({column}) || ''"


def _find_committed() -> str:
    """Return, as SQL, when a row ``s`` of a stream was committed; NULL where unknown."""
    recorded = committed_to_sql("s.written", "s.source", connection, row="s.row_id")
    changed = committed_to_sql("s.written", "s.source", connection)
    return f"CASE s.told WHEN {_RECORDED} THEN {recorded} WHEN {_CHANGED} THEN {changed} ELSE s.written END"


def _find_recorded(field: str) -> str:
    """Return, as SQL, the actor or the reason of a row ``s`` of a stream."""
    recorded = recorded_sql(field, "s.written", "s.source", "s.row_id")
    return f"CASE s.told WHEN {_RECORDED} THEN {recorded} ELSE s.{field} END"


#: What a stream tells of: rows recorded, rows changed, and what no row tells of. When the first two were
#: committed, and who recorded, is looked up of what is shown, once for all streams: each would be planned.
_RECORDED, _CHANGED, _REPAIRED = "'recorded'", "'changed'", "'repaired'"


def _select(
    told: str,
    label: str,
    written: str,
    row: str,
    delta: str,
    *,
    identifier: str = "",
    images: str = NO_IMAGES,
    actor: str = "''",
    reason: str = "''",
) -> str:
    """Return the columns of every stream."""
    return (
        f"SELECT {told} AS told, {literal(label, connection)} AS source, {written} AS written, "
        f"{identifier or row} AS identifier, {row} AS row_id, {delta} AS delta, {images}, "
        f"{actor} AS actor, {reason} AS reason"
    )


def _read_unchanged_rows(number: StatOf, model: Model) -> _Stream:
    label, key, delta = history_label(model), quote(str(model._meta.pk.column)), number.row_delta(model)
    revised = f"SELECT 1 FROM {REVISIONS} r WHERE r.row = t.{key} AND {number.revised(label)}"
    sql = (
        f"{_select(_RECORDED, label, 't.recorded_at', f't.{key}', delta)} FROM {table_of(model)} t "
        f"WHERE ({number.is_mine(model)}) AND ({delta}) <> 0 AND NOT EXISTS ({revised})"
    )
    return _Stream(number.stat.name, label, sql, "t.recorded_at", f"t.{key}")


def _read_beginnings(number: StatOf, label: str, model: Model) -> _Stream:
    delta = number.image_delta(model, "old")
    sql = (
        f"{_select(_RECORDED, label, 'r.recorded_at', 'r.row', delta)} FROM {REVISIONS} r "
        f"WHERE {number.revised(label)} AND r.is_first AND {delta} <> 0"
    )
    return _Stream(number.stat.name, label, sql, "r.recorded_at", "r.row")


def _read_revisions(number: StatOf, label: str, model: Model) -> _Stream:
    delta = f"({number.image_delta(model, 'new')} - {number.image_delta(model, 'old')})"
    columns = _select(
        _CHANGED,
        label,
        "r.changed_at",
        "r.row",
        delta,
        identifier="r.id",
        images="r.old AS old_image, r.new AS new_image",
        actor="r.actor",
        reason="r.reason",
    )
    sql = f"{columns} FROM {REVISIONS} r WHERE {number.revised(label)} AND {delta} <> 0"
    return _Stream(number.stat.name, label, sql, "r.changed_at", "r.id", is_of_revisions=True)


def _read_balances(number: StatOf) -> _Stream:
    """Return the changes against what a repair changed, at the last time the number was known to be right."""
    return _tell_repairs(number, "r.since", "-r.unexplained")


def _read_repairs(number: StatOf) -> _Stream:
    return _tell_repairs(number, "r.changed_at", "r.unexplained")


def _tell_repairs(number: StatOf, at: str, delta: str) -> _Stream:
    columns = _select(_REPAIRED, REPAIR, at, "r.id", delta, reason="r.reason")
    return _Stream(
        number.stat.name, REPAIR, f"{columns} FROM {REPAIRS} r WHERE {number.is_repaired()}", at, "r.id"
    )


def _list_from_streams(
    ranked: Sequence[tuple[int, _Stream]], after: Position | None, limit: int
) -> list[Change]:
    """Return the newest changes of streams, read in one statement."""
    return _merge_pages(_read_streams(ranked, after, [limit] * len(ranked)), limit)


def _merge_pages(pages: Sequence[Sequence[Change]], limit: int) -> list[Change]:
    return list(islice(merge(*pages, key=lambda change: change.position, reverse=True), limit))


def _read_streams(
    ranked: Sequence[tuple[int, _Stream]], after: Position | None, limits: Sequence[int]
) -> list[list[Change]]:
    """Return the newest changes of each stream, as many as its limit, each in the order of its index."""
    parts = []
    for place, ((rank, stream), limit) in enumerate(zip(ranked, limits, strict=True)):
        past = f" AND {_is_past(stream, rank, after)}" if after else ""
        order = f"ORDER BY {stream.at} DESC, {stream.row} DESC LIMIT {int(limit)}"
        parts.append(f"SELECT {place} AS place, p.* FROM ({stream.sql}{past} {order}) p")

    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s.place, {_as_written('s.written')}, {_as_written(_find_committed())}, s.identifier, "
            f"s.row_id, s.delta, s.old_image, s.new_image, {_find_recorded('actor')}, "
            f"{_find_recorded('reason')} FROM ({' UNION ALL '.join(parts)}) s"
        )
        rows = cursor.fetchall()
    pages: list[list[Change]] = [[] for _ in ranked]
    for place, *row in rows:
        rank, stream = ranked[place]
        pages[place].append(_read_change(row, stream, rank))
    return pages


def _is_past(stream: _Stream, rank: int, after: Position) -> str:
    """Return a condition: a row of the stream comes after a position, by (time, rank, row) descending."""
    at = literal(after[0], connection)
    if rank == after[1]:
        return f"({stream.at}, {stream.row}) < ({at}, {int(after[2])})"
    return f"{stream.at} {'<=' if rank < after[1] else '<'} {at}"


def _read_change(row: Sequence[Any], stream: _Stream, rank: int) -> Change:
    at, committed_at, identifier, source_row, delta, old, new, actor, reason = row
    return Change(
        at=read_datetime(committed_at or at),
        stat=stream.stat,
        delta=int(delta),
        source=stream.label,
        row=int(source_row),
        position=(at if isinstance(at, str) else at.isoformat(), rank, int(identifier)),
        old=_read_image(old),
        new=_read_image(new),
        actor=actor,
        reason=reason,
    )


def _read_image(value: str | Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return json.loads(value) if isinstance(value, str) else value


def forget_owner(owner: int) -> None:
    """Delete the revisions of an owner who is deleted; nobody can ask for that history any more."""
    Revision.objects.filter(owner=owner).delete()
