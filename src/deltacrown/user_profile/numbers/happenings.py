"""The rows that made a number, in the order in which what they tell of happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet, Sum

from deltacrown.core.days import Precision, StartOfDay, end_of_day
from deltacrown.core.pagination import Order, list_from
from deltacrown.user_profile.numbers.catalogue import NumberReading, PlayerNumber
from deltacrown.user_profile.numbers.changes import (
    Countdown,
    HistoryOrder,
    StatChange,
    StatHistory,
    Value,
    compute_values,
    list_parts,
    make_page,
    name_listing,
    name_part,
    read_countdown,
    tell_day,
)
from deltacrown.user_profile.numbers.recording_words import Recorded, tell_recordings
from deltacrown.user_profile.numbers.row_sources import SOURCES
from deltacrown.user_profile.privacy import Viewer
from django_tally.happenings import list_happenings


@dataclass(frozen=True)
class _Source:
    """The rows of one source behind a number, in their own order: by when they happened, then by facts.

    :param rows: a queryset per table, the live one before its archive.
    :param rank: its place among the sources: of facts of one time, those of the first come first.
    """

    rank: int
    happened_at: str
    order: Order
    rows: list[QuerySet[Any]]

    def read(self, after: Sequence[Any] | None, limit: int) -> Iterator[_Row]:
        """Yield the first rows from a position on, the row at it included."""
        rows, position = self.rows, None
        if after is not None:
            place, position = after[0], list(after[1:])
            if place != self.rank:
                # Of one time, all rows of a source before this one come first.
                bound = "lte" if self.rank > place else "lt"
                until = datetime.fromisoformat(position[0])
                rows = [each.filter(**{f"{self.happened_at}__{bound}": until}) for each in rows]
                position = None

        for found, row in list_from(rows, order=self.order, position=position, limit=limit):
            yield _Row(row, getattr(row, self.happened_at), [self.rank, *found])


@dataclass(frozen=True)
class _Row:
    row: Any
    happened_at: datetime
    position: list[Any]


@dataclass(frozen=True)
class _Move:
    """What one row, or all rows of one day, added to one part of a number."""

    of: Any
    part: int
    delta: int
    position: list[Any]


def get_happenings(
    number: PlayerNumber, page: str | None, *, limit: int, viewer: Viewer, reading: NumberReading
) -> StatHistory:
    """Return a page of the rows that count for a number now, by when they happened, the latest first.

    A row that moves several parts of a computed number has an entry for each, with one value.

    :param reading: the number as it is now.
    """
    line, parts, _ = reading
    listing = name_listing(number, "happened")
    after, left = read_countdown(listing, page) if page else (None, Countdown(list(parts)))
    rows = [row for source in _list_sources(number) for row in source.read(after and after[:-1], limit + 2)]
    rows.sort(key=lambda row: row.happened_at, reverse=True)

    moves = _pass_told(_list_moves(number, rows), after)
    shown, has_next = moves[:limit], len(moves) > limit
    values = _take_back(number, left, shown)
    told = tell_recordings([move.of.row for move in shown], number.user.pk, viewer)
    entries = [
        _tell(number, move, value, told[move.of.row]) for move, value in zip(shown, values, strict=True)
    ]
    cursor = left.write(listing, shown[-1].position) if has_next else None
    return make_page(number, line, entries, cursor, order=HistoryOrder.HAPPENED)


def get_days_of_happening(
    number: PlayerNumber, page: str | None, *, limit: int, reading: NumberReading
) -> StatHistory:
    """Return a page of the days in UTC on which something happened that counts for a number.

    It reads all such rows up to the page, so it is for numbers of which a player has few.
    """
    line, parts, _ = reading
    listing = name_listing(number, "happened by day")
    after, left = read_countdown(listing, page) if page else (None, Countdown(list(parts)))
    until = end_of_day(datetime.fromisoformat(after[0])) if after else None

    moves = _pass_told(_list_daily_moves(number, until, limit + 2), after)
    shown, has_next = moves[:limit], len(moves) > limit
    values = _take_back(number, left, shown)
    entries = [
        tell_day(number, list_parts(number)[move.part].name, move.delta, value, happened_at=move.of)
        for move, value in zip(shown, values, strict=True)
    ]
    cursor = left.write(listing, shown[-1].position) if has_next else None
    return make_page(number, line, entries, cursor, order=HistoryOrder.HAPPENED, precision=Precision.DAY)


def _list_sources(number: PlayerNumber) -> list[_Source]:
    grouped: dict[tuple[Any, str], list[QuerySet[Any]]] = {}
    for each in list_happenings(number.holder, number.column, **number.keys):
        grouped.setdefault((SOURCES[each.model], each.happened_at), []).append(each.rows)

    found = []
    for rank, ((source, happened_at), rows) in enumerate(grouped.items()):
        narrowed = source.narrow(rows, source.read_filters(None), None)
        order = (f"-{happened_at}", *source.order[1:])
        found.append(_Source(rank, happened_at, order, narrowed))
    return found


def _list_moves(number: PlayerNumber, rows: Sequence[_Row]) -> list[_Move]:
    places = range(len(list_parts(number)))
    return [
        _Move(row, place, delta, [*row.position, place])
        for row in rows
        for place in places
        if (delta := getattr(row.row, f"adds_{place}"))
    ]


def _list_daily_moves(number: PlayerNumber, until: datetime | None, days: int) -> list[_Move]:
    """Return what each of the last ``days`` up to ``until`` added to each part."""
    places = range(len(list_parts(number)))
    sums = {f"sum_{place}": Sum(f"adds_{place}") for place in places}
    totals: dict[datetime, list[int]] = {}
    for each in list_happenings(number.holder, number.column, **number.keys):
        rows = each.rows.filter(**{f"{each.happened_at}__lte": until}) if until else each.rows
        dated = rows.annotate(day=StartOfDay(each.happened_at)).order_by("-day").values("day")
        for found in dated.annotate(**sums)[:days]:
            total = totals.setdefault(found["day"], [0 for _ in places])
            totals[found["day"]] = [total[place] + found[f"sum_{place}"] for place in places]

    return [
        _Move(day, place, totals[day][place], [day.isoformat(), place])
        for day in sorted(totals, reverse=True)[:days]
        for place in places
        if totals[day][place]
    ]


def _pass_told(moves: Sequence[_Move], after: Sequence[Any] | None) -> list[_Move]:
    """Return ``moves`` without those of the row or day, at the end of the page before, that it told."""
    if after is None:
        return list(moves)

    *place, part = after
    return [move for move in moves if move.position[:-1] != place or move.part > part]


def _take_back(number: PlayerNumber, left: Countdown, moves: Sequence[_Move]) -> list[Value]:
    """Return what the number was after each; what a row, or a day, did to several parts is one group."""
    told = [left.take_back(move.part, move.delta, group=move.position[:-1]) for move in moves]
    return compute_values(number, told)


def _tell(number: PlayerNumber, move: _Move, value: Value, recorded: Recorded) -> StatChange:
    return StatChange(
        happened_at=move.of.happened_at,
        known_at=recorded.known_at,
        is_time_known=getattr(move.of.row, "is_time_known", True),
        part=name_part(number, list_parts(number)[move.part].name),
        delta=move.delta,
        value=value,
        subject=recorded.about.text,
        what=recorded.what,
        actor=recorded.actor,
        reason=recorded.reason,
        is_explained=recorded.is_explained,
        about=recorded.about,
    )
