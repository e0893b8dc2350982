"""Operations of migrations that do not stop the site: each step leaves the release before at work.

Django's own lock a table for as long as they take, or change at once what the release before still writes.
Those that are ``apart`` do their work outside of a transaction: their migration says ``atomic = False``.
The engine's triggers stay at work while they run (``leaves_triggers``).
``docs/how-to/change-the-schema.md`` says which step goes into which release.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.db import transaction
from django.db.migrations.operations import AddConstraint, AddIndex, RemoveField, RemoveIndex, RunPython
from django.db.migrations.operations.base import Operation, OperationCategory
from django.db.models import NOT_PROVIDED, Field, QuerySet, UniqueConstraint

#: How many rows a step of ``FillInBatches`` takes: so long others wait for a row of them.
BATCH = 1_000
_UNIQUE = "CREATE UNIQUE INDEX "


class AddIndexApart(AddIndex):
    """Add an index; on PostgreSQL while rows are written.

    What an attempt that failed left behind, an index that is not valid, is dropped first.
    """

    leaves_triggers = True
    atomic = False

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Create the index."""
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        _require_no_transaction(self, schema_editor)
        if not schema_editor.collect_sql and _is_invalid(self.index.name, schema_editor.connection):
            schema_editor.remove_index(model, self.index, concurrently=True)
        schema_editor.add_index(model, self.index, concurrently=True)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Drop the index."""
        if schema_editor.connection.vendor != "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
            return
        _remove_index_apart(self, self.index, app_label, schema_editor, from_state)


class RemoveIndexApart(RemoveIndex):
    """Drop an index; on PostgreSQL while rows are written."""

    leaves_triggers = True
    atomic = False

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Drop the index."""
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        index = from_state.models[app_label, self.model_name_lower].get_index_by_name(self.name)
        _remove_index_apart(self, index, app_label, schema_editor, from_state)


class AddUniqueApart(AddConstraint):
    """Add a ``UniqueConstraint``; on PostgreSQL its index is made while rows are written."""

    leaves_triggers = True
    atomic = False

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Create the index, and the constraint from it where it is one of columns alone."""
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        _require_no_transaction(self, schema_editor)
        quote, constraint = schema_editor.quote_name, cast("UniqueConstraint", self.constraint)
        name, table = quote(constraint.name), quote(model._meta.db_table)
        if not schema_editor.collect_sql and _is_invalid(constraint.name, schema_editor.connection):
            schema_editor.execute(f"DROP INDEX CONCURRENTLY {name}")
        added = str(constraint.create_sql(model, schema_editor))
        if added.startswith(_UNIQUE):
            schema_editor.execute(added.replace(_UNIQUE, f"{_UNIQUE}CONCURRENTLY ", 1), params=None)
            return
        columns = ", ".join(quote(model._meta.get_field(field).column) for field in constraint.fields)
        schema_editor.execute(f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({columns})")
        put_off = constraint.deferrable
        when = f" DEFERRABLE INITIALLY {put_off.name}" if put_off else ""
        schema_editor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}{when}")


class AddCheckApart(AddConstraint):
    """Add a constraint that rows which are there need not meet yet; ``ValidateCheck`` looks at them.

    Both must not be of one migration: the lock of this one would last as long as the look.
    """

    leaves_triggers = True

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Add the constraint, on PostgreSQL without a look at the rows."""
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            added = self.constraint.create_sql(model, schema_editor)
            schema_editor.execute(f"{added} NOT VALID", params=None)


class ValidateCheck(Operation):
    """Look whether every row meets a constraint that ``AddCheckApart`` added, while rows are written.

    :param name: of the constraint.
    """

    leaves_triggers = True
    category = OperationCategory.ALTERATION
    reduces_to_sql = True

    def __init__(self, model_name: str, name: str) -> None:
        self.model_name, self.name = model_name, name

    def describe(self) -> str:
        """Return what it does."""
        return f"Validate constraint {self.name} on model {self.model_name}"

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Change nothing."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Look at the rows; SQLite did when the constraint was added.

        :raises IntegrityError: a row does not meet it.
        """
        if schema_editor.connection.vendor != "postgresql":
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            quote = schema_editor.quote_name
            table, name = quote(model._meta.db_table), quote(self.name)
            schema_editor.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Change nothing."""


class FillInBatches(RunPython):
    """Change the rows of a table, each thousand in a transaction of its own.

    It goes by primary key and may be run again from the beginning: ``fill`` must leave alone what it filled.

    :param fill: gets a queryset of the rows of one batch, and writes what is missing there.
    """

    leaves_triggers = True
    atomic = False

    def __init__(
        self, app: str, model: str, fill: Callable[[QuerySet[Any]], object], size: int = BATCH
    ) -> None:
        self.app, self.model, self.fill, self.size = app, model, fill, size
        super().__init__(self._run, RunPython.noop, atomic=False)

    def deconstruct(self) -> Any:
        """Return how it is written in a migration."""
        return type(self).__qualname__, [self.app, self.model, self.fill, self.size], {}

    def _run(self, apps: Any, schema_editor: Any) -> None:
        _require_no_transaction(self, schema_editor)
        using = schema_editor.connection.alias
        every = apps.get_model(self.app, self.model)._base_manager.using(using).order_by("pk")
        rows = every
        while keys := list(rows.values_list("pk", flat=True)[: self.size]):
            with transaction.atomic(using=using):
                self.fill(every.filter(pk__gte=keys[0], pk__lte=keys[-1]))
            rows = every.filter(pk__gt=keys[-1])


