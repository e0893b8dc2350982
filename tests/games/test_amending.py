from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.games import signals
from deltacrown.games.models import ArchivedMatch, Game, Match
from deltacrown.games.services import (
    ChangedMatch,
    MatchIsVoided,
    MatchNotFound,
    correct_match,
    list_match_lines,
    record_match,
    restore_match,
    void_match,
)
from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.announcements import announced
from tests.concurrency import call_together
from tests.scene import NOON as NOW
from tests.scene import duel, line, record

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)


@pytest.fixture(params=["live", "archived", "one archived"])
def recorded_in(request, game, player):
    """A duel that ann won against bob as ``m1``, and two matches that must stay as they are."""
    ann, bob = player("ann"), player("Bob")
    rows = record_match(record=duel(game, "m1", ann, bob), now=NOW).rows
    record_match(record=duel(game, "m2", ann, bob), now=NOW)
    record_match(record=duel(Game.objects.create(slug="chess", name="Chess"), "m1", ann, bob), now=NOW)
    for row in {"live": [], "archived": rows, "one archived": rows[:1]}[request.param]:
        scene.archive(row)
    return game


def numbers():
    return dict(UserProfile.objects.values_list("user__username", "matches_won")), set(
        UserProfile.objects.values_list("total_matches_played", flat=True)
    )


def others():
    """Every row that is not of that match."""
    return [
        row
        for table in (Match, ArchivedMatch)
        for row in table.objects.exclude(game__slug="rocket", match_key="m1").order_by("pk").values()
    ]


def test_a_voided_match_is_kept_and_counts_nowhere(recorded_in, player, find_all_drift):
    moderator, before = player("mod"), others()

    with announced(signals.match_voided) as events:
        rows = void_match(game=recorded_in, match_key="m1", reason="cheating", now=LATER, by=moderator)

    assert [(row.voided_at, row.void_reason) for row in list_match_lines(recorded_in, "m1")] == [
        (LATER, "cheating")
    ] * 2
    assert events == [{"sender": Match, "rows": rows, "reason": "cheating", "by": moderator, "now": LATER}]
    assert UserProfile.objects.get(user__username="ann").matches_won == 2
    assert others() == before
    assert find_all_drift() == []


def test_voiding_again_keeps_the_first_reason(recorded_in):
    void_match(game=recorded_in, match_key="m1", reason="cheating", now=NOW)

    with announced(signals.match_voided) as events:
        void_match(game=recorded_in, match_key="m1", reason="something else", now=LATER)

    assert events == []
    assert {(row.voided_at, row.void_reason) for row in list_match_lines(recorded_in, "m1")} == {
        (NOW, "cheating")
    }


def test_a_restored_match_counts_again(recorded_in, find_all_drift):
    before = numbers()
    void_match(game=recorded_in, match_key="m1", reason="cheating", now=NOW)

    with announced(signals.match_restored) as events:
        rows = restore_match(game=recorded_in, match_key="m1", reason="appeal upheld", now=LATER)
        restore_match(game=recorded_in, match_key="m1", reason="appeal upheld", now=LATER)

    assert events == [{"sender": Match, "rows": rows, "reason": "appeal upheld", "by": None, "now": LATER}]
    assert {(row.voided_at, row.void_reason) for row in list_match_lines(recorded_in, "m1")} == {(None, "")}
    assert numbers() == before
    assert find_all_drift() == []


def test_a_corrected_match_counts_as_corrected(recorded_in, player, find_all_drift):
    moderator, before = player("mod"), others()

    with announced(signals.match_corrected) as events:
        rows = correct_match(
            game=recorded_in,
            match_key="m1",
            results={"ANN": "LOSS", "bob": "WIN"},
            scores={"Bob": 5},
            reason="swapped",
            now=LATER,
            by=moderator,
        )

    assert [(row.user.username, row.result, row.score) for row in list_match_lines(recorded_in, "m1")] == [
        ("ann", "LOSS", ""),
        ("Bob", "WIN", "5"),
    ]
    changes = events[0]["changes"]
    assert [(change.row, change.old["result"], change.old["score"]) for change in changes] == [
        (rows[0], "WIN", ""),
        (rows[1], "LOSS", ""),
    ]
    assert [change.differing for change in changes] == [{"result"}, {"result", "score"}]
    assert (events[0]["reason"], events[0]["by"], events[0]["now"], len(events)) == (
        "swapped",
        moderator,
        LATER,
        1,
    )
    assert numbers()[0] == {"ann": 2, "Bob": 1, "mod": 0}
    assert others() == before
    assert find_all_drift() == []


