"""Take rows out of their table as they are, and put them back: the same keys, times and history.

For changes that are to look as if they had always been so, and may have to be undone. Rows are kept as text
that the database wrote and reads, so that nothing is lost to a conversion.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, models

from django_tally.commits import RECORDINGS, committed_sql, is_recorded_sql
from django_tally.feeds import Model, column_of, list_feeds, list_holders
from django_tally.keeping.ledger import recount_holders
from django_tally.keeping.maintainer import SIGNALS, get_maintainer
from django_tally.models import Revision
from django_tally.schema import quote, table_of
from django_tally.sources import history_label
from django_tally.sql import literal

#: A row, as JSON text that the database wrote: column → value.
RowText = str
REVISIONS = table_of(Revision)


@dataclass(frozen=True)
class TakenRow:
    """A row that was taken out, and what history told of it."""

    row: RowText
    revisions: list[RowText]


def is_source(model: Model) -> bool:
    """Return whether some number is counted from this table."""
    return any(feed.source is model for holder in list_holders() for feed in list_feeds(holder))


def in_list(keys: Iterable[int]) -> str:
    """Return the end of a condition: a column has one of these values, however many they are."""
    listed = ",".join(str(int(key)) for key in keys)
    if connection.vendor == "postgresql":
        return f"= ANY('{{{listed}}}'::bigint[])"
    return f"IN (SELECT value FROM json_each('[{listed}]'))"


@contextmanager
def without_revisions(rows: Mapping[Model, Collection[int]]) -> Iterator[None]:
    """Write to these rows, within, as if they had always been so: no revision tells of it.

    They are locked first, so that every revision of them that is written within is one of this transaction.
    The numbers follow as ever. It is for the caller that history still adds up to them.
    """
    lock_rows(rows)
    before = find_last_revision()
    yield
    for model, keys in rows.items():
        forget_revisions(history_label(model), keys, after=before)


def lock_rows(rows: Mapping[Model, Collection[int]]) -> None:
    """Lock rows until the transaction ends, in the order of their keys; SQLite has one writer anyway."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for model, keys in rows.items():
            key = _key_of(model)
            cursor.execute(
                f"SELECT 1 FROM {table_of(model)} WHERE {key} {in_list(keys)} ORDER BY {key} FOR UPDATE"
            )


def find_last_revision() -> int:
    """Return the key of the latest revision, 0 where there is none."""
    return Revision.objects.aggregate(last=models.Max("pk"))["last"] or 0


def forget_revisions(label: str, rows: Collection[int], *, after: int) -> None:
    """Delete the revisions of some rows of a source that were written after the revision ``after``."""
    _execute(
        f"DELETE FROM {REVISIONS} WHERE id > {int(after)} "
        f"AND source = {literal(label, connection)} AND row {in_list(rows)}"
    )


def read_rows(model: Model, keys: Collection[int]) -> list[RowText]:
    """Return whole rows as the database writes them, by key."""
    key = _key_of(model)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_text_sql(model)} FROM {table_of(model)} t WHERE {key} {in_list(keys)} ORDER BY {key}"
        )
        return [row for (row,) in cursor.fetchall()]


def insert_rows(model: Model, rows: Sequence[RowText]) -> None:
    """Insert rows that ``read_rows`` returned; one whose key exists by now is an ``IntegrityError``."""
    if rows:
        listed = ", ".join(map(quote, _columns_of(model)))
        _execute(f"INSERT INTO {table_of(model)} ({listed}) SELECT {listed} FROM {_rows_sql(model)}", rows)


def take_revisions(keys: Collection[int]) -> list[RowText]:
    """Delete revisions, and return them as ``insert_rows`` takes them."""
    texts = read_rows(Revision, keys)
    _execute(f"DELETE FROM {REVISIONS} WHERE id {in_list(keys)}")
    return texts


def take_rows(model: Model, keys: Sequence[int], *, owners: Collection[int]) -> list[TakenRow]:
    """Delete rows, without a revision, and return them with their history of these owners.

    Revisions that tell somebody else of the row stay: their numbers are not touched.
    """
    if not keys:
        return []
    rows = read_rows(model, keys)
    if not is_source(model):
        _delete(model, keys)
        return [TakenRow(row, []) for row in rows]

    label = literal(history_label(model), connection)
    told = f"source = {label} AND row {in_list(keys)} AND owner {in_list(owners)}"
    with without_revisions({model: keys}), connection.cursor() as cursor:
        cursor.execute(f"SELECT row, {_text_sql(Revision)} FROM {REVISIONS} t WHERE {told} ORDER BY id")
        revisions: dict[int, list[RowText]] = {key: [] for key in keys}
        for key, text in cursor.fetchall():
            revisions[key].append(text)
        _delete(model, keys)
        cursor.execute(f"DELETE FROM {REVISIONS} WHERE {told}")
    return [TakenRow(row, revisions[key]) for key, row in zip(sorted(keys), rows, strict=True)]


def put_rows(model: Model, rows: Sequence[TakenRow]) -> None:
    """Put rows back that were taken out: same key, same time of recording, same history."""
    if not rows:
        return
    if not is_source(model):
        insert_rows(model, [each.row for each in rows])
        return

    _record_again(model, [each.row for each in rows])
    keys = read_keys(model, [each.row for each in rows])
    before = find_last_revision()
    insert_rows(model, [each.row for each in rows])
    forget_revisions(history_label(model), keys, after=before)
    insert_rows(Revision, [text for each in rows for text in each.revisions])


