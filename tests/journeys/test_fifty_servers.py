"""Fifty game servers send overlapping batches to a running site, each batch up to three times.

No match is recorded twice, and none is lost.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter

import pytest
from django.db import connection  # noqa: F401 - named in a skip condition

from tests.served import serving

CLIENTS, MATCHES, PLAYERS, BATCHES, PER_BATCH = 50, 300, 24, 4, 20

SEED = f"""
import json
from deltacrown.accounts.models import User
from deltacrown.accounts.services import create_key
from deltacrown.games.models import Game
Game.objects.create(slug="rocket", name="Rocket")
boss = User.objects.create(username="boss", is_staff=True, is_superuser=True)
players = [User.objects.create(username=f"p{{number}}").profile.public_id for number in range({PLAYERS})]
servers = [User.objects.create(username=f"server{{number}}") for number in range({CLIENTS})]
keys = [create_key(owner=server, name="x", scopes=["matches:write"], by=boss).secret for server in servers]
print(json.dumps([players, keys]))
"""


def match(number, players):
    winner, loser = random.Random(number).sample(players, 2)
    lines = [{"player": winner, "result": "WIN", "score": 2}, {"player": loser, "result": "LOSS", "score": 1}]
    return {
        "match_key": f"m{number}",
        "game": "rocket",
        "played_at": "2025-03-01T18:00:00Z",
        "players": lines,
    }


def plan(client):
    """Return the batches of one client, as match numbers.

    The first batches of all clients cover every match; the others overlap at random.
    """
    chance = random.Random(client)
    own = range(client * MATCHES // CLIENTS, (client + 1) * MATCHES // CLIENTS)
    return [[*own], *(chance.sample(range(MATCHES), PER_BATCH) for _ in range(BATCHES - 1))]


def deliver(site, client, key, players, start, told):
    chance = random.Random(-client)
    batches = list(enumerate(plan(client)))
    chance.shuffle(batches)
    start.wait()
    for place, numbers in batches:
        body = {"matches": [match(number, players) for number in numbers]}
        for _ in range(chance.choice((1, 2, 3))):
            try:
                told.append(
                    site.ask(
                        "POST",
                        "/matches",
                        body,
                        Authorization=f"Bearer {key}",
                        Idempotency_Key=f"batch-{place}",
                        Connection="close",
                    )
                )
            # A lost connection is an answer too, and not the one that is wanted.
            except Exception as error:  # noqa: BLE001
                told.append((repr(error), {}, None))


@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one writer at a time")
@pytest.mark.django_db
def test_nothing_twice_nothing_lost(tmp_path, capsys, request):
    with serving(tmp_path) as site:
        players, keys = json.loads(site.manage("shell", "--verbosity", "0", "-c", SEED))
        start, told = threading.Barrier(CLIENTS + 1), []
        crowd = [
            threading.Thread(target=deliver, args=(site, client, keys[client], players, start, told))
            for client in range(CLIENTS)
        ]
        for thread in crowd:
            thread.start()
        start.wait()
        began = time.monotonic()
        for thread in crowd:
            thread.join()
        seconds = time.monotonic() - began

        assert Counter(status for status, _, _ in told) == {200: len(told)}
        first = [body for _, headers, body in told if headers["idempotency-replayed"] == "false"]
        assert len(first) == CLIENTS * BATCHES
        assert sum(body["accepted"] for body in first) == MATCHES
        assert sum(body["refused"] for body in first) == 0
        played = Counter(
            line["player"] for number in range(MATCHES) for line in match(number, players)["players"]
        )
        shown = {
            player: site.ask("GET", f"/players/{player}/stats/total_matches_played")[2]["value"]
            for player in players
        }
        assert shown == {player: played[player] for player in players}
        assert json.loads(site.manage("reconcile_stats", "--dry-run", "--json"))["numbers_drifted"] == 0
    repeats = len(told) - len(first)
    said = (
        f"{CLIENTS} clients: {len(told)} requests in {seconds:.1f} s, {repeats} of them repeats; "
        f"{MATCHES} matches"
    )
    with capsys.disabled():
        request.config.pluginmanager.get_plugin("terminalreporter").write_line(
            f"\n{said}, {sum(shown.values())} rows"
        )
