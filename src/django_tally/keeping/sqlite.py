"""The triggers that keep numbers and history on SQLite: per row."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.backends.base.base import BaseDatabaseWrapper

from django_tally.commits import RECORDINGS, is_recorded_sql
from django_tally.database_clock import SQLITE_NOW
from django_tally.feeds import Feed, Model, are_rows_on_demand, column_of, get_key_columns, list_feeds
from django_tally.keeping.revisions import (
    REVISIONS,
    Images,
    is_back_sql,
    moved_sql,
    record_change_sql,
    record_sql,
    revise_sql,
)
from django_tally.models import ChangeContext
from django_tally.schema import quote, table_of
from django_tally.sources import Source
from django_tally.sql import aggregate_sql, apply_sql, changes_sql, literal, recount_sql
from django_tally.triggers.sqlite import make_trigger
from django_tally.triggers.trigger import PREFIX, Trigger

CONTEXTS = table_of(ChangeContext)


def build_holder_triggers(holder: Model, connection: BaseDatabaseWrapper) -> list[Trigger]:
    """Return the triggers that keep ``holder``: on each source; on itself unless rows are made on demand."""
    triggers = [trigger for feed in list_feeds(holder) for trigger in _build_feed_triggers(feed, connection)]
    return triggers if are_rows_on_demand(holder) else [*triggers, _build_start_trigger(holder, connection)]


def _row_sql(model: Model, alias: str, sign: int) -> str:
    columns = [column_of(model, field.name) for field in model._meta.concrete_fields]
    listed = ", ".join(f"{alias}.{quote(column)} AS {quote(column)}" for column in columns)
    return f"SELECT {sign} AS s, {listed}"


def _build_feed_triggers(feed: Feed, connection: BaseDatabaseWrapper) -> Iterator[Trigger]:
    came, went = _row_sql(feed.source, "NEW", 1), _row_sql(feed.source, "OLD", -1)
    rows = {"INSERT": came, "DELETE": went, "UPDATE": f"{came} UNION ALL {went}"}
    for event, signed in rows.items():
        body = apply_sql(feed, aggregate_sql(feed, signed, connection)) + ";"
        if are_rows_on_demand(feed.holder) and event != "DELETE":
            body = f"{_make_row_sql(feed, aggregate_sql(feed, came, connection))}; {body}"
        yield make_trigger(
            name=f"{PREFIX}{feed.label}_{event.lower()}",
            table=feed.source._meta.db_table,
            event=event,
            body=body,
        )


def _make_row_sql(feed: Feed, came: str) -> str:
    # NOT EXISTS, never OR IGNORE: an outer INSERT OR REPLACE would make that a replace and lose the count.
    # Only what came makes rows: rows made for what went would outlive an owner who is being deleted.
    table, keys = table_of(feed.holder), ", ".join(quote(c) for c in get_key_columns(feed.holder))
    matches = " AND ".join(f"h.{quote(c)} = d.{quote(c)}" for c in get_key_columns(feed.holder))
    return (
        f"INSERT INTO {table} ({keys}) SELECT {keys} FROM ({came}) d WHERE ({changes_sql(feed)}) "
        f"AND NOT EXISTS (SELECT 1 FROM {table} h WHERE {matches})"
    )


def _build_start_trigger(holder: Model, connection: BaseDatabaseWrapper) -> Trigger:
    """Return the trigger by which a row that is made after its sources starts at what they say, not at 0."""
    first = quote(get_key_columns(holder)[0])
    body = recount_sql(holder, connection, only=f"{{key}} = NEW.{first}") + ";"
    return make_trigger(
        name=f"{PREFIX}{holder._meta.model_name}_start",
        table=holder._meta.db_table,
        event="INSERT",
        body=body,
    )


class SqliteDialect:
    """What a revision needs, in SQLite's SQL."""

    now = SQLITE_NOW
    #: Transactions have no number here. Those that write within one tick of the clock are told apart by how
    #: many of them were committed before, and by the contexts in which they write.
    transaction = (
        f"(SELECT COUNT(*) FROM {RECORDINGS} g WHERE g.source = {{label}} "
        f"AND g.written_at = {SQLITE_NOW} AND g.committed_at IS NOT NULL) "
        f"+ 1000 * (SELECT COALESCE(MAX(id), 0) FROM {CONTEXTS})"
    )
    actor = f"COALESCE((SELECT actor FROM {CONTEXTS} ORDER BY id DESC LIMIT 1), '')"
    reason = f"COALESCE((SELECT reason FROM {CONTEXTS} ORDER BY id DESC LIMIT 1), '')"

    def image(self, alias: str, columns: list[str]) -> str:
        pairs = ", ".join(f"'{column}', {alias}.{quote(column)}" for column in columns)
        return f"CASE WHEN {alias}.recorded_at IS NOT NULL THEN json_object({pairs}) END"

    def differ(self, left: str, right: str) -> str:
        return f"{left} IS NOT {right}"


