"""A file is read one batch ahead, and what is said of it is as if it were not."""

from __future__ import annotations

import threading

import pytest
from django.utils import translation

from deltacrown.interchange.ahead import read_ahead


def test_items_come_in_order_and_one_is_made_ahead():
    made = []

    def make():
        for number in range(5):
            made.append(number)
            yield number

    items = read_ahead(make())

    taken = []
    for item in items:
        taken.append(item)
        assert made[-1] <= item + 1

    assert taken == [0, 1, 2, 3, 4]


def test_there_may_be_none():
    assert list(read_ahead(iter(()))) == []


def test_what_fails_is_raised_after_the_items_before():
    def make():
        yield 1
        raise LookupError("gone")

    items = read_ahead(make())

    assert next(items) == 1
    with pytest.raises(LookupError, match="gone"):
        next(items)


def test_another_thread_makes_them_in_the_language_of_who_asks():
    def make():
        yield threading.get_ident(), translation.get_language()

    with translation.override("tr"):
        [(thread, language)] = read_ahead(make())

    assert thread != threading.get_ident()
    assert language == "tr"


def test_who_stops_early_leaves_no_thread():
    def make():
        yield from range(1_000)

    items = read_ahead(make())
    next(items)
    items.close()

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("read-ahead")]
