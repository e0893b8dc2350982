"""Tournaments over HTTP from the draft to the results, and who may do what about them."""

from __future__ import annotations

import pytest

from deltacrown.tournaments.models import Tournament, TournamentResult
from tests import scene
from tests.api.calls import problem_of

pytestmark = pytest.mark.django_db

CUP = {"slug": "cup", "name": "Cup", "game": "rocket", "starts_at": "2025-06-01T12:00:00Z"}


@pytest.fixture
def org(with_key):
    """An organiser's key."""
    scene.game("rocket")
    return with_key(scene.player("org"), "tournaments:write")


@pytest.fixture
def people():
    return [scene.player(name) for name in ("ann", "bob", "cat")]


def ids(people):
    return [user.profile.public_id for user in people]


def test_a_solo_event_from_draft_to_results(org, visitor, people, find_all_drift):
    ann, bob, cat = ids(people)
    created = org.post("/tournaments", CUP)
    states = [created.json()["status"], org.post("/tournaments/cup/open").json()["status"]]
    for player in (ann, bob, cat):
        assert org.post("/tournaments/cup/entrants", {"player": player}).json()[0]["status"] == "REGISTERED"
    assert org.post("/tournaments/cup/check-in", {"player": ann}).json()[0]["status"] == "CHECKED_IN"
    assert org.post("/tournaments/cup/withdraw", {"player": cat}).json()[0]["status"] == "WITHDRAWN"
    states.append(org.post("/tournaments/cup/start").json()["status"])
    standings = {
        "standings": [
            {"player": ann, "placement": 1, "prize": 500},
            {"player": bob, "placement": 2, "prize": 250.5},
        ]
    }
    states += [org.post("/tournaments/cup/complete", standings).json()["status"] for _ in range(2)]

    assert created.status_code == 201
    assert created.json()["organiser"] == scene.User.objects.get(username="org").profile.public_id
    assert states == ["DRAFT", "OPEN", "RUNNING", "COMPLETED", "COMPLETED"]
    results = visitor.get("/tournaments/cup/results").json()["items"]
    assert [(line["entrant"]["name"], line["placement"], line["prize_amount"]) for line in results] == [
        ("ann", 1, 500.0),
        ("bob", 2, 250.5),
    ]
    org.post("/tournaments/cup/correct-result", {"player": bob, "placement": 1, "reason": "A tie."})
    org.post("/tournaments/cup/disqualify", {"player": ann, "reason": "Cheating."})
    assert set(TournamentResult.objects.values_list("user__username", "placement")) == {
        ("ann", None),
        ("bob", 1),
    }
    assert visitor.get(f"/players/{bob}/stats/tournaments_won").json()["value"] == 1
    assert find_all_drift() == []


def test_a_team_event(org, signed_in, people):
    squad = scene.team("north")
    for user in people[:2]:
        scene.member(user, squad)
    org.post("/tournaments", {**CUP, "entrant_kind": "TEAM"})
    org.post("/tournaments/cup/open")

    entered = signed_in(people[0]).post("/tournaments/cup/entrants", {"team": "north"})
    stranger = signed_in(people[2]).post("/tournaments/cup/entrants", {"team": "north"})
    smuggled = signed_in(people[0]).post(
        "/tournaments/cup/entrants", {"team": "north", "roster": ids(people)}
    )
    alone = signed_in(people[2]).post("/tournaments/cup/entrants", {})

    assert {(line["player"]["name"], line["team"]) for line in entered.json()} == {
        ("ann", "North"),
        ("bob", "North"),
    }
    assert problem_of(stranger) == problem_of(smuggled) == (403, "forbidden")
    assert problem_of(alone) == (422, "invalid")
    org.post("/tournaments/cup/start")
    org.post("/tournaments/cup/complete", {"standings": [{"team": "north", "placement": 1, "prize": 100}]})
    assert sorted(
        str(prize) for prize in TournamentResult.objects.values_list("prize_amount", flat=True)
    ) == ["100.00", "50.00", "50.00"]


def test_players_speak_for_themselves(org, signed_in, people):
    org.post("/tournaments", CUP)
    org.post("/tournaments/cup/open")
    ann, bob = (signed_in(user) for user in people[:2])

    assert ann.post("/tournaments/cup/entrants", {}).json()[0]["player"]["name"] == "ann"
    assert problem_of(bob.post("/tournaments/cup/withdraw", {"player": ids(people)[0]})) == (403, "forbidden")
    assert ann.post("/tournaments/cup/withdraw", {}).json()[0]["status"] == "WITHDRAWN"
    assert problem_of(bob.post("/tournaments/cup/check-in", {})) == (404, "not-found")


STEPS = {
    "open": {},
    "start": {},
    "cancel": {"reason": "x"},
    "complete": {"standings": []},
    "correct-result": {"player": "DC-25-000001", "placement": 1, "reason": "x"},
    "disqualify": {"player": "DC-25-000001", "reason": "x"},
}


@pytest.mark.parametrize("step", STEPS)
def test_nobody_runs_the_tournament_of_another(org, with_key, signed_in, people, step):
    org.post("/tournaments", CUP)
    org.post("/tournaments/cup/open")
    others = [with_key(people[0], "tournaments:write", "matches:write", "read"), signed_in(people[0])]

    assert [problem_of(api.post(f"/tournaments/cup/{step}", STEPS[step])) for api in others] == [
        (403, "forbidden")
    ] * 2
    assert Tournament.objects.get().status == "OPEN"


def test_a_draft_of_another_is_not_there(org, signed_in, people):
    org.post("/tournaments", CUP)

    assert problem_of(signed_in(people[0]).post("/tournaments/cup/open")) == (404, "not-found")
    boss = scene.player("boss", is_staff=True)
    opened = signed_in(boss).post("/tournaments/cup/open").json()
    assert opened["status"] == "OPEN"


def test_a_tournament_is_created_once(org):
    first, again = (org.post("/tournaments", CUP, Idempotency_Key="k") for _ in range(2))

    assert (first.status_code, again.status_code, again["Idempotency-Replayed"]) == (201, 201, "true")
    assert first.json() == again.json()
    assert problem_of(org.post("/tournaments", CUP)) == (409, "conflict")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"slug": "a b"}, "slug"),
        ({"slug": ""}, "slug"),
        ({"game": "none"}, "game"),
        ({"ends_at": "2025-05-01T12:00:00Z"}, "ends_at"),
        ({"capacity": 0}, "capacity"),
        ({"entrant_kind": "PAIR"}, "entrant_kind"),
        ({"name": "a\u0000b"}, ""),
        ({"status": "OPEN"}, "status"),
    ],
)
def test_what_cannot_be_is_pointed_to(org, change, field):
    answer = org.post("/tournaments", {**CUP, **change})

    assert problem_of(answer) == (422, "invalid")
    assert [fault["field"] for fault in answer.json()["errors"]] == ([field] if field else [])
    assert not field or answer.json()["errors"][0]["pointer"] == f"/{field}"
    assert Tournament.objects.count() == 0


def test_steps_out_of_order_are_conflicts(org, people):
    org.post("/tournaments", CUP)

    assert problem_of(org.post("/tournaments/cup/start")) == (409, "conflict")
    assert problem_of(org.post("/tournaments/cup/complete", {"standings": []})) == (409, "conflict")
    org.post("/tournaments/cup/cancel", {"reason": "Rain."})
    assert problem_of(org.post("/tournaments/cup/open")) == (409, "conflict")
    assert problem_of(org.post("/tournaments/none/open")) == (404, "not-found")
