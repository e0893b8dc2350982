"""A copy of the source in which a guide is followed to the letter."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

from tests.docs.pages import ROOT, DocPage
from tests.pristine import write_migrated

DATABASE = "scratch.sqlite3"
#: A block of a guide and where its code goes: a new file, or before a line that begins with a text.
BLOCK = re.compile(r"^( *)```(?:python|html)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
PLACE = re.compile(r'^(?:#|<!--) (src/\S+), (?:before "(?P<anchor>.*?)"|a new file)(?: -->)?$')


@dataclass(frozen=True)
class Scratch:
    """A copy of ``src`` with an SQLite database of its own, migrated as that of a site is before a change."""

    folder: Path

    @classmethod
    def copy_source(cls, folder: Path) -> Scratch:
        """Copy what is there now. Needs the test database."""
        shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "manage.py", folder)
        write_migrated(folder / DATABASE)
        return cls(folder)

    def follow(self, guide: DocPage) -> list[str]:
        """Put every block of ``guide`` that names its place there; return the files that were touched."""
        touched = []
        for _, body in BLOCK.findall(guide.text):
            first, _, code = textwrap.dedent(body).partition("\n")
            place = PLACE.match(first)
            if place is None:
                continue

            self._put(self.folder / place[1], place["anchor"], code)
            touched.append(place[1])
        return list(dict.fromkeys(touched))

    def _put(self, path: Path, anchor: str | None, code: str) -> None:
        if anchor is None:
            assert not path.exists(), path
            path.write_text(code)
            return

        lines = path.read_text().splitlines(keepends=True)
        number = next(n for n, line in enumerate(lines) if line.lstrip().startswith(anchor))
        indent = lines[number][: len(lines[number]) - len(lines[number].lstrip())]
        lines.insert(number, textwrap.indent(code, indent))
        path.write_text("".join(lines))

    def run(self, *command: str, expected: int = 0) -> str:
        """Run Python with ``command`` in the copy and return what it printed."""
        environment = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{self.folder / DATABASE}",
            "DJANGO_SETTINGS_MODULE": "deltacrown.config.settings",
            "PYTHONPATH": str(self.folder / "src"),
            "SECRET_KEY": "scratch",
            "DEBUG": "1",  # static files need not be collected
        }
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == expected, done.stderr[-3000:]
        return done.stdout
