"""Standings as they were published, over HTTP: recorded, read page by page, corrected, with a currency."""

from __future__ import annotations

import pytest

from deltacrown.tournaments.models import TournamentResult
from tests import scene
from tests.api.calls import problem_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]

CUP = {
    "slug": "cup",
    "name": "Cup",
    "game": "rocket",
    "starts_at": "2025-06-01T12:00:00Z",
    "prize_currency": "EUR",
}
NAMES = ("ann", "bob", "cat", "dan", "eve", "fay", "gus")


@pytest.fixture
def org(with_key):
    """An organiser's key."""
    scene.game("rocket")
    return with_key(scene.player("org"), "tournaments:write")


@pytest.fixture
def running(org):
    """A running event; returns name → public id."""
    ids = {name: scene.player(name).profile.public_id for name in NAMES}
    org.post("/tournaments", CUP)
    org.post("/tournaments/cup/open")
    for player in ids.values():
        org.post("/tournaments/cup/entrants", {"player": player})
    org.post("/tournaments/cup/start")
    return ids


#: Two shared the first place, two the places 3 and 4, one was not classified, one is out, one is not told of.
PUBLISHED = {
    "gus": {"disqualified_reason": "Underweight."},
    "fay": {"unplaced_reason": "not classified"},
    "dan": {"placement": 3, "placement_to": 4, "prize": 100},
    "cat": {"placement": 3, "placement_to": 4, "prize": 100},
    "bob": {"placement": 1, "prize": 250.5},
    "ann": {"placement": 1, "prize": 2500},
}


def complete(org, running, said=PUBLISHED):
    standings = [{"player": running[name], **each} for name, each in said.items()]
    return org.post("/tournaments/cup/complete", {"standings": standings})


def walk(visitor, path, limit):
    """All items of a list, a page at a time."""
    items, page = [], None
    while True:
        found = visitor.get(f"{path}?limit={limit}" + (f"&page={page}" if page else "")).json()
        items += found["items"]
        page = found["next_page"]
        if page is None:
            return items


def test_standings_are_recorded_as_published_and_told_the_same_again(org, visitor, running, find_all_drift):
    answers = [complete(org, running), complete(org, running)]

    assert [answer.status_code for answer in answers] == [200, 200]
    warnings = ["2 are placed first: ann, bob."]
    assert [answer.json()["warnings"] for answer in answers] == [warnings] * 2
    assert answers[0].json()["prize_currency"] == "EUR"
    assert TournamentResult.objects.count() == 6
    assert find_all_drift() == []
    for name, titles in {"ann": 1, "bob": 1, "cat": 0}.items():
        assert visitor.get(f"/players/{running[name]}/stats/tournaments_won").json()["value"] == titles


@pytest.mark.parametrize("limit", [1, 2, 4, 50])
def test_results_are_read_in_order_the_placed_the_unranked_and_those_who_are_out(
    org, visitor, running, limit
):
    complete(org, running)

    read = walk(visitor, "/tournaments/cup/results", limit)

    assert [
        (line["entrant"]["name"], line["placement"], line["placement_to"], line["is_tied"]) for line in read
    ] == [
        ("bob", 1, None, True),
        ("ann", 1, None, True),
        ("dan", 3, 4, True),
        ("cat", 3, 4, True),
        ("fay", None, None, False),
        ("gus", None, None, False),
    ]
    assert [(line["unplaced_reason"], line["disqualified_reason"]) for line in read[4:]] == [
        ("not classified", ""),
        ("", "Underweight."),
    ]
    assert {line["prize_currency"] for line in read} == {"EUR"}


def test_the_front_page_has_the_disqualified_apart(org, visitor, running):
    complete(org, running)
    shown = visitor.get("/tournaments/cup").json()
    assert [line["entrant"]["name"] for line in shown["results"]] == ["bob", "ann", "dan", "cat", "fay"]
    assert [line["entrant"]["name"] for line in shown["disqualified"]] == ["gus"]
    assert shown["prize_currency"] == "EUR"


def test_a_player_reads_the_range_and_the_reason_in_the_own_history(org, visitor, running):
    complete(org, running)

    def entry(name):
        (line,) = visitor.get(f"/players/{running[name]}/tournaments").json()["items"]
        return tuple(
            line[each] for each in ("placement", "placement_to", "unplaced_reason", "prize_currency")
        )

    assert [entry(name) for name in ("ann", "cat", "fay", "gus", "eve")] == [
        (1, None, "", "EUR"),
        (3, 4, "", "EUR"),
        (None, None, "not classified", "EUR"),
        (None, None, "", "EUR"),
        (None, None, "", "EUR"),
    ]
    (podium,) = visitor.get(f"/players/{running['cat']}/stats/average_placement/rows").json()["items"]
    assert (podium["placement"], podium["placement_to"], podium["prize_currency"]) == (3, 4, "EUR")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"placement": 8, "placement_to": 5}, 422),
        ({"placement": 1, "unplaced_reason": "not classified"}, 422),
        ({"placement": 1, "disqualified_reason": "x"}, 422),
        ({"placement": None, "placement_to": 5}, 422),
        ({"placement": "5-8"}, 422),
        ({"placement": 5, "placement_to": 8.0}, 422),
        ({"unplaced_reason": "r" * 201}, 422),
    ],
)
def test_what_contradicts_itself_is_refused_and_completes_nothing(org, running, fields, status):
    assert complete(org, running, {"ann": fields}).status_code == status
    assert not TournamentResult.objects.exists()


