"""What keeps a migration from being run while the site, and the release before, are at work.

``squawk`` reads the SQL of PostgreSQL for locks and rewrites; what it cannot see, since it knows neither the
operations nor the release before, is looked for here.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, models
from django.db.migrations import Migration
from django.db.migrations import operations as django_operations
from django.db.migrations.operations.base import Operation
from packaging.version import Version

from deltacrown.core.migrating import (
    AddIndexApart,
    AddUniqueApart,
    DropForgotten,
    DropForgottenTable,
    FillInBatches,
    ForgetField,
    RemoveIndexApart,
)

SQUAWK = Path(sys.executable).with_name("squawk")
#: Rules that are about something else than a site that goes on.
TASTE = {
    "prefer-text-field",  # a limit of characters is a rule of ours, and longer columns are a new migration
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    "prefer-identity",
    "prefer-robust-stmts",  # a migration is atomic, or its operations can be run again
    "prefer-timestamp-tz",
    "ban-drop-default",  # Django takes back a default it gave itself; see ``_find_lost_default``
    "ban-char-field",
    "require-lock-timeout",  # the command sets it for all: ``core.management.commands.migrate``
    "require-statement-timeout",  # a concurrent index takes as long as it takes
}


#: Operations that may do what a rule of squawk fears: rules of ours are asked about them.
DECLARED = {DropForgotten: "ban-drop-column", DropForgottenTable: "ban-drop-table"}
#: Operations that cannot run in a transaction.
APART = {AddIndexApart, AddUniqueApart, FillInBatches, RemoveIndexApart}


@dataclass(frozen=True)
class Finding:
    """Why a migration is refused."""

    rule: str
    message: str


def lint(migration: Migration, state: Any, *, version: str) -> list[Finding]:
    """Return why a migration must not be run while the site is at work; nothing for a safe one.

    :param state: of the project before it.
    :param version: of the release that brings it.
    """
    before = state.clone()
    found = [*_find_by_operation(migration, before, version)]
    declared = {DECLARED.get(type(each)) for each in migration.operations}
    asked = _ask_squawk(write_sql(migration, state), _list_fresh_tables(migration))
    return found + [each for each in asked if each.rule not in declared]


def write_sql(migration: Migration, state: Any) -> str:
    """Return the statements of a migration for PostgreSQL."""
    with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
        migration.apply(state.clone(), editor, collect_sql=True)
    begin, commit = ("BEGIN;\n", "\nCOMMIT;\n") if migration.atomic else ("", "\n")
    return f"{begin}{chr(10).join(editor.collected_sql)}{commit}"


def _ask_squawk(sql: str, fresh: set[str]) -> list[Finding]:
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(sql)
        file.flush()
        command = [SQUAWK, "--reporter", "json", "--pg-version", "14.0", file.name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = json.loads(done.stdout)
    lines = sql.splitlines()
    return [
        Finding(each["rule_name"], f"{each['message']} {lines[each['line']]}")
        for each in said
        if each["rule_name"] not in TASTE and not _is_harmless(each["rule_name"], lines[each["line"]], fresh)
    ]


def _is_harmless(rule: str, line: str, fresh: set[str]) -> bool:
    """Return whether a line does not do what the rule fears.

    A key in a column that is added without a default is not checked: all its values are NULL. Nobody waits
    for a table that the same migration makes.
    """
    if rule == "adding-foreign-key-constraint":
        return (
            " ADD COLUMN " in line and " NULL " in line and " NOT NULL" not in line and " DEFAULT" not in line
        )
    return any(line.startswith((f'ALTER TABLE "{table}"', f'ALTER TABLE ONLY "{table}"')) for table in fresh)


def _list_operations(operations: Any) -> Iterator[Operation]:
    for each in operations:
        if isinstance(each, django_operations.SeparateDatabaseAndState):
            yield from _list_operations(each.database_operations)
        else:
            yield each


def _list_fresh(migration: Migration) -> set[str]:
    """Return the models that the migration makes."""
    made = (each for each in migration.operations if isinstance(each, django_operations.CreateModel))
    return {each.name_lower for each in made}


def _list_fresh_tables(migration: Migration) -> set[str]:
    made = (each for each in migration.operations if isinstance(each, django_operations.CreateModel))
    return {each.options.get("db_table") or f"{migration.app_label}_{each.name_lower}" for each in made}


def _find_by_operation(migration: Migration, state: Any, version: str) -> Iterator[Finding]:
    fresh = _list_fresh(migration)
    kinds = {type(each) for each in _list_operations(migration.operations)}
    for each in _list_operations(migration.operations):
        if getattr(each, "model_name", "").lower() in fresh:
            continue
        if message := _judge(each, version):
            yield Finding(type(each).__name__, message)
    if migration.atomic and (apart := kinds & APART):
        names = ", ".join(sorted(each.__name__ for each in apart))
        yield Finding("atomic", f"{names} commit as they go: set atomic = False.")


def _judge(each: Operation, version: str) -> str:
    for kind, judge in _JUDGES:
        if isinstance(each, kind):
            return judge(each, version)
    return ""


def _judge_python(each: Any, version: str) -> str:
    few = getattr(each.code, "touches_few", "")
    return "" if few else "It may change any number of rows in one transaction: use FillInBatches."


def _judge_sql(each: Any, version: str) -> str:
    text = str(each.sql).lower()
    writes = any(word in text for word in ("update ", "delete ", "insert "))
    return "It may change any number of rows in one transaction: use FillInBatches." if writes else ""


def _judge_added(each: Any, version: str) -> str:
    field = each.field
    if isinstance(field, models.ManyToManyField):
        return ""
    if isinstance(field, models.GeneratedField):
        return "A stored generated column rewrites the table: add a plain one, and FillInBatches."
    if field.null or field.has_db_default():
        return ""
    return (
        "The release before does not fill it, and Django's default is not the database's: give it db_default."
    )


def _judge_dropped(each: DropForgotten | DropForgottenTable, version: str) -> str:
    if Version(each.unread_since) < Version(version):
        return ""
    return f"Release {each.unread_since} is not before {version}: a process that reads it may be at work."


_INSTEAD = "The release before still reads it: forget it now (ForgetField), drop it in the next release."
_JUDGES: list[tuple[Any, Any]] = [
    (FillInBatches, lambda *_: ""),
    (django_operations.RunPython, _judge_python),
    (django_operations.RunSQL, _judge_sql),
    (django_operations.AddField, _judge_added),
    (ForgetField, lambda *_: ""),
    (django_operations.RemoveField, lambda *_: _INSTEAD),
    ((DropForgotten, DropForgottenTable), _judge_dropped),
    (django_operations.DeleteModel, lambda *_: "The release before still reads it: drop it in the next one."),
    (
        (django_operations.RenameField, django_operations.RenameModel, django_operations.AlterModelTable),
        lambda *_: "The release before asks for the old name: keep it (db_column, db_table).",
    ),
]
