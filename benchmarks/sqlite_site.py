"""``python -m benchmarks.sqlite_site``: the figures of topics on a SQLite file, filled through the triggers.

A process of its own, as Django is configured for one database. It is called by the topic ``sqlite``.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.limits.figure import Figure, Samples
from benchmarks.season import Size, fill_players

#: What fills the file in some twenty seconds: every row goes through the triggers.
SIZE = Size(players=5_000, matches=50_000)
#: Calls per figure of what takes seconds each; the others are called as often as on PostgreSQL.
FEW = 2
#: Rows in one call while it is filled.
BATCH = 5_000
START, YEARS = datetime(2019, 1, 1, tzinfo=UTC), timedelta(days=2555)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sqlite_site", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the file to write the figures to")
    parser.add_argument("--samples", type=int)
    parser.add_argument("--size", type=json.loads, default={})
    options = parser.parse_args()

    from benchmarks.database import set_up

    with tempfile.TemporaryDirectory(prefix="deltacrown-bench-") as folder:
        set_up(f"sqlite:///{Path(folder) / 'site.sqlite3'}")
        fill(Size(**options.size) if options.size else SIZE)
        figures = [figure for call in list_calls(options.samples) for figure in call()]
    options.out.write_text(json.dumps([asdict(figure) for figure in figures]), encoding="utf-8")


def list_calls(samples: int | None) -> list[Callable[[], Iterable[Figure]]]:
    """Return what is measured: the functions of other topics whose limits any database can be asked for."""
    from benchmarks.limits import boards, reading, recording, targets, verifying

    measures: list[Callable[..., Iterable[Figure]]] = [
        recording.measure_matches,
        recording.measure_late,
        verifying.measure,
        boards.measure,
        boards.measure_periods,
        reading.measure,
        targets.measure,
    ]
    given = {"samples": samples} if samples else {}
    return [
        *(partial(measure, **given) for measure in measures),
        partial(recording.measure_many, samples=min(samples or FEW, FEW)),
    ]


def read_figures(path: Path) -> list[Figure]:
    """Return the figures that :func:`main` wrote."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    return [
        Figure(**{**figure, "ours": Samples(**figure["ours"]), "limit": Samples(**figure["limit"])})
        for figure in stored
    ]


def fill(size: Size) -> None:
    """Insert players and matches, as unevenly as in the season of the other topics, with all triggers."""
    from django.db import connection

    from deltacrown.accounts.models import User
    from deltacrown.games.models import Game, Match

    fill_players(size.players)
    games = Game.objects.bulk_create(
        [Game(slug=f"game-{number}", name=f"Game {number}") for number in range(size.games)]
    )
    users = list(User.objects.order_by("pk").values_list("pk", flat=True))
    rows = _iterate_matches(size, users, [game.pk for game in games])
    while batch := list(islice(rows, BATCH)):
        Match.objects.bulk_create(batch)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _iterate_matches(size: Size, users: list[int], games: list[int]) -> Iterator[Any]:
    from deltacrown.games.models import Match

    chance = random.Random(7)
    for number in range(size.matches):
        drawn = chance.random()
        is_hot = chance.random() < 0.2
        place = int(min(len(users), 1000) ** drawn) - 1 if is_hot else int(len(users) * drawn * drawn)
        is_late = chance.random() < 0.03
        yield Match(
            user_id=users[place],
            game_id=games[chance.randrange(len(games))],
            match_key=f"m{number}",
            result=chance.choice(["WIN", "LOSS", "LOSS", "WIN", "DRAW"]),
            score=str(chance.randrange(30)),
            stats={"kills": chance.randrange(30), "deaths": chance.randrange(20)},
            played_at=START
            + YEARS * (number / size.matches)
            - timedelta(days=chance.random() * 300 if is_late else 0),
        )


if __name__ == "__main__":
    main()
