"""The triggers that keep numbers and history on PostgreSQL.

Per statement, so that a bulk load changes each holder row once.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.backends.base.base import BaseDatabaseWrapper

from django_tally.commits import SOON, is_recorded_sql
from django_tally.context import ACTOR, REASON
from django_tally.feeds import Feed, Model, are_rows_on_demand, get_key_columns, list_feeds
from django_tally.keeping.revisions import (
    REVISIONS,
    Images,
    is_back_sql,
    moved_sql,
    record_change_sql,
    record_sql,
    revise_sql,
)
from django_tally.models import Recording
from django_tally.schema import quote, table_of
from django_tally.sources import Source
from django_tally.sql import aggregate_sql, apply_sql, changes_sql, literal, recount_sql
from django_tally.triggers.postgresql import make_commit_trigger, make_row_trigger, make_trigger
from django_tally.triggers.trigger import PREFIX, Trigger

CAME = "SELECT 1 AS s, n.* FROM n"
WENT = "SELECT -1 AS s, o.* FROM o"
#: Event → the rows that came and went with it, each with its sign.
SIGNED_ROWS = {"INSERT": CAME, "DELETE": WENT, "UPDATE": f"{CAME} UNION ALL {WENT}"}
#: The advisory lock between those who make a holder row late and those who write for one that is not there.
LATE = f"{0x7461}, 0"
#: The session setting that keeps the time of a commit while its triggers fire.
COMMITTED_AT = "tally.committed_at"


def build_holder_triggers(holder: Model, connection: BaseDatabaseWrapper) -> list[Trigger]:
    """Return the triggers that keep ``holder``: on each source; on itself unless rows are made on demand."""
    feeds = list_feeds(holder)
    triggers = [trigger for feed in feeds for trigger in _build_feed_triggers(feed, connection)]
    return triggers if are_rows_on_demand(holder) else [*triggers, _build_start_trigger(holder, connection)]


def _build_feed_triggers(feed: Feed, connection: BaseDatabaseWrapper) -> Iterator[Trigger]:
    table = feed.source._meta.db_table
    for event, rows in SIGNED_ROWS.items():
        body = "".join(f"{statement}; " for statement in _list_statements(feed, event, rows, connection))
        yield make_trigger(name=f"{PREFIX}{feed.label}_{event.lower()}", table=table, event=event, body=body)
    recount = f"{_lock_all_sql(feed.holder)}; {_reset_sql(feed)}; {recount_sql(feed.holder, connection)};"
    yield make_trigger(name=f"{PREFIX}{feed.label}_truncate", table=table, event="TRUNCATE", body=recount)


def _list_statements(feed: Feed, event: str, rows: str, connection: BaseDatabaseWrapper) -> Iterator[str]:
    delta = aggregate_sql(feed, rows, connection)
    if are_rows_on_demand(feed.holder) and event != "DELETE":
        yield _make_rows_sql(feed, aggregate_sql(feed, CAME, connection))
    yield _lock_sql(feed, delta)
    if not are_rows_on_demand(feed.holder):
        yield _await_late_rows_sql(feed, delta)
    yield apply_sql(feed, delta)


def _make_rows_sql(feed: Feed, came: str) -> str:
    # Only what came makes rows: rows made for what went would outlive an owner who is being deleted.
    table, keys = table_of(feed.holder), ", ".join(quote(c) for c in get_key_columns(feed.holder))
    matches = " AND ".join(f"h.{quote(c)} = d.{quote(c)}" for c in get_key_columns(feed.holder))
    return (
        f"INSERT INTO {table} ({keys}) SELECT {keys} FROM ({came}) d WHERE ({changes_sql(feed)}) "
        f"AND NOT EXISTS (SELECT 1 FROM {table} h WHERE {matches}) "
        f"ORDER BY {keys} ON CONFLICT ({keys}) DO NOTHING"
    )


def _lock_sql(feed: Feed, delta: str) -> str:
    # One order for every writer, or two of them deadlock.
    # NO KEY: a child's foreign key check must not wait for it.
    keys = ", ".join(quote(c) for c in get_key_columns(feed.holder))
    return (
        f"PERFORM 1 FROM {table_of(feed.holder)} "
        f"WHERE ({keys}) IN (SELECT {keys} FROM ({delta}) d WHERE {changes_sql(feed)}) "
        f"ORDER BY {keys} FOR NO KEY UPDATE"
    )


def _await_late_rows_sql(feed: Feed, delta: str) -> str:
    # A row that is being made cannot be seen, and does not see what is written here:
    # one of the two must wait for the other.
    matches = " AND ".join(f"h.{quote(c)} = d.{quote(c)}" for c in get_key_columns(feed.holder))
    present = f"SELECT 1 FROM {table_of(feed.holder)} h WHERE {matches}"
    return (
        f"IF EXISTS (SELECT 1 FROM ({delta}) d WHERE ({changes_sql(feed)}) AND NOT EXISTS ({present})) THEN "
        f"PERFORM pg_advisory_xact_lock_shared({LATE}); END IF"
    )


def _lock_all_sql(holder: Model) -> str:
    keys = ", ".join(quote(c) for c in get_key_columns(holder))
    return f"PERFORM 1 FROM {table_of(holder)} ORDER BY {keys} FOR NO KEY UPDATE"


def _reset_sql(feed: Feed) -> str:
    sets = ", ".join(f"{quote(c)} = 0" for c in feed.columns)
    changed = " OR ".join(f"{quote(c)} <> 0" for c in feed.columns)
    return f"UPDATE {table_of(feed.holder)} SET {sets} WHERE {changed}"


def _build_start_trigger(holder: Model, connection: BaseDatabaseWrapper) -> Trigger:
    """Return the trigger by which a row that is made after its sources starts at what they say, not at 0.

    One made by a trigger, together with its owner, waits for nobody: nobody else knows the owner yet.
    """
    first = quote(get_key_columns(holder)[0])
    wait = f"IF pg_trigger_depth() = 1 THEN PERFORM pg_advisory_xact_lock({LATE}); END IF;"
    return make_trigger(
        name=f"{PREFIX}{holder._meta.model_name}_start",
        table=holder._meta.db_table,
        event="INSERT",
        body=f"{wait} {recount_sql(holder, connection, only=f'{{key}} IN (SELECT {first} FROM n)')};",
    )


class PostgresqlDialect:
    """What a revision needs, in PostgreSQL's SQL."""

    now = "statement_timestamp()"
    transaction = "pg_current_xact_id()::text::bigint"
    actor = f"COALESCE(current_setting('{ACTOR}', true), '')"
    reason = f"COALESCE(current_setting('{REASON}', true), '')"

    def image(self, alias: str, columns: list[str]) -> str:
        pairs = ", ".join(f"'{column}', {alias}.{quote(column)}" for column in columns)
        return f"CASE WHEN {alias}.recorded_at IS NOT NULL THEN jsonb_build_object({pairs}) END"

    def differ(self, left: str, right: str) -> str:
        return f"{left} IS DISTINCT FROM {right}"


