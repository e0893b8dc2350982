"""The release that this process runs: a digest of all of its code, templates, texts and static files."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import django

PACKAGE = Path(__file__).parent.parent
#: What is made of the code, on each machine anew.
MADE = "__pycache__"


@cache
def get_release() -> str:
    """Return a digest that no two releases share. Reading all files takes a moment, once for each process."""
    found = hashlib.sha256(django.get_version().encode())
    for path in sorted(PACKAGE.rglob("*")):
        if path.is_file() and path.parent.name != MADE:
            found.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0")
            found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:16]
