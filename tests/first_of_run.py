"""What is made once a run: the worker who comes first makes it, the others wait for it and take a copy."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def find_shared(tmp_path_factory: Any, config: Any) -> Path:
    """Return a folder of this run alone, and of all its workers."""
    own: Path = tmp_path_factory.getbasetemp()
    return own.parent if hasattr(config, "workerinput") else own


@contextmanager
def taking_turns(folder: Path, name: str) -> Iterator[bool]:
    """Yield whether this process is to make what ``name`` says: the first is, unless it failed to.

    :param folder: that of ``find_shared``.
    """
    made = folder / f"{name}.made"
    with (folder / f"{name}.lock").open("w") as lock:
        # Given back when the file is closed, also by a process that dies.
        fcntl.flock(lock, fcntl.LOCK_EX)
        is_first = not made.exists()
        yield is_first
        made.touch()


def make_once(shared: Path, name: str, make: Callable[[Path], None]) -> Path:
    """Return the folder of that name in the shared one, with what ``make`` puts there: the first makes it."""
    folder = shared / name
    with taking_turns(shared, name) as is_first:
        if is_first:
            shutil.rmtree(folder, ignore_errors=True)  # of a worker that failed half way
            folder.mkdir()
            make(folder)
    return folder
