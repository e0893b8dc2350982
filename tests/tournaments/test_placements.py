"""Which placements are left when some are out: the rule on numbers, and corrections in between."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltacrown.tournaments.services.placements import find_published, settle_placements

pytestmark = pytest.mark.once

#: Standings as published: 1, 2, 2, 4 with up to twelve entrants, and ties of any size.
TIES = st.lists(st.integers(1, 4), min_size=1, max_size=6)


def rank(ties):
    """Sizes of ties → the placement of each entrant."""
    placements, place = [], 1
    for size in ties:
        placements += [place] * size
        place += size
    return placements


@given(TIES, st.data())
def test_whoever_is_out_the_rest_rank_as_if_they_had_never_been(ties, data):
    published = rank(ties)
    out = data.draw(st.sets(st.integers(0, len(published) - 1)))
    inside = [number for number in range(len(published)) if number not in out]
    struck = [published[number] for number in out]

    settled = settle_placements([published[number] for number in inside], struck)

    for number in inside:
        better = sum(published[other] < published[number] for other in inside)
        assert settled[published[number]] == better + 1


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
    ],
)
def test_who_is_worse_moves_up_by_those_who_are_out(published, struck, settled):
    assert settle_placements(published, struck) == settled


@given(TIES, st.data())
def test_a_placement_given_while_some_are_out_is_that_placement(ties, data):
    published = rank(ties)
    out = data.draw(st.sets(st.integers(0, len(published) - 1), max_size=len(published) - 1))
    inside = [published[number] for number in range(len(published)) if number not in out]
    struck = [published[number] for number in out]
    settled = settle_placements(inside, struck)
    wanted = data.draw(st.integers(1, len(published)))

    found = find_published(wanted, settled, struck)

    assert settle_placements([*inside, found], struck)[found] == wanted


def test_alone_in_a_place_is_after_those_who_are_out():
    assert find_published(1, {}, [1, 2]) == 3
    assert find_published(1, {2: 1}, [1]) == 2
