"""An organiser's day through HTTP alone: 64 players, 63 matches, an upheld dispute, and results.

Matches are sent repeatedly and out of order.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from deltacrown.accounts.models import User
from deltacrown.games.models import Game, Match
from tests.api.conftest import _no_throttle, signed_in, visitor, with_key  # noqa: F401 - fixtures

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PLAYERS = 64


@pytest.fixture
def staff(signed_in):  # noqa: F811
    return signed_in(User.objects.create(username="boss", is_staff=True, is_superuser=True))


def play(players):
    """Play a knockout. Return its matches in order, as (key, round, winner, loser), and all placements."""
    matches, placements, alive = [], {}, list(players)
    while len(alive) > 1:
        left = []
        for place in range(0, len(alive), 2):
            winner, loser = alive[place], alive[place + 1]
            matches.append((f"cup-r{len(alive)}-{place // 2}", f"Last {len(alive)}", winner, loser))
            placements[loser] = len(alive) // 2 + 1
            left.append(winner)
        alive = left
    return matches, placements | {alive[0]: 1}


def test_a_whole_day(visitor, signed_in, staff, find_all_drift):  # noqa: F811
    Game.objects.create(slug="rocket", name="Rocket")
    users = User.objects.bulk_create(User(username=f"player{number:02}") for number in range(PLAYERS))
    by_id = {
        user.profile.public_id: user
        for user in User.objects.filter(pk__in=[user.pk for user in users]).select_related("profile")
    }
    players = sorted(by_id)
    organiser = signed_in(User.objects.create(username="org"))
    server = key_for(staff, players[0], "matches:write")
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=20)

    organiser.post(
        "/tournaments",
        {"slug": "cup", "name": "Cup", "game": "rocket", "starts_at": stamp(start), "capacity": PLAYERS},
    )
    organiser.post("/tournaments/cup/open")
    for player in players:
        [entrant] = signed_in(by_id[player]).post("/tournaments/cup/entrants", {}).json()
        assert entrant["status"] == "REGISTERED"
    own_id = organiser.get("/me").json()["public_id"]
    refused = organiser.post("/tournaments/cup/entrants", {"player": own_id})
    assert refused.status_code == 409
    organiser.post("/tournaments/cup/start")

    matches, placements = play(players)
    report(server, matches, start)
    assert Match.objects.count() == 2 * (PLAYERS - 1)

    # The first match of the last 16 was sent with swapped results. The loser files a dispute, staff uphold
    # it, and the match is corrected.
    key, _, winner, loser = next(match for match in matches if match[1] == "Last 16")
    filed = signed_in(by_id[loser]).post(
        "/disputes", {"match": {"game": "rocket", "match_key": key}, "reason": "I won that."}
    )
    remedy = {"kind": "correct_match", "results": {winner: "LOSS", loser: "WIN"}}
    upheld = staff.post(
        f"/disputes/{filed.json()['handle']}/uphold", {"resolution": "The replay shows it.", "remedy": remedy}
    )
    assert (filed.status_code, upheld.json()["status"]) == (201, "UPHELD")

    standings = [
        {"player": player, "placement": place, "prize": 1000 if place == 1 else 0}
        for player, place in placements.items()
    ]
    for _ in range(2):
        completed = organiser.post("/tournaments/cup/complete", {"standings": standings}).json()
        assert completed["status"] == "COMPLETED"

    won = {player: sum(match[2] == player for match in matches) for player in players}
    won[winner] -= 1
    won[loser] += 1
    played = {player: sum(player in match[2:] for match in matches) for player in players}
    for player in players:
        assert numbers(visitor, player) == {
            "total_matches_played": played[player],
            "matches_won": won[player],
            "tournaments_participated": 1,
            "tournaments_won": int(placements[player] == 1),
            "disputes_filed": int(player == loser),
            "overall_win_rate": round(100 * won[player] / played[player] + 1e-9, 2),
        }
    assert len(visitor.items("/tournaments/cup/results?limit=50")) == PLAYERS
    assert len(visitor.items("/tournaments/cup/matches?limit=20")) == PLAYERS - 1
    champion = visitor.get("/leaderboards/tournaments_won").json()["items"]
    assert [(line["rank"], line["public_id"], line["value"]) for line in champion] == [(1, players[0], 1)]
    assert find_all_drift() == []


def key_for(staff, player, *scopes):
    """A key that staff made for a player, as the game server uses it."""
    from django.test import Client

    from tests.api.calls import Api

    wanted = {"name": "server", "scopes": list(scopes), "player": player}
    key = staff.post("/me/api-keys", wanted).json()
    return Api(Client(), {"Authorization": f"Bearer {key['secret']}"})


def report(server, matches, start):
    """Send the matches like a server with a bad connection: shuffled, in overlapping batches, some twice."""
    chance = random.Random(5)
    bodies = [body(match, start + timedelta(minutes=number)) for number, match in enumerate(matches)]
    chance.shuffle(bodies)
    accepted = 0
    for first in range(0, len(bodies), 9):
        batch = {"matches": bodies[first : first + 12]}
        tries = [
            server.post("/matches", batch, Idempotency_Key=f"batch-{first}")
            for _ in range(chance.choice((1, 2, 3)))
        ]
        assert {answer.content for answer in tries} == {tries[0].content}
        assert tries[0].json()["refused"] == 0
        accepted += tries[0].json()["accepted"]
    again = server.post("/matches", {"matches": bodies}).json()
    assert (accepted, again["accepted"], again["unchanged"]) == (len(matches), 0, len(matches))


def body(match, played_at):
    key, name, winner, loser = match
    lines = [{"player": winner, "result": "WIN", "score": 2}, {"player": loser, "result": "LOSS", "score": 1}]
    return {
        "match_key": key,
        "game": "rocket",
        "tournament": "cup",
        "round": name,
        "played_at": stamp(played_at),
        "players": lines,
    }


def stamp(time):
    return time.isoformat().replace("+00:00", "Z")


def numbers(visitor, player):  # noqa: F811
    wanted = {
        "total_matches_played",
        "matches_won",
        "tournaments_participated",
        "tournaments_won",
        "disputes_filed",
        "overall_win_rate",
    }
    stats = visitor.get(f"/players/{player}/stats").json()["stats"]
    return {line["name"]: line["value"] for line in stats if line["name"] in wanted}
