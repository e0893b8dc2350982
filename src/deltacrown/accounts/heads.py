"""What the head of every page tells a player, read in the one statement that reads who is signed in.

An app that has something to tell there registers it, as a part of that statement which is bounded: every page
pays for it.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Subquery

_heads: dict[str, Callable[[], Subquery]] = {}


def register_head(name: str, build: Callable[[], Subquery]) -> None:
    """Have users of sessions read with ``name``; registering it again replaces it."""
    _heads[name] = build


def list_heads() -> dict[str, Subquery]:
    """Return what users of sessions are read with besides their columns."""
    return {name: build() for name, build in _heads.items()}