def build_source_triggers(source: Source, connection: BaseDatabaseWrapper) -> list[Trigger]:
    """Return the triggers that record the history of ``source`` and keep ``recorded_at`` the database's."""
    key, table, name = quote(source.key), source.table, f"{PREFIX}{source.model._meta.model_name}"
    none, whole = "SELECT * FROM {} WHERE false", f"SELECT * FROM {quote(table)}"
    both = f"SELECT {key} AS pk FROM o UNION SELECT {key} FROM n"
    gone, all_gone = f"SELECT {key} AS pk FROM o", f"SELECT {key} AS pk FROM {quote(table)}"
    images = {
        "DELETE": Images(gone, "SELECT * FROM o", moved_sql(source, gone, none.format("o"), connection)),
        "UPDATE": Images(both, "SELECT * FROM o", "SELECT * FROM n"),
        "TRUNCATE": Images(all_gone, whole, moved_sql(source, all_gone, f"{whole} WHERE false", connection)),
    }
    triggers = [
        _build_recorded_at_guard(source, name),
        _build_recorded_at_setter(source, name, connection),
        _build_insert_trigger(source, name, connection),
    ]
    for event, image in images.items():
        revise = revise_sql(source, image, PostgresqlDialect(), connection)
        record = record_change_sql(source, PostgresqlDialect(), connection)
        triggers.append(
            make_trigger(
                name=f"{name}_revise_{event.lower()}",
                table=table,
                event=event,
                body=f"{revise}; IF FOUND THEN {record}; END IF;",
                timing="BEFORE" if event == "TRUNCATE" else "AFTER",
            )
        )
    return triggers