class ForgetField(RemoveField):
    """Have the models forget a field whose column stays for the release before, which still reads it.

    Nobody fills the column any more, so it must take NULL or have a default of the database. Indexes and
    constraints of the field are removed by operations before this one.

    :param left: the default that the column is given; needed where it has none and refuses NULL.
    """

    leaves_triggers = True

    def __init__(self, model_name: str, name: str, left: Any = NOT_PROVIDED) -> None:
        super().__init__(model_name, name)
        self.left = left

    def deconstruct(self) -> Any:
        """Return how it is written in a migration."""
        given = {} if self.left is NOT_PROVIDED else {"left": self.left}
        return type(self).__qualname__, [self.model_name, self.name], given

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Give the column its default.

        :raises ValueError: it would refuse rows of this release.
        """
        model = from_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        field = model._meta.get_field(self.name)
        if self.left is not NOT_PROVIDED:
            schema_editor.alter_field(model, field, _changed(field, db_default=self.left))
        elif not (field.null or field.has_db_default()):
            raise ValueError(f"{self.model_name}.{self.name} refuses NULL: give ForgetField what is left.")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Take the default back."""
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.left is NOT_PROVIDED or not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        field = model._meta.get_field(self.name)
        schema_editor.alter_field(model, _changed(field, db_default=self.left), field)

    def describe(self) -> str:
        """Return what it does."""
        return f"Forget field {self.name} of {self.model_name}, and leave its column"


class DropForgotten(Operation):
    """Drop the column of a field that ``ForgetField`` made the models forget in an earlier release.

    :param field: what it was.
    :param unread_since: the release with the ``ForgetField``: no process older than it may run any more.
    """

    category = OperationCategory.REMOVAL
    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str, name: str, field: Field[Any, Any], unread_since: str) -> None:
        self.model_name, self.name, self.field, self.unread_since = model_name, name, field, unread_since

    def describe(self) -> str:
        """Return what it does."""
        return f"Drop the column of {self.name}, which {self.model_name} forgot in {self.unread_since}"

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Change nothing."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Drop the column."""
        model = self._remember(app_label, from_state)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.remove_field(model, model._meta.get_field(self.name))

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Add the column again, empty."""
        model = self._remember(app_label, from_state)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            bare = to_state.apps.get_model(app_label, self.model_name)
            schema_editor.add_field(bare, model._meta.get_field(self.name))

    def _remember(self, app_label: str, state: Any) -> Any:
        """Return the model with the field, as the table still has it."""
        state = state.clone()
        state.add_field(app_label, self.model_name.lower(), self.name, _changed(self.field, null=True), True)
        return state.apps.get_model(app_label, self.model_name)


class DropForgottenTable(Operation):
    """Drop a table whose model went in an earlier release, by a ``DeleteModel`` of the state alone.

    :param unread_since: that release, as of ``DropForgotten``.
    """

    category = OperationCategory.REMOVAL
    reduces_to_sql = True
    reversible = False

    def __init__(self, table: str, unread_since: str) -> None:
        self.table, self.unread_since = table, unread_since

    def describe(self) -> str:
        """Return what it does."""
        return f"Drop the table {self.table}, which was forgotten in {self.unread_since}"

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Change nothing."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Drop the table."""
        schema_editor.execute(f"DROP TABLE {schema_editor.quote_name(self.table)}")


def _changed(field: Any, **attributes: Any) -> Any:
    """Return the field with other attributes, as a part of the same model."""
    name, _, args, kwargs = field.deconstruct()
    changed = type(field)(*args, **{**kwargs, **attributes})
    if name is not None:
        changed.set_attributes_from_name(name)
    changed.model = getattr(field, "model", None)
    return changed


def touches_few(why: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mark a function for ``RunPython`` that changes a bounded number of rows, and say why they are few."""

    def mark(function: Callable[..., Any]) -> Callable[..., Any]:
        function.touches_few = why  # type: ignore[attr-defined]
        return function

    return mark


def _require_no_transaction(operation: Operation, schema_editor: Any) -> None:
    if schema_editor.connection.in_atomic_block and not schema_editor.collect_sql:
        message = f"{type(operation).__name__} commits as it goes: set atomic = False on its migration."
        raise transaction.TransactionManagementError(message)


def _remove_index_apart(
    operation: AddIndex | RemoveIndex, index: Any, app_label: str, schema_editor: Any, state: Any
) -> None:
    model = state.apps.get_model(app_label, operation.model_name)
    if operation.allow_migrate_model(schema_editor.connection.alias, model):
        _require_no_transaction(operation, schema_editor)
        schema_editor.remove_index(model, index, concurrently=True)


def _is_invalid(name: str, connection: Any) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid)",
            [connection.ops.quote_name(name)],
        )
        return bool(cursor.fetchone()[0])
