"""A secret key for the embedded default: made once, kept on this machine, never in the repository."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from pathlib import Path


def read_or_make_secret(path: Path) -> str:
    """Return the key in ``path``, making it first if it is not there; readable by its owner alone.

    Processes that start together all get one key: each writes a key of its own to a file nobody
    else looks at, the first to link it to ``path`` wins, and every one of them reads ``path``.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _link_new_secret(path)
    return path.read_text()


def _link_new_secret(path: Path) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(64))
        with contextlib.suppress(FileExistsError):  # another process was first: its key holds
            os.link(name, path)
    finally:
        Path(name).unlink()