def _build_insert_trigger(source: Source, name: str, connection: BaseDatabaseWrapper) -> Trigger:
    key, dialect = quote(source.key), PostgresqlDialect()
    fresh = (
        f"SELECT MIN({key}) AS low, MAX({key}) AS high FROM n "
        f"WHERE recorded_at = {dialect.now} HAVING COUNT(*) > 0"
    )
    arrived = Images(f"SELECT {key} AS pk FROM n", "SELECT * FROM n WHERE false", "SELECT * FROM n")
    revise = revise_sql(source, arrived, dialect, connection, only=is_back_sql(source, connection))
    record = record_change_sql(source, dialect, connection)
    one = f"SELECT 1 FROM {REVISIONS} r WHERE r.row = n.{key} "
    one += f"AND r.source = {literal(source.label, connection)} LIMIT 1"  # as in moved_sql
    known = f"SELECT 1 FROM n CROSS JOIN LATERAL ({one}) k"
    return make_trigger(
        name=f"{name}_revise_insert",
        table=source.table,
        event="INSERT",
        body=f"{record_sql(source, fresh, dialect, connection)}; "
        f"IF EXISTS ({known}) THEN {revise}; IF FOUND THEN {record}; END IF; END IF;",
    )


def _build_recorded_at_guard(source: Source, name: str) -> Trigger:
    message = f"recorded_at of {source.table} never changes: history is reckoned from it"
    return make_row_trigger(
        name=f"{name}_keep_recorded_at",
        table=source.table,
        event="UPDATE",
        body=f"RAISE EXCEPTION '{message}';",
        when="OLD.recorded_at IS DISTINCT FROM NEW.recorded_at",
    )


def _build_recorded_at_setter(source: Source, name: str, connection: BaseDatabaseWrapper) -> Trigger:
    """Return the trigger that puts the database's time in the place of one that a writer claims."""
    is_ours = is_recorded_sql("NEW", quote(source.key), source.label, connection)
    return make_row_trigger(
        name=f"{name}_set_recorded_at",
        table=source.table,
        event="INSERT",
        body=f"IF NOT {is_ours} THEN NEW.recorded_at := {PostgresqlDialect.now}; END IF;",
        when=f"NEW.recorded_at IS DISTINCT FROM {PostgresqlDialect.now}",
    )


def build_commit_triggers() -> list[Trigger]:
    """Return the trigger that stamps each recording with the time at which its transaction commits.

    All of one transaction have one time, or readers would be told of a state between two of its statements. A
    time that an earlier ``SET CONSTRAINTS`` led to is older than the statement at hand, and drawn anew.
    """
    table = Recording._meta.db_table
    kept = f"current_setting('{COMMITTED_AT}', true)"
    clock = "to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'"
    draw = (
        f"IF COALESCE(NULLIF({kept}, ''), '-infinity')::timestamptz < statement_timestamp() "
        f"THEN PERFORM set_config('{COMMITTED_AT}', {clock}, true); END IF;"
    )
    return [
        make_commit_trigger(
            name=f"{PREFIX}recording_commit",
            table=table,
            body=f"{draw} UPDATE {quote(table)} SET committed_at = {kept}::timestamptz, "
            f"is_late = {kept}::timestamptz > written_at + interval '{SOON.total_seconds()} seconds' "
            "WHERE id = NEW.id;",
            when=f"NEW.committed_at IS NULL AND NEW.transaction_id = {PostgresqlDialect.transaction}",
        )
    ]
