from __future__ import annotations

import pytest
from django.utils.translation import override

from deltacrown.accounts.models import User
from deltacrown.games.services.counting import find_uncounted_reasons
from tests.scene import line

ANN, BOB, CAT, DAN = (User(pk=pk, username=name) for pk, name in enumerate(["ann", "bob", "cat", "dan"], 1))
FORFEITED = "decided by forfeit, and forfeits do not count here"

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("lines", "counting", "not_counting"),
    [
        # lines, the reasons where forfeits count, the reasons where they do not
        ([line(ANN), line(BOB, "LOSS")], ["", ""], ["", ""]),
        ([line(ANN, "WIN", ended_by="BYE")], ["a bye"], ["a bye"]),
        ([line(ANN, "NONE")], ["no result is known"], ["no result is known"]),
        (
            [line(ANN, "NONE", ended_by="ABANDONED")],
            ["abandoned without a result"],
            ["abandoned without a result"],
        ),
        ([line(ANN), line(BOB, "LOSS", ended_by="RETIRED")], ["", ""], ["", ""]),
        ([line(ANN), line(BOB, "LOSS", ended_by="DISQUALIFIED")], ["", ""], ["", ""]),
        ([line(ANN), line(BOB, "LOSS", ended_by="FORFEIT")], ["", ""], [FORFEITED, FORFEITED]),
        (
            [line(ANN, "LOSS", ended_by="FORFEIT"), line(BOB, "LOSS", ended_by="FORFEIT")],
            ["", ""],
            [FORFEITED, FORFEITED],
        ),
        # One of a side gave up: the others played.
        (
            [
                line(ANN, "WIN", side="red"),
                line(BOB, "LOSS", side="red", ended_by="FORFEIT"),
                line(CAT, "LOSS", side="blue"),
            ],
            ["", "", ""],
            ["", FORFEITED, ""],
        ),
        ([line(ANN, uncounted_reason="a friendly")], ["a friendly"], ["a friendly"]),
        ([line(ANN, ended_by="BYE", uncounted_reason="round 1")], ["round 1"], ["round 1"]),
    ],
)
def test_why_a_line_does_not_count(lines, counting, not_counting):
    assert find_uncounted_reasons(lines, counts_forfeits=True) == counting
    assert find_uncounted_reasons(lines, counts_forfeits=False) == not_counting


def test_reasons_are_english_in_every_language_as_they_are_stored():
    with override("tr"):
        assert find_uncounted_reasons([line(ANN, "NONE")], counts_forfeits=True) == ["no result is known"]
