"""2,000 rows recorded by us and by the peers, and pages of the API beside their twins.

All are given the same lines: 200 matches of ten, of players out of 500 from all over the table with all they
played before. Afterwards the numbers of every peer are compared with a count of its rows, and so are ours.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from benchmarks.limits.figure import Figure, Samples, find_server, time_call

PLAYERS, MATCHES, LINES = 500, 200, 10
#: Way of a peer → the budget of ours against it; None for a limit that nobody can be ahead of.
BUDGETS = {
    "signals with F()": 1.0,
    "django-computedfields": 1.0,
    "django-denorm-iplweb": 1.0,
    "a loop of the ORM": 1.0,
    "raw SQL and COPY": None,
}
OURS = ("record_matches", "bulk_create")
#: What → the address of ours, that of the twin, and how many things both list.
TWINS = {
    "profile by API, kept": ("/api/v1/players/{player}", "/players/{player}/", 0),
    "history by API, 50 lines": (
        "/api/v1/players/{player}/matches?limit=50",
        "/players/{player}/matches/",
        50,
    ),
    "board of 100 by API": ("/api/v1/leaderboards/matches_won?limit=100", "/boards/matches_won/", 100),
}
Times = tuple[float, float, float]
#: A line: the player's id, the game's id, the key, the result, and the time as text.
Told = tuple[int, int, str, str, str]


def measure_recording(samples: int = 5) -> list[Figure]:
    """Record the same lines by each way in turn."""
    from benchmarks.peers.recorders import WAYS

    players, games = choose_players(), list_games()
    taken: dict[str, list[Times]] = {way: [] for way in (*OURS, *WAYS)}
    others = [(player, game) for player in players for game in games]
    with ExitStack() as stack:
        workers = {}
        for peer in sorted({peer for peer, _ in WAYS.values()}):
            workers[peer] = stack.enter_context(peer_database(peer))
            workers[peer].ask("prepare", past=list_past(players), others=others)
        server = find_server()
        for number in range(samples + 1):
            for way, times in taken.items():
                lines = draw_lines(players, games, number, way)
                if way in OURS:
                    time = time_call(build_call(way, lines), server)
                else:
                    told = workers[WAYS[way][0]].ask("record", way=way, rows=lines)
                    time = told["wall"], told["client"], told["server"]
                if number:
                    times.append(time)
        for peer, worker in workers.items():
            if wrong := worker.ask("check")["wrong"]:
                raise RuntimeError(f"{peer} kept {wrong} wrong numbers")
    if wrong := count_wrong(players):
        raise RuntimeError(f"we kept {wrong} wrong numbers")
    sides = {way: Samples(*zip(*times, strict=True)) for way, times in taken.items()}
    return [
        Figure(f"2,000 rows by {ours}, against {way}", sides[ours], sides[way], budget=budget, peer=way)
        for ours in OURS
        for way, budget in BUDGETS.items()
    ]


def measure_reading(samples: int = 60) -> list[Figure]:
    """Ask the API and its twin in Django REST framework, which reads the same tables."""
    from django.test import Client

    from benchmarks.measures import draw_players
    from benchmarks.peers.worker import started

    client, server = Client(SERVER_NAME="localhost"), find_server()
    figures = []
    with started("rest", os.environ["DATABASE_URL"]) as twin:
        for name, (ours, theirs, many) in TWINS.items():
            sides: tuple[list[Times], list[Times]] = ([], [])
            for player in draw_players(samples):
                path, its = ours.format(player=player), theirs.format(player=player)
                read(client, path)  # it is kept afterwards, where it can be
                body = read(client, path)
                sides[0].append(time_call(partial(read, client, path), server))
                answer = twin.ask("get", path=its)
                sides[1].append((answer["wall"], answer["client"], answer["server"]))
                if many:
                    check_alike(path, body, answer["answer"], many)
            first, second = (Samples(*zip(*side, strict=True)) for side in sides)
            peer = "its twin in Django REST framework, without privacy"
            figures.append(
                Figure(f"{name}, against Django REST framework", first, second, budget=1, peer=peer)
            )
    return figures


def read(client: Any, path: str) -> Any:
    """Return what an address answers.

    :raises RuntimeError: the status is not 200.
    """
    answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answers {answer.status_code}")
    return answer.json()


def check_alike(path: str, ours: Any, theirs: Any, many: int) -> None:
    """Refuse a comparison in which one side lists fewer things than the other.

    :raises RuntimeError: they differ by more than what privacy and the archive make of it.
    """
    counts = [len(find_list(answer)) for answer in (ours, theirs)]
    if max(counts) > many or (min(counts) < many and abs(counts[0] - counts[1]) > many // 10):
        raise RuntimeError(f"{path} lists {counts[0]} and its twin {counts[1]}, of {many}")


def find_list(answer: Any) -> list[Any]:
    """Return what an answer lists."""
    if isinstance(answer, list):
        return answer
    return next(value for value in answer.values() if isinstance(value, list))


@contextmanager
def peer_database(peer: str) -> Iterator[Any]:
    """Make a database for a peer beside ours, and start its process; end and remove both afterwards."""
    from django.db import connection

    from benchmarks.peers.worker import started

    name = f"bench_{peer}"
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    drop = f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"
    with connection.cursor() as cursor:
        cursor.execute(drop)
        cursor.execute(f"CREATE DATABASE {name}")
        try:
            with started(peer, url) as worker:
                yield worker
        finally:
            cursor.execute(drop)


def choose_players() -> list[int]:
    """Return players from all over the table: the busiest of all are at its beginning."""
    from deltacrown.accounts.models import User

    keys = list(User.objects.order_by("pk").values_list("pk", flat=True))
    return keys[:: max(1, len(keys) // PLAYERS)][:PLAYERS]


def list_games() -> list[int]:
    """Return the ids of the games."""
    from deltacrown.games.models import Game

    return list(Game.objects.order_by("pk").values_list("pk", flat=True)[:5])


def list_past(players: list[int]) -> list[Told]:
    """Return all lines of players so far that count."""
    from deltacrown.games.models import MATCH_TABLES

    return [
        (user, game, key, result, played_at.isoformat())
        for table in MATCH_TABLES
        for user, game, key, result, played_at in table.objects.counted()
        .filter(user__in=players)
        .values_list("user", "game", "match_key", "result", "played_at")
    ]


def draw_lines(players: list[int], games: list[int], number: int, way: str) -> list[Told]:
    """Return the lines of a sample, the same for each way but for the keys of its matches."""
    from django.utils import timezone

    draw, lines = random.Random(number), []
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    for match in range(MATCHES):
        played_at = today - timedelta(days=30) + timedelta(minutes=number * MATCHES + match)
        game, red_won = draw.choice(games), draw.random() < 0.5
        for place, player in enumerate(draw.sample(players, min(LINES, len(players)))):
            result = "WIN" if (place % 2 == 0) == red_won else "LOSS"
            lines.append((player, game, f"{way} {number} {match}", result, played_at.isoformat()))
    return lines


def build_call(way: str, lines: list[Told]) -> Any:
    """Return what records lines by one of our ways."""
    return partial(record_by_service if way == "record_matches" else record_in_bulk, lines)


def record_by_service(lines: list[Told]) -> None:
    """Record matches through the service, as the API does."""
    from django.utils import timezone

    from deltacrown.accounts.models import User
    from deltacrown.games.models import Game
    from deltacrown.games.services import LineRecord, MatchRecord, record_matches

    users = User.objects.in_bulk({line[0] for line in lines})
    games = Game.objects.in_bulk({line[1] for line in lines})
    by_key: dict[str, list[Told]] = {}
    for line in lines:
        by_key.setdefault(line[2], []).append(line)
    records = [
        MatchRecord(
            game=games[of_match[0][1]],
            match_key=key,
            played_at=datetime.fromisoformat(of_match[0][4]),
            lines=tuple(
                LineRecord(user=users[line[0]], result=line[3], side="red" if place % 2 else "blue")
                for place, line in enumerate(of_match)
            ),
        )
        for key, of_match in by_key.items()
    ]
    outcomes = record_matches(records=records, now=timezone.now())
    if refused := [outcome.refusal for outcome in outcomes if outcome.refusal]:
        raise RuntimeError(f"refused: {refused[0]}")


def record_in_bulk(lines: list[Told]) -> None:
    """Create the rows in bulk, as the peers do; the triggers keep the numbers."""
    from django.db import transaction

    from deltacrown.games.models import Match

    with transaction.atomic():
        Match.objects.bulk_create(
            [
                Match(user_id=user, game_id=game, match_key=key, result=result, played_at=played_at)
                for user, game, key, result, played_at in lines
            ]
        )


def count_wrong(players: list[int]) -> int:
    """Return how many of the players have a number of ours that is not what a count gives."""
    from collections import Counter

    from deltacrown.user_profile.models import GameStats, UserProfile

    lines = list_past(players)
    played, won = Counter(), Counter()
    for user, game, _, result, _ in lines:
        for key in (user, (user, game)):
            played[key] += 1
            won[key] += result == "WIN"
    kept = {
        key: (matches, wins)
        for key, matches, wins in UserProfile.objects.filter(pk__in=players).values_list(
            "pk", "total_matches_played", "matches_won"
        )
    }
    for user, game, matches, wins in GameStats.objects.filter(user__in=players).values_list(
        "user", "game", "matches_played", "matches_won"
    ):
        kept[user, game] = (matches, wins)
    return sum((played[key], won[key]) != kept.get(key, (0, 0)) for key in {*kept, *played})
