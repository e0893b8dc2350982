"""Matches sent over HTTP: each is accepted, unchanged or refused; sending can be repeated; corrections."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deltacrown.accounts.models import AnsweredRequest
from deltacrown.games.models import Match
from deltacrown.tournaments.models import TournamentMatchResult
from django_tally.models import Revision
from tests import scene
from tests.api.calls import problem_of

pytestmark = [pytest.mark.django_db, pytest.mark.both]

PLAYED = "2025-03-01T18:00:00Z"


@pytest.fixture
def people():
    scene.game("rocket")
    return [scene.player(name) for name in ("ann", "bob")]


@pytest.fixture
def server(with_key, player):
    """A game server's key."""
    return with_key(player("server"), "matches:write")


def duel(people, key="d1", results=("WIN", "LOSS"), **fields):
    """A match of two as a server delivers it."""
    lines = [
        {"player": user.profile.public_id, "result": result}
        for user, result in zip(people, results, strict=True)
    ]
    return {"match_key": key, "game": "rocket", "played_at": PLAYED, "players": lines, **fields}


def statuses(answer):
    return [each["status"] for each in answer.json()["outcomes"]]


def test_a_batch_is_taken_match_by_match(server, people, find_all_drift):
    unknown = duel(people, "d3")
    unknown["players"][1]["player"] = "DC-25-999999"
    batch = [
        duel(people),
        duel(people, "d2", ("WIN", "WIN"), played_at="2999-01-01T00:00:00Z"),
        unknown,
        duel(people, "d4", game="chess"),
        duel(people, "d5", tournament="cup"),
    ]
    batch += [
        duel(people),
        duel(people, results=("LOSS", "WIN")),
        duel(people, "d6", round="Final"),
        duel(people, "d7", ("DRAW", "DRAW")),
    ]

    answer = server.post("/matches", {"matches": batch})

    told = answer.json()
    assert (answer.status_code, told["accepted"], told["unchanged"], told["refused"]) == (200, 2, 1, 6)
    assert [
        (each["index"], each["match_key"], each["status"], (each["refusal"] or {}).get("field"))
        for each in told["outcomes"]
    ] == [
        (0, "d1", "accepted", None),
        (1, "d2", "refused", "played_at"),
        (2, "d3", "refused", "player"),
        (3, "d4", "refused", "game"),
        (4, "d5", "refused", "tournament"),
        (5, "d1", "unchanged", None),
        (6, "d1", "refused", "result"),
        (7, "d6", "refused", "round"),
        (8, "d7", "accepted", None),
    ]
    assert told["outcomes"][6]["refusal"]["code"] == "conflict"
    assert [each["refusal"]["pointer"] for each in told["outcomes"] if each["refusal"]] == [
        "/matches/1/played_at",
        "/matches/2/players",
        "/matches/3/game",
        "/matches/4/tournament",
        "/matches/6/players",
        "/matches/7/round",
    ]
    assert sorted(Match.objects.values_list("match_key", "user__username", "result")) == [
        ("d1", "ann", "WIN"),
        ("d1", "bob", "LOSS"),
        ("d7", "ann", "DRAW"),
        ("d7", "bob", "DRAW"),
    ]
    assert find_all_drift() == []


def test_a_delivery_repeated_changes_nothing(server, people):
    first, second = (server.post("/matches", {"matches": [duel(people)]}) for _ in range(2))

    assert (statuses(first), statuses(second)) == (["accepted"], ["unchanged"])
    assert Match.objects.count() == 2


def test_what_the_game_reported_comes_back_as_it_was(server, people):
    match = duel(people)
    match["players"][0] |= {
        "stats": {"kills": 9, "deep": {"list": [1.5, None, True]}},
        "side": "north",
        "score": 3,
    }
    match["players"][1] |= {"side": "south", "score": -1}
    assert statuses(server.post("/matches", {"matches": [match]})) == ["accepted"]

    rows = server.get("/matches/rocket/d1").json()["rows"]

    assert [(row["match"]["side"], row["match"]["score"], row["match"]["stats"]) for row in rows] == [
        ("north", "3", {"kills": 9, "deep": {"list": [1.5, None, True]}}),
        ("south", "-1", {}),
    ]
    assert rows[0]["match"]["played_at"] == PLAYED


