"""Warnings that one match seems to be recorded under two keys."""

from __future__ import annotations

from datetime import timedelta

import pytest

from deltacrown.core.days import start_of_day
from deltacrown.games.models import Match
from deltacrown.games.services import record_match, record_matches, void_match
from tests import scene
from tests.scene import NOON as NOW
from tests.scene import PLAYED, duel, line, record

pytestmark = pytest.mark.django_db

DAY = {"played_at": start_of_day(PLAYED), "is_time_known": False}
AT_ONE_TIME = (
    "Another match of the same players at the same time is recorded; void one if they are one match."
)
ON_ONE_DAY = (
    "Another match of the same players on the same day with the same score is recorded; "
    "void one if they are one match."
)


@pytest.fixture
def people(player):
    return {name: player(name) for name in ("ann", "bob", "cat")}


def scored(game, people, key, score="6-1 7-5", **fields):
    lines = line(people["ann"], "WIN", score=score), line(people["bob"], "LOSS", score="")
    return record(game, key, *lines, **fields)


def warnings_of(*records):
    return [outcome.warnings for outcome in record_matches(records=list(records), now=NOW)]


@pytest.mark.parametrize("archived", [False, True])
def test_the_same_players_at_the_same_time_are_warned_of_at_every_delivery(game, people, archived):
    first = duel(game, "m1", people["ann"], people["bob"])
    for row in record_match(record=first, now=NOW).rows:
        if archived:
            scene.archive(row)
    again = duel(game, "other-1", people["bob"], people["ann"])

    if not archived:
        assert warnings_of(again) == [(AT_ONE_TIME,)]
        assert warnings_of(again, first) == [
            (AT_ONE_TIME.replace("recorded;", "recorded under the key 'm1';"),),
            (AT_ONE_TIME.replace("recorded;", "recorded under the key 'other-1';"),),
        ]
    else:
        assert record_match(record=again, now=NOW).warnings == (AT_ONE_TIME,)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("another time", {"played_at": PLAYED + timedelta(minutes=1)}),
        ("another place in the order", {"sequence": 2}),
    ],
)
def test_another_match_is_no_double(game, people, name, fields):
    record_match(record=scored(game, people, "m1", sequence=1), now=NOW)

    assert warnings_of(scored(game, people, "m2", **fields)) == [()]


def test_other_players_and_other_games_are_no_doubles(game, people):
    ann, bob, cat = people.values()
    record_match(record=duel(game, "m1", ann, bob), now=NOW)

    assert warnings_of(duel(game, "m2", ann, cat)) == [()]
    assert warnings_of(record(game, "m3", line(ann), line(bob, "LOSS"), line(cat, "LOSS"))) == [()]
    assert warnings_of(record(game, "m4", line(ann))) == [()]
    assert warnings_of(duel(scene.game("chess"), "m1", ann, bob)) == [()]


def test_a_void_match_is_no_double_any_more(game, people):
    record_match(record=duel(game, "m1", people["ann"], people["bob"]), now=NOW)
    void_match(game=game, match_key="m1", reason="twice", now=NOW)

    assert warnings_of(duel(game, "m2", people["ann"], people["bob"])) == [()]


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (DAY, DAY, [(ON_ONE_DAY,)]),
        (DAY, {}, [(ON_ONE_DAY,)]),
        ({}, DAY, [(ON_ONE_DAY,)]),
        (DAY, {**DAY, "score": "6-1 6-2"}, [()]),
        (DAY, {"played_at": PLAYED - timedelta(days=1)}, [()]),
        ({**DAY, "score": ""}, {**DAY, "score": ""}, [()]),
        ({**DAY, "sequence": 1}, {**DAY, "sequence": 2}, [()]),
        # Two times that are known are two matches, also at midnight.
        ({"played_at": start_of_day(PLAYED)}, {}, [()]),
        ({"played_at": start_of_day(PLAYED)}, DAY, [(ON_ONE_DAY,)]),
    ],
)
def test_where_a_day_alone_is_known_the_scores_decide(game, people, first, second, told):
    record_match(record=scored(game, people, "m1", **first), now=NOW)

    assert warnings_of(scored(game, people, "m2", **second)) == told


def test_both_of_one_batch_are_warned_of(game, people):
    told = warnings_of(scored(game, people, "m1"), scored(game, people, "m2"))

    assert [" the key " in warning for [warning] in told] == [True, True]
    assert Match.objects.count() == 4


def test_a_match_of_a_tournament_is_named_since_everybody_may_see_it(game, people):
    row = record_match(
        record=duel(game, "final", people["ann"], people["bob"], kind="TOURNAMENT"), now=NOW
    ).rows[0]

    [[warning]] = warnings_of(duel(game, "m2", people["ann"], people["bob"]))
    assert f"under the key {row.match_key!r}" in warning
