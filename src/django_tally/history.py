"""Every change of a number, newest first, each with its cause.

A source row has its own beginning (``recorded_at``); a revision has each later change. Rows that
were never changed are read from the source tables alone. The beginning of a changed row is in the
image that its first revision keeps. What a repair changed that no row tells of, the repair tells.
Together they add up to the number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from heapq import merge
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from django_tally.commits import committed_to_sql, recorded_sql
from django_tally.database_clock import read_datetime
from django_tally.models import Repair, Revision
from django_tally.sql import literal
from django_tally.stat_sql import REPAIRS, REVISIONS, StatOf
from django_tally.streams import CHANGED, RECORDED, REPAIR, Stream, list_streams, rank_streams

#: Where a page ended: the time as the database writes it, the stream's rank, and the row or revision.
Position = tuple[str, int, int]

#: Where a page of days ended: the day, and the rank of the number among those that are read.
DailyPosition = tuple[str, int]


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


def list_changes(
    *numbers: StatOf, limit: int, after: Position | None = None, are_plain: bool = False
) -> list[Change]:
    """List at most ``limit`` changes of ``numbers``, newest first, from the one after ``after`` on.

    Each stream is read in the order of an index and no further than ``limit`` changes, so a page costs
    the same however long the history; in one statement, so that no row archived meanwhile is told twice.

    :param are_plain: whether ``has_later_changes`` was just false for their owner. Then the rows alone are
        read, with a look whether that still holds; everything is read where it does not.
    """
    if are_plain:
        plain = _list_from_streams(rank_streams(numbers, are_plain=True), after, limit, owners=numbers)
        if plain is not None:
            return plain
    return _list_from_streams(rank_streams(numbers), after, limit) or []


def has_later_changes(owner: str) -> Q:
    """Return a condition: anything but recordings may be told of the numbers of an owner.

    Of most owners nothing is, and their histories are a shorter statement, see ``list_changes``.

    :param owner: the column of the condition's model that names the owner.
    """
    revisions = Revision.objects.filter(owner=OuterRef(owner))
    repairs = Repair.objects.filter(owner=OuterRef(owner)).exclude(unexplained=0)
    return Q(Exists(revisions)) | Q(Exists(repairs))


def list_revisions(*numbers: StatOf, limit: int) -> list[Change]:
    """List at most ``limit`` changes of ``numbers`` that changed recorded rows, newest first; no repairs."""
    ranked = rank_streams(numbers)
    return _list_from_streams([each for each in ranked if each[1].is_of_revisions], None, limit) or []


def list_latest(*numbers: StatOf, limit: int, revisions: int) -> tuple[list[Change], list[Change]]:
    """Return what ``list_changes`` and ``list_revisions`` list, the latest of each, in one statement."""
    ranked = rank_streams(numbers)
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
        for streams in list_streams([number])
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


def _as_written(column: str) -> str:
    """Return a datetime column as a position has it: SQLite stores text, which its driver would parse."""
    return column if connection.vendor == "postgresql" else f"({column}) || ''"


def _find_committed() -> str:
    """Return, as SQL, when a row ``s`` of a stream was committed; NULL where unknown."""
    recorded = committed_to_sql("s.written", "s.source", connection, row="s.row_id")
    changed = committed_to_sql("s.written", "s.source", connection)
    return f"CASE s.told WHEN {RECORDED} THEN {recorded} WHEN {CHANGED} THEN {changed} ELSE s.written END"


def _find_recorded(field: str) -> str:
    """Return, as SQL, the actor or the reason of a row ``s`` of a stream."""
    recorded = recorded_sql(field, "s.written", "s.source", "s.row_id")
    return f"CASE s.told WHEN {RECORDED} THEN {recorded} ELSE s.{field} END"


def _list_from_streams(
    ranked: Sequence[tuple[int, Stream]],
    after: Position | None,
    limit: int,
    *,
    owners: Sequence[StatOf] = (),
) -> list[Change] | None:
    """Return the newest changes of streams, read in one statement.

    :param owners: numbers that must be plain; None is returned where they are not.
    """
    union = _write_union(ranked, after, [limit] * len(ranked))
    # In the order of positions, and no more of them: what is shown of each is looked up beside it.
    newest = (
        f"SELECT u.* FROM ({union}) u "
        f"ORDER BY u.written DESC, u.stream_rank DESC, u.identifier DESC LIMIT {int(limit)}"
    )
    rows = _read_rows(newest, owners)
    if rows is None:
        return None
    changes = [_read_change(row, ranked[place][1], ranked[place][0]) for place, *row in rows]
    return sorted(changes, key=lambda change: change.position, reverse=True)


def _merge_pages(pages: Sequence[Sequence[Change]], limit: int) -> list[Change]:
    return list(islice(merge(*pages, key=lambda change: change.position, reverse=True), limit))


def _read_streams(
    ranked: Sequence[tuple[int, Stream]], after: Position | None, limits: Sequence[int]
) -> list[list[Change]]:
    """Return the newest changes of each stream, as many as its limit, the newest of each first."""
    pages: list[list[Change]] = [[] for _ in ranked]
    for place, *row in _read_rows(_write_union(ranked, after, limits)) or []:
        rank, stream = ranked[place]
        pages[place].append(_read_change(row, stream, rank))
    for page in pages:  # in order already, as databases do it, though a UNION promises none
        page.sort(key=lambda change: change.position, reverse=True)
    return pages


def _write_union(ranked: Sequence[tuple[int, Stream]], after: Position | None, limits: Sequence[int]) -> str:
    """Return the SELECT of the newest rows of each stream, as many as its limit."""
    parts = []
    for place, ((rank, stream), limit) in enumerate(zip(ranked, limits, strict=True)):
        past = f" AND {_is_past(stream, rank, after)}" if after else ""
        order = f"ORDER BY {stream.at} DESC, {stream.row} DESC LIMIT {int(limit)}"
        parts.append(
            f"SELECT {place} AS place, {rank} AS stream_rank, p.* FROM ({stream.sql}{past} {order}) p"
        )
    return " UNION ALL ".join(parts)


def _read_rows(streams: str, plain: Sequence[StatOf] = ()) -> list[tuple[Any, ...]] | None:
    """Return the rows of streams, each with what is said of its recording.

    :param plain: numbers that must be plain, by the same snapshot; None is returned where they are not.
    """
    columns = (
        f"s.place, {_as_written('s.written')}, {_as_written(_find_committed())}, s.identifier, "
        f"s.row_id, s.delta, s.old_image, s.new_image, {_find_recorded('actor')}, {_find_recorded('reason')}"
    )
    sql = f"SELECT {columns} FROM ({streams}) s"
    if plain:
        # One row at least, which says whether they are.
        changed = " OR ".join(dict.fromkeys(_has_later_changes(number) for number in plain))
        sql = (
            f"SELECT e.is_changed, {columns} FROM (SELECT {changed} AS is_changed) e "
            f"LEFT JOIN ({streams}) s ON 1 = 1"
        )

    with connection.cursor() as cursor:
        cursor.execute(sql)
        found = list(cursor.fetchall())
    if not plain:
        return found
    if found[0][0]:
        return None
    return [row for _, *row in found if row[0] is not None]


def _has_later_changes(number: StatOf) -> str:
    """Return, as SQL, what ``has_later_changes`` is of the owner of a number."""
    return (
        f"EXISTS (SELECT 1 FROM {REVISIONS} r WHERE r.owner = {number.owner}) "
        f"OR EXISTS (SELECT 1 FROM {REPAIRS} r WHERE r.owner = {number.owner} AND r.unexplained <> 0)"
    )


def _is_past(stream: Stream, rank: int, after: Position) -> str:
    """Return a condition: a row of the stream comes after a position, by (time, rank, row) descending."""
    at = literal(after[0], connection)
    if rank == after[1]:
        return f"({stream.at}, {stream.row}) < ({at}, {int(after[2])})"
    return f"{stream.at} {'<=' if rank < after[1] else '<'} {at}"


def _read_change(row: Sequence[Any], stream: Stream, rank: int) -> Change:
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
