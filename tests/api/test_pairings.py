"""Pairings through the API: a cup that both sides report, what each is told, and what the organiser rules."""

from __future__ import annotations

from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deltacrown.core.clock import now
from deltacrown.games.models import Match
from deltacrown.tournaments.models import Pairing
from deltacrown.tournaments.services import add_organiser, pairings
from deltacrown.user_profile.people.standings import suspend_player
from tests import scene
from tests.api.calls import problem_of, signed_in, visitor, with_key

pytestmark = [pytest.mark.django_db, pytest.mark.both]

WON = {"games": [{"winner": 1, "first_score": "13", "second_score": "9"}]}
LOST = {"games": [{"winner": 2}]}


@pytest.fixture
def cup():
    """A running solo cup of four, drawn by its organiser."""
    event = scene.tournament("cup", status="RUNNING", organiser=scene.player("host"))
    people = [scene.player(name) for name in ("ann", "bob", "cat", "dan")]
    for place, each in enumerate(people):
        scene.registration(each, event, hours=place)
    pairings.set_seeds(tournament=event, order=people)
    pairings.draw_bracket(tournament=event, third_place=False)
    return event


def program(name, *scopes):
    return with_key(scene.User.objects.get(username=name), *(scopes or ("read", "tournaments:write")))


def listed(caller):
    return caller.items("/tournaments/cup/pairings?limit=2")


def names(told):
    return [(each["first"] or {}).get("name") for each in told], [
        (each["second"] or {}).get("name") for each in told
    ]


def address(told, step):
    return f"/tournaments/cup/pairings/{told['handle']}/{step}"


def test_both_sides_report_alike_and_the_winner_moves_on(cup):
    host, ann, dan = (program(name) for name in ("host", "ann", "dan"))
    assert names(listed(host)) == (["ann", "bob", None], ["dan", "cat", None])
    [semi] = listed(ann)
    assert (semi["state"], semi["reports_for"], semi["outcome"]) == ("READY", 1, None)
    assert semi["second"]["public_id"] == scene.User.objects.get(username="dan").profile.public_id

    told = ann.post(address(semi, "report"), WON).json()
    assert told["state"] == "REPORTED"
    assert told["first_report"] == {"winner": 1, "no_show": None, "games": WON["games"]}
    assert ann.post(address(semi, "report"), WON).json() == told
    assert Pairing.objects.get(number=semi["number"], tournament=cup).reports.count() == 1
    assert Match.objects.count() == 0

    # Dan reports no score: what Ann wrote counts.
    told = dan.post(address(listed(dan)[0], "report"), {"games": [{"winner": 1}]}).json()
    assert told["state"] == "CONFIRMED"
    assert told["outcome"] == {"winner": 1, "no_show": None, "games": WON["games"]}
    assert sorted(Match.objects.values_list("user__username", "result", "score")) == [
        ("ann", "WIN", "13"),
        ("dan", "LOSS", "9"),
    ]
    assert [each["round"] for each in listed(ann)] == ["Semi-final", "Final"]
    assert [each["state"] for each in listed(dan)] == ["CONFIRMED"]


def test_a_side_is_told_what_the_other_reports_once_it_has_reported_itself(cup):
    host, ann, dan = (program(name) for name in ("host", "ann", "dan"))
    [semi] = listed(ann)
    ann.post(address(semi, "report"), WON)

    [shown] = listed(dan)
    assert (shown["first_report"], shown["second_report"]) == (None, None)
    told = dan.post(address(semi, "report"), LOST).json()
    assert told["state"] == "DIFFERING"
    assert (told["first_report"]["winner"], told["second_report"]["winner"]) == (1, 2)
    shown = listed(host)[0]
    assert (shown["first_report"]["winner"], shown["second_report"]["winner"]) == (1, 2)
    assert shown["reports_for"] is None


