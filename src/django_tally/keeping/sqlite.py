"""The triggers that keep numbers and history on SQLite: per row."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.backends.base.base import BaseDatabaseWrapper

from django_tally.database_clock import SQLITE_NOW
from django_tally.feeds import Feed, Model, are_rows_on_demand, column_of, get_key_columns, list_feeds
from django_tally.keeping.revisions import Images, revise_sql
from django_tally.schema import quote, table_of
from django_tally.sources import Source
from django_tally.sql import aggregate_sql, apply_sql, changes_sql, recount_sql
from django_tally.triggers.sqlite import make_trigger
from django_tally.triggers.trigger import PREFIX, Trigger


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
    actor = "COALESCE((SELECT actor FROM tally_changecontext ORDER BY id DESC LIMIT 1), '')"
    reason = "COALESCE((SELECT reason FROM tally_changecontext ORDER BY id DESC LIMIT 1), '')"

    def image(self, alias: str, columns: list[str]) -> str:
        pairs = ", ".join(f"'{column}', {alias}.{quote(column)}" for column in columns)
        return f"CASE WHEN {alias}.recorded_at IS NOT NULL THEN json_object({pairs}) END"

    def differ(self, left: str, right: str) -> str:
        return f"{left} IS NOT {right}"


def build_source_triggers(source: Source, connection: BaseDatabaseWrapper) -> list[Trigger]:
    """Return the triggers that record the history of ``source`` and refuse changes of ``recorded_at``."""
    key, table, name = quote(source.key), source.table, f"{PREFIX}{source.model._meta.model_name}"
    old, new = _row_sql(source.model, "OLD", 1), _row_sql(source.model, "NEW", 1)
    images = {
        "INSERT": Images(f"SELECT NEW.{key} AS pk", f"{new} WHERE 0", new),
        "DELETE": Images(f"SELECT OLD.{key} AS pk", old, f"{old} WHERE 0"),
        "UPDATE": Images(f"SELECT OLD.{key} AS pk UNION SELECT NEW.{key}", old, new),
    }
    late = f"NEW.recorded_at IS NOT {SqliteDialect.now}"
    guard = f"CREATE TRIGGER {name}_keep_recorded_at BEFORE UPDATE ON {quote(table)} "
    guard += "FOR EACH ROW WHEN NEW.recorded_at IS NOT OLD.recorded_at "
    guard += (
        f"BEGIN SELECT RAISE(ABORT, 'recorded_at of {table} never changes: history is reckoned from it'); END"
    )
    triggers = [Trigger(name=f"{name}_keep_recorded_at", table=table, create=(guard,), source=guard)]
    for event, image in images.items():
        body = revise_sql(source, image, SqliteDialect(), connection) + ";"
        when = late if event == "INSERT" else ""
        triggers.append(
            make_trigger(
                name=f"{name}_revise_{event.lower()}", table=table, event=event, body=body, when=when
            )
        )
    return triggers
