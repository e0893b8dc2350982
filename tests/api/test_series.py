"""Series through the API alone: told with the games of a delivery, read as one result."""

from __future__ import annotations

import pytest

from tests import scene
from tests.api.calls import problem_of, signed_in
from tests.scene import at

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def cup():
    """A solo cup of Ann and Bob."""
    event = scene.tournament("cup", status="RUNNING")
    for name in ("ann", "bob"):
        scene.registration(scene.player(name), event)
    return event


@pytest.fixture
def recorder(db):
    return signed_in(scene.player("boss", is_staff=True))


def game(event, number, winner, **fields):
    """Game ``number`` of the final, as a game server delivers it."""
    ids = {row.user.username: row.user.profile.public_id for row in event.participations.all()}
    players = [
        {"player": public_id, "result": "WIN" if name == winner else "LOSS"}
        for name, public_id in ids.items()
    ]
    told = {"tournament": "cup", "series": "Final", "best_of": 3, "played_at": at(number).isoformat()}
    return {"match_key": f"g{number}", "game": event.game.slug, "players": players, **told, **fields}


def deliver(recorder, *matches):
    answer = recorder.post("/matches", {"matches": list(matches)})
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_series_is_told_with_its_games_and_read_as_one_result(recorder, visitor, cup):
    deliver(recorder, game(cup, 1, "ann"), game(cup, 2, "bob"))
    ann, bob = (row.user.profile.public_id for row in cup.participations.order_by("pk"))

    [open_one] = visitor.items("/tournaments/cup/series")
    assert open_one["uncounted_reason"] == "undecided best of 3"
    deliver(recorder, game(cup, 3, "ann"))
    [found] = visitor.items("/tournaments/cup/series")
    assert found == {
        "slug": "cup",
        "game_slug": "valorant",
        "series": "Final",
        "round": "",
        "best_of": 3,
        "sides": [
            {"entrant": {"name": "ann", "public_id": ann}, "games_won": 2, "result": "WIN"},
            {"entrant": {"name": "bob", "public_id": bob}, "games_won": 1, "result": "LOSS"},
        ],
        "games_drawn": 0,
        "games": 3,
        "uncounted_reason": "",
        "started_at": "2025-03-01T19:00:00Z",
        "played_at": "2025-03-01T21:00:00Z",
        "is_time_known": True,
    }

    one = visitor.get("/tournaments/cup/series/Final").json()
    assert one["series"] == found
    assert [each["match_key"] for each in one["items"]] == ["g3", "g2", "g1"]
    assert visitor.get("/matches/valorant/g2").json()["series"] == {"series": found, "number": 2}
    assert [each["series"] for each in visitor.items("/tournaments/cup/matches")] == ["Final"] * 3


def test_a_player_has_one_result_over_its_games(recorder, visitor, cup):
    deliver(recorder, *(game(cup, number, "ann") for number in (1, 2)))
    ann, bob = (row.user.profile.public_id for row in cup.participations.order_by("pk"))

    [line] = visitor.items(f"/players/{ann}/series")
    assert (line["series"], line["result"], line["score"], line["opponent"]) == ("Final", "WIN", "2–0", "bob")
    assert (line["games_played"], line["best_of"], line["opponent_public_id"]) == (2, 3, bob)
    [theirs] = visitor.items(f"/players/{bob}/series?opponent={ann}")
    assert (theirs["result"], theirs["score"]) == ("LOSS", "0–2")
    assert visitor.items(f"/players/{bob}/series?result=WIN") == []

    rows = visitor.get(f"/players/{ann}/stats/series_won/rows").json()
    assert (rows["kind"], rows["adds_up"], rows["evidence"]["value"]) == ("series", True, 1)
    assert rows["items"] == [line]
    rate = visitor.get(f"/players/{ann}/stats/series_win_rate/rows").json()
    assert (rate["evidence"]["rows"], rate["evidence"]["won"]) == (1, 1)
    assert rate["evidence"]["sentence"] == "1 won of 1 series played: 100.00 %."
    [change] = visitor.get(f"/players/{ann}/stats/series_won/history").json()["items"]
    assert change["subject"] == "series Final at Cup, played 1 Mar 2025"


def test_the_number_leaves_out_what_is_not_decided_and_says_so(recorder, visitor, cup):
    deliver(recorder, game(cup, 1, "ann"))
    ann, _ = (row.user.profile.public_id for row in cup.participations.order_by("pk"))

    explained = visitor.get(f"/players/{ann}/stats/series_played/explanation").json()
    assert explained["stat"]["value"] == 0
    assert explained["omitted"] == [
        {
            "subject": "series Final at Cup, played 1 Mar 2025",
            "why": "not counted: undecided best of 3",
        }
    ]


def test_voiding_a_game_by_the_api_is_another_result(recorder, visitor, cup):
    deliver(recorder, *(game(cup, number, "ann") for number in (1, 2)))
    ann, _ = (row.user.profile.public_id for row in cup.participations.order_by("pk"))
    named = {"game": "valorant", "match_key": "g2", "reason": "wrong map"}
    assert recorder.post("/matches/void", named).status_code == 200

    assert visitor.get(f"/players/{ann}/stats/series_won").json()["value"] == 0
    board = visitor.get("/leaderboards/series_won").json()
    assert board["items"] == []
    assert recorder.post("/matches/restore", named).status_code == 200
    assert [each["value"] for each in visitor.get("/leaderboards/series_won").json()["items"]] == [1]


@pytest.mark.parametrize(
    ("fields", "field", "detail"),
    [
        ({"series": ""}, "best_of", "best_of says how long a series is, and none is named"),
        ({"tournament": None, "series": ""}, "best_of", "best_of describes a match of a tournament"),
    ],
)
def test_best_of_needs_a_series(recorder, cup, fields, field, detail):
    [outcome] = deliver(recorder, game(cup, 1, "ann", **fields))["outcomes"]

    assert outcome["status"] == "refused"
    assert (outcome["refusal"]["field"], outcome["refusal"]["pointer"]) == (field, "/matches/0/best_of")
    assert detail in outcome["refusal"]["detail"]


@pytest.mark.parametrize("best_of", [0, 1001, 2.5, "three"])
def test_best_of_is_a_number_of_games(recorder, cup, best_of):
    answer = recorder.post("/matches", {"matches": [game(cup, 1, "ann", best_of=best_of)]})

    assert problem_of(answer)[0] == 422


def test_series_are_read_in_pages(recorder, visitor, cup):
    for number in range(1, 8):
        deliver(recorder, game(cup, number, "ann", series=f"S{number}", best_of=1))

    page = visitor.get("/tournaments/cup/series?limit=3").json()
    assert [each["series"] for each in page["items"]] == ["S7", "S6", "S5"]
    names = [each["series"] for each in visitor.items("/tournaments/cup/series?limit=3")]
    assert names == [f"S{number}" for number in range(7, 0, -1)]
    assert visitor.get("/tournaments/cup/series/Nope").status_code == 404
    assert visitor.get("/tournaments/nope/series").status_code == 404


def test_the_queries_do_not_grow_with_the_series(recorder, visitor, cup, django_assert_num_queries):
    deliver(recorder, game(cup, 1, "ann"))
    with django_assert_num_queries(6):
        visitor.get("/tournaments/cup/series")
    for number in range(2, 8):
        deliver(recorder, game(cup, number, "ann", series=f"S{number}"))
    with django_assert_num_queries(6):
        visitor.get("/tournaments/cup/series")
