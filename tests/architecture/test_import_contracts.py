"""Imports point down only: the contracts of pyproject.toml hold, and copies that break them are found."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ENGINE, PACKAGE, ROOT


def lint_imports(directory: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of this repository against the ``deltacrown`` package in ``directory``."""
    command = [
        str(Path(sys.executable).parent / "lint-imports"),
        "--config",
        str(ROOT / "pyproject.toml"),
        "--no-cache",
    ]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False, timeout=300)


def test_every_contract_is_kept():
    run = lint_imports(ROOT / "src")

    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("core/clock.py", "import deltacrown.games.models", "Imports point down only BROKEN"),
        (
            "../django_tally/rows.py",
            "import deltacrown.core.clock",
            "The engine knows nothing of the platform BROKEN",
        ),
        (
            "user_profile/privacy.py",
            "import deltacrown.user_profile.timeline.reading",
            "Inside user_profile, too, imports point down only BROKEN",
        ),
        (
            "../django_tally/triggers/plan.py",
            "import django_tally.feeds",
            "Inside the engine, too, imports point down only BROKEN",
        ),
        ("pages/players.py", "import deltacrown.web.urls", "Imports point down only BROKEN"),
        ("games/models.py", "import deltacrown.user_profile.models", "Imports point down only BROKEN"),
        ("games/models.py", "import deltacrown.teams.models", "Imports point down only BROKEN"),
        ("accounts/models.py", "import deltacrown.config.settings", "Imports point down only BROKEN"),
        (
            "web/apps.py",
            "import django_tally.fields",
            "Pages reach the engine only through user_profile BROKEN",
        ),
        ("teams/models.py", "import whitenoise", "No app knows how it is served BROKEN"),
        ("newcomer/__init__.py", "", "Imports point down only BROKEN"),
    ],
)
def test_an_import_that_points_up_is_found(tmp_path, file, line, broken):
    for package in (PACKAGE, ENGINE):
        shutil.copytree(
            package,
            tmp_path / package.name,
            ignore=shutil.ignore_patterns("__pycache__", "static", "templates", "build"),
        )
    target = tmp_path / "deltacrown" / file
    target.parent.mkdir(exist_ok=True)
    with target.open("a") as source:
        source.write(f"\n{line}\n")

    run = lint_imports(tmp_path)

    assert run.returncode == 1
    assert broken in run.stdout