def test_a_correction_that_changes_nothing_says_nothing(recorded_in):
    with announced(signals.match_corrected) as events:
        correct_match(
            game=recorded_in,
            match_key="m1",
            results={"ann": "WIN"},
            scores={"ann": None},
            reason="again",
            now=LATER,
        )
    assert events == []


def test_only_rows_that_changed_are_announced(recorded_in):
    with announced(signals.match_corrected) as events:
        correct_match(
            game=recorded_in,
            match_key="m1",
            results={"ann": "WIN", "bob": "LOSS"},
            scores={"bob": 1},
            reason="score",
            now=LATER,
        )
    assert [
        [(change.row.user.username, change.old["score"]) for change in event["changes"]] for event in events
    ] == [[("Bob", "")]]


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("result", {"results": {"ann": "won"}}),
        ("results", {"results": {"cat": "WIN"}}),
        ("results", {"results": {}}),
        ("score", {"results": {}, "scores": {"ann": "s" * 101}}),
        ("scores", {"results": {}, "scores": {"cat": 1}}),
        ("reason", {"results": {"ann": "LOSS", "bob": "WIN"}, "reason": " "}),
        ("reason", {"results": {"ann": "LOSS", "bob": "WIN"}, "reason": "r" * 501}),
    ],
)
def test_a_correction_that_cannot_be_changes_nothing(recorded_in, field, fields):
    before = [(row.result, row.score) for row in list_match_lines(recorded_in, "m1")]

    with pytest.raises(InvalidInput) as refusal:
        correct_match(**{"game": recorded_in, "match_key": "m1", "reason": "x", "now": LATER, **fields})

    assert refusal.value.field == field
    assert [(row.result, row.score) for row in list_match_lines(recorded_in, "m1")] == before


def test_a_player_of_a_side_is_corrected_alone(game, player, find_all_drift):
    ann, bob, cat = player("ann"), player("bob"), player("cat")
    lines = [line(ann, "WIN", side="red"), line(bob, "WIN", side="red"), line(cat, "LOSS", side="blue")]
    record_match(record=record(game, "m1", *lines), now=NOW)

    correct_match(game=game, match_key="m1", results={"bob": "LOSS"}, reason="left early", now=LATER)

    assert [row.result for row in list_match_lines(game, "m1")] == ["WIN", "LOSS", "LOSS"]
    assert find_all_drift() == []


def test_a_void_match_is_not_corrected(recorded_in):
    void_match(game=recorded_in, match_key="m1", reason="cheating", now=NOW)

    with pytest.raises(MatchIsVoided, match="restore_match first"):
        correct_match(
            game=recorded_in, match_key="m1", results={"ann": "LOSS", "bob": "WIN"}, reason="x", now=LATER
        )


@pytest.mark.parametrize("key", ["m3", "M1"])
def test_an_unknown_match_is_not_found(recorded_in, key):
    for change in (void_match, restore_match, partial(correct_match, results={"ann": "WIN"})):
        with pytest.raises(MatchNotFound, match="check the key and the game"):
            change(game=recorded_in, match_key=key, reason="x", now=LATER)


@pytest.mark.parametrize("change", [void_match, restore_match])
@pytest.mark.parametrize(
    ("field", "fields"),
    [("reason", {"reason": ""}), ("reason", {"reason": "a\0"}), ("match_key", {"match_key": "\0"})],
)
def test_a_change_needs_a_key_and_a_reason_that_can_be(recorded_in, change, field, fields):
    with pytest.raises(InvalidInput) as refusal:
        change(**{"game": recorded_in, "match_key": "m1", "reason": "x", "now": LATER, **fields})
    assert refusal.value.field == field


@pytest.mark.django_db(transaction=True)
def test_void_and_correction_at_once_leave_numbers_right(find_all_drift):
    game = Game.objects.create(slug="rocket", name="Rocket")
    ann, bob = User.objects.bulk_create([User(username="ann"), User(username="bob")])
    for key in map(str, range(10)):
        record_match(record=duel(game, key, ann, bob), now=NOW)
        swapped = {"ann": "LOSS", "bob": "WIN"}
        answers = call_together(
            [
                partial(void_match, game=game, match_key=key, reason="x", now=LATER),
                partial(correct_match, game=game, match_key=key, results=swapped, reason="x", now=LATER),
                partial(void_match, game=game, match_key=key, reason="y", now=LATER),
            ]
        )
        assert {type(answer) for answer in answers} <= {list, ChangedMatch, MatchIsVoided}
        assert len({row.void_reason for row in list_match_lines(game, key)}) == 1

    assert set(UserProfile.objects.values_list("total_matches_played", "matches_won")) == {(0, 0)}
    assert find_all_drift() == []
