"""The secret key of an installation without configuration: generated once, kept on this machine only."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from pathlib import Path


def read_or_make_secret(path: Path) -> str:
    """Return the key stored in ``path``; generate it first if the file does not exist.

    The file is readable by its owner only. Processes that start together get the same key: each writes
    its own key to a temporary file, the first one links its file to ``path``, and all read ``path``.
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
        with contextlib.suppress(FileExistsError):  # another process was first; use its key
            os.link(name, path)
    finally:
        Path(name).unlink()
