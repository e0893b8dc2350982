"""What a number was: by when its facts happened, by when this database knew of them, or by both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import connection

from django_tally.commits import Cut
from django_tally.feeds import Model, get_key_columns, get_stat_keys, get_stats
from django_tally.numbers import find_number, number_sql, read_number
from django_tally.periods import read_numbers, read_periods, up_to
from django_tally.schema import quote, table_of
from django_tally.sources import history_label
from django_tally.stat_sql import REPAIRS, REVISIONS, StatOf


def get_as_of(
    holder: Model,
    name: str,
    keys: Mapping[str, int],
    *,
    at: datetime | None = None,
    known_at: datetime | None = None,
) -> int | Decimal | None:
    """Return the number ``name`` over what happened by ``at``, as this database knew it at ``known_at``.

    Without ``at`` it is the number as it was shown at ``known_at``; without ``known_at``, as known now. What
    no row tells of, because a repair found it, happened when it became known. One statement, one snapshot.

    :param keys: a value for each of the holder's keys.
    :raises UnknownStat: when ``holder`` declares no such number.
    """
    if at is not None:
        return read_periods(holder, name, [up_to(at)], keys, known_at=known_at)[0].value
    return _list_shown(holder, [name], keys, known_at)[name]


def list_as_of(
    holder: Model,
    names: Sequence[str],
    keys: Mapping[str, int],
    *,
    at: datetime | None = None,
    known_at: datetime | None = None,
) -> dict[str, int | Decimal | None]:
    """As ``get_as_of``, for all the numbers ``names``, by name, in one statement."""
    if not names:
        return {}
    if at is not None:
        return read_numbers(holder, names, up_to(at), keys, known_at=known_at)
    return _list_shown(holder, names, keys, known_at)


def _list_shown(
    holder: Model, names: Sequence[str], keys: Mapping[str, int], known_at: datetime | None
) -> dict[str, int | Decimal | None]:
    """Return the numbers as this database showed them: as they are now, less every change committed since.

    A row counts from the time its recording was committed, whenever what it tells of happened; before the
    holder's row existed every count is 0.
    """
    fields = [find_number(holder, name) for name in names]
    shown = ", ".join(number_sql(field) for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {shown} FROM ({_numbers_sql(holder, known_at, keys, shown)}) h")
        row = cursor.fetchone()
    return {field.name: read_number(field, value) for field, value in zip(fields, row, strict=True)}


def _numbers_sql(holder: Model, at: datetime | None, keys: Mapping[str, int], shown: str) -> str:
    """Return the counted numbers that ``shown`` reads, as they were, as one row of columns."""
    cut = Cut(at, connection) if at else None
    # Whole numbers: PostgreSQL sums into decimals, with which a rate would be rounded otherwise.
    columns = []
    for stat in get_stats(holder):
        column = quote(str(stat.column))
        if column in shown:
            since = _since_sql(StatOf(holder, stat, keys), cut) if cut else "0"
            columns.append(f"CAST(COALESCE(c.{column}, 0) - ({since}) AS bigint) AS {column}")

    pairs = zip(get_key_columns(holder), (keys[name] for name in get_stat_keys(holder)), strict=True)
    where = " AND ".join(f"c.{quote(column)} = {int(value)}" for column, value in pairs)
    # LIMIT has each number computed once, however often ``shown`` names it.
    return (
        f"SELECT {', '.join(columns)} FROM (SELECT 1) one LEFT JOIN {table_of(holder)} c ON {where} LIMIT 1"
    )


def _since_sql(number: StatOf, cut: Cut) -> str:
    """Return what was added since: by rows recorded since, and by changes since to rows recorded before."""
    rows = [_recorded_since(number, model, cut) for model in number.by_model]
    revisions = [_revised_since(number, label, model, cut) for label, model in number.by_label.items()]
    return " + ".join([*rows, *revisions, _repaired_since(number, cut)])


def _recorded_since(number: StatOf, model: Model, cut: Cut) -> str:
    key = f"t.{quote(str(model._meta.pk.column))}"
    since = cut.is_after("t.recorded_at", history_label(model), row=key)
    return (
        f"COALESCE((SELECT SUM({number.row_delta(model)}) FROM {table_of(model)} t "
        f"WHERE ({number.is_mine(model)}) AND {since}), 0)"
    )


def _revised_since(number: StatOf, label: str, model: Model, cut: Cut) -> str:
    changed, recorded = (
        cut.is_after("r.changed_at", label),
        cut.is_after("r.recorded_at", label, row="r.row"),
    )
    return (
        f"COALESCE((SELECT SUM({number.image_delta(model, 'new')} - {number.image_delta(model, 'old')}) "
        f"FROM {REVISIONS} r "
        f"WHERE {number.revised(label)} AND {changed} AND NOT COALESCE({recorded}, false)), 0)"
    )


def _repaired_since(number: StatOf, cut: Cut) -> str:
    since = " - ".join(
        f"COALESCE((SELECT SUM(r.unexplained) FROM {REPAIRS} r "
        f"WHERE {number.is_repaired()} AND {column} > {cut.at}), 0)"
        for column in ("r.changed_at", "r.since")
    )
    return f"({since})"
