"""Row-level triggers, for SQLite."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.backends.base.base import BaseDatabaseWrapper

from deltacrown.tally.feeds import Feed, Model, are_rows_on_demand, column_of, get_key_columns, list_feeds
from deltacrown.tally.sql import aggregate_sql, apply_sql, changes_sql, quote, recount_sql, table_of
from deltacrown.tally.triggers import PREFIX, Trigger


def make_trigger(*, name: str, table: str, event: str, body: str) -> Trigger:
    """A row-level AFTER trigger called ``name``; ``body`` is its statements, each ended by a semicolon."""
    source = f"CREATE TRIGGER {name} AFTER {event} ON {quote(table)} FOR EACH ROW BEGIN {body} END"
    return Trigger(name=name, table=table, create=(source,), source=source)


def build_holder_triggers(holder: Model, connection: BaseDatabaseWrapper) -> list[Trigger]:
    """The triggers that keep ``holder``: on each source, and on itself where rows are made by others."""
    triggers = [trigger for feed in list_feeds(holder) for trigger in _build_feed_triggers(feed, connection)]
    return triggers if are_rows_on_demand(holder) else [*triggers, _build_start_trigger(holder, connection)]


def _row_sql(feed: Feed, alias: str, sign: int) -> str:
    columns = [column_of(feed.source, field.name) for field in feed.source._meta.concrete_fields]
    listed = ", ".join(f"{alias}.{quote(column)} AS {quote(column)}" for column in columns)
    return f"SELECT {sign} AS s, {listed}"


def _build_feed_triggers(feed: Feed, connection: BaseDatabaseWrapper) -> Iterator[Trigger]:
    came, went = _row_sql(feed, "NEW", 1), _row_sql(feed, "OLD", -1)
    rows = {"INSERT": came, "DELETE": went, "UPDATE": f"{came} UNION ALL {went}"}
    for event, signed in rows.items():
        body = apply_sql(feed, aggregate_sql(feed, signed, connection)) + ";"
        if are_rows_on_demand(feed.holder) and event != "DELETE":
            body = f"{_make_row_sql(feed, aggregate_sql(feed, came, connection))}; {body}"
        yield make_trigger(name=f"{PREFIX}{feed.label}_{event.lower()}", table=feed.source._meta.db_table, event=event, body=body)


def _make_row_sql(feed: Feed, came: str) -> str:
    # NOT EXISTS, never OR IGNORE: an outer INSERT OR REPLACE would turn that into a replace and lose the count.
    # Only what came makes rows: rows made for what went would outlive a user who is being deleted.
    table, keys = table_of(feed.holder), ", ".join(quote(c) for c in get_key_columns(feed.holder))
    matches = " AND ".join(f"h.{quote(c)} = d.{quote(c)}" for c in get_key_columns(feed.holder))
    return (
        f"INSERT INTO {table} ({keys}) SELECT {keys} FROM ({came}) d WHERE ({changes_sql(feed)}) "
        f"AND NOT EXISTS (SELECT 1 FROM {table} h WHERE {matches})"
    )


def _build_start_trigger(holder: Model, connection: BaseDatabaseWrapper) -> Trigger:
    """A row that is made after its sources starts at what they say, not at zero."""
    first = quote(get_key_columns(holder)[0])
    body = recount_sql(holder, connection, only=f"{{key}} = NEW.{first}") + ";"
    return make_trigger(name=f"{PREFIX}{holder._meta.model_name}_start", table=holder._meta.db_table, event="INSERT", body=body)