def read_keys(model: Model, rows: Sequence[RowText]) -> list[int]:
    """Return the keys of rows that ``read_rows`` returned, as the database reads them."""
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_key_of(model)} FROM {_rows_sql(model)}", [_as_array(rows)])
        return [key for (key,) in cursor.fetchall()]


def backdate_rows(model: Model, recorded: Mapping[int, datetime], *, like: Mapping[int, str]) -> None:
    """Record rows of this transaction as if they had been recorded earlier, together with another fact.

    For rows that follow from facts, when the facts are joined that they would have followed from.

    :param recorded: key → when.
    :param like: key → the source of the fact, whose commit is theirs.
    """
    for (label, at), keys in _group(recorded, like).items():
        written = literal(connection.ops.adapt_datetimefield_value(at), connection)
        committed = committed_sql("w.at", label, connection)
        values = ", ".join(f"({key})" for key in keys)
        cast = "::timestamptz" if connection.vendor == "postgresql" else ""
        _execute(
            f"INSERT INTO {RECORDINGS} AS mine (source, written_at, transaction_id, first_row, last_row, "
            f"committed_at, is_late) SELECT {literal(history_label(model), connection)}, w.at, 0, "
            f"MIN(k.key), MAX(k.key), {committed}, true FROM (SELECT {written}{cast} AS at) w "
            f"CROSS JOIN (SELECT column1 AS key FROM (VALUES {values}) v) k WHERE true GROUP BY w.at "
            f"{_extend_sql()}"
        )
    taken = take_rows(model, sorted(recorded), owners=[])
    put_rows(model, [TakenRow(_set_recorded(model, each.row, recorded), []) for each in taken])


def recount_owners(owners: Collection[int]) -> None:
    """Recount the numbers of some owners where no trigger keeps them: SQL is not seen by signals."""
    if get_maintainer() == SIGNALS:
        for holder in list_holders():
            recount_holders(holder, owners, connection.alias)


def _group(
    recorded: Mapping[int, datetime], like: Mapping[int, str]
) -> dict[tuple[str, datetime], list[int]]:
    grouped: dict[tuple[str, datetime], list[int]] = {}
    for key, at in recorded.items():
        grouped.setdefault((like[key], at), []).append(key)
    return grouped


def _set_recorded(model: Model, row: RowText, recorded: Mapping[int, datetime]) -> RowText:
    (key,) = read_keys(model, [row])
    at = literal(connection.ops.adapt_datetimefield_value(recorded[key]), connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"SELECT (%s::jsonb || jsonb_build_object('recorded_at', {at}::timestamptz))::text", [row]
            )
        else:
            cursor.execute(f"SELECT json_set(%s, '$.recorded_at', {at})", [row])
        return str(cursor.fetchone()[0])


def _record_again(model: Model, rows: Sequence[RowText]) -> None:
    """Have recordings tell of rows that no trigger saw recorded, or they would be given another time."""
    label, key = history_label(model), _key_of(model)
    unknown = f"NOT {is_recorded_sql('i', key, label, connection)}"
    _execute(
        f"INSERT INTO {RECORDINGS} AS mine (source, written_at, transaction_id, first_row, last_row) "
        f"SELECT {literal(label, connection)}, i.recorded_at, 0, MIN(i.{key}), MAX(i.{key}) "
        f"FROM {_rows_sql(model)} i WHERE {unknown} GROUP BY i.recorded_at {_extend_sql()}",
        rows,
    )


def _extend_sql() -> str:
    least, most = ("LEAST", "GREATEST") if connection.vendor == "postgresql" else ("MIN", "MAX")
    return (
        "ON CONFLICT (written_at, source, transaction_id) DO UPDATE SET "
        f"first_row = {least}(COALESCE(mine.first_row, excluded.first_row), excluded.first_row), "
        f"last_row = {most}(COALESCE(mine.last_row, excluded.last_row), excluded.last_row)"
    )


def _delete(model: Model, keys: Collection[int]) -> None:
    _execute(f"DELETE FROM {table_of(model)} WHERE {_key_of(model)} {in_list(keys)}")


def _key_of(model: Model) -> str:
    return quote(str(model._meta.pk.column))


def _columns_of(model: Model) -> list[str]:
    """Return the columns that are written: all but those that the database computes."""
    fields = [f for f in model._meta.concrete_fields if not isinstance(f, models.GeneratedField)]
    return [column_of(model, field.name) for field in fields]


def _text_sql(model: Model) -> str:
    if connection.vendor == "postgresql":
        return "to_jsonb(t)::text"
    return "json_object(" + ", ".join(f"'{column}', t.{quote(column)}" for column in _columns_of(model)) + ")"


def _rows_sql(model: Model) -> str:
    """Return a relation of the rows in one parameter, a JSON array."""
    if connection.vendor == "postgresql":
        return f"jsonb_populate_recordset(NULL::{table_of(model)}, %s::jsonb)"
    columns = ", ".join(f"json_extract(value, '$.{c}') AS {quote(c)}" for c in _columns_of(model))
    return f"(SELECT {columns} FROM json_each(%s))"


def _as_array(rows: Sequence[RowText]) -> str:
    return f"[{','.join(rows)}]"


def _execute(sql: str, rows: Sequence[RowText] = ()) -> int:
    with connection.cursor() as cursor:
        params: list[Any] = [_as_array(rows)] if rows else []
        cursor.execute(sql, params or None)
        return int(cursor.rowcount)
