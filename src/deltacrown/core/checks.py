"""Checks of migrations against their records, for ``manage.py check --database`` and ``manage.py migrate``.

Django commits some migrations before it records them: one with statements left for the end, and every one
that is taken back. A process killed in between leaves a database that has changed, and a record that says it
has not. The next ``migrate`` then fails at what is there already, or leaves out what is gone. The check
changes nothing: it names the command that puts the record right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Warning
from django.core.exceptions import FieldDoesNotExist
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import (
    AddConstraint,
    AddField,
    AddIndex,
    CreateModel,
    Migration,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
)
from django.db.migrations.loader import MigrationLoader


def check_migration_records(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Find migrations whose record does not say what is in the databases being checked."""
    messages: list[CheckMessage] = []
    for alias in databases or ():
        messages += _check_database(connections[alias])
    return messages


def _check_database(connection: BaseDatabaseWrapper) -> Iterator[CheckMessage]:
    # Warnings, not errors: `migrate` refuses to run on errors, and it is the cure.
    loader = MigrationLoader(connection)
    recorded = set(loader.applied_migrations)
    for key, node in sorted(loader.graph.node_map.items()):
        is_next = key not in recorded and recorded.issuperset(parent.key for parent in node.parents)
        is_last = key in recorded and recorded.isdisjoint(child.key for child in node.children)
        if not (is_next or is_last):
            continue

        additions = _find_additions(connection, loader.graph.nodes[key])
        if is_next and additions and all(additions):
            yield _warn_unrecorded(*key, database=connection.alias)
        if is_last and additions and not any(additions):
            before = [parent.key[1] for parent in node.parents if parent.key[0] == key[0]]
            previous = max(before, default="zero")
            yield _warn_taken_back(*key, previous=previous, database=connection.alias)


def _warn_unrecorded(app: str, name: str, *, database: str) -> Warning:
    message = f"In database {database!r}, all that migration {app}.{name} adds is there, but not its record."
    remedy = f"Run `manage.py migrate {app} {name} --fake`, then `manage.py migrate`."
    return Warning(message, hint=f"A migrate was killed before the record. {remedy}", id="core.W001")


def _warn_taken_back(app: str, name: str, *, previous: str, database: str) -> Warning:
    message = f"In database {database!r}, migration {app}.{name} is recorded, but nothing it adds is there."
    remedy = f"Run `manage.py migrate {app} {previous} --fake`, then `manage.py migrate`."
    return Warning(message, hint=f"A migrate was killed while taking it back. {remedy}", id="core.W002")


def _find_additions(connection: BaseDatabaseWrapper, migration: Migration) -> list[bool]:
    """Return, for each table, column, index and constraint that ``migration`` adds, if the database has it.

    What it removes first, to add it again in another form, shows nothing. Neither does data that it changes.
    """
    removals = (RemoveField, RemoveIndex, RemoveConstraint)
    removed = {each.name for each in migration.operations if isinstance(each, removals)}
    found: list[bool] = []
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for operation in migration.operations:
            name, model = _name_addition(operation), _find_model(migration.app_label, operation)
            # An operation of our own looks by itself for what is there.
            is_own = not type(operation).__module__.startswith("django.")
            if model is None or name in removed or is_own:
                continue

            table = model._meta.db_table
            if isinstance(operation, CreateModel) or table not in tables:
                found.append(table in tables)
            elif isinstance(operation, AddField):
                description = connection.introspection.get_table_description(cursor, table)
                columns = {column.name for column in description}
                found += [column in columns for column in _list_columns(model, operation.name)]
            else:
                found.append(name in connection.introspection.get_constraints(cursor, table))
    return found


def _name_addition(operation: object) -> str:
    """Return the name of what an operation adds; ``""`` when it adds nothing that can be looked for."""
    match operation:
        case CreateModel() | AddField():
            return operation.name
        case AddIndex():
            return operation.index.name
        case AddConstraint():
            return operation.constraint.name
    return ""


def _find_model(app: str, operation: object) -> type[models.Model] | None:
    """Return the model that an operation adds or adds to; ``None`` when there is none, or not any more."""
    match operation:
        case CreateModel():
            name = operation.name
        case AddField() | AddIndex() | AddConstraint():
            name = operation.model_name
        case _:
            return None
    try:
        model = apps.get_model(app, name)
    except LookupError:
        return None
    has_table = model._meta.managed and not model._meta.proxy and not model._meta.swapped
    return model if has_table else None


def _list_columns(model: type[models.Model], field: str) -> list[str]:
    """Return the column of a field, in a list; an empty one when it has none, or is gone since."""
    try:
        column = getattr(model._meta.get_field(field), "column", None)
    except FieldDoesNotExist:
        return []
    return [column] if column else []
