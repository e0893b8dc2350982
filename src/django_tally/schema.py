"""Tables as SQL names them, and whether the database has caught up with the models."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connections, models


def quote(name: str) -> str:
    """Return ``name`` as SQL names a table or a column."""
    return '"' + name.replace('"', '""') + '"'


def table_of(model: type[models.Model]) -> str:
    """Return the table of ``model``, quoted."""
    return quote(model._meta.db_table)


def have_tables(tables: Iterable[type[models.Model]], *, using: str) -> bool:
    """Return whether every one of these models has its table."""
    with connections[using].cursor() as cursor:
        return {model._meta.db_table for model in tables} <= set(
            connections[using].introspection.table_names(cursor)
        )


def have_columns(tables: Iterable[type[models.Model]], *, using: str) -> bool:
    """Return whether every one of these models has its table, with every column the model names."""
    tables = list(tables)
    if not have_tables(tables, using=using):
        return False
    describe = connections[using].introspection.get_table_description
    with connections[using].cursor() as cursor:
        return all(
            {field.column for field in model._meta.concrete_fields}
            <= {column.name for column in describe(cursor, model._meta.db_table)}
            for model in tables
        )
