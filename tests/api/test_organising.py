"""Tournaments over HTTP from the draft to the results, and who may do what about them."""

from __future__ import annotations

from itertools import product

import pytest

from deltacrown.tournaments.models import EntryChange, Tournament, TournamentResult
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


@pytest.mark.parametrize("rule", [True, False, None])
def test_a_tournament_has_a_rule_for_forfeits(org, visitor, people, rule):
    created = org.post("/tournaments", {**CUP, "counts_forfeits": rule}).json()
    org.post("/tournaments/cup/open")

    assert (created["counts_forfeits"], visitor.get("/tournaments/cup").json()["counts_forfeits"]) == (
        rule,
        rule,
    )


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


@pytest.fixture
def league(org, signed_in, people):
    """A team event with ann and bob on the roster of North; bob has left the team since, cat has joined."""
    ann, bob, cat = people
    squad = scene.team("north")
    scene.member(ann, squad)
    left = scene.member(bob, squad)
    org.post("/tournaments", {**CUP, "entrant_kind": "TEAM"})
    org.post("/tournaments/cup/open")
    org.post("/tournaments/cup/entrants", {"team": "north", "roster": ids([ann, bob])})
    left.left_at = scene.at(1)
    left.save(update_fields=["left_at"])
    scene.member(cat, squad, hours=2)
    return {name: signed_in(user) for name, user in zip(("ann", "bob", "cat"), people, strict=True)}


@pytest.mark.parametrize("step", ["check-in", "take-back-check-in", "withdraw", "take-back-withdrawal"])
def test_the_registered_roster_speaks_for_a_team(league, step):
    assert problem_of(league["cat"].post(f"/tournaments/cup/{step}", {"team": "north"})) == (403, "forbidden")
    for name in ("bob", "ann"):
        answer = league[name].post(f"/tournaments/cup/{step}", {"team": "north"})
        assert answer.status_code == 200, answer.json()


def test_a_withdrawal_is_taken_back_by_the_organiser_once_it_runs(org, league):
    other = scene.team("south")
    scene.member(scene.player("dan"), other)
    org.post("/tournaments/cup/entrants", {"team": "south"})
    org.post("/tournaments/cup/start")
    withdrawn = league["bob"].post("/tournaments/cup/withdraw", {"team": "north"}).json()

    back = "/tournaments/cup/take-back-withdrawal"
    refused = league["bob"].post(back, {"team": "north"})
    answer = org.post(back, {"team": "north"})

    assert {line["status"] for line in withdrawn} == {"WITHDRAWN"}
    assert problem_of(refused) == (403, "forbidden")
    assert {(line["player"]["name"], line["status"]) for line in answer.json()} == {
        ("ann", "REGISTERED"),
        ("bob", "REGISTERED"),
    }
    standings = {"standings": [{"team": "north", "placement": 1}]}
    assert org.post("/tournaments/cup/complete", standings).status_code == 200


def test_another_roster_is_made_by_changing_it(org, league, people):
    """Also in a running tournament; a team is never advised to withdraw, where there is no way back."""
    body = {"team": "north", "roster": ids(people[:1])}
    while_open = org.post("/tournaments/cup/entrants", body)
    org.post("/tournaments/cup/start")
    running = org.post("/tournaments/cup/entrants", body)

    for refused in (while_open, running):
        assert problem_of(refused) == (409, "conflict")
        assert "use change_roster" in refused.json()["detail"]
    change = {"team": "north", "remove": ids(people[1:2]), "reason": "ill"}
    changed = org.post("/tournaments/cup/roster", change).json()
    assert [line["player"]["name"] for line in changed["roster"]] == ["ann"]
    assert org.post("/tournaments/cup/entrants", body).status_code == 200


