"""Commands in processes of their own that are forked from one which has everything imported.

Nine tenths of most commands is the start: Django, the apps, the addresses. A process that has the environment
of a site starts once, touches no database, and each command is a child of it: with its own arguments, its own
outputs, its own exit. A site with another environment has another process.
"""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

from tests.docs.pages import ROOT

PATIENCE = 300


class Warm:
    """A process with everything imported, for commands in one environment."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = dict(environment)
        paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.warm"],
            cwd=ROOT,
            env={**self.environment, "PYTHONPATH": paths},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run what Python would be given: ``-c CODE``, ``-m MODULE`` or a file, with its arguments."""
        assert self._process.stdin
        assert self._process.stdout
        with TemporaryDirectory() as folder:
            self._process.stdin.write(json.dumps({"command": command, "folder": folder}) + "\n")
            self._process.stdin.flush()
            told = self._process.stdout.readline()
            assert told, "the process that was warm has ended"
            out, err = ((Path(folder) / name).read_text() for name in ("out", "err"))
        return subprocess.CompletedProcess(command, int(told), out, err)

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=PATIENCE)

    def __enter__(self) -> Warm:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def main() -> None:
    """Import everything, then fork for each line that comes in; the child goes on as the command."""
    import django
    from django.conf import settings
    from django.db import connections

    from deltacrown.config.starting import read_settings
    from deltacrown.core.garbage import look_seldom

    look_seldom()
    read_settings()
    django.setup()
    import_module(settings.ROOT_URLCONF)
    assert [each for each in connections.all(initialized_only=True) if each.connection] == []
    while line := sys.stdin.readline():
        child = os.fork()
        if not child:
            break
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()
    else:
        return
    order = json.loads(line)
    for number, name in enumerate((os.devnull, f"{order['folder']}/out", f"{order['folder']}/err")):
        opened = os.open(name, os.O_RDWR | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    first, *others = order["command"]
    if first == "-c":
        code, *arguments = others
        sys.argv = [first, *arguments]
        exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102 - as python -c does
    elif first == "-m":
        sys.argv = others
        runpy.run_module(others[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = order["command"]
        runpy.run_path(first, run_name="__main__")


if __name__ == "__main__":
    main()
