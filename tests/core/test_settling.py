"""What makes known rows equal to wanted ones."""

from __future__ import annotations

from operator import ne

import pytest

from deltacrown.core.settling import Settlement, settle


@pytest.mark.parametrize(
    ("wanted", "known", "settlement"),
    [
        ({}, {}, Settlement([], [], [])),
        ({(1,): "a"}, {(1,): "a"}, Settlement([], [], [])),
        ({(2,): "b", (1,): "a"}, {}, Settlement(["a", "b"], [], [])),
        ({}, {(2,): "b", (1,): "a"}, Settlement([], [], ["a", "b"])),
        ({(2,): "B", (1,): "A"}, {(1,): "a", (2,): "b"}, Settlement([], [("a", "A"), ("b", "B")], [])),
        ({(3,): "c", (1,): "A"}, {(1,): "a", (2,): "b"}, Settlement(["c"], [("a", "A")], ["b"])),
    ],
)
def test_each_row_is_inserted_amended_withdrawn_or_left(wanted, known, settlement):
    assert settle(wanted, known, differs=ne) == settlement
