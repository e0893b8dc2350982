"""Work that follows from many facts is done once for all of them."""

from __future__ import annotations

import pytest

from deltacrown.core.gathering import do_gathered, gathered


@pytest.fixture
def done() -> list[tuple[str, list[int]]]:
    return []


@pytest.fixture
def works(done):
    """Two kinds of work, of which the second asks for the first."""

    def first(items):
        done.append(("first", items))

    def second(items):
        done.append(("second", items))
        do_gathered(first, [item + 100 for item in items])

    return first, second


def test_work_outside_a_block_is_done_at_once(done, works):
    first, _ = works

    do_gathered(first, [1, 2, 1])

    assert done == [("first", [1, 2])]


def test_work_of_a_block_is_done_once_at_its_end(done, works):
    first, second = works

    with gathered():
        do_gathered(second, [1])
        do_gathered(first, [7])
        do_gathered(second, [2, 1])
        assert done == []

    assert done == [("second", [1, 2]), ("first", [7, 101, 102])]


def test_work_is_asked_for_again_by_work_that_comes_later(done, works):
    first, second = works

    with gathered():
        do_gathered(first, [7])
        do_gathered(second, [1])

    assert done == [("first", [7]), ("second", [1]), ("first", [101])]


def test_a_block_within_a_block_leaves_its_work_to_the_outer_one(done, works):
    first, _ = works

    with gathered():
        with gathered():
            do_gathered(first, [1])
        assert done == []
        do_gathered(first, [2])

    assert done == [("first", [1, 2])]


def fail(work, item):
    with gathered():
        do_gathered(work, [item])
        raise ZeroDivisionError


def test_the_work_of_a_block_that_fails_is_dropped(done, works):
    first, _ = works

    with gathered():
        do_gathered(first, [1])
        with pytest.raises(ZeroDivisionError):
            fail(first, 2)
    with pytest.raises(ZeroDivisionError):
        fail(first, 3)
    do_gathered(first, [4])

    assert done == [("first", [1]), ("first", [4])]
