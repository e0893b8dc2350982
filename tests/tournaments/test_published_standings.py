"""Standings as the world publishes them: taken as they are, with a warning where they look odd."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from deltacrown.accounts.models import User
from deltacrown.tournaments.models import Disqualification, Tournament, TournamentParticipation
from deltacrown.tournaments.services import (
    ResultsConflict,
    Standing,
    complete_tournament,
    correct_result,
    disqualify_entrant,
    lift_disqualification,
)
from tests import scene
from tests.tournaments.conftest import LATER, NOW

pytestmark = pytest.mark.django_db

#: Monaco 1957 in short: two drivers shared the second car, and six cars did not reach the end.
RETIRED = "not classified"
EN = "\N{EN DASH}"


@pytest.fixture
def hold(opened):
    """``hold({"ann": 1, "bob": (2, 3)})``: a running solo event of the names, and their standings.

    What is said of a name: a placement, a range, a text for why there is none, or fields of a standing.
    """

    def make(said, **fields):
        event = opened(**fields)
        event.players = {name: scene.player(name) for name in said}
        TournamentParticipation.objects.bulk_create(
            TournamentParticipation(tournament=event, user=user, registered_at=NOW)
            for user in event.players.values()
        )
        Tournament.objects.filter(pk=event.pk).update(status="RUNNING")
        event.status = "RUNNING"
        event.standings = [
            Standing(user=event.players[name], **facts_of(each)) for name, each in said.items()
        ]
        return event

    return make


def facts_of(said):
    if isinstance(said, dict):
        return {"placement": None, **said}
    if isinstance(said, tuple):
        return {"placement": said[0], "placement_to": said[1]}
    return {"placement": None, "unplaced_reason": said} if isinstance(said, str) else {"placement": said}


def complete(event):
    return complete_tournament(tournament=event, standings=event.standings, now=NOW)


def published(event):
    """Who → what the results say, as ``hold`` takes it."""
    rows = event.results.filter(user__isnull=False).order_by("pk")
    said = {}
    for row in rows.select_related("user"):
        place = (row.placement, row.placement_to) if row.placement_to else row.placement
        said[row.user.username] = row.unplaced_reason if row.placement is None else place
    return said


def numbered(prefix, placements):
    return {f"{prefix}{number:02}": each for number, each in enumerate(placements, start=1)}


SEASONS = {
    # 22 drivers of whom two shared the second car, and nine were not classified.
    "formula one": (
        numbered("d", [1, 2, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, *([RETIRED] * 9)]),
        [],
    ),
    "a shared drive, the next one third": (
        numbered("d", [1, 2, 2, 3, 4]),
        ["Placement 3 comes where 4 is due: as many places follow a tie as share it."],
    ),
    "a season of StarCraft": (
        numbered("p", [*range(1, 29), 33]),
        ["Nobody is placed 29; the next placement is 33."],
    ),
    "a season of ranges": (
        numbered("p", [1, 2, *([(3, 4)] * 2), *([(5, 8)] * 4), *([(9, 16)] * 8)]),
        [],
    ),
    "the best eight": (numbered("p", range(1, 9)), []),
    "Smash": (
        numbered("s", [1, 2, 3, 4, 5, 5, 7, 7, 9, 9, 9, 9]) | {"out": {"disqualified_reason": "no-show"}},
        [],
    ),
    "co-champions": ({"ann": 1, "bob": 1, "cat": 3}, ["2 are placed first: ann, bob."]),
    "no winner": ({"ann": 2, "bob": 3}, ["Nobody is placed 1; the next placement is 2."]),
    "a final never played": ({"ann": (1, 2), "bob": (1, 2), "cat": 3}, []),
    "a tie of the Davis Cup": ({"ann": "", "bob": ""}, ["Nobody is placed."]),
    "nobody who finished": ({"ann": RETIRED, "bob": "did not start"}, ["Nobody is placed."]),
    "a range that some share": (
        {"ann": 1, "bob": (2, 4), "cat": 5},
        [f"Of the 3 places 2{EN}4, 1 are taken: bob."],
    ),
    "ranges that overlap": (
        {"ann": 1, "bob": (2, 3), "cat": (2, 3), "dan": (3, 4), "eve": (3, 4)},
        [f"Placement 3{EN}4 of dan, eve overlaps 2{EN}3 of bob, cat."],
    ),
    "a placement inside a range": (
        {"ann": (1, 4), "bob": 2, "cat": 3, "dan": 5},
        [
            f"Of the 4 places 1{EN}4, 1 are taken: ann.",
            f"Placement 2 of bob overlaps 1{EN}4 of ann.",
            f"Placement 3 of cat overlaps 1{EN}4 of ann.",
        ],
    ),
    "a larger prize": (
        {"ann": {"placement": 1, "prize": Decimal(5)}, "bob": {"placement": 2, "prize": Decimal("7.50")}},
        ["bob, placed 2, has a larger prize (7.50) than ann, placed 1 (5.00)."],
    ),
    "an appearance fee": (
        {"ann": 1, "bob": {"prize": Decimal(3), "disqualified_reason": "late"}},
        ["bob is disqualified and has a prize of 3.00."],
    ),
}


@pytest.mark.parametrize("name", SEASONS)
def test_standings_are_taken_as_published(hold, find_all_drift, name):
    said, warnings = SEASONS[name]
    event = hold(said)

    results = complete(event)

    assert results.warnings == warnings
    assert event.results.count() == len(said) == len(results)
    kept = {who: each for who, each in published(event).items() if not isinstance(said[who], dict)}
    assert kept == {who: each for who, each in said.items() if not isinstance(each, dict)}
    assert find_all_drift() == []


@pytest.mark.parametrize("name", SEASONS)
def test_the_same_standings_again_change_nothing_and_warn_alike(hold, name):
    event = hold(SEASONS[name][0])
    first = complete(event)

    event.standings.reverse()
    again = complete(event)

    assert (again, again.warnings) == (first, first.warnings)
    assert Disqualification.objects.count() == ("disqualified" in str(SEASONS[name][0]))


def test_a_season_without_standings_ends(hold):
    event = hold({"ann": 1, "bob": 2})
    event.standings = []
    results = complete(event)
    assert (list(results), results.warnings) == ([], ["Nobody is placed."])
    assert Tournament.objects.get().status == "COMPLETED"


def test_the_best_few_of_many_are_no_oddity(hold):
    event = hold(numbered("p", range(1, 25)))
    event.standings = event.standings[:8]
    assert complete(event).warnings == []
    assert event.results.count() == 8


@pytest.mark.parametrize(
    "other",
    [
        {"placement": 5},
        {"placement": 5, "placement_to": 7},
        {"placement": None},
        {"placement": None, "unplaced_reason": "did not start"},
    ],
)
def test_another_range_or_reason_is_another_result(hold, other):
    event = hold({"ann": 1, "bob": (5, 8), "cat": RETIRED})
    complete(event)
    who = "cat" if other["placement"] is None else "bob"
    event.standings = [each for each in event.standings if each.user != event.players[who]]
    event.standings.append(Standing(user=event.players[who], **other))
    with pytest.raises(ResultsConflict):
        complete(event)


def test_a_range_of_one_place_is_that_place(hold):
    event = hold({"ann": (1, 1), "bob": (2, 2)})
    complete(event)
    event.standings = [
        Standing(user=event.players["ann"], placement=1),
        Standing(user=event.players["bob"], placement=2),
    ]
    assert complete(event).warnings == []
    assert published(event) == {"ann": 1, "bob": 2}


def test_a_team_and_its_members_share_the_range_and_the_reason(teams):
    reds, blues, greens = (teams.squads[slug] for slug in ("reds", "blues", "greens"))
    standings = [
        Standing(team=reds, placement=1, placement_to=2, prize=Decimal(9)),
        Standing(team=blues, placement=None, unplaced_reason="did not start"),
        Standing(team=greens, placement=None),
    ]
    complete_tournament(tournament=teams, standings=standings, now=NOW)

    rows = teams.results.values_list("team__slug", "placement", "placement_to", "unplaced_reason").distinct()
    assert set(rows) == {
        ("reds", 1, 2, ""),
        ("blues", None, None, "did not start"),
        ("greens", None, None, ""),
    }


def test_who_moves_and_how_far(hold, find_all_drift):
    said = {"ann": 1, "bob": 2, "cat": (3, 4), "dan": (3, 4), "eve": 28, "fay": 33, "gus": RETIRED}
    event = hold(said)
    complete(event)

    out = disqualify_entrant(tournament=event, user=event.players["bob"], reason="x", now=LATER)
    assert published(event) == said | {"bob": "", "cat": (2, 3), "dan": (2, 3), "eve": 27, "fay": 32}
    assert out.warnings == [
        "Nobody is placed 4; the next placement is 27.",
        "Nobody is placed 28; the next placement is 32.",
    ]

    disqualify_entrant(tournament=event, user=event.players["cat"], reason="x", now=LATER)
    assert published(event) == said | {"bob": "", "cat": "", "dan": 2, "eve": 26, "fay": 31}

    lift_disqualification(tournament=event, user=event.players["bob"], reason="x", now=LATER)
    assert published(event) == said | {"cat": "", "dan": 3, "eve": 27, "fay": 32}
    lift_disqualification(tournament=event, user=event.players["cat"], reason="x", now=LATER)
    assert published(event) == said
    assert find_all_drift() == []


def test_who_is_unranked_is_disqualified_and_comes_back_as_it_was(hold, find_all_drift):
    said = {"ann": 1, "bob": 2, "gus": RETIRED, "hal": ""}
    event = hold(said)
    complete(event)
    for name in ("gus", "hal"):
        disqualify_entrant(tournament=event, user=event.players[name], reason="fuel", now=LATER)
        row = event.results.get(user=event.players[name])
        assert (row.disqualified_reason, row.placement) == ("fuel", None)
        assert event.participations.get(user=event.players[name]).status == "DISQUALIFIED"
    assert published(event) == said

    gus = lift_disqualification(tournament=event, user=event.players["gus"], reason="x", now=LATER)
    hal = lift_disqualification(tournament=event, user=event.players["hal"], reason="x", now=LATER)

    assert published(event) == said
    assert not event.results.filter(disqualified_at__isnull=False).exists()
    assert (gus.warnings, hal.warnings) == (
        [],
        ["hal is in again without a placement; give one with correct_result if there is one."],
    )
    assert find_all_drift() == []


def test_a_prize_that_was_kept_outlasts_a_lifting(hold):
    event = hold({"ann": 1, "bob": {"prize": Decimal(3), "disqualified_reason": "late"}})
    complete(event)
    lift_disqualification(tournament=event, user=event.players["bob"], reason="x", now=LATER)
    assert event.results.get(user=event.players["bob"]).prize_amount == 3


def correct(event, name, **fields):
    return correct_result(
        **{"tournament": event, "user": event.players[name], "reason": "recount", "now": LATER} | fields
    )


def test_a_correction_sets_a_range_a_reason_or_nothing(hold, titles, find_all_drift):
    said = {"ann": 1, "bob": 2, "cat": 3, "dan": 4}
    event = hold(said)
    complete(event)

    both = [correct(event, name, placement=3, placement_to=4).warnings for name in ("cat", "dan")]
    assert published(event) == said | {"cat": (3, 4), "dan": (3, 4)}
    assert both[1] == [f"dan shares placement 3{EN}4 with cat now."]

    gone = correct(event, "ann", placement=None, unplaced_reason=RETIRED)
    assert published(event)["ann"] == RETIRED
    assert gone.warnings == ["Nobody is placed 1; the next placement is 2."]
    assert titles() == {}

    correct(event, "ann", placement=None)
    assert published(event)["ann"] == ""
    correct(event, "ann", placement=1, prize=Decimal(4))
    for name in ("cat", "dan"):
        correct(event, name, placement=said[name])
    assert published(event) == said
    assert titles() == {"ann": 1}
    assert find_all_drift() == []


def test_corrections_over_those_who_are_out_stay_and_the_rest_comes_back(hold):
    said = {"ann": 1, "bob": 2, "cat": 2, "dan": 3, "eve": (5, 8), "fay": RETIRED}
    event = hold(said)
    complete(event)
    disqualify_entrant(tournament=event, user=event.players["bob"], reason="x", now=LATER)
    now = {"ann": 1, "bob": "", "cat": 2, "dan": 3, "eve": (4, 7), "fay": RETIRED}
    assert published(event) == now

    correct(event, "dan", placement=3, prize=Decimal(1))  # the prize alone: its place stays as published
    correct(event, "fay", placement=4, placement_to=7)
    assert published(event) == now | {"fay": (4, 7)}

    lift_disqualification(tournament=event, user=event.players["bob"], reason="x", now=LATER)
    assert published(event) == said | {"fay": (5, 8)}


def test_a_correction_may_leave_who_was_disqualified_unranked(hold):
    event = hold({"ann": 1, "bob": 2})
    complete(event)
    disqualify_entrant(tournament=event, user=event.players["ann"], reason="x", now=LATER)
    correct(event, "ann", placement=None, unplaced_reason=RETIRED)
    assert published(event) == {"ann": RETIRED, "bob": 2}


def test_an_entrant_without_a_result_is_entered_as_unranked(hold):
    event = hold({"ann": 1, "bob": 2})
    event.standings.pop()
    complete(event)
    correct(event, "bob", placement=None, unplaced_reason=RETIRED)
    assert published(event) == {"ann": 1, "bob": RETIRED}


def test_many_warnings_are_told_in_short_and_with_one_query_for_names(
    hold, no_reactions, django_assert_num_queries
):
    placements = [each * 10 for each in range(1, 31)]
    event = hold(numbered("p", [1] * 20 + placements))
    event.standings = [
        Standing(
            user=User.objects.get(pk=each.user.pk),
            placement=each.placement,
            prize=Decimal(number),
        )
        for number, each in enumerate(event.standings)
    ]
    with django_assert_num_queries(8):  # as without warnings, and the names
        warnings = complete(event).warnings

    assert warnings[0] == "20 are placed first: p01, p02, p03, p04, p05 and 15 more."
    assert (len(warnings), warnings[-1]) == (21, "41 more things are odd about these standings.")


def test_disqualifications_in_standings_take_a_constant_number_of_queries(
    opened, no_reactions, django_assert_num_queries
):
    for count in (2, 30):
        event = opened(slug=f"cup{count}", starts_at=NOW - timedelta(days=1))
        users = User.objects.bulk_create([User(username=f"q{count}-{number}") for number in range(count)])
        TournamentParticipation.objects.bulk_create(
            TournamentParticipation(tournament=event, user=user, registered_at=NOW) for user in users
        )
        Tournament.objects.update(status="RUNNING")
        standings = [Standing(user=user, placement=None, disqualified_reason="x") for user in users[1:]]
        standings.append(Standing(user=users[0], placement=1))
        # The six of any completion; rulings read and written, and the registrations.
        with django_assert_num_queries(10):
            complete_tournament(tournament=event, standings=standings, now=NOW)