def test_a_match_of_a_tournament(server, people):
    event = scene.tournament("cup", title=scene.game("rocket"), status="RUNNING")
    for user in people:
        scene.registration(user, event)

    answer = server.post(
        "/matches",
        {
            "matches": [
                duel(people, tournament="cup", round="Final", map_name="Dust", details={"mode": "x"}),
                duel(people, "d2"),
            ]
        },
    )

    assert statuses(answer) == ["accepted", "accepted"]
    row = TournamentMatchResult.objects.get(user=people[0])
    assert (row.round, row.map_name, row.stats, row.opponent_user) == (
        "Final",
        "Dust",
        {"mode": "x"},
        people[1],
    )
    assert dict(Match.objects.filter(user=people[0]).values_list("match_key", "kind")) == {
        "d1": "TOURNAMENT",
        "d2": "CASUAL",
    }


def test_a_batch_of_many_costs_what_a_batch_of_few_does(server, people):
    def count(name, matches):
        with CaptureQueriesContext(connection) as queries:
            answer = server.post(
                "/matches",
                {"matches": [duel(people, f"{name}{number}", ("LOSS", "WIN")) for number in range(matches)]},
            )
        assert answer.json()["accepted"] == matches
        return len(queries)

    count("warm", 200)

    assert count("many", 200) - count("few", 20) <= 7  # rows go in by the hundred


WRONG = {
    "no matches": ({"matches": []}, "/matches"),
    "too many": ({"matches": [{}] * 1001}, "/matches"),
    "not a list": ({"matches": {}}, "/matches"),
    "nothing": ({}, "/matches"),
    "another field": ({"matches": [], "more": 1}, "/more"),
    "a list": ([], ""),
    "text": ("hello", ""),
    "null": (None, ""),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_body_of_another_shape_is_refused_whole(server, people, name):
    body, pointer = WRONG[name]
    answer = server.call("POST", "/matches", raw=b"null") if body is None else server.post("/matches", body)

    assert problem_of(answer) == (422, "invalid")
    assert pointer in {fault["pointer"] for fault in answer.json()["errors"]}
    assert Match.objects.count() == 0


MISSHAPEN = [
    ("played_at", "2025-03-01 18:00", "played_at"),
    ("played_at", 1740852000, "played_at"),
    ("played_at", "1740852000", "played_at"),
    ("played_at", "2025-02-30T18:00:00Z", "played_at"),
    ("played_at", None, "played_at"),
    ("match_key", "", "match_key"),
    ("match_key", "x" * 101, "match_key"),
    ("match_key", 7, "match_key"),
    ("game", None, "game"),
    ("players", [], "players"),
    ("players", "ann", "players"),
    ("id", 7, "id"),
]


@pytest.mark.parametrize(("field", "value", "named"), MISSHAPEN)
def test_a_misshapen_match_is_pointed_to_and_nothing_is_recorded(server, people, field, value, named):
    answer = server.post(
        "/matches",
        {
            "matches": [
                duel(people),
                duel(people, "d2", **{field: value})
                if field != "match_key"
                else {**duel(people), field: value},
            ]
        },
    )

    assert problem_of(answer) == (422, "invalid")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [f"/matches/1/{named}"]
    assert Match.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("result", "WON"),
        ("result", "win"),
        ("score", 2.5),
        ("score", "s" * 101),
        ("score", True),
        ("stats", []),
        ("side", 3),
    ],
)
def test_a_misshapen_line_is_pointed_to(server, people, field, value):
    match = duel(people)
    match["players"][1][field] = value

    answer = server.post("/matches", {"matches": [match]})

    assert [fault["pointer"] for fault in answer.json()["errors"]] == [f"/matches/0/players/1/{field}"]


def test_a_request_with_an_idempotency_key_is_carried_out_once(server, people):
    body = {"matches": [duel(people)]}
    first = server.post("/matches", body, Idempotency_Key="delivery-1")
    again = server.post("/matches", body, Idempotency_Key="delivery-1")
    other = server.post("/matches", {"matches": [duel(people, "d2")]}, Idempotency_Key="delivery-1")

    assert (first["Idempotency-Replayed"], again["Idempotency-Replayed"]) == ("false", "true")
    assert first.json() == again.json()
    assert statuses(again) == ["accepted"]
    assert problem_of(other) == (422, "idempotency-key-reused")
    assert Match.objects.count() == 2


def test_an_idempotency_key_is_its_callers_own(server, with_key, people):
    body = {"matches": [duel(people)]}
    server.post("/matches", body, Idempotency_Key="delivery-1")

    other = with_key(people[0], "matches:write")
    answer = other.post("/matches", body, Idempotency_Key="delivery-1")
    assert answer["Idempotency-Replayed"] == "false"


def test_a_refused_request_leaves_its_idempotency_key_free(server, people):
    assert server.post("/matches", {}, Idempotency_Key="k").status_code == 422
    assert AnsweredRequest.objects.count() == 0
    assert server.post("/matches", {"matches": [duel(people)]}, Idempotency_Key="k").status_code == 200


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\u00e9"])
def test_an_impossible_idempotency_key_is_refused(server, people, key):
    assert problem_of(server.post("/matches", {"matches": [duel(people)]}, Idempotency_Key=key)) == (
        422,
        "invalid",
    )
    assert Match.objects.count() == 0


