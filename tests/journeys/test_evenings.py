"""Evenings as they happen, recorded through the API alone: a double forfeit, byes, a leaver, 60 in one match.

After each, the pages, the numbers, the rows behind them, the timelines and the boards say what happened.
"""

from __future__ import annotations

import re

import pytest
from django.test import Client

from deltacrown.games.models import Game
from tests import scene
from tests.api.calls import Api, signed_in, visitor
from tests.api.conftest import _no_throttle  # noqa: F401 - a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.once]

EVENING = "2025-03-01"
NUMBERS = ("total_matches_played", "matches_won", "overall_win_rate")
SCOPES = ("read", "matches:write", "tournaments:write", "players:create")


@pytest.fixture
def server(db: None) -> Api:
    """A game server's key, which staff made over HTTP for an organiser."""
    Game.objects.create(slug="rocket", name="Rocket")
    organiser = scene.player("organiser").profile.public_id
    staff = signed_in(scene.player("boss", is_staff=True))
    body = {"name": "server", "scopes": list(SCOPES), "player": organiser}
    secret = staff.post("/me/api-keys", body).json()["secret"]
    return Api(Client(), {"Authorization": f"Bearer {secret}"})


def deliver(server: Api, *matches: dict) -> dict[str, str]:
    """Deliver matches of players who may be new; twice, as a server does whose line broke. Return their ids.

    Nothing of them is refused, and nothing is odd.
    """
    body = {"matches": list(matches), "create_missing": True}
    first, again = (server.post("/matches", body).json() for _ in range(2))
    assert (first["accepted"], again["unchanged"]) == (len(matches), len(matches)), first
    assert [told["warned"] for told in (first, again)] == [0, 0], first
    return first["created"]["players"]


def match(key: str, *players: dict, time: str = "20:00", **fields) -> dict:
    played_at = f"{EVENING}T{time}:00Z"
    return {"match_key": key, "game": "rocket", "played_at": played_at, "players": list(players), **fields}


def line(player: str, result: str, **fields) -> dict:
    return {"player": player, "result": result, **fields}


def numbers(player: str) -> tuple:
    """Played, won, and the rate; each adds up with the rows behind it."""
    stats = {each["name"]: each for each in visitor().get(f"/players/{player}/stats").json()["stats"]}
    for name in NUMBERS:
        rows = visitor().get(f"/players/{player}/stats/{name}/rows?limit=50").json()
        assert (rows["adds_up"], rows["stat"]["value"]) == (True, stats[name]["value"])
    return tuple(stats[name]["value"] for name in NUMBERS)


def rows_of(player: str, stat: str) -> list[str]:
    rows = visitor().get(f"/players/{player}/stats/{stat}/rows?limit=50").json()["items"]
    return [row["match_key"] for row in rows]


def omitted(player: str) -> list[str]:
    """Why rows of the player do not count as played."""
    told = visitor().get(f"/players/{player}/stats/total_matches_played/explanation").json()
    assert told["adds_up"]
    return [each["why"] for each in told["omitted"]]


def timeline(player: str) -> list[str]:
    return [entry["description"] for entry in visitor().items(f"/players/{player}/activity")]


def achievements(player: str) -> set[str]:
    return {each["slug"] for each in visitor().get(f"/players/{player}").json()["achievements"]}


def board(stat: str) -> list[tuple]:
    return [(each["name"], each["value"]) for each in visitor().items(f"/leaderboards/{stat}?limit=50")]


def page(address: str) -> str:
    """Return what a page for visitors says, without its mark-up."""
    answer = Client().get(address)
    assert answer.status_code == 200, address
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_a_double_forfeit(server, find_all_drift):
    """Neither came: both have lost, and nobody has won."""
    cup = {"slug": "cup", "name": "Cup", "game": "rocket", "starts_at": f"{EVENING}T19:00:00Z"}
    server.post("/tournaments", cup)
    server.post("/tournaments/cup/open")
    both = [line(name, "LOSS", ended_by="FORFEIT", score="W.O.") for name in ("ann", "bob")]

    ids = deliver(server, match("semi-1", *both, tournament="cup", round="Semi-final"))

    for name, other in (("ann", "bob"), ("bob", "ann")):
        assert numbers(ids[name]) == (1, 0, 0.0)
        assert (rows_of(ids[name], "matches_won"), omitted(ids[name])) == ([], [])
        [row] = visitor().items(f"/players/{ids[name]}/matches")
        assert (row["result"], row["ended_by"], row["score"]) == ("LOSS", "FORFEIT", "W.O.")
        assert (row["tournament"]["round"], row["tournament"]["opponent"]) == ("Semi-final", other)
        assert achievements(ids[name]) == {"first-tournament"}
        assert not any("win" in entry.lower() for entry in timeline(ids[name]))
        assert "W.O." in page(f"/players/{ids[name]}/matches/")

    assert [entry["player"]["name"] for entry in visitor().items("/tournaments/cup/entrants")] == [
        "ann",
        "bob",
    ]
    [shown] = visitor().items("/tournaments/cup/matches")
    assert [(side["name"], side["result"]) for side in shown["sides"]] == [("ann", "LOSS"), ("bob", "LOSS")]
    assert (shown["void_reason"], shown["why_uncounted"]) == ("", "")
    assert "Semi-final" in page("/tournaments/cup/matches/")
    assert (board("total_matches_played"), board("matches_won")) == ([("ann", 1), ("bob", 1)], [])
    assert find_all_drift() == []


