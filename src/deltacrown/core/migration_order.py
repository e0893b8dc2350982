"""The order of the operations in a new migration: the columns of a model before its indexes."""

from __future__ import annotations

from typing import Any

from django.db.migrations.autodetector import MigrationAutodetector, OperationDependency
from django.db.migrations.operations import AddIndex
from django.db.migrations.operations.base import Operation


class OrderedAutodetector(MigrationAutodetector):
    """Finds the changes of models as Django does, new columns before new indexes.

    Django puts a new generated column behind the new columns it is computed from, but an index on it before
    them all: such a migration fails.
    """

    old_field_keys: set[tuple[str, str, str]]
    new_field_keys: set[tuple[str, str, str]]

    def add_operation(
        self,
        app_label: str,
        operation: Operation,
        dependencies: Any = None,
        beginning: bool = False,
    ) -> None:
        """Add an operation to the changes."""
        if isinstance(operation, AddIndex):
            model = (app_label, operation.model_name_lower)
            added = sorted(key[2] for key in self.new_field_keys - self.old_field_keys if key[:2] == model)
            columns = [OperationDependency(*model, name, OperationDependency.Type.CREATE) for name in added]
            dependencies = [*(dependencies or []), *columns]

        super().add_operation(app_label, operation, dependencies, beginning)
