"""What the triggers cost: match rows by raw SQL, a hundred a statement, with all of them and with none."""

from __future__ import annotations

from benchmarks.limits.figure import Figure, Samples, find_server, time_call
from benchmarks.season import Size, fit

ROWS, PER_STATEMENT = 1_000, 100


def measure(size: Size, samples: int = 7) -> list[Figure]:
    """Insert rows and take them back, in turn with the triggers and without."""
    sides: dict[bool, list[tuple[float, float, float]]] = {True: [], False: []}
    for number in range(samples + 1):
        first = size.matches + 1 + number * ROWS
        for has_triggers, taken in sides.items():
            time_insert = time_inserts(size, first, has_triggers=has_triggers)
            if number:  # the first of each compiles the statements of the triggers
                taken.append(time_insert)
    ours, limit = (Samples(*zip(*taken, strict=True)) for taken in sides.values())
    return [
        Figure(
            f"{ROWS:,} match rows in statements of {PER_STATEMENT}",
            ours,
            limit,
            peer="the same statements without a trigger",
        )
    ]


def time_inserts(size: Size, first: int, *, has_triggers: bool) -> tuple[float, float, float]:
    """Return what it takes to insert rows, in a transaction that is rolled back."""
    from django.db import connection, transaction

    from django_tally.triggers import installation

    def insert() -> None:
        with connection.cursor() as cursor:
            for start in range(first, first + ROWS, PER_STATEMENT):
                cursor.execute(fit("games_match", size, start, start + PER_STATEMENT - 1))

    with transaction.atomic():
        with connection.cursor() as cursor:
            for name, (table, _) in installation.read_installed(connection).items():
                if not has_triggers and name.startswith("tally_"):
                    cursor.execute(f'DROP TRIGGER {name} ON "{table}"')
        taken = time_call(insert, find_server())
        transaction.set_rollback(True)
    return taken
