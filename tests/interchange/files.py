"""Files to import, importing them, and looking at what came of it."""

from __future__ import annotations

import io
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

REPOSITORY = Path(__file__).resolve().parents[2]
CWL_DATA = Path(os.environ.get("DELTACROWN_CWL_DATA", REPOSITORY.parent / "shared" / "data" / "cwl"))
needs_cwl_data = pytest.mark.skipif(
    not CWL_DATA.is_dir(),
    reason=(
        "the CWL files are not here; put them in ../shared/data/cwl "
        "or name their folder in DELTACROWN_CWL_DATA"
    ),
)


@dataclass
class Outcome:
    """How a command ended."""

    exit_code: int
    output: str
    errors: str
    rejected: list[dict[str, Any]]

    @property
    def reasons(self) -> dict[int, str]:
        """Refused line → why."""
        return {entry["line"]: entry["reason"] for entry in self.rejected}


def run_import(command: str, *files: Path, **options: Any) -> Outcome:
    """Run an import command, and return how it ended with the rejected lines of all ``files``."""
    output, errors, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command(command, *map(str, files), stdout=output, stderr=errors, **options)
    except SystemExit as end:
        code = int(end.code or 0)
    except CommandError as error:
        code = error.returncode
        errors.write(str(error))
    return Outcome(
        code, output.getvalue(), errors.getvalue(), [entry for file in files for entry in read_rejects(file)]
    )


def read_rejects(file: Path) -> list[dict[str, Any]]:
    path = file.with_name(file.name + ".rejected.ndjson")
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def dump() -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table of the apps, to compare two states."""
    own = [model for model in apps.get_models() if model.__module__.startswith("deltacrown.")]
    return {
        model._meta.label: [tuple(row) for row in model._base_manager.order_by("pk").values_list()]
        for model in own
    }
