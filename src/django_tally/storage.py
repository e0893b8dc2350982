"""How PostgreSQL keeps tables whose rows are updated over and over; other databases have no such settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.migrations import RunPython

from django_tally.schema import quote

#: Of a table whose every row is updated often. A page keeps a fifth free, so that a new version of a row goes
#: beside the old one, and no index is written where no indexed column changed. Vacuum comes after one row in
#: fifty was updated, not in five: dead versions are a fiftieth of the table then, however large it is.
COUNTERS = {
    "fillfactor": "80",
    "autovacuum_vacuum_scale_factor": "0.02",
    "autovacuum_vacuum_threshold": "1000",
    "autovacuum_analyze_scale_factor": "0.05",
}


def keep_as_counters(*models: tuple[str, str]) -> RunPython:
    """Return the migration of these models, each an app's label and a name, to how counters are kept.

    Rows that are there already stay where they are until they are updated, or the table is rewritten by
    ``VACUUM FULL``.
    """
    return RunPython(_set(models, _write_settings), _set(models, _write_names), elidable=False)


def _write_settings() -> str:
    return f"SET ({', '.join(f'{name} = {value}' for name, value in COUNTERS.items())})"


def _write_names() -> str:
    return f"RESET ({', '.join(COUNTERS)})"


def _set(models: tuple[tuple[str, str], ...], write: Callable[[], str]) -> Callable[[Any, Any], None]:
    def run(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        for app, name in models:
            table = quote(apps.get_model(app, name)._meta.db_table)
            schema_editor.execute(f"ALTER TABLE {table} {write()}")

    run.touches_few = "it changes a setting of the table, and no row"  # type: ignore[attr-defined]
    return run
