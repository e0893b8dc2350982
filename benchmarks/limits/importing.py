"""From a file to committed rows, against a ``COPY`` of the rows."""

from __future__ import annotations

import csv
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.imports import LINES, MATCHES, run_import, write_matches
from benchmarks.limits.figure import Figure, Samples, find_server, time_call

#: A table with the columns, constraints and indexes of match rows, and without triggers and foreign keys.
TABLE = "bench_copied"


def measure(samples: int = 3) -> list[Figure]:
    """Import files of matches of ten lines, and copy the rows of each."""
    from django.db import connection

    server = find_server()
    sides: tuple[list[tuple[float, float, float]], ...] = ([], [])
    with tempfile.TemporaryDirectory(prefix="deltacrown-bench-") as name, connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
        cursor.execute(f"CREATE TABLE {TABLE} (LIKE games_match INCLUDING ALL)")
        for number in range(samples + 1):
            path = Path(name) / f"matches-{number}.csv"
            write_matches(path, number)
            imported = time_call(partial(run_import, path, "import_matches"), server)
            copied = time_call(partial(copy_rows, list_rows(path)), server)
            if number:  # the first file creates the players
                sides[0].append(imported)
                sides[1].append(copied)
        cursor.execute(f"SELECT count(*) FROM {TABLE}")
        if cursor.fetchone() != ((samples + 1) * MATCHES * LINES,):
            raise RuntimeError("not all rows were copied")
        cursor.execute(f"DROP TABLE {TABLE}")
    ours, limit = (Samples(*zip(*side, strict=True)) for side in sides)
    return [
        Figure(
            f"import a file of {MATCHES * LINES:,} lines",
            ours,
            limit,
            budget=6,
            peer="COPY of the rows into a table with the same indexes",
            note="The import reads, checks, resolves names and keeps the numbers; COPY is given the rows.",
        )
    ]


def list_rows(path: Path) -> list[tuple[object, ...]]:
    """Return the rows of a file as the table has them."""
    from deltacrown.accounts.models import User
    from deltacrown.games.models import Game

    game = Game.objects.get(slug="rocket").pk
    with path.open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    users = dict(
        User.objects.filter(username__in={line["player"] for line in lines}).values_list("username", "pk")
    )
    return [
        (
            users[line["player"]],
            game,
            line["match_key"],
            line["side"],
            line["result"].upper(),
            line["score"],
            f'{{"kills": {line["stats.kills"]}, "deaths": {line["stats.deaths"]}}}',
            line["played_at"],
        )
        for line in lines
    ]


def copy_rows(rows: list[tuple[object, ...]]) -> None:
    """Copy rows into the table, in a transaction."""
    from django.db import connection, transaction

    into = f"COPY {TABLE} (user_id, game_id, match_key, side, result, score, stats, played_at) FROM STDIN"
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(into) as copy:
        for row in rows:
            copy.write_row(row)
