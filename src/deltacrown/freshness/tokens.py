"""A token per owner that changes with every change to what is shown of them, whoever writes it and however.

What was built out of an owner's rows may be kept under the token that was read *before* it was
built: whoever reads the same token later may be shown it, since nothing has been committed in
between. Triggers on every watched table give the owner another token in the writer's own
transaction. Tokens are drawn at random and not counted up, since a counter would give the same
number twice: to a transaction that is rolled back and to the next one, or after a restore.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.apps import apps
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from deltacrown.freshness.models import ContentVersion
from django_tally import postgresql, sqlite
from django_tally.feeds import Model, are_rows_on_demand, column_of, get_key_columns, get_stats, list_holders
from django_tally.sql import quote, table_of
from django_tally.triggers.trigger import PREFIX, Trigger

VERSIONS = quote(ContentVersion._meta.db_table)
#: An expression that draws a token.
DRAW = {"postgresql": "(random() * 9007199254740992)::bigint", "sqlite": "random()"}


@dataclass(frozen=True)
class Link:
    """Rows of another table that show something of a watched row on a page of their own owner.

    :param model: as ``"app_label.Model"``.
    :param key: its foreign key to the watched row.
    :param owner: its foreign key to the owner.
    """

    model: str
    key: str
    owner: str = "user"


@dataclass(frozen=True)
class Watch:
    """A table whose rows are shown on owners' pages.

    :param model: as ``"app_label.Model"``.
    :param owners: the fields of a row that name its owners.
    :param columns: the fields that are shown: only an update that changes one of them matters. Empty: any
        insert, update and delete matters.
    :param links: where else the row is shown, besides with its own owners.
    :param everyone: it may be shown on anybody's pages: all owners are given another token.
    """

    model: str
    owners: tuple[str, ...] = ("user",)
    columns: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    everyone: bool = False

    @property
    def source(self) -> Model:
        return apps.get_model(self.model)

    @property
    def name(self) -> str:
        """Begins the names of its triggers; after those of the engine in the alphabet, and so after them in action."""
        return f"{PREFIX}version_{self.source._meta.model_name}{'_shown' if self.columns else ''}"

    @property
    def owner_columns(self) -> list[str]:
        return [column_of(self.source, owner) for owner in self.owners]


_watches: list[Watch] = []


def register_watches(watches: Sequence[Watch]) -> None:
    """Have the owners of rows of these tables given another token whenever the rows change."""
    _watches.extend(watch for watch in watches if watch not in _watches)


def list_watches() -> list[Watch]:
    """Every registered watch."""
    return list(_watches)


def list_tables() -> list[Model]:
    """Every model whose table the triggers of this module read or write."""
    linked = [apps.get_model(link.model) for watch in _watches for link in watch.links]
    return list(dict.fromkeys([ContentVersion, *(watch.source for watch in _watches), *linked]))


def build_triggers(connection: BaseDatabaseWrapper) -> list[Trigger]:
    """The triggers of every watch, for the database behind ``connection``; none where none can be had."""
    build = {"postgresql": _build_postgresql, "sqlite": _build_sqlite}.get(connection.vendor)
    return [trigger for watch in _watches for trigger in build(watch)] if build else []


def renew_all(using: str) -> None:
    """Give every owner another token: for when rows may have changed while no trigger watched."""
    draw = DRAW.get(connections[using].vendor)
    if draw is None:
        return
    with connections[using].cursor() as cursor:
        for holder in list_holders():
            if not are_rows_on_demand(holder):
                owner = quote(get_key_columns(holder)[0])
                cursor.execute(_renew_sql(f"SELECT {owner} AS owner FROM {table_of(holder)}", draw))


def _renew_sql(owners: str, draw: str) -> str:
    """Another token for each of ``owners``, locked in their order.

    A real upsert: inside an outer INSERT OR REPLACE, SQLite would turn OR IGNORE into a replace.
    """
    once = f"SELECT DISTINCT owner FROM ({owners}) listed WHERE owner IS NOT NULL ORDER BY owner"
    return (
        f"INSERT INTO {VERSIONS} (owner, token) SELECT owner, {draw} FROM ({once}) once WHERE true "
        "ON CONFLICT (owner) DO UPDATE SET token = excluded.token"
    )


def _shown_with(watch: Watch, changed: str) -> list[str]:
    """SELECTs of the owners whose pages show a row that is among ``changed``, a SELECT of keys."""
    found = [f"SELECT owner FROM {VERSIONS} WHERE EXISTS ({changed})"] if watch.everyone else []
    for link in watch.links:
        model = apps.get_model(link.model)
        owner, key = quote(column_of(model, link.owner)), quote(column_of(model, link.key))
        found.append(f"SELECT {owner} AS owner FROM {table_of(model)} WHERE {key} IN ({changed})")
    return found


def _build_postgresql(watch: Watch) -> Iterator[Trigger]:
    for event, images in _postgresql_images(watch).items():
        owners = " UNION ALL ".join(images)
        # What a trigger of the engine does to a holder follows from a source, which is watched itself.
        when = "WHEN (pg_trigger_depth() = 0) " if event == "UPDATE" and get_stats(watch.source) else ""
        yield _postgresql_trigger(watch, event, _renew_sql(owners, DRAW["postgresql"]), postgresql.EVENTS[event][0], when)
    if not watch.columns:
        everybody = f"PERFORM 1 FROM {VERSIONS} ORDER BY owner FOR NO KEY UPDATE; UPDATE {VERSIONS} SET token = {DRAW['postgresql']}"
        yield _postgresql_trigger(watch, "TRUNCATE", everybody, "", "")


def _postgresql_images(watch: Watch) -> dict[str, list[str]]:
    """Event → SELECTs of the owners it concerns."""
    if not watch.columns:
        old, new = ([f"SELECT {quote(column)} AS owner FROM {table}" for column in watch.owner_columns] for table in "on")
        return {"INSERT": new, "DELETE": old, "UPDATE": new + old}
    key = quote(str(watch.source._meta.pk.column))
    shown = [quote(column_of(watch.source, field)) for field in watch.columns]
    differs = " OR ".join(f"n.{column} IS DISTINCT FROM o.{column}" for column in shown)
    changed = f"FROM n JOIN o ON o.{key} = n.{key} WHERE {differs}"
    own = [f"SELECT n.{quote(column)} AS owner {changed}" for column in watch.owner_columns]
    return {"UPDATE": own + _shown_with(watch, f"SELECT n.{key} {changed}")}


def _postgresql_trigger(watch: Watch, event: str, body: str, references: str, when: str) -> Trigger:
    name, source = f"{watch.name}_{event.lower()}", f"BEGIN {body}; RETURN NULL; END"
    referencing = f"REFERENCING {references} " if references else ""
    return Trigger(
        name=name,
        table=watch.source._meta.db_table,
        create=(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $tally${source}$tally$",
            f"CREATE TRIGGER {name} AFTER {event} ON {table_of(watch.source)} {referencing}FOR EACH STATEMENT {when}"
            f"EXECUTE FUNCTION {name}()",
        ),
        source=source,
    )


def _build_sqlite(watch: Watch) -> Iterator[Trigger]:
    for event, (owners, when) in _sqlite_images(watch).items():
        body = _renew_sql(" UNION ALL ".join(owners), DRAW["sqlite"]) + ";"
        yield sqlite.make_trigger(
            name=f"{watch.name}_{event.lower()}", table=watch.source._meta.db_table, event=event, body=body, when=when
        )


def _sqlite_images(watch: Watch) -> dict[str, tuple[list[str], str]]:
    """Event → SELECTs of the owners it concerns, and on which condition it does."""
    old, new = ([f"SELECT {row}.{quote(column)} AS owner" for column in watch.owner_columns] for row in ("OLD", "NEW"))
    if not watch.columns:
        return {"INSERT": (new, ""), "DELETE": (old, ""), "UPDATE": (new + old, "")}
    key = quote(str(watch.source._meta.pk.column))
    shown = [quote(column_of(watch.source, field)) for field in watch.columns]
    differs = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in shown)
    return {"UPDATE": (new + _shown_with(watch, f"SELECT NEW.{key}"), differs)}


def get_token(owner: int, *, using: str = "default") -> int | None:
    """The owner's token; ``None`` when nothing gives out tokens here, and nothing may then be kept."""
    found: int | None = ContentVersion.objects.using(using).filter(owner=owner).values_list("token", flat=True).first()
    return found
