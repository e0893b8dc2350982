"""The streams that a history is read of: rows as they are, revisions, and what repairs tell.

Each is a SELECT of the same columns, to be read in the order of an index.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import connection

from django_tally.feeds import Model
from django_tally.models import Repair
from django_tally.schema import quote, table_of
from django_tally.sources import history_label
from django_tally.sql import literal
from django_tally.stat_sql import REPAIRS, REVISIONS, StatOf

#: The source of the changes that a repair tells because no row does.
REPAIR = Repair._meta.label
#: Two images that are not there; typed, since streams that have some are read in the same statement.
NO_IMAGES = "CAST(NULL AS jsonb) AS old_image, CAST(NULL AS jsonb) AS new_image"
#: What a stream tells of: rows recorded, rows changed, and what no row tells of. When the first two were
#: committed, and who recorded, is looked up of what is shown, once for all streams: each would be planned.
RECORDED, CHANGED, REPAIRED = "'recorded'", "'changed'", "'repaired'"


@dataclass(frozen=True)
class Stream:
    """Changes read in the order of an index; ``sql`` lacks the condition on the position and the order."""

    stat: str
    label: str
    sql: str
    at: str
    row: str
    is_of_revisions: bool = False


def rank_streams(numbers: Sequence[StatOf], *, are_plain: bool = False) -> list[tuple[int, Stream]]:
    """Return streams with their ranks; of plain numbers those of rows alone."""
    listed = enumerate(list_streams(numbers, are_plain=are_plain))
    return [(rank, stream) for rank, streams in listed for stream in streams]


def list_streams(numbers: Sequence[StatOf], *, are_plain: bool = False) -> Iterator[list[Stream]]:
    """Yield streams so that a change comes before the recording it changes, should both have one time.

    Streams of one list share their rank: a row keeps its position when archived or first revised, so
    that a page read before is continued rightly after.
    """
    for number in numbers:
        for label, model in number.by_label.items():
            tables = [table for table in number.by_model if history_label(table) == label]
            rows = [_read_unchanged_rows(number, table, are_plain=are_plain) for table in tables]
            yield rows if are_plain else [*rows, _read_beginnings(number, label, model)]
        for label, model in number.by_label.items():
            yield [] if are_plain else [_read_revisions(number, label, model)]
        yield [] if are_plain else [_read_balances(number)]
        yield [] if are_plain else [_read_repairs(number)]


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


def _read_unchanged_rows(number: StatOf, model: Model, *, are_plain: bool) -> Stream:
    label, key, delta = history_label(model), quote(str(model._meta.pk.column)), number.row_delta(model)
    sql = (
        f"{_select(RECORDED, label, 't.recorded_at', f't.{key}', delta)} FROM {table_of(model)} t "
        f"WHERE ({number.is_mine(model)}) AND ({delta}) <> 0"
    )
    if not are_plain:
        revised = f"SELECT 1 FROM {REVISIONS} r WHERE r.row = t.{key} AND {number.revised(label)}"
        sql += f" AND NOT EXISTS ({revised})"
    return Stream(number.stat.name, label, sql, "t.recorded_at", f"t.{key}")


def _read_beginnings(number: StatOf, label: str, model: Model) -> Stream:
    delta = number.image_delta(model, "old")
    sql = (
        f"{_select(RECORDED, label, 'r.recorded_at', 'r.row', delta)} FROM {REVISIONS} r "
        f"WHERE {number.revised(label)} AND r.is_first AND {delta} <> 0"
    )
    return Stream(number.stat.name, label, sql, "r.recorded_at", "r.row")


def _read_revisions(number: StatOf, label: str, model: Model) -> Stream:
    delta = f"({number.image_delta(model, 'new')} - {number.image_delta(model, 'old')})"
    columns = _select(
        CHANGED,
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
    return Stream(number.stat.name, label, sql, "r.changed_at", "r.id", is_of_revisions=True)


def _read_balances(number: StatOf) -> Stream:
    """Return the changes against what a repair changed, at the last time the number was known to be right."""
    return _tell_repairs(number, "r.since", "-r.unexplained")


def _read_repairs(number: StatOf) -> Stream:
    return _tell_repairs(number, "r.changed_at", "r.unexplained")


def _tell_repairs(number: StatOf, at: str, delta: str) -> Stream:
    columns = _select(REPAIRED, REPAIR, at, "r.id", delta, reason="r.reason")
    return Stream(
        number.stat.name, REPAIR, f"{columns} FROM {REPAIRS} r WHERE {number.is_repaired()}", at, "r.id"
    )
