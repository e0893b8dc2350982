"""What rows and their indexes take, which updates write no index, and whether tables grow under updates.

PostgreSQL only. Every number that is changed here is changed back.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from benchmarks.limits.figure import Figure

#: Rows of one statement while bloat is measured.
PER_STATEMENT = 1_000
PROFILES = "user_profile_userprofile"


def measure(updates: int = 200_000, single: int = 2_000) -> list[Figure]:
    """Measure on the database at hand.

    :param updates: of a number that is on a board, whole batches at once, for the bloat.
    :param single: of a number that is on none, each a transaction, for what writes no index.
    """
    table, row = _measure_match()
    note = f"{table:.0f} of the table, {row - table:.0f} of its indexes"
    return [
        Figure("a match row", [row], unit="B", note=note),
        Figure(
            "a profile's indexes",
            [_read(f"SELECT pg_indexes_size('{PROFILES}')::float8 / COUNT(*) FROM {PROFILES}")],
            unit="B",
        ),
        Figure(
            "HOT updates, a number on no board",
            [_measure_hot(PROFILES, "disputes_filed", single)],
            unit="%",
            budget=50,
            budget_of="value",
            at_least=True,
        ),
        Figure(
            "HOT updates, tokens",
            [_measure_hot("tally_contentversion", "token", single)],
            unit="%",
            budget=50,
            budget_of="value",
            at_least=True,
        ),
        Figure(
            f"size of profiles after {updates:,} updates on a board",
            [_measure_bloat(updates)],
            unit="%",
            budget=200,
            budget_of="value",
            note="of the size before; vacuumed as often as autovacuum is set to",
        ),
    ]


def _measure_match() -> tuple[float, float]:
    rows = _read("SELECT COUNT(*) FROM games_match")
    table = _read("SELECT pg_table_size('games_match')") / rows
    return table, _read("SELECT pg_total_relation_size('games_match')") / rows


def _measure_hot(table: str, column: str, count: int) -> float:
    """Return the percentage of updates of one row each, committed each, that wrote no index."""
    key = "owner" if table == "tally_contentversion" else "user_id"
    keys = random.Random(7).sample(_list_keys(table, key), count)

    def update_each() -> None:
        for step in (1, -1):
            for value in keys:
                _run(f"UPDATE {table} SET {column} = {column} + {step} WHERE {key} = {value}")

    before = _read_updates(table)
    update_each()
    updated, hot = (new - old for new, old in zip(_read_updates(table), before, strict=True))
    return 100 * hot / updated


def _measure_bloat(updates: int) -> float:
    """Return the size of profiles with their indexes, as a percentage of what it was, after updates."""
    from django_tally.storage import COUNTERS

    keys = random.Random(7).choices(_list_keys(PROFILES, "user_id"), k=updates // 2)
    share, least = (float(COUNTERS[f"autovacuum_vacuum_{name}"]) for name in ("scale_factor", "threshold"))
    due = least + share * _read(f"SELECT COUNT(*) FROM {PROFILES}")
    size: Callable[[], float] = lambda: _read(f"SELECT pg_total_relation_size('{PROFILES}')")  # noqa: E731
    before, dead = size(), 0
    for step in (1, -1):
        for first in range(0, len(keys), PER_STATEMENT):
            listed = ", ".join(map(str, sorted(set(keys[first : first + PER_STATEMENT]))))
            _run(f"UPDATE {PROFILES} SET matches_won = matches_won + {step} WHERE user_id IN ({listed})")
            dead += PER_STATEMENT
            if dead >= due:
                _run(f"VACUUM {PROFILES}")
                dead = 0
    return 100 * size() / before


def _list_keys(table: str, key: str) -> list[int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {key} FROM {table} ORDER BY {key}")
        return [row[0] for row in cursor.fetchall()]


def _read_updates(table: str) -> tuple[float, float]:
    """Return how many rows of a table were updated, and how many of these wrote no index."""
    _run("SELECT pg_stat_force_next_flush()")
    counted = f"FROM pg_stat_user_tables WHERE relid = '{table}'::regclass"
    return _read(f"SELECT n_tup_upd {counted}"), _read(f"SELECT n_tup_hot_upd {counted}")


def _read(statement: str) -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        return float(cursor.fetchone()[0])


def _run(statement: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