def build_source_triggers(source: Source, connection: BaseDatabaseWrapper) -> list[Trigger]:
    """Return the triggers that record the history of ``source`` and keep ``recorded_at`` the database's."""
    key, name = quote(source.key), f"{PREFIX}{source.model._meta.model_name}"
    old, new = _row_sql(source.model, "OLD", 1), _row_sql(source.model, "NEW", 1)
    gone = moved_sql(source, f"SELECT OLD.{key} AS pk", f"{old} WHERE 0", connection)
    images = {
        "DELETE": Images(f"SELECT OLD.{key} AS pk", old, gone),
        "UPDATE": Images(f"SELECT OLD.{key} AS pk UNION SELECT NEW.{key}", old, new),
    }
    triggers = [
        _build_recorded_at_guard(source, name, connection),
        _build_insert_trigger(source, name, connection),
    ]
    for event, image in images.items():
        revise = revise_sql(source, image, SqliteDialect(), connection)
        revised = (
            f"EXISTS (SELECT 1 FROM {REVISIONS} WHERE row = OLD.{key} "
            f"AND source = {literal(source.label, connection)} AND changed_at = {SqliteDialect.now})"
        )
        record = record_change_sql(source, SqliteDialect(), connection, only=revised)
        triggers.append(
            make_trigger(
                name=f"{name}_revise_{event.lower()}",
                table=source.table,
                event=event,
                body=f"{revise}; {record};",
            )
        )
    return triggers


def _build_insert_trigger(source: Source, name: str, connection: BaseDatabaseWrapper) -> Trigger:
    """Return the trigger that replaces a time that a writer claims, and records the row."""
    key, table, dialect = quote(source.key), quote(source.table), SqliteDialect()
    is_ours = is_recorded_sql("NEW", key, source.label, connection)
    row = f"FROM {table} WHERE {key} = NEW.{key}"
    correct = (
        f"UPDATE {table} SET recorded_at = {dialect.now} "
        f"WHERE {key} = NEW.{key} AND NEW.recorded_at IS NOT {dialect.now} AND NOT {is_ours}"
    )
    fresh = f"SELECT {key} AS low, {key} AS high {row} AND recorded_at IS {dialect.now}"
    known = (
        f"SELECT 1 FROM {REVISIONS} WHERE row = NEW.{key} AND source = {literal(source.label, connection)}"
    )
    arrived = Images(
        f"SELECT NEW.{key} AS pk WHERE EXISTS ({known})", f"SELECT * {row} AND 0", f"SELECT * {row}"
    )
    revise = revise_sql(source, arrived, dialect, connection, only=is_back_sql(source, connection))
    body = f"{correct}; {record_sql(source, fresh, dialect, connection)}; {revise};"
    return make_trigger(name=f"{name}_revise_insert", table=source.table, event="INSERT", body=body)


def _build_recorded_at_guard(source: Source, name: str, connection: BaseDatabaseWrapper) -> Trigger:
    is_ours = is_recorded_sql("OLD", quote(source.key), source.label, connection)
    is_corrected = f"NEW.recorded_at IS {SqliteDialect.now} AND NOT {is_ours}"
    message = f"recorded_at of {source.table} never changes: history is reckoned from it"
    guard = (
        f"CREATE TRIGGER {name}_keep_recorded_at BEFORE UPDATE ON {quote(source.table)} "
        f"FOR EACH ROW WHEN NEW.recorded_at IS NOT OLD.recorded_at AND NOT ({is_corrected}) "
        f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )
    return Trigger(name=f"{name}_keep_recorded_at", table=source.table, create=(guard,), source=guard)


def build_commit_triggers() -> list[Trigger]:
    """Return no trigger: SQLite has none that fire at a commit."""
    return []