def test_a_roster_as_everybody_sees_it(org, visitor, league, people):
    ann, bob, cat = ids(people)
    org.post("/tournaments/cup/start")
    body = {"team": "north", "replace": [{"player": bob, "substitute": cat}], "reason": "ill"}
    answer = org.post("/tournaments/cup/roster", body).json()

    today = EntryChange.objects.latest("pk").happened_at.date().isoformat()
    assert answer["warnings"] == []
    assert [(line["player"]["public_id"], line["joined_on"]) for line in answer["roster"]] == [
        (ann, None),
        (cat, today),
    ]
    lines = visitor.items("/tournaments/cup/entrants")
    assert {
        line["player"]["public_id"]: (line["status"], line["joined_on"], line["left_on"]) for line in lines
    } == {
        ann: ("REGISTERED", None, None),
        bob: ("WITHDRAWN", None, today),
        cat: ("REGISTERED", today, None),
    }


def test_the_log_of_a_tournament_is_read_page_by_page(org, signed_in, visitor, league, people):
    cat = ids(people)[2]
    organiser = scene.User.objects.get(username="org")
    at = "2025-06-01T12:00:00Z"
    org.post("/tournaments/cup/start")
    for add, remove in (([cat], []), ([], [cat])):
        org.post("/tournaments/cup/roster", {"team": "north", "add": add, "remove": remove, "reason": "x"})
    refused = org.post("/tournaments/cup/roster", {"team": "north", "add": [cat], "at": at, "reason": "x"})

    assert (problem_of(refused), refused.json()["errors"][0]["field"]) == ((422, "invalid"), "at")
    reader = signed_in(organiser)
    steps = [
        (line["kind"], line["player"] and line["player"]["public_id"], line["decided_by"]["public_id"])
        for line in reader.items("/tournaments/cup/changes?limit=1")
    ]
    by = organiser.profile.public_id
    assert steps == [("LEFT", cat, by), ("JOINED", cat, by), ("ENTERED", None, by)]
    told = league["cat"].items("/tournaments/cup/changes")
    assert [(line["kind"], line["decided_by"], line["reason"]) for line in told] == [
        ("LEFT", None, "x"),
        ("JOINED", None, "x"),
        ("ENTERED", None, ""),
    ]
    assert [line["kind"] for line in league["ann"].items("/tournaments/cup/changes")] == ["ENTERED"]
    assert problem_of(visitor.get("/tournaments/cup/changes")) == (401, "unauthenticated")


def test_disqualified_and_let_in_again(org, visitor, people, find_all_drift):
    ann, bob, cat = ids(people)
    org.post("/tournaments", CUP)
    org.post("/tournaments/cup/open")
    for player in (ann, bob, cat):
        org.post("/tournaments/cup/entrants", {"player": player})
    org.post("/tournaments/cup/start")
    standings = [
        {"player": player, "placement": place, "prize": prize}
        for player, place, prize in ((ann, 1, 500), (bob, 2, 250), (cat, 3, 0))
    ]
    org.post("/tournaments/cup/complete", {"standings": standings})
    published = visitor.get("/tournaments/cup/results").json()

    out = org.post("/tournaments/cup/disqualify", {"player": ann, "reason": "A wall hack."})
    history = visitor.get(f"/players/{bob}/stats/tournaments_won/history?order=known").json()["items"]
    back = org.post("/tournaments/cup/lift-disqualification", {"player": ann, "reason": "A driver bug."})

    assert out.json()["warnings"] == [
        "The prize of 500.00 that ann had is nobody's now; give it away with correct_result."
    ]
    assert back.json()["warnings"] == []
    assert [(line["what"], line["reason"]) for line in history] == [
        ("placement moved from 2 to 1", "moved up: ann was disqualified")
    ]
    assert visitor.get("/tournaments/cup/results").json() == published
    assert visitor.get(f"/players/{ann}/stats/tournaments_won").json()["value"] == 1
    assert visitor.get(f"/players/{bob}/stats/tournaments_won").json()["value"] == 0
    for player in (bob, cat):
        for stat, order in product(("tournaments_won", "average_placement"), ("happened", "known")):
            told = visitor.get(f"/players/{player}/stats/{stat}/history?order={order}").content.decode()
            assert "wall hack" not in told
            assert "driver bug" not in told
    assert find_all_drift() == []


