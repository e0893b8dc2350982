"""What is held against a receiver's list finds what is missing, told twice and out of order."""

from __future__ import annotations

import pytest

from tests.chaos.webhooks import find_wrong

pytestmark = pytest.mark.once
EVENTS = [("a", [1, 2], "DELIVERED"), ("b", [2, 3], "DELIVERED")]


def take(*ids):
    return [(identity, "match.recorded", {"match_key": f"key-{identity}"}) for identity in ids]


def test_all_in_order_is_right_also_where_one_came_again():
    assert find_wrong(EVENTS, {"key-a", "key-b"}, take("a", "b", "a")) == []


def test_one_that_is_missing_is_named():
    assert find_wrong(EVENTS, {"key-a", "key-b"}, take("a")) == [
        "key-b was not told",
        "b came before an earlier one of player 2",
    ]


def test_another_order_of_one_player_is_named():
    assert find_wrong(EVENTS, {"key-a", "key-b"}, take("b", "a")) == [
        "b came before an earlier one of player 2"
    ]


def test_two_ids_for_one_fact_and_one_given_up_are_named():
    taken = [("a", "match.recorded", {"match_key": "key"}), ("b", "match.recorded", {"match_key": "key"})]
    events = [("a", [1], "DELIVERED"), ("b", [1], "DELIVERED"), ("c", [1], "DEAD")]

    assert find_wrong(events, {"key"}, taken)[:2] == ["key was told under 2 ids", "c is DEAD"]