def test_one_line_is_voided_and_restored(server, people, find_all_drift):
    server.post("/matches", {"matches": [duel(people)]})
    bob = people[1].profile.public_id
    name = {"game": "rocket", "match_key": "d1", "player": bob, "reason": "Ineligible."}

    voided = server.post("/matches/void", name).json()
    assert (voided["voided"], voided["voided_at"], voided["void_reason"]) == ({bob: "Ineligible."}, None, "")
    assert server.post("/matches/restore", name).json()["voided"] == {}
    stranger = scene.player("cat").profile.public_id
    refused = server.post("/matches/void", {**name, "player": stranger})
    assert refused.status_code == 404
    assert "has no line in match" in refused.json()["detail"]
    assert find_all_drift() == []


def test_all_that_a_line_says_is_corrected_and_what_is_odd_is_told(server, people, find_all_drift):
    server.post("/matches", {"matches": [duel(people)]})
    ann, bob = (user.profile.public_id for user in people)

    told = server.post(
        "/matches/correct",
        {
            "game": "rocket",
            "match_key": "d1",
            "reason": "as it was",
            "results": {ann: "LOSS"},
            "placements": {ann: 2, bob: 3},
            "ended_by": {bob: "RETIRED"},
            "uncounted": {bob: "a friendly"},
            "played_at": "2025-03-01T00:00:00Z",
            "is_time_known": False,
            "sequence": 4,
        },
    ).json()

    assert (told["results"], told["warnings"]) == ({ann: "LOSS", bob: "LOSS"}, [])
    rows = Match.objects.order_by("user__username")
    assert list(
        rows.values_list("placement", "ended_by", "uncounted_reason", "sequence", "is_time_known")
    ) == [
        (2, "PLAY", "", 4, False),
        (3, "RETIRED", "a friendly", 4, False),
    ]
    name = {"game": "rocket", "match_key": "d1", "reason": "no order"}
    told = server.post("/matches/correct", {**name, "sequence": None, "placements": {ann: None}}).json()
    assert told["warnings"] == ["Every side lost."]
    assert set(Match.objects.values_list("sequence", flat=True)) == {None}
    assert find_all_drift() == []


def test_a_void_match_is_recorded_anew_by_order(server, people, find_all_drift):
    server.post("/matches", {"matches": [duel(people)]})
    server.post("/matches/void", {"game": "rocket", "match_key": "d1", "reason": "wrong file"})
    right = duel(people, results=("LOSS", "WIN"))

    assert statuses(server.post("/matches", {"matches": [right]})) == ["refused"]
    assert statuses(server.post("/matches", {"matches": [{**right, "replaces_void": True}]})) == ["accepted"]
    assert statuses(server.post("/matches", {"matches": [right]})) == ["unchanged"]
    assert not Match.objects.filter(voided_at__isnull=False).exists()
    assert find_all_drift() == []


def test_void_restore_and_correct(server, people, find_all_drift):
    ann, bob = (user.profile.public_id for user in people)
    server.post("/matches", {"matches": [duel(people)]})
    name = {"game": "rocket", "match_key": "d1"}

    corrected = server.post(
        "/matches/correct",
        {**name, "results": {ann: "LOSS", bob: "WIN"}, "scores": {bob: 4}, "reason": "Typo."},
    ).json()
    voided = server.post("/matches/void", {**name, "reason": "Cheating."}).json()
    refused = server.post("/matches/correct", {**name, "results": {ann: "WIN"}, "reason": "No."})
    restored = server.post("/matches/restore", {**name, "reason": "Wrong."}).json()

    assert (corrected["results"], corrected["scores"]) == ({ann: "LOSS", bob: "WIN"}, {ann: "", bob: "4"})
    assert (voided["void_reason"], voided["voided_at"] is None) == ("Cheating.", False)
    assert problem_of(refused) == (409, "conflict")
    assert (restored["void_reason"], restored["voided_at"]) == ("", None)
    assert set(Revision.objects.values_list("actor", "reason")) == {
        ("server", "Typo."),
        ("server", "Cheating."),
        ("server", "Wrong."),
    }
    assert find_all_drift() == []