def test_a_correction_sets_a_range_or_takes_the_placement_away(org, visitor, running):
    complete(org, running)
    correct = "/tournaments/cup/correct-result"

    ranged = org.post(
        correct, {"player": running["eve"], "placement": 5, "placement_to": 6, "reason": "Late report."}
    )
    gone = org.post(
        correct,
        {
            "player": running["ann"],
            "placement": None,
            "unplaced_reason": "did not start",
            "prize": 0,
            "reason": "Mixed up.",
        },
    )
    unsaid = org.post(correct, {"player": running["ann"], "reason": "x"})

    assert ranged.json()["warnings"] == [
        "2 are placed first: ann, bob.",
        "Of the 2 places 5\N{EN DASH}6, 1 are taken: eve.",
    ]
    assert gone.json()["warnings"][0] == "Nobody is placed 2; the next placement is 3."
    assert unsaid.status_code == 422
    lines = walk(visitor, "/tournaments/cup/results", 50)
    assert [(line["entrant"]["name"], line["placement"], line["placement_to"]) for line in lines] == [
        ("bob", 1, None),
        ("dan", 3, 4),
        ("cat", 3, 4),
        ("eve", 5, 6),
        ("fay", None, None),
        ("ann", None, None),
        ("gus", None, None),
    ]
    assert visitor.get(f"/players/{running['ann']}/stats/tournaments_won").json()["value"] == 0
    (change, *_) = visitor.get(f"/players/{running['ann']}/stats/tournaments_won/history?order=known").json()[
        "items"
    ]
    assert change["what"].startswith("placement corrected from 1 to none (did not start)")


def test_a_disqualification_of_the_unranked_is_taken_back(org, visitor, running):
    complete(org, running)
    published = walk(visitor, "/tournaments/cup/results", 50)

    org.post("/tournaments/cup/disqualify", {"player": running["fay"], "reason": "x"})
    org.post("/tournaments/cup/disqualify", {"player": running["cat"], "reason": "x"})
    assert walk(visitor, "/tournaments/cup/results", 50) != published
    for name in ("fay", "cat"):
        org.post("/tournaments/cup/lift-disqualification", {"player": running[name], "reason": "x"})

    assert walk(visitor, "/tournaments/cup/results", 50) == published


def test_the_currency_is_the_organiser_s_until_the_end_and_then_for_staff(org, visitor, running, signed_in):
    currency = "/tournaments/cup/prize-currency"
    bad = org.post(currency, {"prize_currency": "eur"})
    while_running = org.post(currency, {"prize_currency": "KRW"})
    complete(org, running)
    after = org.post(currency, {"prize_currency": "USD"})
    staff = signed_in(scene.player("mod", is_staff=True))
    by_staff = staff.post(currency, {"prize_currency": "USD"})
    org.post("/tournaments/cup/annul", {"reason": "x"})
    while_annulled = org.post(currency, {"prize_currency": "EUR"})
    org.post("/tournaments/cup/lift-annulment", {"reason": "x"})

    assert problem_of(bad) == (422, "invalid")
    assert "three capital letters" in bad.json()["detail"]
    assert while_running.json()["prize_currency"] == "KRW"
    assert problem_of(after) == problem_of(while_annulled) == (403, "forbidden")
    assert by_staff.json()["prize_currency"] == "USD"
    assert walk(visitor, "/tournaments/cup/results", 50)[0]["prize_currency"] == "USD"


def test_a_moderator_takes_a_placement_away(org, visitor, running, signed_in):
    complete(org, running)
    ann = signed_in(scene.User.objects.get(username="ann"))
    handle = ann.post(
        "/disputes", {"result": {"tournament": "cup", "player": running["bob"]}, "reason": "He left."}
    ).json()["handle"]
    staff = signed_in(scene.player("mod", is_staff=True))
    uphold = f"/disputes/{handle}/uphold"

    unsaid = staff.post(uphold, {"resolution": "Yes.", "remedy": {"kind": "correct_result"}})
    remedy = {"kind": "correct_result", "placement": None, "unplaced_reason": "not classified"}
    done = staff.post(uphold, {"resolution": "Yes.", "remedy": remedy})

    assert problem_of(unsaid) == (422, "invalid")
    assert done.json()["status"] == "UPHELD"
    row = TournamentResult.objects.get(user__username="bob")
    assert (row.placement, row.unplaced_reason) == (None, "not classified")
