"""Leaderboards over HTTP: by number, game, country and period, who ties, and a player's place."""

from __future__ import annotations

from datetime import timedelta

import pytest

from deltacrown.api.resources import leaderboards
from deltacrown.games.models import Match
from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.api.calls import problem_of
from tests.scene import at

pytestmark = [pytest.mark.django_db, pytest.mark.both]

#: Long after Ann played, and in the middle of a season.
NOW = at(24 * 365)


@pytest.fixture(autouse=True)
def _fixed_time(monkeypatch):
    monkeypatch.setattr(leaderboards, "now", lambda: NOW)


@pytest.fixture
def ann():
    """Ann of Germany, who won one match of two long ago."""
    user = scene.player("ann")
    UserProfile.objects.filter(user=user).update(display_name="Ann", country="DE")
    scene.match(user, "m1", "WIN", hours=1)
    scene.match(user, "m2", "LOSS", hours=2)
    return user


def test_a_leaderboard(visitor, ann):
    bob = scene.player("bob")
    scene.match(bob, "b1", hours=1)
    board = visitor.get("/leaderboards/matches_won").json()

    assert [(row["rank"], row["public_id"], row["value"]) for row in board["items"]] == [
        (1, ann.profile.public_id, 1),
        (1, bob.profile.public_id, 1),
    ]
    assert (board["rule"], board["game"]) == ("Players with at least one are ranked.", None)
    assert visitor.get("/leaderboards/matches_won?game=valorant").json()["game"] == "valorant"
    assert problem_of(visitor.get("/leaderboards/nonsense")) == (404, "not-found")
    by_game = {line["stat"]: line["by_game"] for line in visitor.get("/leaderboards").json()}
    assert by_game["average_placement"] is False


