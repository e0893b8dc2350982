"""The rows of boards are written as their shape writes them, to the byte."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import ValidationError

from deltacrown.api import board_rows
from deltacrown.api.answers import Writer
from deltacrown.api.board_rows import write_board_rows
from deltacrown.api.shapes.leaderboards import RankedPlayer
from deltacrown.user_profile.numbers.leaderboards import LeaderboardEntry

pytestmark = pytest.mark.once

SHAPE = Writer(list[RankedPlayer])
NAMES = ["Anna", 'a"b\\c/d', "\x00\x1f\x7f\n\t\b", "Ünïcödé 🏆", "<script>&", "\u2028\u2029", "İ", ""]
VALUES = [
    0, 7, -3, 10**18, 2**70, Decimal(0), Decimal("-0.00"), Decimal("66.67"), Decimal("100"), Decimal("0.01"),
    Decimal("0.001"), Decimal("999999999999999.25"),
]  # fmt: skip
#: What the shape writes by other rules, or as another kind.
UNUSUAL = [None, Decimal("1e15"), Decimal("1e17"), Decimal("0.00001"), True, 2.5]
PICTURES = ["", "5f0c3b1e9a7d4c2f8e6b0a1d3c5e7f90", "/avatars/already.webp"]


def entry(name="Anna", value=7, picture="", rank=1):
    return LeaderboardEntry(rank, "DC-25-000042", name, "DE", value, True, 3, picture)


def test_they_are_the_same_bytes():
    entries = [
        entry(name, value, picture, rank)
        for rank, (name, value, picture) in enumerate(
            ((name, value, picture) for name in NAMES for value in VALUES for picture in PICTURES), 1
        )
    ]
    assert write_board_rows(entries) == SHAPE.write(entries)
    assert write_board_rows([]) == SHAPE.write([]) == b"[]"


@pytest.mark.parametrize("value", VALUES)
def test_what_is_usual_is_not_left_to_the_shape(value, monkeypatch):
    monkeypatch.setattr(board_rows, "_ROWS", None)
    assert write_board_rows([entry(value=value)])


@pytest.mark.parametrize("value", UNUSUAL)
def test_what_is_not_is(value):
    assert write_board_rows([entry(), entry(value=value)]) == SHAPE.write([entry(), entry(value=value)])


@pytest.mark.parametrize(
    "wrong", [{"name": None}, {"name": 5}, {"name": "\ud800"}, {"value": "many"}, {"value": Decimal("NaN")}]
)
def test_what_does_not_fit_is_refused_as_before(wrong):
    with pytest.raises((ValidationError, ValueError)):
        write_board_rows([entry(**wrong)])
