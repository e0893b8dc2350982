"""Deliveries under a key that is recorded: more players, and the content of a void match anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from deltacrown.games import signals
from deltacrown.games.models import Match
from deltacrown.games.services import (
    MatchConflict,
    list_match_lines,
    record_match,
    record_matches,
    restore_match,
    void_match,
)
from deltacrown.moderation.models import Dispute
from deltacrown.user_profile.models import UserAchievement, UserProfile
from deltacrown.user_profile.numbers.history import get_stat_history
from tests import scene
from tests.announcements import announced
from tests.concurrency import call_together
from tests.scene import NOON as NOW
from tests.scene import duel, line, record, statuses

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)


@pytest.fixture
def people(player):
    return {name: player(name) for name in ("ann", "bob", "cat", "dan")}


def deliver(*records):
    return record_matches(records=list(records), now=LATER)


def numbers():
    rows = UserProfile.objects.filter(total_matches_played__gt=0)
    return {
        name: (played, won)
        for name, played, won in rows.values_list("user__username", "total_matches_played", "matches_won")
    }


@pytest.mark.parametrize("archived", [False, True])
def test_players_learnt_of_later_are_added(game, people, archived, find_all_drift):
    ann, bob, cat = (line(people[name], "LOSS") for name in ("ann", "bob", "cat"))
    for row in record_match(record=record(game, "m1", bob), now=NOW).rows:
        if archived:
            scene.archive(row)

    with announced(signals.matches_recorded) as recorded, announced(signals.match_lines_added) as added:
        # One knows all; one is the export of another player, who knows nobody else.
        outcomes = deliver(
            record(game, "m1", bob, cat), record(game, "m1", ann), record(game, "m1", ann, bob)
        )

    assert statuses(outcomes) == ["completed", "completed", "unchanged"]
    for events in (recorded, added):
        assert sorted(row.user.username for row in events[0]["rows"]) == ["ann", "cat"]
    assert numbers() == {"ann": (1, 0), "bob": (1, 0), "cat": (1, 0)}
    assert statuses(deliver(record(game, "m1", ann, bob, cat))) == ["unchanged"]
    assert find_all_drift() == []


def test_what_looks_odd_of_the_whole_match_is_warned_of(game, people):
    record_match(record=record(game, "m1", line(people["ann"], "LOSS")), now=NOW)

    [outcome] = deliver(record(game, "m1", line(people["bob"], "LOSS")))

    assert outcome.warnings == ("Every side lost.",)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("played_at", {"played_at": NOW - timedelta(hours=2)}),
        ("kind", {"kind": "TOURNAMENT"}),
        ("sequence", {"sequence": 1}),
    ],
)
def test_players_are_not_added_to_what_is_another_match(game, people, field, change):
    record_match(record=record(game, "m1", line(people["ann"], "WIN")), now=NOW)

    [outcome] = deliver(record(game, "m1", line(people["bob"], "LOSS"), **change))

    assert outcome.refusal.field == field
    assert numbers() == {"ann": (1, 1)}


def test_known_lines_must_be_the_same(game, people):
    record_match(record=record(game, "m1", line(people["ann"], "WIN")), now=NOW)

    [outcome] = deliver(duel(game, "m1", people["bob"], people["ann"]))

    assert outcome.refusal.field == "result"
    assert numbers() == {"ann": (1, 1)}


def test_one_player_in_the_place_of_another_is_no_addition(game, people):
    record_match(record=duel(game, "m1", people["ann"], people["bob"]), now=NOW)

    [outcome] = deliver(duel(game, "m1", people["ann"], people["cat"]))

    assert outcome.refusal.field == "lines"
    assert "it names cat, and leaves out players who are recorded" in outcome.refusal.message


def test_two_matches_with_a_winner_each_are_not_one(game, people):
    record_match(record=duel(game, "m1", people["ann"], people["bob"]), now=NOW)

    [outcome] = deliver(duel(game, "m1", people["cat"], people["dan"]))

    assert outcome.refusal.field == "lines"
    assert "with a winner of their own, as another match would" in outcome.refusal.message


def test_the_halves_of_two_teams_are_one_match(game, people):
    reds = [line(people[name], "WIN", side="red") for name in ("ann", "bob")]
    blues = [line(people[name], "LOSS", side="blue") for name in ("cat", "dan")]
    record_match(record=record(game, "m1", *reds[:1]), now=NOW)

    assert statuses(deliver(record(game, "m1", *blues), record(game, "m1", reds[1]))) == ["completed"] * 2
    assert numbers() == {"ann": (1, 1), "bob": (1, 1), "cat": (1, 0), "dan": (1, 0)}


def test_an_addition_changes_whether_a_forfeit_decided(game, people, find_all_drift):
    game.counts_forfeits = False
    game.save()
    given = [
        line(people["ann"], "WIN", side="red"),
        line(people["bob"], "LOSS", side="blue", ended_by="FORFEIT"),
    ]
    record_match(record=record(game, "m1", *given), now=NOW)
    assert numbers() == {}

    # cat of blue played on: the match was played, and only the forfeit of bob does not count.
    outcomes = deliver(record(game, "m1", *given, line(people["cat"], "LOSS", side="blue")))

    assert statuses(outcomes) == ["completed"]
    assert numbers() == {"ann": (1, 1), "cat": (1, 0)}
    assert UserAchievement.objects.filter(user=people["ann"], achievement__slug="first-win").exists()
    assert find_all_drift() == []


def test_players_added_to_a_void_match_are_void_with_it(game, people, find_all_drift):
    record_match(record=record(game, "m1", line(people["ann"], "WIN")), now=NOW)
    void_match(game=game, match_key="m1", reason="crash", now=NOW)

    assert statuses(deliver(duel(game, "m1", people["ann"], people["bob"]))) == ["completed"]

    assert {row.void_reason for row in list_match_lines(game, "m1")} == {"crash"}
    assert numbers() == {}
    restore_match(game=game, match_key="m1", reason="no crash", now=LATER)
    assert numbers() == {"ann": (1, 1), "bob": (1, 0)}
    assert find_all_drift() == []


def test_players_added_where_one_line_is_void_count(game, people):
    record_match(record=duel(game, "m1", people["ann"], people["bob"]), now=NOW)
    void_match(game=game, match_key="m1", reason="ineligible", now=NOW, user=people["bob"])

    lines = [line(people["ann"], "WIN"), line(people["bob"], "LOSS"), line(people["cat"], "LOSS")]
    assert statuses(deliver(record(game, "m1", *lines))) == ["completed"]

    assert numbers() == {"ann": (1, 1), "cat": (1, 0)}


def test_additions_take_the_same_number_of_queries_for_many(game, people, django_assert_max_num_queries):
    keys = [f"m{number}" for number in range(30)]
    record_matches(records=[record(game, key, line(people["ann"], "WIN")) for key in keys], now=NOW)
    more = [record(game, key, line(people["bob"], "LOSS")) for key in keys]

    with django_assert_max_num_queries(30):
        assert statuses(deliver(*more)) == ["completed"] * 30


@pytest.mark.django_db(transaction=True)
def test_players_added_by_many_at_once_are_there_once(find_all_drift):
    game = scene.game("rocket")
    ann, *others = (scene.player(name) for name in ("ann", "bob", "cat", "dan"))
    record_match(record=record(game, "m1", line(ann, "WIN")), now=NOW)

    deliveries = [record(game, "m1", line(ann, "WIN"), line(other, "LOSS")) for other in others]
    answers = call_together([partial(deliver, each) for each in deliveries * 2])

    # Whoever comes second names others than are recorded then, and is refused; the first is repeated.
    assert sorted(status for [outcome] in answers for status in statuses([outcome]))[0] == "completed"
    assert Match.objects.count() == len(set(Match.objects.values_list("user", flat=True)))
    assert find_all_drift() == []


@pytest.fixture
def void(game, people):
    """``m1``: ann won against bob; void."""
    record_match(record=duel(game, "m1", people["ann"], people["bob"]), now=NOW)
    void_match(game=game, match_key="m1", reason="wrong file", now=NOW)
    return game


def test_the_right_content_is_recorded_in_the_place_of_a_void_match(void, people, find_all_drift):
    right = record(
        void,
        "m1",
        line(people["bob"], "WIN", score="2"),
        line(people["cat"], "LOSS", score="0"),
        played_at=NOW - timedelta(days=2),
        replaces_void=True,
    )
    with announced(signals.match_corrected) as corrected, announced(signals.match_restored) as restored:
        assert statuses(deliver(right)) == ["replaced"]

    assert [len(corrected), len(restored)] == [1, 1]
    assert [row.user.username for row in corrected[0]["removed"]] == ["ann"]
    assert numbers() == {"bob": (1, 1), "cat": (1, 0)}
    assert {row.played_at for row in list_match_lines(void, "m1")} == {NOW - timedelta(days=2)}
    history = get_stat_history(people["bob"], "matches_won", viewer=people["bob"], order="known").items
    assert history[0].what.startswith("recorded anew: ")
    assert "result corrected from LOSS to WIN" in history[0].what
    assert find_all_drift() == []

    # Its own retry changes nothing, and the old delivery neither revives nor adds what was void.
    assert statuses(deliver(right)) == ["unchanged"]
    [old] = deliver(duel(void, "m1", people["ann"], people["bob"]))
    assert isinstance(old.refusal, MatchConflict)
    assert numbers() == {"bob": (1, 1), "cat": (1, 0)}


def test_players_learnt_of_in_the_batch_that_replaces_it_are_added(void, people, find_all_drift):
    right = duel(void, "m1", people["bob"], people["ann"], replaces_void=True)
    more = replace(right, lines=(*right.lines, line(people["cat"], "LOSS")))

    assert statuses(deliver(right, more)) == ["replaced", "completed"]

    assert numbers() == {"bob": (1, 1), "ann": (1, 0), "cat": (1, 0)}
    assert not any(row.are_players_settled for row in list_match_lines(void, "m1"))
    assert statuses(deliver(right, more)) == ["unchanged", "unchanged"]
    assert find_all_drift() == []


def test_disputes_stay_with_the_match_that_is_recorded_anew(void, people):
    [row, _] = list_match_lines(void, "m1")
    scene.dispute(people["ann"], row)

    deliver(record(void, "m1", line(people["cat"], "WIN"), line(people["dan"], "LOSS"), replaces_void=True))

    [dispute] = Dispute.objects.all()
    assert dispute.match_id in {row.pk for row in list_match_lines(void, "m1")}


def test_nothing_revives_a_void_match_but_the_order_to_replace_it(void, people):
    wrong = duel(void, "m1", people["ann"], people["bob"])
    right = duel(void, "m1", people["bob"], people["ann"])

    assert statuses(deliver(wrong)) == ["unchanged"]
    [refused] = deliver(right)
    assert "record the right content in its place with replaces_void" in refused.refusal.message
    assert numbers() == {}


def test_the_same_content_stays_void_and_says_so(void, people):
    [outcome] = deliver(duel(void, "m1", people["ann"], people["bob"], replaces_void=True))

    assert outcome.status == "unchanged"
    assert outcome.warnings == (
        "It is recorded with this content and is void; it counts again once it is restored.",
    )
    assert numbers() == {}


def test_a_match_of_which_a_line_counts_is_not_replaced(void, people):
    restore_match(game=void, match_key="m1", reason="hers was right", now=NOW, user=people["ann"])

    [outcome] = deliver(duel(void, "m1", people["bob"], people["ann"], replaces_void=True))

    assert outcome.refusal.field == "result"
    assert "use correct_match" in outcome.refusal.message
