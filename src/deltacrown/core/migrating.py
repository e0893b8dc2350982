"""Migrations that are recorded in the transaction that does them.

Django records a migration that was taken back, and one with statements left for the end, only after that
transaction. A process killed in between leaves a database that has changed and says that it has not: the next
`migrate` fails at what is there, or is gone, already.
"""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor


class OneTransactionExecutor(MigrationExecutor):
    """Runs a migration and its record as one; what is not atomic itself, or only pretended, as Django does."""

    def apply_migration(self, state: Any, migration: Migration, fake: bool = False, fake_initial: bool = False) -> Any:
        if fake or fake_initial or not migration.atomic:
            return super().apply_migration(state, migration, fake, fake_initial)
        self._tell("apply_start", migration)
        with self.connection.schema_editor(atomic=True) as editor:
            state = migration.apply(state, editor)
            self.record_migration(migration)  # type: ignore[call-arg, arg-type] # the stubs have an older signature
        self._tell("apply_success", migration)
        return state

    def unapply_migration(self, state: Any, migration: Migration, fake: bool = False) -> Any:
        if fake or migration.replaces or not migration.atomic:
            return super().unapply_migration(state, migration, fake)
        self._tell("unapply_start", migration)
        with self.connection.schema_editor(atomic=True) as editor:
            state = migration.unapply(state, editor)
            self.recorder.record_unapplied(migration.app_label, migration.name)
        self._tell("unapply_success", migration)
        return state

    def _tell(self, what: str, migration: Migration) -> None:
        if self.progress_callback:
            self.progress_callback(what, migration, False)


def install() -> None:
    """Have `manage.py migrate` use it."""
    migrate.MigrationExecutor = OneTransactionExecutor  # type: ignore[attr-defined]
