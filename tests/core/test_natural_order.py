"""Keys are ordered as people number them, the same in Python and in the database."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltacrown.core.natural_order import SortKey, get_natural_key, get_sort_key
from deltacrown.games.models import Game

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