@pytest.mark.parametrize(
    ("path", "change", "expected"),
    [
        ("/matches/void", {"match_key": "none"}, (404, "not-found")),
        ("/matches/void", {"game": "none"}, (422, "invalid")),
        ("/matches/void", {"reason": " "}, (422, "invalid")),
        ("/matches/correct", {"results": {}}, (422, "invalid")),
        ("/matches/correct", {"results": {"DC-25-999999": "WIN"}}, (422, "invalid")),
    ],
)
def test_what_cannot_be_put_right_is_refused(server, people, path, change, expected):
    server.post("/matches", {"matches": [duel(people)]})
    body = {
        "game": "rocket",
        "match_key": "d1",
        "reason": "x",
        **({"results": {}} if "correct" in path else {}),
        **change,
    }

    assert problem_of(server.post(path, body)) == expected


def test_all_that_a_match_says_is_corrected(server, people, find_all_drift):
    ann, bob = (user.profile.public_id for user in people)
    cat = scene.player("cat")
    right = {
        "match_key": "m1",
        "game": "rocket",
        "played_at": "2025-04-01T10:00:00Z",
        "players": [
            {"player": cat.profile.public_id, "result": "LOSS", "side": "red", "stats": {"kills": 2}},
            {"player": bob, "result": "WIN", "side": "blue", "score": 3},
        ],
    }
    wrong = {
        **right,
        "played_at": "2025-04-02T10:00:00Z",
        "players": [{"player": ann, "result": "WIN"}, {"player": bob, "result": "LOSS"}],
    }
    server.post("/matches", {"matches": [wrong]})
    refused = server.post("/matches", {"matches": [right]}).json()["outcomes"][0]

    corrected = server.post(
        "/matches/correct",
        {
            "game": "rocket",
            "match_key": "m1",
            "reason": "Somebody else's account.",
            "played_at": right["played_at"],
            "results": {ann: "LOSS", bob: "WIN"},
            "scores": {bob: 3},
            "sides": {ann: "red", bob: "blue"},
            "stats": {ann: {"kills": 2}},
            "moved": {ann: cat.profile.public_id},
        },
    )

    assert "use correct_match" in refused["refusal"]["detail"]
    assert corrected.json()["results"] == {cat.profile.public_id: "LOSS", bob: "WIN"}
    assert server.post("/matches", {"matches": [right]}).json()["unchanged"] == 1
    assert find_all_drift() == []


def test_players_of_a_match_are_added_and_taken_out(server, people):
    ann, bob = (user.profile.public_id for user in people)
    cat = scene.player("cat").profile.public_id
    name = {"game": "rocket", "match_key": "m1", "reason": "x"}
    players = [{"player": ann, "result": "WIN"}, {"player": bob, "result": "LOSS"}]
    match = {"match_key": "m1", "game": "rocket", "played_at": "2025-04-02T10:00:00Z", "players": players}
    server.post("/matches", {"matches": [match]})

    added = server.post("/matches/correct", {**name, "added": [{"player": cat, "result": "LOSS"}]})
    removed = server.post("/matches/correct", {**name, "removed": [bob]})
    twice = server.post("/matches/correct", {**name, "added": [{"player": cat, "result": "LOSS"}]})
    unknown = server.post("/matches/correct", {**name, "moved": {cat: "DC-25-999999"}})

    assert added.json()["results"] == {ann: "WIN", bob: "LOSS", cat: "LOSS"}
    assert removed.json()["results"] == {ann: "WIN", cat: "LOSS"}
    assert [problem_of(answer) for answer in (twice, unknown)] == [(422, "invalid")] * 2
    assert unknown.json()["errors"][0]["field"] == "moved"


def test_a_change_is_answered_with_the_lines_that_its_maker_may_see(server, people):
    ann, bob = people
    for user, result in ((ann, "WIN"), (bob, "LOSS")):
        scene.match(user, "seen", result, title=scene.game("valorant"))
    scene.hide(bob, matches=True)
    named = {"game": "valorant", "match_key": "seen", "reason": "Lag."}
    for step, voided in (("void", [ann]), ("restore", [])):
        told = server.post(f"/matches/{step}", named).json()
        keys = [each.profile.public_id for each in voided]
        assert (told["leaves_out"], list(told["lines"])) == (True, [ann.profile.public_id])
        assert (list(told["voided"]), list(told["results"])) == (keys, list(told["lines"]))
    told = server.post("/matches/correct", {**named, "results": {bob.profile.public_id: "WIN"}}).json()
    assert (told["leaves_out"], told["warnings"], list(told["results"].values())) == (True, [], ["WIN"])
    scene.hide(ann, matches=True)
    told = server.post("/matches/void", named).json()
    nothing = {name: told[name] for name in ("lines", "kind", "played_at", "sequence", "void_reason")}
    assert nothing == {"lines": {}, "kind": None, "played_at": None, "sequence": None, "void_reason": ""}
