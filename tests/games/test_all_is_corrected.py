"""Corrections of what a line says beyond its result: placements, ends, reasons, order; and line voids."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from deltacrown.core.errors import InvalidInput
from deltacrown.games.models import Game
from deltacrown.games.services import (
    MatchIsVoided,
    MatchNotFound,
    correct_match,
    list_match_lines,
    record_match,
    record_matches,
    restore_match,
    void_match,
)
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.history import get_stat_history
from tests import scene
from tests.scene import NOON as NOW
from tests.scene import PLAYED, line, record

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)


@pytest.fixture
def people(player):
    return {name: player(name) for name in ("ann", "bob", "cat", "dan")}


@pytest.fixture(params=["live", "archived"])
def game(request, game, people):
    """``m1``: ann won a free-for-all against bob and cat."""
    lines = [line(people["ann"], "WIN"), line(people["bob"], "LOSS"), line(people["cat"], "LOSS")]
    rows = record_match(record=record(game, "m1", *lines), now=NOW).rows
    if request.param == "archived":
        for row in rows:
            scene.archive(row)
    return game


def correct(game, **correction):
    return correct_match(game=game, match_key="m1", reason="as it was", now=LATER, **correction)


def said(game, *names):
    """username → the values of its line."""
    return {
        row.user.username: tuple(getattr(row, name) for name in names) for row in list_match_lines(game, "m1")
    }


def played():
    rows = UserProfile.objects.filter(total_matches_played__gt=0)
    return dict(rows.values_list("user__username", "total_matches_played"))


def test_several_things_of_one_line_are_corrected_at_once(game, people, find_all_drift):
    correct(
        game,
        results={"bob": "NONE"},
        scores={"bob": "6-1 2-0"},
        placements={"ann": 1, "bob": 3, "cat": 2},
        ended_by={"bob": "ABANDONED"},
        stats={"bob": {"aces": 2}},
        moved={"bob": people["dan"]},
        sequence=4,
    )

    names = ("result", "score", "placement", "ended_by", "uncounted_reason", "stats", "sequence")
    assert said(game, *names) == {
        "ann": ("WIN", "", 1, "PLAY", "", {}, 4),
        "dan": ("NONE", "6-1 2-0", 3, "ABANDONED", "abandoned without a result", {"aces": 2}, 4),
        "cat": ("LOSS", "", 2, "PLAY", "", {}, 4),
    }
    assert played() == {"ann": 1, "cat": 1}
    assert find_all_drift() == []


def test_placement_and_sequence_are_taken_away(game):
    correct(game, placements={"ann": 1}, sequence=3)
    correct(game, placements={"ann": None}, sequence=None)

    assert said(game, "placement", "sequence")["ann"] == (None, None)


def test_a_reason_not_to_count_is_given_and_taken_away(game, find_all_drift):
    correct(game, uncounted={"ann": "a friendly", "bob": "a friendly", "cat": "a friendly"})
    assert played() == {}

    correct(game, uncounted={"ann": "", "bob": "", "cat": ""})
    assert played() == {"ann": 1, "bob": 1, "cat": 1}
    assert find_all_drift() == []


def test_what_follows_from_a_line_is_found_anew(game, find_all_drift):
    correct(game, ended_by={"ann": "BYE"})
    assert said(game, "uncounted_reason")["ann"] == ("a bye",)

    # Taking the reason away does not make a bye count; correcting the end does.
    correct(game, uncounted={"ann": ""})
    assert said(game, "uncounted_reason")["ann"] == ("a bye",)
    correct(game, ended_by={"ann": "PLAY"})
    assert said(game, "uncounted_reason")["ann"] == ("",)
    assert find_all_drift() == []


def test_a_forfeit_counts_by_the_rule_of_the_game(game, find_all_drift):
    Game.objects.update(counts_forfeits=False)

    correct(game, ended_by={"bob": "FORFEIT", "cat": "FORFEIT"})

    assert played() == {}
    assert find_all_drift() == []


@pytest.mark.parametrize(
    ("correction", "now_said"),
    [
        ({"played_at": datetime(1877, 7, 9, tzinfo=UTC), "is_time_known": False}, (1877, 0, False)),
        ({"played_at": datetime(1877, 7, 9, 15, tzinfo=UTC)}, (1877, 15, True)),
        ({"is_time_known": False}, (PLAYED.year, 0, False)),
    ],
)
def test_the_time_becomes_a_day_or_a_time(game, correction, now_said):
    correct(game, **correction)

    [(played_at, is_time_known)] = set(said(game, "played_at", "is_time_known").values())
    assert (played_at.year, played_at.hour, is_time_known) == now_said


@pytest.mark.parametrize(
    ("field", "correction"),
    [
        ("played_at", {"played_at": PLAYED, "is_time_known": False}),
        ("placement", {"placements": {"ann": 0}}),
        ("ended_by", {"ended_by": {"ann": "RAIN"}}),
        ("result", {"ended_by": {"ann": "ABANDONED"}}),
        ("uncounted_reason", {"uncounted": {"ann": " "}}),
        ("sequence", {"sequence": -1}),
        ("placements", {"placements": {"eve": 1}}),
    ],
)
def test_what_contradicts_itself_is_refused_and_changes_nothing(game, field, correction):
    before = said(game, "result", "placement", "ended_by", "uncounted_reason", "played_at", "sequence")

    with pytest.raises(InvalidInput) as refusal:
        correct(game, **correction)

    assert refusal.value.field == field
    assert (
        said(game, "result", "placement", "ended_by", "uncounted_reason", "played_at", "sequence") == before
    )


def test_a_time_that_was_never_known_must_be_given(game):
    correct(game, is_time_known=False)

    with pytest.raises(InvalidInput, match="give played_at with the time"):
        correct(game, is_time_known=True)

    correct(game, is_time_known=True, played_at=PLAYED)
    assert said(game, "played_at")["ann"] == (PLAYED,)


def test_what_looks_odd_after_a_correction_is_warned_of(game):
    assert correct(game, results={"ann": "LOSS"}).warnings == ["Every side lost."]
    assert correct(game, placements={"ann": 2, "bob": 3, "cat": 4}).warnings == []


def test_one_line_is_void_and_the_rest_counts(game, people, find_all_drift):
    rows = void_match(game=game, match_key="m1", reason="ineligible", now=LATER, user=people["bob"])

    assert {row.user.username: row.void_reason for row in rows} == {"ann": "", "bob": "ineligible", "cat": ""}
    assert played() == {"ann": 1, "cat": 1}

    # The void of the whole match keeps the older one; taking one line back leaves the others void.
    void_match(game=game, match_key="m1", reason="crash", now=LATER)
    assert said(game, "void_reason") == {"ann": ("crash",), "bob": ("ineligible",), "cat": ("crash",)}
    restore_match(game=game, match_key="m1", reason="he was", now=LATER, user=people["bob"])
    assert played() == {"bob": 1}
    restore_match(game=game, match_key="m1", reason="no crash", now=LATER)
    assert played() == {"ann": 1, "bob": 1, "cat": 1}
    assert find_all_drift() == []


def test_the_void_of_a_line_nobody_has_is_refused(game, people):
    with pytest.raises(MatchNotFound, match="dan has no line in match 'm1'"):
        void_match(game=game, match_key="m1", reason="ineligible", now=LATER, user=people["dan"])


def test_a_line_stays_void_through_corrections(game, people, find_all_drift):
    void_match(game=game, match_key="m1", reason="ineligible", now=LATER, user=people["bob"])

    correct(game, scores={"bob": "3"}, played_at=PLAYED - timedelta(days=1))
    assert said(game, "void_reason", "score")["bob"] == ("ineligible", "3")

    # The void is the line's: it goes where the line goes, also when two are swapped.
    correct(game, moved={"bob": people["cat"], "cat": people["bob"]})
    assert said(game, "void_reason", "score") == {
        "ann": ("", ""),
        "bob": ("", ""),
        "cat": ("ineligible", "3"),
    }
    correct(game, moved={"cat": people["dan"]})
    assert said(game, "void_reason")["dan"] == ("ineligible",)
    assert played() == {"ann": 1, "bob": 1}
    assert find_all_drift() == []


def test_a_match_that_is_void_as_a_whole_is_not_corrected(game, people):
    void_match(game=game, match_key="m1", reason="crash", now=LATER)

    with pytest.raises(MatchIsVoided, match="use restore_match first"):
        correct(game, scores={"ann": "2"})


def test_the_history_says_what_became_of_a_line(game, people):
    void_match(game=game, match_key="m1", reason="ineligible", now=LATER, user=people["ann"])
    restore_match(game=game, match_key="m1", reason="he was", now=LATER, user=people["ann"])
    correct(game, uncounted={"ann": "a friendly"})
    correct(game, uncounted={"ann": ""})

    changes = get_stat_history(
        people["ann"], "total_matches_played", viewer=people["ann"], order="known"
    ).items
    assert [change.what for change in changes][:4] == [
        "counted from now on, it was not: a friendly",
        "no longer counted: a friendly",
        "restored, the void was taken back",
        "voided: ineligible",
    ]


def test_a_retry_of_the_old_delivery_adds_nobody_whom_a_correction_took_out(game, people):
    correct(game, removed=["bob"], moved={"cat": people["dan"]})

    lines = [line(people["ann"], "WIN"), line(people["bob"], "LOSS"), line(people["cat"], "LOSS")]
    for known in (lines, lines[1:]):
        [outcome] = record_matches(records=[record(game, "m1", *known)], now=LATER)
        assert outcome.refusal.field == "lines"
        assert "a correction said who played" in outcome.refusal.message
    assert sorted(said(game, "result")) == ["ann", "dan"]
