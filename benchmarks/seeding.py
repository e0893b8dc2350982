"""The filled database of a size: made once, kept under ``var/bench/``, and copied for every run.

It is made anew when what fills it has changed, or the tables have: the seed of one set of migrations is not
that of another.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import season
from benchmarks.database import kept_postgresql, set_up
from benchmarks.season import Size

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "var" / "bench"
#: Names of the databases: what was filled, and the copy that the topics write to.
SEED, COPY = "seed", "bench"
DONE = "seeded"


def find_key() -> str:
    """Return what tells one seed from another: the rows' recipe, and all migrations."""
    recipes = [Path(season.__file__), *sorted(ROOT.glob("src/*/**/migrations/*.py"))]
    digest = hashlib.sha256()
    for recipe in recipes:
        digest.update(recipe.name.encode() + recipe.read_bytes())
    return digest.hexdigest()[:10]


@contextmanager
def seeded(size: Size, *, in_place: bool = False, say: Callable[[str], None] = print) -> Iterator[str]:
    """Start the server of a size, filled before or now, and give the URL of a fresh copy of it.

    :param in_place: give the filled database itself, where the disk has no place for two. What a run writes
        stays there.
    """
    home = FOLDER / f"{size.name}-{find_key()}"
    is_new = not (home / DONE).exists()
    if is_new:
        for old in FOLDER.glob(f"{size.name}-*"):
            say(f"Removing the older seed {old.name}.")
            shutil.rmtree(old)
        home.parent.mkdir(parents=True, exist_ok=True)
    with kept_postgresql(home) as server:
        if is_new:
            _fill(server, size, say)
            (home / DONE).touch()
        if in_place:
            yield server.get_uri(SEED)
            return
        started = time.perf_counter()
        server.psql(f"DROP DATABASE IF EXISTS {COPY};")
        server.psql(f"CREATE DATABASE {COPY} TEMPLATE {SEED} STRATEGY FILE_COPY;")
        say(f"Copied the seed in {time.perf_counter() - started:.0f} s.")
        try:
            yield server.get_uri(COPY)
        finally:
            server.psql(f"DROP DATABASE IF EXISTS {COPY} WITH (FORCE);")


def _fill(server: Any, size: Size, say: Callable[[str], None]) -> None:
    from django.db import connections

    say(f"Filling {size.name}; this is done once, and kept in {FOLDER.relative_to(ROOT)}.")
    # A fill that is cut short is thrown away: nothing of it needs to reach the disk before its end.
    _set_syncing(server, "off")
    server.psql(f"CREATE DATABASE {SEED};")
    set_up(server.get_uri(SEED))
    season.fill(size, partial(_note, say), through_triggers=False)
    connections.close_all()
    _set_syncing(server, "on")
    server.psql("CHECKPOINT;")


def _set_syncing(server: Any, value: str) -> None:
    server.psql(f"ALTER SYSTEM SET fsync = {value};")
    server.psql("SELECT pg_reload_conf();")


def _note(say: Callable[[str], None], table: str, rows: int, seconds: float) -> None:
    say(f"  {table:40}{rows:>12,} rows {seconds:>8.1f} s")
