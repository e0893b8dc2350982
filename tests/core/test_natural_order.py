"""Keys are ordered as people number them, the same in Python and in the database."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltacrown.core.natural_order import (
    NumberedKey,
    SortKey,
    get_natural_key,
    get_numbered_key,
    get_sort_key,
)
from deltacrown.games.models import Game, Match
from tests import scene

#: Each list in its order.
ORDERED = [
    ["x-1", "x-2", "x-9", "x-10", "x-11", "x-100"],
    ["r1-m1", "r1-m10", "r2-m1", "r2-m10", "r10-m1"],
    ["x-01", "x-1", "x-02", "x-2"],
    ["", "1", "2", "10", "a"],
    ["007", "7", "8"],
    [f"id-{10**39}", f"id-{10**39 + 1}", f"id-{2 * 10**39}"],
    ["2025-03-01/2", "2025-03-01/10", "2025-11-01/1"],
]
WRITTEN = st.text(st.sampled_from("0129ax-/é🏆_"), max_size=30)


@pytest.mark.parametrize("ordered", ORDERED, ids=lambda ordered: ordered[-1])
def test_numbers_in_keys_compare_as_numbers(ordered):
    shuffled = random.Random(1).sample(ordered, len(ordered))

    assert sorted(shuffled, key=get_sort_key) == ordered


@given(st.lists(WRITTEN, unique=True))
def test_no_two_keys_share_a_place(keys):
    assert len({get_sort_key(key) for key in keys}) == len(keys)


@given(st.integers(0, 10**39), st.integers(0, 10**39))
def test_any_two_numbers(one, other):
    assert (get_natural_key(f"m{one}") < get_natural_key(f"m{other}")) == (one < other)


@pytest.mark.django_db
def test_the_database_has_the_same_order():
    draw = random.Random(2)
    names = {"".join(draw.choices("0129aBx-/é🏆_ ", k=draw.randint(1, 20))) for _ in range(500)}
    names |= {key for ordered in ORDERED for key in ordered if key} | {"0" * 60, "1" * 60, "1" + "0" * 60}
    Game.objects.bulk_create(Game(slug=f"g{number}", name=name) for number, name in enumerate(names))

    found = Game.objects.filter(name__in=names).alias(place=SortKey("name", "slug")).order_by("place")

    assert list(found.values_list("name", flat=True)) == sorted(names, key=get_sort_key)


#: Numbers in their order, and the largest that a column holds.
NUMBERS = [None, 0, 1, 9, 10, 11, 999, 2**31 - 1]


@pytest.mark.parametrize(("earlier", "later"), [*itertools.pairwise(NUMBERS)])
def test_the_number_comes_before_the_text(earlier, later):
    assert get_numbered_key(earlier, "z", "z") < get_numbered_key(later, "a", "a")
    assert get_numbered_key(later, "x-2") < get_numbered_key(later, "x-10")


@pytest.mark.django_db
def test_the_database_has_the_same_order_by_number():
    game, ann = scene.game(), scene.player("ann")
    keys = {(number, f"x-{key}") for number in NUMBERS for key in (1, 2, 10)}
    for place, (number, key) in enumerate(sorted(keys, key=str)):
        scene.match(ann, f"{key}/{place}", sequence=number, title=game)

    found = Match.objects.alias(place=NumberedKey("sequence", "match_key")).order_by("place")

    rows = list(found.values_list("sequence", "match_key"))
    assert rows == sorted(rows, key=lambda row: get_numbered_key(*row))
    assert [number for number, _ in rows[::3]] == NUMBERS