def test_a_double_forfeit_where_forfeits_do_not_count(server, find_all_drift):
    Game.objects.update(counts_forfeits=False)
    both = [line(name, "LOSS", ended_by="FORFEIT") for name in ("ann", "bob")]

    ids = deliver(server, match("semi-1", *both))

    for player in ids.values():
        assert numbers(player) == (0, 0, 0.0)
        assert ["forfeit" in why for why in omitted(player)] == [True]
        [row] = visitor().items(f"/players/{player}/matches")
        assert row["uncounted_reason"] == "decided by forfeit, and forfeits do not count here"
    assert board("total_matches_played") == []
    assert find_all_drift() == []


def test_byes_are_no_wins(server, find_all_drift):
    """Ten byes make nobody untouchable; the one game that was played counts."""
    byes = [
        match(f"bye-{n}", line("ann", "WIN", ended_by="BYE"), time=f"{n + 10}:00", round="")
        for n in range(10)
    ]
    game = match("game", line("ann", "LOSS", score="½"), line("bob", "WIN", score="1½"), time="21:00")

    ids = deliver(server, *byes, game)

    assert numbers(ids["ann"]) == (1, 0, 0.0)
    assert rows_of(ids["ann"], "total_matches_played") == ["game"]
    assert [why.count("a bye") for why in omitted(ids["ann"])] == [1] * 10
    assert achievements(ids["ann"]) == set()
    history = visitor().items(f"/players/{ids['ann']}/matches")
    assert [(row["match_key"], row["uncounted_reason"]) for row in history] == [
        ("game", ""),
        *[(f"bye-{n}", "a bye") for n in reversed(range(10))],
    ]
    assert visitor().get(f"/players/{ids['ann']}/stats/matches_won?as_of={EVENING}").json()["value"] == 0
    assert "1½" in page("/matches/rocket/game/")
    assert "ann" in page("/matches/rocket/bye-0/")
    assert board("matches_won") == [("bob", 1)]
    assert board("total_matches_played") == [("ann", 1), ("bob", 1)]
    assert find_all_drift() == []


def test_a_leaver_loses_while_his_side_wins(server, find_all_drift):
    north = [line(f"north{n}", "WIN", side="North", score=13) for n in range(1, 5)]
    leaver = line("quitter", "LOSS", side="North", score=13, ended_by="RETIRED")
    south = [line(f"south{n}", "LOSS", side="South", score=11) for n in range(1, 6)]

    ids = deliver(server, match("m1", *north, leaver, *south))

    won = {name: numbers(player)[1] for name, player in ids.items()}
    assert {name for name, wins in won.items() if wins} == {"north1", "north2", "north3", "north4"}
    assert {numbers(player)[0] for player in ids.values()} == {1}
    assert "first-win" in achievements(ids["north1"])
    assert achievements(ids["quitter"]) == set()
    [row] = visitor().items(f"/players/{ids['quitter']}/matches")
    assert (row["result"], row["side"], row["ended_by"]) == ("LOSS", "North", "RETIRED")
    shown = visitor().get("/matches/rocket/m1").json()["rows"]
    assert [each["match"]["ended_by"] for each in shown if each["player"]["name"] == "quitter"] == ["RETIRED"]
    assert "quitter" in page("/matches/rocket/m1/")
    assert board("matches_won") == [(f"north{n}", 1) for n in range(1, 5)]
    assert ("quitter", 1) in board("total_matches_played")
    assert find_all_drift() == []


def test_a_battle_royale_of_sixty(server, find_all_drift):
    """Each is alone and has a placement; the seventh was thrown out, and two shared the ninth place."""
    places = {f"player{place:02}": place for place in range(1, 61)} | {"player10": 9}
    lines = [
        line(name, "WIN" if place == 1 else "LOSS", placement=place, stats={"kills": 60 - place})
        for name, place in places.items()
    ]
    lines[6] |= {"ended_by": "DISQUALIFIED", "void_reason": "Aimbot."}

    ids = deliver(server, match("royale", *reversed(lines)))

    assert len(ids) == 60
    assert numbers(ids["player01"]) == (1, 1, 100.0)
    assert numbers(ids["player02"]) == (1, 0, 0.0)
    assert numbers(ids["player07"]) == (0, 0, 0.0)
    assert [why.count("Aimbot.") for why in omitted(ids["player07"])] == [1]
    shown = visitor().get("/matches/rocket/royale").json()["rows"]
    assert [(each["player"]["name"], each["match"]["placement"]) for each in shown] == list(places.items())
    [row] = visitor().items(f"/players/{ids['player05']}/matches")
    assert (row["placement"], row["stats"]) == (5, {"kills": 55})
    assert "first-win" in achievements(ids["player01"])
    assert achievements(ids["player02"]) == set()
    told = page("/matches/rocket/royale/")
    assert [told.index(f" {name} ") for name in places] == sorted(told.index(f" {name} ") for name in places)
    assert board("matches_won") == [("player01", 1)]
    assert len(board("total_matches_played")) == 59
    assert find_all_drift() == []
