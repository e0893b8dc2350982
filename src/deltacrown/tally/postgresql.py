"""Statement-level triggers with transition tables, for PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.backends.base.base import BaseDatabaseWrapper

from deltacrown.tally.feeds import Feed, Model, are_rows_on_demand, get_key_columns, list_feeds
from deltacrown.tally.sql import aggregate_sql, apply_sql, changes_sql, quote, recount_sql, table_of
from deltacrown.tally.triggers import PREFIX, Trigger

CAME = "SELECT 1 AS s, n.* FROM n"
WENT = "SELECT -1 AS s, o.* FROM o"
#: Event → the transition tables it has, and the signed rows it brings.
EVENTS = {
    "INSERT": ("NEW TABLE AS n", CAME),
    "DELETE": ("OLD TABLE AS o", WENT),
    "UPDATE": ("OLD TABLE AS o NEW TABLE AS n", f"{CAME} UNION ALL {WENT}"),
}


def make_trigger(*, name: str, table: str, event: str, body: str, references: str = "", declare: str = "") -> Trigger:
    """A statement-level AFTER trigger with a function of its own, both called ``name``."""
    source = f"{declare} BEGIN {body} RETURN NULL; END"
    referencing = f"REFERENCING {references} " if references else ""
    return Trigger(
        name=name,
        table=table,
        create=(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $tally${source}$tally$",
            f"CREATE TRIGGER {name} AFTER {event} ON {quote(table)} {referencing}FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
        ),
        source=source,
    )


def build_holder_triggers(holder: Model, connection: BaseDatabaseWrapper) -> list[Trigger]:
    """The triggers that keep ``holder``: on each source, and on itself where rows are made by others."""
    feeds = list_feeds(holder)
    triggers = [trigger for feed in feeds for trigger in _build_feed_triggers(feed, connection)]
    return triggers if are_rows_on_demand(holder) else [*triggers, _build_start_trigger(holder, connection)]


def _build_feed_triggers(feed: Feed, connection: BaseDatabaseWrapper) -> Iterator[Trigger]:
    table = feed.source._meta.db_table
    for event, (references, rows) in EVENTS.items():
        body = "".join(f"{statement}; " for statement in _list_statements(feed, event, rows, connection))
        yield make_trigger(name=f"{PREFIX}{feed.label}_{event.lower()}", table=table, event=event, body=body, references=references)
    recount = f"{_lock_all_sql(feed.holder)}; {_reset_sql(feed)}; {recount_sql(feed.holder, connection)};"
    yield make_trigger(name=f"{PREFIX}{feed.label}_truncate", table=table, event="TRUNCATE", body=recount)


def _list_statements(feed: Feed, event: str, rows: str, connection: BaseDatabaseWrapper) -> Iterator[str]:
    delta = aggregate_sql(feed, rows, connection)
    if are_rows_on_demand(feed.holder) and event != "DELETE":
        yield _make_rows_sql(feed, aggregate_sql(feed, CAME, connection))
    yield _lock_sql(feed, delta)
    yield apply_sql(feed, delta)


def _make_rows_sql(feed: Feed, came: str) -> str:
    # Only what came makes rows: rows made for what went would outlive a user who is being deleted.
    table, keys = table_of(feed.holder), ", ".join(quote(c) for c in get_key_columns(feed.holder))
    matches = " AND ".join(f"h.{quote(c)} = d.{quote(c)}" for c in get_key_columns(feed.holder))
    return (
        f"INSERT INTO {table} ({keys}) SELECT {keys} FROM ({came}) d WHERE ({changes_sql(feed)}) "
        f"AND NOT EXISTS (SELECT 1 FROM {table} h WHERE {matches}) ORDER BY {keys} ON CONFLICT ({keys}) DO NOTHING"
    )


def _lock_sql(feed: Feed, delta: str) -> str:
    # One order for every writer, or two of them deadlock. NO KEY: a child's foreign key check must not wait for it.
    keys = ", ".join(quote(c) for c in get_key_columns(feed.holder))
    return (
        f"PERFORM 1 FROM {table_of(feed.holder)} WHERE ({keys}) IN (SELECT {keys} FROM ({delta}) d WHERE {changes_sql(feed)}) "
        f"ORDER BY {keys} FOR NO KEY UPDATE"
    )


def _lock_all_sql(holder: Model) -> str:
    keys = ", ".join(quote(c) for c in get_key_columns(holder))
    return f"PERFORM 1 FROM {table_of(holder)} ORDER BY {keys} FOR NO KEY UPDATE"


def _reset_sql(feed: Feed) -> str:
    sets = ", ".join(f"{quote(c)} = 0" for c in feed.columns)
    return f"UPDATE {table_of(feed.holder)} SET {sets} WHERE " + " OR ".join(f"{quote(c)} <> 0" for c in feed.columns)


def _build_start_trigger(holder: Model, connection: BaseDatabaseWrapper) -> Trigger:
    """A row that is made after its sources starts at what they say, not at zero."""
    first = quote(get_key_columns(holder)[0])
    return make_trigger(
        name=f"{PREFIX}{holder._meta.model_name}_start",
        table=holder._meta.db_table,
        event="INSERT",
        body=recount_sql(holder, connection, only=f"{{key}} IN (SELECT {first} FROM n)") + ";",
        references="NEW TABLE AS n",
    )
