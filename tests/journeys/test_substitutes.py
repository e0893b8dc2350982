"""A substitute's evening through the API alone: a roster changes between two matches, and the team wins.

Then everything that follows is read: rosters, the log, numbers with rows and history, timelines, boards and
pages, of four players: who stayed, who left after playing, who left before playing, and the substitute.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from deltacrown.accounts.models import User
from deltacrown.games.models import Game
from deltacrown.teams.models import Team
from tests import scene
from tests.api.conftest import _no_throttle, signed_in, visitor, with_key  # noqa: F401 - fixtures

pytestmark = [pytest.mark.django_db, pytest.mark.once]

NORTH, SOUTH = ("ann", "bob", "cat"), ("dan", "eve")
EVERYBODY = (*NORTH, *SOUTH, "sub")


@pytest.fixture
def evening(signed_in, with_key):  # noqa: F811
    """The cup after its second match; returns the organiser's and the server's calls, and public ids."""
    Game.objects.create(slug="rocket", name="Rocket")
    people = {name: scene.player(name) for name in (*EVERYBODY, "org")}
    ids = {name: user.profile.public_id for name, user in people.items()}
    organiser = signed_in(people["org"])
    server = with_key(people["org"], "matches:write")
    Team.objects.bulk_create(Team(slug=slug, name=slug.title()) for slug in ("north", "south"))
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=10)

    cup = {"slug": "cup", "name": "Cup", "game": "rocket", "starts_at": stamp(start), "entrant_kind": "TEAM"}
    assert organiser.post("/tournaments", cup).status_code == 201
    organiser.post("/tournaments/cup/open")
    for slug, roster in (("north", NORTH), ("south", SOUTH)):
        body = {"team": slug, "roster": [ids[name] for name in roster], "at": stamp(start)}
        assert organiser.post("/tournaments/cup/entrants", body).status_code == 200, slug
    organiser.post("/tournaments/cup/start")

    # bob plays the first match and leaves; cat falls ill before playing any.
    play(server, ids, "m1", start + timedelta(hours=1), ("ann", "bob"), SOUTH)
    change = {
        "team": "north",
        "remove": [ids["cat"]],
        "replace": [{"player": ids["bob"], "substitute": ids["sub"]}],
        "at": stamp(start + timedelta(hours=2)),
        "reason": "bob and cat fell ill",
    }
    for _ in range(2):
        changed = organiser.post("/tournaments/cup/roster", change)
        assert (changed.status_code, changed.json()["warnings"]) == (200, [])
        assert {line["player"]["name"] for line in changed.json()["roster"]} == {"ann", "sub"}
    play(server, ids, "m2", start + timedelta(hours=3), ("ann", "sub"), SOUTH)
    return organiser, server, ids, start


def test_the_team_wins_with_a_substitute(evening, visitor, client, find_all_drift):  # noqa: F811
    organiser, _, ids, _ = evening
    standings = [
        {"team": "north", "placement": 1, "prize": 100},
        {"team": "south", "placement": 2},
    ]
    for _ in range(2):
        completed = organiser.post("/tournaments/cup/complete", {"standings": standings})
        assert completed.status_code == 200, completed.json()

    # Who played, and who won: the title is of the roster at the end, and of who left it after playing.
    expected = {
        "ann": (2, 2, 1, 1),
        "bob": (1, 1, 1, 1),
        "cat": (0, 0, 1, 0),
        "sub": (1, 1, 1, 1),
        "dan": (2, 0, 1, 0),
        "eve": (2, 0, 1, 0),
    }
    assert {name: numbers(visitor, ids[name]) for name in EVERYBODY} == expected
    assert find_all_drift() == []

    north, south = visitor.items("/tournaments/cup/results")
    assert {each["name"] for each in north["roster"]} == {"ann", "bob", "sub"}
    assert {each["name"] for each in south["roster"]} == {"dan", "eve"}
    prizes = {
        name: visitor.items(f"/players/{ids[name]}/tournaments")[0]["prize_amount"]
        for name in ("ann", "bob", "cat", "sub")
    }
    assert prizes == {"ann": 33.33, "bob": 33.33, "cat": None, "sub": 33.33}

    # The rows and the history behind each number are those it counts.
    for name in EVERYBODY:
        for stat, value in zip(STATS, expected[name], strict=True):
            at = f"/players/{ids[name]}/stats/{stat}"
            assert len(visitor.items(f"{at}/rows")) == value, (name, stat)
            assert sum(change["delta"] for change in visitor.items(f"{at}/history")) == value, (name, stat)

    kinds = {name: timeline(visitor, ids[name]) for name in ("bob", "cat", "sub")}
    assert {name: "TOURNAMENT_WON" in found for name, found in kinds.items()} == {
        "bob": True,
        "cat": False,
        "sub": True,
    }
    assert all("TOURNAMENT_REGISTERED" in found for found in kinds.values())

    board = visitor.get("/leaderboards/tournaments_won").json()["items"]
    assert {line["public_id"] for line in board} == {ids[name] for name in ("ann", "bob", "sub")}

    entrants = client.get("/tournaments/cup/entrants/").content.decode()
    assert entrants.count("Substitute since") == 1
    assert entrants.count("Left the roster ") == 2
    for name in ("bob", "cat", "sub"):
        assert client.get(f"/players/{ids[name]}/").status_code == 200
        assert client.get(f"/players/{ids[name]}/tournaments/").status_code == 200


def test_the_log_says_what_happened_to_whom_when_and_by_whom(evening):
    organiser, _, ids, start = evening
    log = organiser.items("/tournaments/cup/changes")

    assert [(step["kind"], step["player"] and step["player"]["name"]) for step in log] == [
        ("JOINED", "sub"),
        ("LEFT", "bob"),
        ("LEFT", "cat"),
        ("ENTERED", None),
        ("ENTERED", None),
    ]
    assert {step["happened_at"] for step in log[:3]} == {stamp(start + timedelta(hours=2))}
    assert log[0]["in_place_of"]["name"] == "bob"
    assert {step["decided_by"]["public_id"] for step in log} == {ids["org"]}


def test_a_match_that_comes_before_its_substitute_is_told_of_the_team(evening, visitor):  # noqa: F811
    """A server delivers what was played; the organiser learns of it later."""
    organiser, server, ids, start = evening
    User.objects.create(username="late")
    ids["late"] = User.objects.get(username="late").profile.public_id
    play(server, ids, "m3", start + timedelta(hours=4), ("ann", "late"), SOUTH)

    change = {
        "team": "north",
        "add": [ids["late"]],
        "at": stamp(start + timedelta(hours=4)),
        "reason": "came late",
    }
    assert organiser.post("/tournaments/cup/roster", change).status_code == 200
    organiser.post("/tournaments/cup/complete", {"standings": [{"team": "north", "placement": 1}]})

    assert numbers(visitor, ids["late"]) == (1, 1, 1, 1)
    [match] = visitor.items(f"/players/{ids['late']}/matches")
    assert match["tournament"]["team"] == "North"


STATS = ("total_matches_played", "matches_won", "tournaments_participated", "tournaments_won")


def play(server, ids, key, at, winners, losers):
    """Deliver a match: without teams, as a server knows none."""
    lines = [{"player": ids[name], "result": "WIN", "side": "A"} for name in winners]
    lines += [{"player": ids[name], "result": "LOSS", "side": "B"} for name in losers]
    match = {
        "match_key": key,
        "game": "rocket",
        "tournament": "cup",
        "played_at": stamp(at),
        "players": lines,
    }
    for status in ("accepted", "unchanged"):
        answer = server.post("/matches", {"matches": [match]}).json()
        assert answer["outcomes"][0]["status"] == status, answer


def numbers(visitor, player):  # noqa: F811
    stats = visitor.get(f"/players/{player}/stats").json()["stats"]
    values = {line["name"]: line["value"] for line in stats}
    return tuple(values[name] for name in STATS)


def timeline(visitor, player):  # noqa: F811
    return {entry["activity_type"] for entry in visitor.items(f"/players/{player}/activity")}


def stamp(time):
    return time.isoformat().replace("+00:00", "Z")