def test_the_organiser_rules_and_takes_back(cup):
    host, ann = program("host"), program("ann")
    [semi] = listed(ann)
    ann.post(address(semi, "report"), WON)

    refused = host.post(address(semi, "rule"), {**LOST, "reason": ""})
    assert problem_of(refused) == (422, "invalid")
    assert [each["pointer"] for each in refused.json()["errors"]] == ["/reason"]
    ruled = host.post(address(semi, "rule"), {"no_show": 1, "reason": "Ann left."}).json()
    assert (ruled["state"], ruled["outcome"]) == ("CONFIRMED", {"winner": 2, "no_show": 1, "games": []})
    assert host.post(address(semi, "rule"), {"no_show": 1, "reason": "Ann left."}).json() == ruled
    assert problem_of(host.post(address(semi, "rule"), {**WON, "reason": "x"})) == (409, "conflict")
    assert problem_of(ann.post(address(semi, "report"), WON)) == (409, "conflict")

    key = {"Idempotency_Key": "back"}
    taken = host.post(address(semi, "take-back"), {"reason": "She came."}, **key)
    assert taken.json()["state"] == "READY"
    assert host.post(address(semi, "rule"), WON).json()["state"] == "CONFIRMED"
    # Sent again, it does not take back what was ruled since.
    again = host.post(address(semi, "take-back"), {"reason": "She came."}, **key)
    assert (again.json(), again["Idempotency-Replayed"]) == (taken.json(), "true")
    assert listed(host)[0]["state"] == "CONFIRMED"
    assert Match.objects.filter(voided_at=None).count() == 2


def test_others_are_told_as_of_a_cup_without_pairings(cup):
    bystander = with_key(scene.player("eve"), "read", "tournaments:write")
    handle = listed(program("ann"))[0]["handle"]
    plain = scene.tournament("plain", status="RUNNING")

    told, nothing = (bystander.get(f"/tournaments/{slug}/pairings").json() for slug in ("cup", plain.slug))
    assert told == nothing == {"items": [], "next_page": None}
    refusals = [bystander.post(f"/tournaments/cup/pairings/{each}/report", WON) for each in (handle, "none")]
    assert {problem_of(each) for each in refusals} == {(404, "not-found")}
    assert refusals[0].json() == refusals[1].json()
    # Bob is in the cup, and not in this pairing.
    assert program("bob").post(f"/tournaments/cup/pairings/{handle}/report", WON).status_code == 404
    assert problem_of(visitor().get("/tournaments/cup/pairings")) == (401, "unauthenticated")


def test_a_report_that_decides_nothing_says_which_game(cup):
    ann = program("ann")
    [semi] = listed(ann)
    for body, pointer in (
        ({"games": []}, "/games"),
        ({"games": [{"winner": 0}]}, "/games"),
        ({"games": [{"winner": 2, "first_score": "5", "second_score": "3"}]}, "/games"),
        ({"games": [{"winner": 3}]}, "/games/0/winner"),
        ({"games": [{"winner": 1}], "no_show": 3}, "/no_show"),
    ):
        refused = ann.post(address(semi, "report"), body)
        assert problem_of(refused) == (422, "invalid"), body
        assert refused.json()["errors"][0]["pointer"] == pointer


def test_a_cursor_is_of_one_reader_and_the_list_costs_the_same_however_long(cup):
    host = signed_in(cup.organiser)
    page = host.get("/tournaments/cup/pairings?limit=1").json()["next_page"]
    assert problem_of(program("ann").get(f"/tournaments/cup/pairings?page={page}")) == (422, "invalid-cursor")

    def count():
        with CaptureQueriesContext(connection) as sent:
            assert host.get("/tournaments/cup/pairings").status_code == 200
        return len(sent)

    count()
    few = count()
    people = [scene.User.objects.get(username=name) for name in ("ann", "bob")]
    for week in range(10):
        pairings.add_pairing(tournament=cup, first=people[0], second=people[1], round=f"Week {week}")
    assert count() == few


