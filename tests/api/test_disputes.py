"""Disputes over HTTP: filed by who took part, seen by them and staff, resolved by staff."""

from __future__ import annotations

from datetime import timedelta

import pytest

from deltacrown.core.clock import now
from deltacrown.games.models import Match
from tests import scene
from tests.api.calls import problem_of

pytestmark = pytest.mark.django_db

ABOUT = {"match": {"game": "valorant", "match_key": "m1"}, "reason": "I won."}


@pytest.fixture
def people():
    """Ann, who beat Bob yesterday, and Cat, who was not there."""
    found = {name: scene.player(name) for name in ("ann", "bob", "cat")}
    for name, result in (("ann", "WIN"), ("bob", "LOSS")):
        Match.objects.create(
            user=found[name],
            game=scene.game(),
            match_key="m1",
            result=result,
            played_at=now() - timedelta(days=1),
        )
    return found


@pytest.fixture
def boss(signed_in):
    return signed_in(scene.player("boss", is_staff=True))


def test_a_dispute_is_filed_once_and_upheld_once(people, signed_in, boss, visitor, find_all_drift):
    ann, bob = (people[name].profile.public_id for name in ("ann", "bob"))
    filed, again = (signed_in(people["bob"]).post("/disputes", ABOUT) for _ in range(2))
    handle = filed.json()["handle"]
    remedy = {"kind": "correct_match", "results": {ann: "LOSS", bob: "WIN"}}
    upheld = [
        boss.post(f"/disputes/{handle}/uphold", {"resolution": "So it was.", "remedy": remedy}).json()
        for _ in range(2)
    ]

    assert (filed.status_code, again.json()) == (201, filed.json())
    assert {name: filed.json()[name] for name in ("reporter", "about", "game", "match_key", "status")} == {
        "reporter": bob,
        "about": "match",
        "game": "valorant",
        "match_key": "m1",
        "status": "OPEN",
    }
    assert upheld[0] == upheld[1]
    assert (upheld[0]["status"], upheld[0]["resolution"]) == ("UPHELD", "So it was.")
    assert dict(Match.objects.values_list("user__username", "result")) == {"ann": "LOSS", "bob": "WIN"}
    assert visitor.get(f"/players/{bob}/stats/matches_won").json()["value"] == 1
    assert problem_of(boss.post(f"/disputes/{handle}/reject", {"resolution": "No."})) == (409, "conflict")
    assert find_all_drift() == []


def test_a_dispute_is_for_its_reporter_and_staff(people, signed_in, boss):
    handle = signed_in(people["bob"]).post("/disputes", ABOUT).json()["handle"]

    seen = {name: signed_in(user).get(f"/disputes/{handle}").status_code for name, user in people.items()}

    assert seen == {"ann": 404, "bob": 200, "cat": 404}
    assert boss.get(f"/disputes/{handle}").status_code == 200
    assert [
        len(api.get("/disputes?status=OPEN").json()["items"])
        for api in (signed_in(people["bob"]), signed_in(people["ann"]), boss)
    ] == [1, 0, 1]
    assert problem_of(
        signed_in(people["bob"]).post(
            f"/disputes/{handle}/uphold", {"resolution": "x", "remedy": {"kind": "void_match"}}
        )
    ) == (
        403,
        "forbidden",
    )


def test_who_had_no_part_is_told_what_they_are_told_of_a_match_that_is_not_there(people, signed_in):
    cat = signed_in(people["cat"])
    other = {**ABOUT, "match": {**ABOUT["match"], "match_key": "none"}}

    refused, unknown = cat.post("/disputes", ABOUT), cat.post("/disputes", other)

    assert problem_of(refused) == problem_of(unknown) == (404, "not-found")
    assert refused.content == unknown.content.replace(b"'none'", b"'m1'")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"reason": "x"}, (422, "invalid")),
        ({**ABOUT, "reason": " "}, (422, "invalid")),
        ({**ABOUT, "match": {"game": "valorant", "match_key": "none"}}, (404, "not-found")),
        ({**ABOUT, "match": {"game": "none", "match_key": "m1"}}, (422, "invalid")),
        ({"result": {"tournament": "none"}, "reason": "x"}, (404, "not-found")),
    ],
)
def test_what_cannot_be_disputed_is_refused(people, signed_in, body, expected):
    assert problem_of(signed_in(people["bob"]).post("/disputes", body)) == expected


def test_a_result_is_disputed_and_corrected(people, signed_in, boss, visitor):
    event = scene.tournament("cup")
    scene.registration(people["bob"], event)
    row = scene.result(event, 2, people["bob"])
    type(row).objects.filter(pk=row.pk).update(decided_at=now())
    bob = people["bob"].profile.public_id
    handle = (
        signed_in(people["bob"])
        .post("/disputes", {"result": {"tournament": "cup", "player": bob}, "reason": "I won."})
        .json()["handle"]
    )

    unfit = boss.post(f"/disputes/{handle}/uphold", {"resolution": "x", "remedy": {"kind": "void_match"}})
    lacking = boss.post(
        f"/disputes/{handle}/uphold", {"resolution": "x", "remedy": {"kind": "correct_result"}}
    )
    upheld = boss.post(
        f"/disputes/{handle}/uphold",
        {"resolution": "Yes.", "remedy": {"kind": "correct_result", "placement": 1}},
    )

    assert problem_of(unfit) == problem_of(lacking) == (422, "invalid")
    assert (upheld.json()["about"], upheld.json()["tournament"], upheld.json()["status"]) == (
        "result",
        "cup",
        "UPHELD",
    )
    assert visitor.get(f"/players/{bob}/stats/tournaments_won").json()["value"] == 1


@pytest.mark.parametrize("handle", ["1", "W10.abc", "%00", "..", "x" * 3000])
def test_a_made_up_handle_names_nothing(boss, handle):
    assert boss.get(f"/disputes/{handle}").status_code in {400, 404}
