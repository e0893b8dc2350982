"""A small Django project that knows the engine and nothing of the platform, used in processes of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings

ENGINE = Path(__file__).resolve().parents[3] / "src" / "django_tally"

SETTINGS = """
import json, os
SECRET_KEY = "scratch"
INSTALLED_APPS = ["django_tally", "shop"]
DATABASES = {"default": json.loads(os.environ["SCRATCH_DATABASE"])}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
"""


def install_engine(directory: Path) -> Path:
    """Build the engine's wheel out of a copy of its source, and return the folder it is installed into."""
    copy, target = directory / "django_tally_source", directory / "installed"
    shutil.copytree(ENGINE, copy, ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    offline = ["--no-index", "--no-deps", "--no-build-isolation", "--no-compile"]
    subprocess.run([*pip, *offline, "--target", target, copy], check=True, timeout=300)
    return target


class Project:
    """A project with one app, ``shop``, that can import the installed engine and Django, not the platform."""

    def __init__(self, directory: Path, engine: Path, database: dict[str, Any], models: str) -> None:
        self.directory = directory
        (directory / "shop" / "migrations").mkdir(parents=True)
        for name in ("shop/__init__.py", "shop/migrations/__init__.py"):
            (directory / name).touch()
        (directory / "scratch.py").write_text(SETTINGS)
        (directory / "shop" / "models.py").write_text(models)

        # Without `site` no .pth file is read, and so the platform, which is installed by one, is not found.
        packages = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
        path = os.pathsep.join([str(engine), str(directory), *packages])
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": path,
            "DJANGO_SETTINGS_MODULE": "scratch",
            "SCRATCH_DATABASE": json.dumps(database),
        }

    def start(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``python`` with these arguments in the project, and return how it ended."""
        return subprocess.run(
            [sys.executable, "-S", *arguments],
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def manage(self, *arguments: str, code: int = 0) -> str:
        """Run a management command that must end with exit code ``code``, and return what it printed."""
        done = self.start("-m", "django", *arguments)
        assert done.returncode == code, done.stdout + done.stderr[-3000:]
        return done.stdout if code < 2 else done.stderr

    def run(self, script: str) -> str:
        """Run a script that must succeed, with Django set up, and return what it printed."""
        done = self.start("-c", f"import django; django.setup()\n{script}")
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def migrate(self) -> None:
        """Make the app's migrations and apply all, in one process, since starting one takes long."""
        call = "from django.core.management import call_command"
        self.run(f"{call}\ncall_command('makemigrations', 'shop')\ncall_command('migrate')")


@contextmanager
def scratch_database(directory: Path, name: str) -> Iterator[dict[str, Any]]:
    """Give Django's settings for an empty database of the kind the suite runs on."""
    usual = settings.DATABASES["default"]
    if usual["ENGINE"].endswith("sqlite3"):
        yield {"ENGINE": usual["ENGINE"], "NAME": str(directory / f"{name}.sqlite3")}
        return

    with psycopg.connect(os.environ["DELTACROWN_TEST_POSTGRESQL"], autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            at = server.info
            where = {"HOST": at.host, "PORT": at.port, "USER": at.user, "PASSWORD": at.password}
            yield {"ENGINE": usual["ENGINE"], "NAME": name, **where}
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
