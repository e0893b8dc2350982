"""Former names: written by the database whenever a name changes, whoever changes it.

A service, the admin, ``update()`` and raw SQL are all seen by the trigger. Whoever has a name now is found by
it first; a former name finds its owner as long as nobody else has it, now or formerly.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext as _

from deltacrown.core.errors import Conflict
from django_tally.batches import in_batches
from django_tally.database_clock import SQLITE_NOW, DatabaseNow
from django_tally.schema import quote
from django_tally.triggers import postgresql, sqlite
from django_tally.triggers.trigger import Trigger


class AmbiguousName(Conflict):
    """Nobody has the name now, and several had it."""


class FormerName(models.Model):
    """A name that a row had. A subclass adds ``owner``, the row. Database triggers write it."""

    key = models.CharField(max_length=600, help_text="Under which the name is looked up.")
    name = models.CharField(max_length=200)
    search_key = models.CharField(max_length=500, default="", db_default="")
    given_up_at = models.DateTimeField(db_default=DatabaseNow(), editable=False)

    owner_id: int

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Rename:
    """A column whose former values are kept.

    :param column: holds the name.
    :param key: the column with the key of the name; a slug needs none, as it is ASCII.
    :param search_key: the column with its search key, if it has one.
    """

    table: type[FormerName]
    column: str
    key: str = ""
    search_key: str = ""

    @property
    def named(self) -> type[models.Model]:
        """Return the model that has the column."""
        table: Any = self.table
        related: type[models.Model] = table._meta.get_field("owner").related_model
        return related


@dataclass(frozen=True)
class Found:
    """What some names stand for.

    :param rows: name as given → row.
    :param ambiguous: name as given → a sentence: nobody has the name now, and several had it.
    """

    rows: dict[str, Any]
    ambiguous: dict[str, str]


def build_rename_triggers(renames: Iterable[Rename]) -> Callable[[BaseDatabaseWrapper], list[Trigger]]:
    """Return the function that builds, for a database, the triggers that keep the former values."""
    build = {"postgresql": _build_postgresql, "sqlite": _build_sqlite}

    def build_triggers(connection: BaseDatabaseWrapper) -> list[Trigger]:
        if connection.vendor not in build:
            return []
        return [build[connection.vendor](rename) for rename in renames]

    return build_triggers


def list_rename_tables(renames: Iterable[Rename]) -> Callable[[], list[type[models.Model]]]:
    """Return the function that lists the models whose tables these triggers read or write."""
    return lambda: [model for rename in renames for model in (rename.table, rename.named)]


def find_former_owners(table: type[FormerName], keys: Collection[str]) -> dict[str, list[Any]]:
    """Return key → the rows that once had it, each once, with ``owner`` loaded; in one query for 500 keys."""
    found: dict[str, dict[int, Any]] = {}
    for batch in in_batches(sorted(keys)):
        rows: models.QuerySet[Any] = table._base_manager.filter(key__in=batch)
        for former in rows.select_related("owner").order_by("id"):
            found.setdefault(former.key, {})[former.owner_id] = former.owner
    return {key: list(owners.values()) for key, owners in found.items()}


def find_by_slug(
    rows: models.QuerySet[Any], table: type[FormerName], slugs: Collection[str]
) -> dict[str, Any]:
    """Return slug as given → row, by present, then by former slugs; a former slug of several finds none."""
    found = {row.slug: row for batch in in_batches(sorted(slugs)) for row in rows.filter(slug__in=batch)}
    unknown = {slug: slug.lower() for slug in slugs if slug not in found}
    former = resolve_former_names(table, unknown, describe=str).rows
    if former:
        renamed = rows.in_bulk([row.pk for row in former.values()])
        found |= {slug: renamed[row.pk] for slug, row in former.items() if row.pk in renamed}
    return found


def resolve_former_names(
    table: type[FormerName],
    keys: dict[str, str],
    *,
    describe: Callable[[Any], str],
    follow: Callable[[Iterable[Any]], dict[int, Any]] | None = None,
) -> Found:
    """Find rows by former names.

    :param keys: name as given → its key; names that somebody has now are not among them.
    :param describe: returns what to call a row in a message.
    :param follow: returns key of a row → the row that stands for it now; two of one are not several.
    """
    owners = find_former_owners(table, set(keys.values())) if keys else {}
    if follow and owners:
        ends = follow(row for rows in owners.values() for row in rows)
        for key, holders in owners.items():
            owners[key] = list({ends[row.pk].pk: ends[row.pk] for row in holders}.values())
    rows: dict[str, Any] = {}
    ambiguous: dict[str, str] = {}
    for given, key in keys.items():
        holders = owners.get(key, [])
        if len(holders) == 1:
            rows[given] = holders[0]
        elif holders:
            named = ", ".join(sorted(map(describe, holders)))
            words = {"name": f"{given:.80}", "holders": named}
            ambiguous[given] = _("“%(name)s” is a former name of %(holders)s; use the present name") % words
    return Found(rows, ambiguous)


def _insert_former(rename: Rename, *, now: str, source: str) -> str:
    """Return the statement that keeps the values in ``o``, the row before the change."""
    column = f"o.{quote(rename.column)}"
    key = f"COALESCE(o.{quote(rename.key)}, LOWER({column}))" if rename.key else f"LOWER({column})"
    search_key = f"o.{quote(rename.search_key)}" if rename.search_key else "''"
    # A real upsert: inside an outer INSERT OR REPLACE, SQLite would turn OR IGNORE into a replace.
    return (
        f"INSERT INTO {quote(rename.table._meta.db_table)} (owner_id, key, name, search_key, given_up_at) "
        f"SELECT o.id, {key}, {column}, {search_key}, {now} {source} "
        "ON CONFLICT (owner_id, key, name) DO UPDATE SET given_up_at = excluded.given_up_at;"
    )


def _name_trigger(rename: Rename) -> str:
    return f"tally_former_{rename.named._meta.db_table}_{rename.column}"


def _build_postgresql(rename: Rename) -> Trigger:
    column = quote(rename.column)
    renamed = f"FROM n JOIN o ON o.id = n.id WHERE n.{column} <> o.{column}"
    insert = _insert_former(rename, now="STATEMENT_TIMESTAMP()", source=f"{renamed} ORDER BY o.id")
    return postgresql.make_trigger(
        name=_name_trigger(rename), table=rename.named._meta.db_table, event="UPDATE", body=insert
    )


def _build_sqlite(rename: Rename) -> Trigger:
    column = quote(rename.column)
    insert = _insert_former(rename, now=SQLITE_NOW, source="WHERE true").replace("o.", "OLD.")
    return sqlite.make_trigger(
        name=_name_trigger(rename),
        table=rename.named._meta.db_table,
        event=f"UPDATE OF {column}",
        body=insert,
        when=f"OLD.{column} <> NEW.{column}",
    )
