"""Correct all that a match says: what follows, and that a refused delivery is taken after the correction."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from deltacrown.core.errors import InvalidInput
from deltacrown.games import signals
from deltacrown.games.models import ArchivedMatch, Match
from deltacrown.games.services import (
    InvalidMatch,
    correct_match,
    list_match_lines,
    record_match,
    record_matches,
)
from deltacrown.moderation.models import Dispute
from deltacrown.user_profile.models import UserAchievement, UserProfile
from deltacrown.user_profile.numbers.history import get_stat_history
from tests import scene
from tests.announcements import announced
from tests.concurrency import call_together
from tests.scene import NOON as NOW
from tests.scene import PLAYED, line, record

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)


@pytest.fixture
def people(player):
    return {name: player(name) for name in ("ann", "bob", "cat", "dan")}


@pytest.fixture(params=["live", "archived", "one archived"])
def game(request, game, people):
    """ann and bob of red won ``m1`` against cat of blue."""
    lines = [
        line(people["ann"], "WIN", side="red", score=2, stats={"kills": 5}),
        line(people["bob"], "WIN", side="red", score=2),
        line(people["cat"], "LOSS", side="blue", score=1),
    ]
    rows = record_match(record=record(game, "m1", *lines), now=NOW).rows
    for row in {"live": [], "archived": rows, "one archived": rows[:1]}[request.param]:
        scene.archive(row)
    return game


def correct(game, **correction):
    return correct_match(game=game, match_key="m1", reason="as it was", now=LATER, **correction)


def said(game):
    """username → result, side, score, stats."""
    return {
        row.user.username: (row.result, row.side, row.score, row.stats)
        for row in list_match_lines(game, "m1")
    }


def numbers():
    rows = UserProfile.objects.filter(total_matches_played__gt=0)
    return {
        name: (played, won)
        for name, played, won in rows.values_list("user__username", "total_matches_played", "matches_won")
    }


ANN, BOB, CAT = ("WIN", "red", "2", {"kills": 5}), ("WIN", "red", "2", {}), ("LOSS", "blue", "1", {})


def test_time_and_kind_are_corrected_for_the_whole_match(game, find_all_drift):
    earlier = PLAYED - timedelta(days=40)
    correct(game, played_at=earlier, kind="TOURNAMENT")

    assert {(row.played_at, row.kind) for row in list_match_lines(game, "m1")} == {(earlier, "TOURNAMENT")}
    assert set(UserAchievement.objects.values_list("earned_at", flat=True)) == {earlier}
    assert find_all_drift() == []


def test_sides_scores_and_stats_are_corrected(game):
    correct(
        game,
        sides={"ann": "blue", "cat": "red"},
        results={"ann": "LOSS", "cat": "WIN"},
        scores={"cat": None},
        stats={"ann": {"kills": 7}, "bob": {"kills": 1}},
    )

    assert said(game) == {
        "ann": ("LOSS", "blue", "2", {"kills": 7}),
        "bob": ("WIN", "red", "2", {"kills": 1}),
        "cat": ("WIN", "red", "", {}),
    }


def test_a_line_is_moved_to_the_right_player(game, people, find_all_drift):
    ids = {row.user.username: row.pk for row in list_match_lines(game, "m1")}
    with announced(signals.match_corrected) as events:
        correct(game, moved={"ann": people["dan"]})

    assert said(game) == {"dan": ANN, "bob": BOB, "cat": CAT}
    assert {row.user.username: row.pk for row in list_match_lines(game, "m1")}["dan"] == ids["ann"]
    assert numbers() == {"dan": (1, 1), "bob": (1, 1), "cat": (1, 0)}
    assert not UserAchievement.objects.filter(user=people["ann"]).exists()
    assert UserAchievement.objects.filter(user=people["dan"], achievement__slug="first-win").exists()
    lost = get_stat_history(people["ann"], "matches_won", order="known").items[0]
    assert (lost.delta, lost.value, lost.reason) == (-1, 0, "as it was")
    [change] = events[0]["changes"]
    assert (change.old_user_id, change.row.user_id) == (people["ann"].pk, people["dan"].pk)
    assert find_all_drift() == []


def test_two_lines_are_swapped(game, people, find_all_drift):
    correct(game, moved={"ann": people["cat"], "cat": people["ann"]})

    assert said(game) == {"cat": ANN, "bob": BOB, "ann": CAT}
    assert numbers() == {"ann": (1, 0), "bob": (1, 1), "cat": (1, 1)}
    assert find_all_drift() == []


def test_lines_are_moved_along(game, people, find_all_drift):
    correct(game, moved={"ann": people["bob"], "bob": people["dan"]})

    assert said(game) == {"bob": ANN, "dan": BOB, "cat": CAT}
    assert find_all_drift() == []


def test_players_are_added_and_taken_out(game, people, find_all_drift):
    with announced(signals.match_corrected) as events:
        rows = correct(
            game, added=[line(people["dan"], "WIN", side="red", stats={"kills": 3})], removed=["BOB"]
        )

    assert said(game) == {"ann": ANN, "cat": CAT, "dan": ("WIN", "red", "", {"kills": 3})}
    assert numbers() == {"ann": (1, 1), "cat": (1, 0), "dan": (1, 1)}
    assert not UserAchievement.objects.filter(user=people["bob"]).exists()
    assert UserAchievement.objects.filter(user=people["dan"]).exists()
    assert {(row.played_at, row.kind) for row in rows} == {(PLAYED, "CASUAL")}
    [event] = events
    assert [row.user_id for row in event["added"]] == [people["dan"].pk]
    assert [row.user_id for row in event["removed"]] == [people["bob"].pk]
    assert get_stat_history(people["bob"], "matches_won", order="known").items[0].reason == "as it was"
    assert find_all_drift() == []


def test_everybody_may_be_somebody_else(game, people, player):
    eve, fay = player("eve"), player("fay")
    correct(game, added=[line(eve, "WIN"), line(fay, "LOSS")], removed=["ann", "bob", "cat"])

    assert said(game) == {"eve": ("WIN", "", "", {}), "fay": ("LOSS", "", "", {})}


def test_a_line_takes_the_place_of_one_taken_out(game, people):
    correct(game, moved={"ann": people["bob"]}, removed=["bob"])

    assert said(game) == {"bob": ANN, "cat": CAT}


def test_a_dispute_stays_with_the_match(game, people):
    row = next(row for row in list_match_lines(game, "m1") if row.user_id == people["bob"].pk)
    dispute = Dispute.objects.create(reporter=people["bob"], match_id=row.pk, reason="not so", filed_at=NOW)

    correct(game, removed=["bob"])

    dispute.refresh_from_db()
    assert dispute.match_id in {row.pk for row in list_match_lines(game, "m1")}
    assert UserProfile.objects.get(user=people["bob"]).disputes_filed == 1


@pytest.mark.parametrize(
    ("field", "correction"),
    [
        ("played_at", {"played_at": LATER + timedelta(days=3)}),
        ("played_at", {"played_at": NOW.replace(tzinfo=None)}),
        ("kind", {"kind": "FRIENDLY"}),
        ("kind", {"kind": ""}),
        ("side", {"sides": {"ann": "s" * 121}}),
        ("stats", {"stats": {"ann": ["kills"]}}),
        ("sides", {"sides": {"zoe": "red"}}),
        ("stats", {"stats": {"zoe": {}}}),
        ("moved", {"moved": {"zoe": "dan"}}),
        ("user", {"moved": {"ann": "bob"}}),
        ("user", {"moved": {"ann": "dan", "bob": "dan"}}),
        ("removed", {"removed": ["zoe"]}),
        ("lines", {"removed": ["ann", "bob", "cat"]}),
        ("results", {}),
        ("results", {"results": {}, "moved": None, "added": ()}),
    ],
)
def test_a_correction_that_cannot_be_changes_nothing(game, people, field, correction):
    before = said(game), numbers()
    if correction.get("moved"):
        correction = {"moved": {name: people[to] for name, to in correction["moved"].items()}}

    with pytest.raises(InvalidInput) as refusal:
        correct(game, **correction)

    assert refusal.value.field == field
    assert (said(game), numbers()) == before


def test_somebody_who_is_in_the_match_is_not_added(game, people):
    with pytest.raises(InvalidMatch, match="ann is in the match twice"):
        correct(game, added=[line(people["ann"], "WIN", side="red")])


def test_a_correction_that_is_so_already_says_nothing(game, people):
    with announced(signals.match_corrected) as events:
        correct(game, played_at=PLAYED, kind="CASUAL", moved={"ann": people["ann"]}, stats={"bob": {}})
    assert events == []


def deliver(game, people, **different):
    """Deliver m1 with fields of its lines that differ: username → fields, None for no line."""
    lines = {
        "ann": {"result": "WIN", "side": "red", "score": 2, "stats": {"kills": 5}},
        "bob": {"result": "WIN", "side": "red", "score": 2},
        "cat": {"result": "LOSS", "side": "blue", "score": 1},
    }
    of_match = {name: value for name, value in different.items() if name not in people}
    for name, fields in different.items():
        if name in people and fields is None:
            del lines[name]
        elif name in people:
            lines[name] = {**lines.get(name, {}), **fields}
    delivered = [line(people[name], **fields) for name, fields in lines.items()]
    [outcome] = record_matches(records=[record(game, "m1", *delivered, **of_match)], now=LATER)
    return outcome


@pytest.mark.parametrize(
    ("field", "different", "correction"),
    [
        ("played_at", {"played_at": PLAYED - timedelta(1)}, {"played_at": PLAYED - timedelta(1)}),
        ("kind", {"kind": "TOURNAMENT"}, {"kind": "TOURNAMENT"}),
        (
            "result",
            {"ann": {"result": "LOSS"}, "bob": {"result": "LOSS"}, "cat": {"result": "WIN"}},
            {"results": {"ann": "LOSS", "bob": "LOSS", "cat": "WIN"}},
        ),
        ("side", {"cat": {"side": "green"}}, {"sides": {"cat": "green"}}),
        ("score", {"cat": {"score": None}}, {"scores": {"cat": None}}),
        ("stats", {"bob": {"stats": {"kills": 1}}}, {"stats": {"bob": {"kills": 1}}}),
        (
            "lines",
            {"cat": None, "dan": {"result": "LOSS", "side": "blue", "score": 1}},
            {"moved": {"cat": "dan"}},
        ),
    ],
)
def test_what_a_refused_delivery_names_can_be_done(
    game, people, field, different, correction, find_all_drift
):
    refused = deliver(game, people, **different)
    assert refused.refusal.field == field
    assert "use correct_match" in refused.refusal.message

    named = dict(correction)
    if "moved" in named:
        named["moved"] = {name: people[to] for name, to in named["moved"].items()}
    correct(game, **named)

    assert deliver(game, people, **different).status == "unchanged"
    assert find_all_drift() == []


def test_rows_of_other_matches_stay(game, people):
    record_match(record=record(game, "m2", line(people["ann"]), line(people["bob"], "LOSS")), now=NOW)

    def read_others():
        tables = (Match, ArchivedMatch)
        return [list(table.objects.filter(match_key="m2").order_by("pk").values()) for table in tables]

    before = read_others()

    correct(game, moved={"ann": people["dan"]}, removed=["bob"], played_at=PLAYED - timedelta(1))

    assert read_others() == before


@pytest.mark.django_db(transaction=True)
def test_a_player_added_by_many_at_once_is_there_once(find_all_drift):
    game = scene.game("rocket")
    ann, bob, dan = (scene.player(name) for name in ("ann", "bob", "dan"))
    record_match(record=record(game, "m1", line(ann, "WIN"), line(bob, "LOSS")), now=NOW)

    answers = call_together([partial(correct, game, added=[line(dan, "LOSS")]) for _ in range(4)])

    assert sorted(type(answer).__name__ for answer in answers) == ["ChangedMatch"] + ["InvalidMatch"] * 3
    assert [row.user.username for row in list_match_lines(game, "m1")] == ["ann", "bob", "dan"]
    assert find_all_drift() == []
