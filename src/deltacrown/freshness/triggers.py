"""Triggers that renew tokens: on every watched table, for the owners on whose pages its rows are shown."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from deltacrown.freshness.models import ContentVersion
from deltacrown.freshness.tokens import Watch, list_watches
from django_tally.feeds import Model, are_rows_on_demand, column_of, get_key_columns, get_stats, list_holders
from django_tally.schema import quote, table_of
from django_tally.triggers import postgresql, sqlite
from django_tally.triggers.trigger import Trigger

VERSIONS = quote(ContentVersion._meta.db_table)
#: An expression that draws a token.
DRAW = {"postgresql": "(random() * 9007199254740992)::bigint", "sqlite": "random()"}


def list_tables() -> list[Model]:
    """Return every model whose table these triggers read or write."""
    watches = list_watches()
    linked = [apps.get_model(link.model) for watch in watches for link in watch.links]
    return list(dict.fromkeys([ContentVersion, *(watch.source for watch in watches), *linked]))


def build_triggers(connection: BaseDatabaseWrapper) -> list[Trigger]:
    """Return the triggers of every watch; none for a database that can have none."""
    build = {"postgresql": _build_postgresql, "sqlite": _build_sqlite}.get(connection.vendor)
    return [trigger for watch in list_watches() for trigger in build(watch)] if build else []


def renew_all(using: str) -> None:
    """Renew the token of every owner, since rows may have changed while no trigger watched."""
    draw = DRAW.get(connections[using].vendor)
    if draw is None:
        return

    with connections[using].cursor() as cursor:
        for holder in list_holders():
            if not are_rows_on_demand(holder):
                owner = quote(get_key_columns(holder)[0])
                cursor.execute(_renew_sql(f"SELECT {owner} AS owner FROM {table_of(holder)}", draw))


def forget_token(owner: int, *, using: str = "default") -> None:
    """Delete the token of an owner who is deleted; nothing can be kept of them any more."""
    with connections[using].cursor() as cursor:
        cursor.execute(f"DELETE FROM {VERSIONS} WHERE owner = %s", [owner])


def _renew_sql(owners: str, draw: str) -> str:
    """Return the SQL that renews the token of each of ``owners``, a SELECT, in their order.

    A real upsert: inside an outer INSERT OR REPLACE, SQLite would turn OR IGNORE into a replace.
    """
    once = f"SELECT DISTINCT owner FROM ({owners}) listed WHERE owner IS NOT NULL ORDER BY owner"
    return (
        f"INSERT INTO {VERSIONS} (owner, token) SELECT owner, {draw} FROM ({once}) once WHERE true "
        "ON CONFLICT (owner) DO UPDATE SET token = excluded.token"
    )


def _shown_with(watch: Watch, changed: str) -> list[str]:
    """Return SELECTs of the owners whose pages show a row that is among ``changed``, a SELECT of keys."""
    found = [f"SELECT owner FROM {VERSIONS} WHERE EXISTS ({changed})"] if watch.everyone else []
    for link in watch.links:
        model = apps.get_model(link.model)
        owner, key = quote(column_of(model, link.owner)), quote(column_of(model, link.key))
        found.append(f"SELECT {owner} AS owner FROM {table_of(model)} WHERE {key} IN ({changed})")
    return found


def _build_postgresql(watch: Watch) -> Iterator[Trigger]:
    for event, images in _postgresql_images(watch).items():
        renew = _renew_sql(" UNION ALL ".join(images), DRAW["postgresql"])
        # What a trigger of the engine does to a holder follows from a source, which is watched itself.
        when = "pg_trigger_depth() = 0" if event == "UPDATE" and get_stats(watch.source) else ""
        yield _postgresql_trigger(watch, event, renew, when)

    if not watch.columns:
        lock = f"PERFORM 1 FROM {VERSIONS} ORDER BY owner FOR NO KEY UPDATE"
        renew = f"UPDATE {VERSIONS} SET token = {DRAW['postgresql']}"
        yield _postgresql_trigger(watch, "TRUNCATE", f"{lock}; {renew}")


def _postgresql_images(watch: Watch) -> dict[str, list[str]]:
    """Return, per event, SELECTs of the owners it concerns."""
    if not watch.columns:
        old = [f"SELECT {quote(column)} AS owner FROM o" for column in watch.owner_columns]
        new = [f"SELECT {quote(column)} AS owner FROM n" for column in watch.owner_columns]
        return {"INSERT": new, "DELETE": old, "UPDATE": new + old}
    key = quote(str(watch.source._meta.pk.column))
    shown = [quote(column_of(watch.source, field)) for field in watch.columns]
    differs = " OR ".join(f"n.{column} IS DISTINCT FROM o.{column}" for column in shown)
    changed = f"FROM n JOIN o ON o.{key} = n.{key} WHERE {differs}"
    own = [f"SELECT n.{quote(column)} AS owner {changed}" for column in watch.owner_columns]
    return {"UPDATE": own + _shown_with(watch, f"SELECT n.{key} {changed}")}


def _postgresql_trigger(watch: Watch, event: str, body: str, when: str = "") -> Trigger:
    return postgresql.make_trigger(
        name=f"{watch.name}_{event.lower()}",
        table=watch.source._meta.db_table,
        event=event,
        body=f"{body};",
        when=when,
    )


def _build_sqlite(watch: Watch) -> Iterator[Trigger]:
    for event, (owners, when) in _sqlite_images(watch).items():
        yield sqlite.make_trigger(
            name=f"{watch.name}_{event.lower()}",
            table=watch.source._meta.db_table,
            event=event,
            body=_renew_sql(" UNION ALL ".join(owners), DRAW["sqlite"]) + ";",
            when=when,
        )


def _sqlite_images(watch: Watch) -> dict[str, tuple[list[str], str]]:
    """Return, per event, SELECTs of the owners it concerns, and on which condition it does."""
    old = [f"SELECT OLD.{quote(column)} AS owner" for column in watch.owner_columns]
    new = [f"SELECT NEW.{quote(column)} AS owner" for column in watch.owner_columns]
    if not watch.columns:
        return {"INSERT": (new, ""), "DELETE": (old, ""), "UPDATE": (new + old, "")}
    key = quote(str(watch.source._meta.pk.column))
    shown = [quote(column_of(watch.source, field)) for field in watch.columns]
    differs = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in shown)
    return {"UPDATE": (new + _shown_with(watch, f"SELECT NEW.{key}"), differs)}
