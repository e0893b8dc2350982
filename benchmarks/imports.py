"""``python -m benchmarks.imports``: what imports and deliveries take a CPU second, on PostgreSQL.

Generated files of tournaments of players and of teams, and of matches, are imported into an empty site, and
once more, when nothing is to be changed; then matches are delivered by the API. CPU seconds are those of the
process, and of its database session apart.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.database import throwaway_postgresql

#: Entrants, and lines of matches, a CPU second of the importing process.
TARGET, MATCH_TARGET = 2_000, 4_000
#: CPU seconds of process and session for a delivery of 1,000 matches of ten lines.
DELIVERY_TARGET = 4.0
MATCHES, PLAYERS, LINES = 2_000, 500, 10
HEADER = "tournament,name,game,starts_at,ends_at,status,player,team,placement,prize,registered_at\n"


@dataclass(frozen=True)
class Shape:
    """What a generated file holds: tournaments of so many players, or of so many teams of five.

    :param players: how many players there are to draw from, or teams.
    """

    name: str
    tournaments: int
    entrants: int
    players: int
    has_teams: bool = False
    members: int = 5

    @property
    def lines(self) -> int:
        return self.tournaments * self.entrants * (self.members if self.has_teams else 1)


SHAPES = [
    Shape("players", tournaments=500, entrants=32, players=2_000),
    Shape("teams", tournaments=200, entrants=16, players=300, has_teams=True),
]


@dataclass(frozen=True)
class Taken:
    """What one import took, in CPU seconds, and the most memory so far, in MiB."""

    own: float
    server: float
    memory: float


def write_file(path: Path, shape: Shape, number: int) -> None:
    """Write the tournaments of a shape; other numbers give other tournaments and players."""
    draw = random.Random(number)
    with path.open("w") as file:
        file.write(HEADER)
        for event in range(shape.tournaments):
            entrants = draw.sample(range(shape.players), shape.entrants)
            for placement, entrant in enumerate(entrants, start=1):
                file.writelines(_write_lines(shape, number, event, placement, entrant))


def _write_lines(shape: Shape, number: int, event: int, placement: int, entrant: int) -> list[str]:
    slug = f"{shape.name}-{number}-{event}"
    day = f"20{10 + event // 336:02}-{1 + event // 28 % 12:02}-{1 + event % 28:02}"
    facts = f"{slug},Cup {number} {event},chess,{day}T10:00:00Z,{day}T20:00:00Z,completed"
    if not shape.has_teams:
        return [f"{facts},player{number}x{entrant},,{placement},,\n"]
    members = [f"member{number}x{entrant}x{member}" for member in range(shape.members)]
    return [f"{facts},{player},Team {number} {entrant},{placement},,\n" for player in members]


def write_matches(path: Path, number: int) -> None:
    """Write matches of two sides; other numbers give other matches of the same players."""
    with path.open("w") as file:
        file.write("match_key,game,player,result,played_at,side,score,stats.kills,stats.deaths\n")
        for match in _draw_matches(number, MATCHES):
            for line in match["players"]:
                stats = line["stats"]
                told = [
                    match["match_key"],
                    "rocket",
                    line["player"],
                    line["result"].lower(),
                    match["played_at"],
                ]
                told += [line["side"], line["score"], str(stats["kills"]), str(stats["deaths"])]
                file.write(",".join(told) + "\n")


def _draw_matches(number: int, many: int) -> list[dict[str, Any]]:
    draw = random.Random(number)
    matches = []
    for match in range(many):
        played_at = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=10 * (number * MATCHES + match))
        red_won = draw.random() < 0.5
        lines = []
        for place, player in enumerate(draw.sample(range(PLAYERS), LINES)):
            is_red = place < LINES // 2
            lines.append(
                {
                    "player": f"player{player}",
                    "result": "WIN" if is_red == red_won else "LOSS",
                    "side": "red" if is_red else "blue",
                    "score": str(draw.randrange(14)),
                    "stats": {"kills": draw.randrange(30), "deaths": draw.randrange(30)},
                }
            )
        key = f"m{number}-{match}"
        matches.append(
            {
                "match_key": key,
                "game": "rocket",
                "played_at": f"{played_at:%Y-%m-%dT%H:%M:%SZ}",
                "players": lines,
            }
        )
    return matches


def measure_matches(rounds: int, folder: Path) -> dict[str, float]:
    """Import ``rounds`` files of matches, each twice, after one that creates the players; return medians."""
    fresh, again = [], []
    for number in range(rounds + 1):
        path = folder / f"matches-{number}.csv"
        write_matches(path, number)
        fresh.append(run_import(path, "import_matches"))
        again.append(run_import(path, "import_matches"))
    lines = MATCHES * LINES
    return {
        "lines": lines,
        "lines a CPU second": lines / median(taken.own for taken in fresh[1:]),
        "lines a CPU second of the server": lines / median(taken.server for taken in fresh[1:]),
        "lines a CPU second, imported again": lines / median(taken.own for taken in again[1:]),
        "MiB after the last file": again[-1].memory,
    }


def measure_deliveries(rounds: int) -> dict[str, float]:
    """Deliver 1,000 matches of ten lines by the API, ``rounds`` times; return the medians.

    :raises RuntimeError: something of it is refused.
    """
    from django.db import connection
    from django.test import Client

    from deltacrown.accounts.models import User
    from deltacrown.accounts.services import create_key

    boss = User.objects.create_superuser("boss")
    key = create_key(owner=boss, name="bench", scopes=["matches:write"], by=None)
    client = Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {key.secret}"})
    own, server = [], []
    for number in range(rounds):
        body = json.dumps({"matches": _draw_matches(100 + number, 1_000)})
        before = time.process_time(), read_server_seconds(connection)
        answer = client.post("/api/v1/matches", body, content_type="application/json")
        own.append(time.process_time() - before[0])
        server.append(read_server_seconds(connection) - before[1])
        if answer.status_code != 200 or answer.json()["accepted"] != 1_000:
            raise RuntimeError(f"the delivery was answered {answer.status_code}: {answer.content[:400]!r}")
    return {"CPU seconds": median(own), "CPU seconds of the server": median(server)}


def run_import(path: Path, command: str = "import_tournaments") -> Taken:
    """Import a file in this process.

    :raises RuntimeError: something of it is refused.
    """
    from django.core.management import call_command
    from django.db import connection

    own, server = time.process_time(), read_server_seconds(connection)
    try:
        call_command(command, str(path), create_missing=True, stdout=io.StringIO())
    except SystemExit as end:
        raise RuntimeError(f"{path.name} was not taken whole") from end
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Taken(time.process_time() - own, read_server_seconds(connection) - server, memory)


def read_server_seconds(connection: object) -> float:
    """Return the CPU seconds of the database session so far."""
    with connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(shape: Shape, rounds: int, folder: Path) -> dict[str, float]:
    """Import ``rounds`` files of a shape, each twice; return the medians."""
    fresh, again = [], []
    for number in range(rounds):
        path = folder / f"{shape.name}-{number}.csv"
        write_file(path, shape, number)
        fresh.append(run_import(path))
        again.append(run_import(path))
    return {
        "lines": shape.lines,
        "lines a CPU second": shape.lines / median(taken.own for taken in fresh),
        "lines a CPU second of the server": shape.lines / median(taken.server for taken in fresh),
        "lines a CPU second, imported again": shape.lines / median(taken.own for taken in again),
        "MiB after the first file": fresh[0].memory,
        "MiB after the last file": again[-1].memory,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imports", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="files per shape (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON document at the end")
    options = parser.parse_args()

    figures: dict[str, dict[str, float]] = {}
    with throwaway_postgresql(), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for shape in SHAPES:
            figures[shape.name] = _show(shape.name, measure(shape, options.rounds, folder))
        figures["matches"] = _show("matches", measure_matches(options.rounds, folder))
        figures["delivery"] = _show("1,000 matches by the API", measure_deliveries(options.rounds))
    if options.json:
        print(json.dumps(figures, indent=2))
    sys.exit(0 if _meets_targets(figures) else 1)


def _show(name: str, figures: dict[str, float]) -> dict[str, float]:
    print(name)
    for what, value in figures.items():
        shown = f"{value:>10,.0f}" if value >= 100 else f"{value:>10.2f}"
        print(f"  {what:40}{shown}", flush=True)
    return figures


def _meets_targets(figures: dict[str, dict[str, float]]) -> bool:
    entrants = all(figures[shape.name]["lines a CPU second"] >= TARGET for shape in SHAPES)
    lines = figures["matches"]["lines a CPU second"] >= MATCH_TARGET
    return entrants and lines and sum(figures["delivery"].values()) <= DELIVERY_TARGET


if __name__ == "__main__":
    main()