def test_what_is_odd_about_a_correction_is_said(org, people):
    ann, bob, _ = ids(people)
    org.post("/tournaments", CUP)
    org.post("/tournaments/cup/open")
    for player in (ann, bob):
        org.post("/tournaments/cup/entrants", {"player": player})
    org.post("/tournaments/cup/start")
    standings = [{"player": ann, "placement": 1, "prize": 10}, {"player": bob, "placement": 2}]
    org.post("/tournaments/cup/complete", {"standings": standings})

    correct = "/tournaments/cup/correct-result"
    tie = org.post(correct, {"player": bob, "placement": 1, "reason": "x"}).json()
    gap = org.post(correct, {"player": bob, "placement": 3, "prize": 20, "reason": "x"}).json()
    sound = org.post(correct, {"player": bob, "placement": 2, "prize": 5, "reason": "x"}).json()

    assert tie["warnings"] == ["bob shares placement 1 with ann now."]
    assert gap["warnings"] == [
        "Nobody is placed 2; the next placement is 3.",
        "bob, placed 3, has a larger prize (20.00) than ann, placed 1 (10.00).",
    ]
    assert sound["warnings"] == []


def test_who_is_registered_and_who_played_are_told_apart(org, visitor, people):
    org.post("/tournaments", CUP)
    org.post("/tournaments/cup/open")
    four = [*people, scene.player("dan")]
    for player in ids(four):
        org.post("/tournaments/cup/entrants", {"player": player})
    org.post("/tournaments/cup/withdraw", {"player": ids(four)[3]})
    event = Tournament.objects.get()
    for user, result in zip(four[:2], ("WIN", "LOSS"), strict=True):
        row = scene.match(user, "m1", result, title=event.game, kind="TOURNAMENT")
        scene.tournament_match(row, event)

    [line] = visitor.get("/tournaments").json()["items"]
    page = visitor.get("/tournaments/cup").json()

    assert line["registered"] == page["registered"] == 3
    assert page["summary"]["players"] == 2
    assert "players" not in line


def test_a_tournament_is_annulled_restored_and_completed_again(org, visitor, client, people, find_all_drift):
    ann, bob = ids(people)[:2]
    title = {"slug": "cup", "name": "Cup", "game": "rocket", "starts_at": "2025-03-01T18:00:00Z"}
    org.post("/tournaments", title)
    org.post("/tournaments/cup/open", {})
    for player in (ann, bob):
        org.post("/tournaments/cup/entrants", {"player": player})
    org.post("/tournaments/cup/start", {})
    first = {"standings": [{"player": ann, "placement": 1}, {"player": bob, "placement": 2}]}
    org.post("/tournaments/cup/complete", first)

    annulled = org.post("/tournaments/cup/annul", {"reason": "match fixing"}).json()
    assert (annulled["status"], annulled["decision"]["reason"]) == ("ANNULLED", "match fixing")
    line = visitor.get("/tournaments/cup/results").json()["items"][0]
    assert (line["placement"], line["uncounted_reason"]) == (1, "annulled: match fixing")
    assert [each["slug"] for each in visitor.get("/tournaments?status=ANNULLED").json()["items"]] == ["cup"]
    assert visitor.get("/tournaments").json()["items"][0]["winners"] == []
    assert visitor.get(f"/players/{ann}/stats/tournaments_won").json()["value"] == 0
    entry = visitor.get(f"/players/{ann}/tournaments").json()["items"][0]
    assert (entry["status"], entry["uncounted_reason"]) == ("ANNULLED", "annulled: match fixing")
    page = client.get("/tournaments/cup/").content.decode()
    assert "match fixing Its results count nowhere." in page
    assert "<s>1st</s>" in page

    lifted = org.post("/tournaments/cup/lift-annulment", {"reason": "acquitted"}).json()
    assert (lifted["status"], lifted["decision"]) == ("COMPLETED", None)
    assert visitor.get(f"/players/{ann}/stats/tournaments_won").json()["value"] == 1

    assert (
        org.post("/tournaments/cup/reopen", {"reason": "a replay"}).json()["decision"]["kind"] == "REOPENED"
    )
    again = {"standings": [{"player": bob, "placement": 1}, {"player": ann, "placement": 2}]}
    assert org.post("/tournaments/cup/complete", again).json()["status"] == "COMPLETED"
    assert visitor.get(f"/players/{bob}/stats/tournaments_won").json()["value"] == 1
    assert find_all_drift() == []