def teams_cup():
    """A league: north has a captain and somebody who left its roster, south has none."""
    event = scene.tournament("cup", status="RUNNING", organiser=scene.player("host"), entrant_kind="TEAM")
    north, south, west = (scene.team(slug) for slug in ("north", "south", "west"))
    for squad, members in ((north, "ann bob gone"), (south, "cat dan"), (west, "eve fay")):
        for name in members.split():
            scene.registration(scene.player(name), event, team=squad)
    event.participations.filter(user__username="gone").update(status="WITHDRAWN")
    # The captain of west is not on the roster, and a captain of north is.
    for name, squad in (("ann", north), ("coach", west)):
        user = scene.User.objects.filter(username=name).first() or scene.player(name)
        scene.member(user, squad)
        scene.role(user, squad)
    for first, second in ((north, south), (south, west), (north, west)):
        pairings.add_pairing(tournament=event, first=first, second=second, round="Week")
    return event


def test_the_list_shows_each_player_what_the_page_of_one_pairing_does(django_assert_num_queries):
    event = teams_cup()
    rows = list(pairings.list_pairings(event))
    people = ["ann", "bob", "gone", "cat", "dan", "eve", "fay", "coach"]
    shown = 0
    for name in people:
        user, present = scene.User.objects.get(username=name), now()
        with django_assert_num_queries(3):
            part = pairings.find_part(event, user, present)
            own = list(pairings.filter_own(event, part))
        assert own == [row for row in rows if pairings.find_own_side(row, user, present)], name
        for row in rows:
            assert part.find_reported_side(row) == pairings.find_reporting_side(row, user, present), name
        shown += len(own)
    assert shown == 2 * (len(people) - 1)  # nothing to who left


def test_captains_report_and_where_there_is_none_everybody_of_the_roster(cup_of_teams):
    tells = {name: program(name) for name in ("ann", "bob", "cat", "coach")}
    told = {name: listed(caller) for name, caller in tells.items()}
    assert {name: [each["reports_for"] for each in rows] for name, rows in told.items()} == {
        "ann": [1, 1],
        "bob": [None, None],
        "cat": [2, 1],
        "coach": [2, 2],
    }
    assert told["ann"][0]["first"] == {"name": "North", "public_id": "", "team_slug": "north"}
    match = told["ann"][0]
    assert problem_of(tells["bob"].post(address(match, "report"), WON)) == (403, "forbidden")
    assert tells["ann"].post(address(match, "report"), WON).json()["state"] == "REPORTED"
    assert tells["cat"].post(address(match, "report"), WON).json()["state"] == "CONFIRMED"


@pytest.fixture
def cup_of_teams():
    return teams_cup()


@pytest.mark.parametrize(("step", "scope"), [*product(["report", "rule", "take-back"], ["read"])])
def test_a_key_changes_pairings_with_the_scope_alone(cup, step, scope):
    semi = listed(program("ann"))[0]
    name = "ann" if step == "report" else "host"
    body = {"reason": "x"} if step == "take-back" else WON
    assert problem_of(program(name, scope).post(address(semi, step), body)) == (403, "forbidden")
    assert program(name, "tournaments:write").post(address(semi, step), body).status_code == 200


def test_a_suspended_player_reports_nothing(cup):
    ann = scene.User.objects.get(username="ann")
    caller = program("ann")
    [semi] = listed(caller)
    suspend_player(user=ann, by=scene.player("boss", is_staff=True), reason="x", until=None, now=now())
    assert problem_of(caller.post(address(semi, "report"), WON)) == (403, "suspended")
    assert [each["handle"] for each in listed(caller)] == [semi["handle"]]


def test_who_runs_a_tournament_is_told_who_else_does(cup):
    ann = scene.User.objects.get(username="ann")
    add_organiser(tournament=cup, user=ann, by=cup.organiser)
    for caller in (program("host"), program("ann")):
        told = caller.get("/tournaments/cup/organisers").json()
        assert told["organiser"]["public_id"] == cup.organiser.profile.public_id
        [other] = told["others"]
        assert (other["player"]["name"], other["added_by"]) == ("ann", cup.organiser.profile.public_id)
    assert problem_of(program("bob").get("/tournaments/cup/organisers")) == (403, "forbidden")
    # A co-organiser rules as the organiser does.
    assert program("ann").post(address(listed(program("bob"))[0], "rule"), WON).status_code == 200