def test_a_leaderboard_of_a_country_and_a_place_on_it(visitor, ann):
    for number, (name, country) in enumerate([("bea", "DE"), ("cid", "FR"), ("dot", "DE"), ("eve", "DE")]):
        user = scene.player(name)
        UserProfile.objects.filter(user=user).update(country=country)
        for key in range((number + 1) // 2):
            scene.match(user, f"{name}{key}")

    def ranks(items):
        return [(row["rank"], row["name"], row["value"]) for row in items]

    board = visitor.get("/leaderboards/matches_won?country=DE").json()
    around = visitor.get(f"/leaderboards/matches_won/around/{ann.profile.public_id}?each_side=1").json()
    in_game = visitor.get(
        f"/leaderboards/matches_won/around/{ann.profile.public_id}?each_side=1&country=DE&game=valorant"
    ).json()

    assert (board["country"], ranks(board["items"])) == ("DE", [(1, "eve", 2), (2, "Ann", 1), (2, "dot", 1)])
    assert (around["rank"], ranks(around["items"])) == (2, [(1, "eve", 2), (2, "Ann", 1), (2, "cid", 1)])
    assert (in_game["rank"], ranks(in_game["items"])) == (2, [(1, "eve", 2), (2, "Ann", 1), (2, "dot", 1)])
    bea = UserProfile.objects.get(user__username="bea").public_id
    assert visitor.get(f"/leaderboards/matches_won/around/{bea}").json() | {"tie_rule": ""} == {
        "stat": "matches_won",
        "tie_rule": "",
        "game": None,
        "country": None,
        "period": {"name": "all", "label": "All time", "since": None, "until": None, "is_final": False},
        "season": None,
        "as_of": None,
        "left_out": "",
        "rank": None,
        "value": None,
        "items": [],
    }
    assert problem_of(visitor.get("/leaderboards/matches_won?country=de")) == (422, "invalid")
    assert problem_of(visitor.get("/leaderboards/average_placement?game=valorant")) == (404, "not-found")


def test_a_leaderboard_of_a_period(visitor, ann):
    bob = scene.player("bob")
    for key in ("b1", "b2"):
        Match.objects.create(
            user=bob, game=scene.game(), match_key=key, result="WIN", played_at=NOW - timedelta(seconds=5)
        )

    board = visitor.get("/leaderboards/matches_won?period=30days").json()
    all_time = visitor.get("/leaderboards/matches_won").json()

    assert [(row["rank"], row["name"], row["value"]) for row in board["items"]] == [(1, "bob", 2)]
    assert (board["period"]["name"], board["period"]["until"]) == ("30days", None)
    assert board["period"]["since"].endswith("T00:00:00Z")
    assert (all_time["period"]["name"], all_time["period"]["since"], len(all_time["items"])) == (
        "all",
        None,
        2,
    )
    assert visitor.get("/leaderboards/matches_won?period=season").json()["items"][0]["name"] == "bob"
    assert problem_of(visitor.get("/leaderboards/level?period=season")) == (404, "not-found")
    assert problem_of(visitor.get("/leaderboards/matches_won?period=year")) == (422, "invalid")


def test_a_place_over_a_period(visitor, ann):
    for number, name in enumerate(("bob", "cid")):
        user = scene.player(name)
        for key in range(2 - number):
            Match.objects.create(
                user=user,
                game=scene.game(),
                match_key=f"{name}{key}",
                result="WIN",
                played_at=NOW - timedelta(seconds=5),
            )
    cid = UserProfile.objects.get(user__username="cid").public_id

    for period in ("season", "30days"):
        place = visitor.get(f"/leaderboards/matches_won/around/{cid}?period={period}&game=valorant").json()
        assert (place["rank"], place["value"], place["game"]) == (2, 1, "valorant")
        assert place["period"]["name"] == period
        assert [(row["rank"], row["name"], row["value"]) for row in place["items"]] == [
            (1, "bob", 2),
            (2, "cid", 1),
        ]
        assert place["period"]["since"].endswith("Z")
        anns = visitor.get(f"/leaderboards/matches_won/around/{ann.profile.public_id}?period={period}").json()
        assert anns["rank"] is None
    assert problem_of(visitor.get(f"/leaderboards/level/around/{cid}?period=season")) == (404, "not-found")


def test_who_ties_is_listed_as_the_rule_says(visitor):
    """Two players tie. The account that was created later joined earlier, so that the orders differ."""
    later, earlier = (
        scene.player("later", date_joined=at(0)),
        scene.player("earlier", date_joined=at(-24 * 365)),
    )
    for user in (later, earlier):
        Match.objects.create(
            user=user,
            game=scene.game(),
            match_key=user.username,
            result="WIN",
            played_at=NOW - timedelta(seconds=5),
        )

    listed = {}
    for query in ("", "?game=valorant", "?period=season", "?period=season&game=valorant"):
        board = visitor.get(f"/leaderboards/matches_won{query}").json()
        assert [row["rank"] for row in board["items"]] == [1, 1]
        listed[query] = ("by public id" in board["tie_rule"], [row["name"] for row in board["items"]])
        around = visitor.get(f"/leaderboards/matches_won/around/{later.profile.public_id}{query}").json()
        assert (around["tie_rule"], around["items"]) == (board["tie_rule"], board["items"])

    by_public_id, by_account = (True, ["earlier", "later"]), (False, ["later", "earlier"])
    assert listed == {
        "": by_public_id,
        "?game=valorant": by_account,
        "?period=season": by_public_id,
        "?period=season&game=valorant": by_public_id,
    }


def test_a_place_where_the_lowest_is_best(visitor):
    for name, placement in (("ann", 2), ("bob", 1), ("cat", 2), ("dan", 3)):
        scene.result(scene.tournament(f"cup-{name}"), placement, scene.player(name))
    cat = UserProfile.objects.get(user__username="cat").public_id

    items = visitor.get(f"/leaderboards/average_placement/around/{cat}?each_side=1").json()["items"]

    assert [(row["rank"], row["name"], row["value"]) for row in items] == [
        (2, "ann", 2.0),
        (2, "cat", 2.0),
        (4, "dan", 3.0),
    ]
