"""Which placements are left when some are out: the rule on numbers, and corrections in between."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltacrown.core.errors import InvalidInput
from deltacrown.tournaments.services.placements import (
    find_published,
    read_place,
    settle_placements,
    write_place,
)

pytestmark = pytest.mark.once

#: Standings as published: 1, 2, 2, 4 with up to twelve entrants, and ties of any size.
TIES = st.lists(st.integers(1, 4), min_size=1, max_size=6)


@st.composite
def published_places(draw):
    """Standings as the world publishes them: shared places, dense ones, gaps, ranges of any width."""
    places, place = [], draw(st.integers(1, 3))
    for _ in range(draw(st.integers(1, 7))):
        sharing, width = draw(st.integers(1, 4)), draw(st.integers(1, 4))
        places += [(place, place + width - 1)] * sharing
        place += draw(st.integers(1, 6))
    return places


def rank(ties):
    """Sizes of ties → the place of each entrant."""
    places, place = [], 1
    for size in ties:
        places += [(place, place)] * size
        place += size
    return places


def single(settled):
    """Settled places of which none is a range, as placement → placement."""
    return {published[0]: place[0] for published, place in settled.items()}


@given(TIES, st.data())
def test_whoever_is_out_the_rest_rank_as_if_they_had_never_been(ties, data):
    published = rank(ties)
    out = data.draw(st.sets(st.integers(0, len(published) - 1)))
    inside = [number for number in range(len(published)) if number not in out]
    struck = [published[number][0] for number in out]

    settled = settle_placements([published[number] for number in inside], struck)

    for number in inside:
        better = sum(published[other] < published[number] for other in inside)
        assert settled[published[number]] == (better + 1, better + 1)


@pytest.mark.parametrize(
    ("published", "struck", "settled"),
    [
        ([1, 2, 3], [], {1: 1, 2: 2, 3: 3}),
        ([2, 3], [1], {2: 1, 3: 2}),
        ([1, 3], [1], {1: 1, 3: 2}),
        ([5], [1, 2], {5: 3}),
        # Published otherwise than 1, 2, 2, 4: who was apart stays apart.
        ([1, 2], [1], {1: 1, 2: 2}),
        ([2, 9], [1], {2: 1, 9: 8}),
        # 1, 2, 2, 3: of a shared second the other stays second, and the third third.
        ([1, 2, 3], [2], {1: 1, 2: 2, 3: 3}),
        ([1, 3], [2, 2], {1: 1, 3: 2}),
        # A gap stays a gap.
        ([28, 33], [5], {28: 27, 33: 32}),
    ],
)
def test_who_is_worse_moves_up_by_those_who_are_out(published, struck, settled):
    places = [(each, each) for each in published]
    assert single(settle_placements(places, struck)) == settled


@pytest.mark.parametrize(
    ("published", "struck", "settled"),
    [
        # Somebody better is out: the range moves as a whole.
        ([(5, 8), (9, 9)], [1], {(5, 8): (4, 7), (9, 9): (8, 8)}),
        ([(3, 4), (5, 8)], [1, 2], {(3, 4): (1, 2), (5, 8): (3, 6)}),
        # One of four is out: three share the places 5 to 7, and who is ninth is eighth.
        ([(5, 8), (9, 16)], [5], {(5, 8): (5, 7), (9, 16): (8, 15)}),
        ([(5, 8), (9, 9)], [5, 5, 5], {(5, 8): (5, 5), (9, 9): (6, 6)}),
        # A range that more shared than it has places does not end before it begins.
        ([(5, 6), (7, 7)], [5, 5, 5], {(5, 6): (5, 5), (7, 7): (6, 6)}),
        # A placement inside a range.
        ([(5, 8), (6, 6)], [5], {(5, 8): (5, 7), (6, 6): (6, 6)}),
        # Worse than all of them are out.
        ([(5, 8)], [9, 12], {(5, 8): (5, 8)}),
    ],
)
def test_a_range_moves_as_a_whole_and_is_shorter_by_who_shared_it(published, struck, settled):
    assert settle_placements(published, struck) == settled


@given(published_places(), st.data())
def test_whatever_was_published_the_order_stays_and_nobody_falls(published, data):
    out = data.draw(st.sets(st.integers(0, len(published) - 1)))
    inside = [each for number, each in enumerate(published) if number not in out]
    struck = [published[number][0] for number in out]

    settled = settle_placements(inside, struck)

    for was, now in settled.items():
        assert 1 <= now[0] <= now[1]
        assert now[0] <= was[0]
        assert now[1] <= was[1]
        if not any(first <= was[1] for first in struck):
            assert now == was
    for was in settled:
        for other in settled:
            assert (settled[was][0] < settled[other][0]) == (was[0] < other[0])
            if was[1] < other[0]:
                assert settled[was][1] < settled[other][0]


@given(TIES, st.data())
def test_a_placement_given_while_some_are_out_is_that_placement(ties, data):
    published = rank(ties)
    out = data.draw(st.sets(st.integers(0, len(published) - 1), max_size=len(published) - 1))
    inside = [published[number] for number in range(len(published)) if number not in out]
    struck = [published[number][0] for number in out]
    settled = settle_placements(inside, struck)
    wanted = data.draw(st.integers(1, len(published)))

    found = find_published((wanted, wanted), settled, struck)

    assert settle_placements([*inside, found], struck)[found] == (wanted, wanted)


@given(published_places(), st.data())
def test_a_place_given_among_any_standings_is_that_place_and_moves_nobody(published, data):
    out = data.draw(st.sets(st.integers(0, len(published) - 1), max_size=len(published) - 1))
    inside = [each for number, each in enumerate(published) if number not in out]
    struck = [published[number][0] for number in out]
    settled = settle_placements(inside, struck)
    first = data.draw(st.integers(1, 30))
    wanted = (first, first + data.draw(st.integers(0, 4)))

    found = find_published(wanted, settled, struck)

    now = settle_placements([*inside, found], struck)
    assert now[found] == wanted
    assert {each: now[each] for each in inside} == settled


def test_alone_in_a_place_is_after_those_who_are_out():
    assert find_published((1, 1), {}, [1, 2]) == (3, 3)
    assert find_published((1, 1), {(2, 2): (1, 1)}, [1]) == (2, 2)


def test_who_is_given_the_range_of_others_shares_what_was_published():
    assert find_published((5, 7), {(5, 8): (5, 7)}, [5]) == (5, 8)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", (None, None)),
        (" 5 ", (5, None)),
        ("5-8", (5, 8)),
        ("5 \N{EN DASH} 8", (5, 8)),
        ("33", (33, None)),
    ],
)
def test_a_placement_is_read_as_people_write_it(text, place):
    assert read_place(text) == place


@pytest.mark.parametrize("text", ["first", "5-", "-5", "5-8-9", "5.5", "T5", "٥"])
def test_what_is_no_placement_is_refused(text):
    with pytest.raises(InvalidInput) as refusal:
        read_place(text)
    assert refusal.value.field == "placement"


def test_a_placement_is_written_as_a_range_where_it_is_one():
    assert [write_place(*place) for place in [(None, None), (5, None), (5, 5), (5, 8)]] == [
        "",
        "5",
        "5",
        "5\N{EN DASH}8",
    ]
