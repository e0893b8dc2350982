from __future__ import annotations

import pytest

from deltacrown.accounts.models import User
from deltacrown.games.services.oddities import list_oddities
from tests.scene import line

ANN, BOB, CAT, DAN = (User(pk=pk, username=name) for pk, name in enumerate(["ann", "bob", "cat", "dan"], 1))

pytestmark = pytest.mark.once


def red(user, result, **more):
    return line(user, result, side="red", **more)


def blue(user, result, **more):
    return line(user, result, side="blue", **more)


@pytest.mark.parametrize(
    "lines",
    [
        [line(ANN, "WIN")],
        [line(ANN, "LOSS")],
        [line(ANN, "DRAW")],
        [red(ANN, "LOSS"), red(BOB, "LOSS")],
        [red(ANN, "WIN"), blue(BOB, "LOSS"), blue(CAT, "LOSS")],
        [line(ANN, "WIN"), line(BOB, "LOSS"), line(CAT, "LOSS")],
        [red(ANN, "DRAW"), blue(BOB, "DRAW")],
        [line(ANN, "WIN", ended_by="BYE")],
        # A double forfeit, and two who were disqualified.
        [line(ANN, "LOSS", ended_by="FORFEIT"), line(BOB, "LOSS", ended_by="FORFEIT")],
        [line(ANN, "LOSS", ended_by="DISQUALIFIED"), line(BOB, "LOSS", ended_by="FORFEIT")],
        # A leaver loses while the side wins.
        [red(ANN, "WIN"), red(BOB, "LOSS", ended_by="RETIRED"), blue(CAT, "LOSS")],
        # Two known drivers of a race that neither won.
        [line(ANN, "LOSS", placement=5), line(BOB, "LOSS", placement=19)],
        [line(ANN, "LOSS", placement=2), line(BOB, "LOSS", ended_by="RETIRED")],
        # Winners of one place.
        [line(ANN, "WIN", placement=1), line(BOB, "WIN", placement=1), line(CAT, "LOSS", placement=3)],
        [line(ANN, "NONE", ended_by="ABANDONED"), line(BOB, "NONE", ended_by="ABANDONED")],
    ],
)
def test_what_happens_every_day_is_not_odd(lines):
    assert list_oddities(lines) == []


@pytest.mark.parametrize(
    ("lines", "oddities"),
    [
        ([line(ANN, "WIN"), line(BOB, "WIN")], ["2 sides won."]),
        ([red(ANN, "WIN"), blue(BOB, "WIN"), line(CAT, "LOSS")], ["2 sides won."]),
        ([red(ANN, "LOSS"), blue(BOB, "LOSS")], ["Every side lost."]),
        ([line(ANN, "LOSS"), line(BOB, "LOSS", ended_by="FORFEIT")], ["Every side lost."]),
        ([red(ANN, "WIN"), red(BOB, "LOSS")], ["The side 'red' has several results: LOSS and WIN."]),
        ([red(ANN, "WIN"), blue(BOB, "DRAW")], ["Some players drew and others did not."]),
        (
            [line(ANN, "DRAW"), line(BOB, "DRAW"), line(CAT, "LOSS")],
            ["Some players drew and others did not."],
        ),
        ([line(ANN, "WIN"), line(BOB, "NONE")], ["Some players have a result and others have none."]),
        (
            [line(ANN, "WIN", placement=7), line(BOB, "LOSS", placement=2)],
            ["Placement 2 lost and placement 7 won."],
        ),
        ([line(ANN, "WIN", ended_by="BYE"), line(BOB, "LOSS")], ["A bye has an opponent."]),
        (
            [red(ANN, "WIN"), red(BOB, "DRAW"), blue(CAT, "WIN")],
            [
                "The side 'red' has several results: DRAW and WIN.",
                "Some players drew and others did not.",
                "2 sides won.",
            ],
        ),
    ],
)
def test_what_looks_odd_is_said(lines, oddities):
    assert list_oddities(lines) == oddities
