"""What a repair writes down of rows that no trigger saw: once, and only where somebody's number moved."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.utils import timezone

from deltacrown.games.models import Match
from deltacrown.user_profile.models import GameStats, UserProfile
from django_tally import reconciliation, tracing
from django_tally.models import Repair, Revision
from tests import scene
from tests.tally.test_unusual_hands import no_trigger, sql

pytestmark = pytest.mark.django_db


def damage_and_repair() -> list[Repair]:
    sql("UPDATE user_profile_userprofile SET matches_won = matches_won + 5")
    outcome = reconciliation.reconcile(cause="test", clock=timezone.now)
    assert outcome.repairs
    return outcome.repairs


def list_told() -> list[tuple[int, bool]]:
    """Return, of each revision, its row, and whether there was none before."""
    return [(each.row, each.old is None) for each in Revision.objects.order_by("pk")]


def test_a_row_that_no_trigger_saw_is_told_once_and_again_only_when_it_was_changed(player, played):
    ann = player("ann")
    seen = played(ann, "WIN")
    with no_trigger():
        unseen = played(ann, "WIN", match_key="unseen")

    damage_and_repair()
    assert list_told() == [(unseen.pk, True)]
    damage_and_repair()
    assert list_told() == [(unseen.pk, True)], "it is as its revision shows it"

    with no_trigger():
        Match.objects.filter(pk__in=[seen.pk, unseen.pk]).update(side="blue")
        Match.objects.filter(pk=unseen.pk).update(result="LOSS")
    damage_and_repair()
    assert list_told() == [(unseen.pk, True), (unseen.pk, False)], "a side moves no number"


def test_a_row_that_no_trigger_saw_and_that_adds_nothing_is_not_told_until_it_does(player, played):
    ann = player("ann")
    with no_trigger():
        void = played(ann, "WIN", match_key="void", voided_at=timezone.now(), void_reason="cheat")

    damage_and_repair()
    assert list_told() == []

    with no_trigger():
        Match.objects.filter(pk=void.pk).update(voided_at=None, void_reason="")
    damage_and_repair()
    assert list_told() == [(void.pk, True)]


def test_a_row_that_was_deleted_while_no_trigger_watched_is_told_as_gone_once(player, played):
    ann = player("ann")
    match = played(ann, "WIN")
    Match.objects.filter(pk=match.pk).update(result="LOSS")
    with no_trigger():
        Match.objects.filter(pk=match.pk).delete()

    for _ in range(2):
        damage_and_repair()
        assert [new is None for new in Revision.objects.order_by("pk").values_list("new", flat=True)] == [
            False,
            True,
        ]


def test_a_difference_is_told_since_the_first_row_of_its_own_number(player, played):
    ann = player("ann")
    early = played(ann, "WIN", game=scene.game("chess"))
    time.sleep(0.01)  # SQLite's clock has milliseconds
    late = played(ann, "WIN", match_key="late")
    early.refresh_from_db()
    late.refresh_from_db()
    assert early.recorded_at < late.recorded_at
    sql("UPDATE user_profile_gamestats SET matches_won = matches_won + 5")
    sql("DELETE FROM tally_run")

    repairs = reconciliation.reconcile(cause="test", clock=timezone.now, holders=[GameStats]).repairs

    since = {repair.keys["game"]: repair.since for repair in repairs}
    assert since == {early.game_id: early.recorded_at, late.game_id: late.recorded_at}
    assert UserProfile.objects.get(user=ann).matches_won == 2


def repair_after(change: Callable[[], object]) -> list[Repair]:
    """Damage and repair; ``change`` is made when all was read that is read before a row is locked."""
    sql("UPDATE user_profile_userprofile SET matches_won = matches_won + 5")
    changes = [change]

    def meddle(label: str, done: int, total: int) -> None:
        if label.startswith("repairing") and changes:
            changes.pop()()

    outcome = reconciliation.reconcile(
        cause="test", clock=timezone.now, holders=[UserProfile], progress=meddle
    )
    assert not changes
    return outcome.repairs


def test_what_no_trigger_sees_after_a_repair_has_read_its_rows_is_told_as_well(player, played):
    ann = player("ann")
    played(ann, "WIN")
    unseen = []

    def play() -> None:
        with no_trigger():
            unseen.append(played(ann, "WIN", match_key="unseen").pk)

    repairs = repair_after(play)

    assert list_told() == [(unseen[0], True)]
    assert {each.stat: (each.now, each.unexplained) for each in repairs} == {
        "matches_won": (2, -5),
        "total_matches_played": (2, 0),
    }


def test_what_is_changed_after_a_repair_has_read_its_rows_is_told_once(player, played):
    ann = player("ann")
    played(ann, "WIN")
    with no_trigger():
        unseen = played(ann, "WIN", match_key="unseen")

    repairs = repair_after(lambda: Match.objects.filter(pk=unseen.pk).update(result="LOSS"))

    assert list_told() == [(unseen.pk, False)], "its trigger told what it was, and what it is"
    # The trigger took away a win that had never been added.
    assert {each.stat: (each.was, each.now) for each in repairs}["matches_won"] == (5, 1)


def test_rows_that_are_as_they_were_found_are_not_read_again_under_the_lock(player, played, monkeypatch):
    ann, bob = player("ann"), player("bob")
    early = played(ann, "WIN")
    played(bob, "WIN")
    early.refresh_from_db()
    sql("DELETE FROM tally_run")
    asked = []
    find = tracing.Telling._find_untracked
    monkeypatch.setattr(
        tracing.Telling,
        "_find_untracked",
        lambda self, owners: asked.append(list(owners)) or find(self, owners),
    )

    repairs = repair_after(lambda: played(bob, "WIN", match_key="more"))

    assert asked == [sorted([ann.pk, bob.pk]), [bob.pk]]
    assert [each.since for each in repairs if each.owner == ann.pk] == [early.recorded_at]


@pytest.mark.parametrize(
    ("size", "rows", "aims", "expected"),
    [
        pytest.param(50, 50, 1, 50, id="as many"),
        pytest.param(50, 50, 0.8, 62, id="more"),
        pytest.param(50, 50, 0.05, 100, id="twice at most"),
        pytest.param(150, 150, 0.05, 200, id="at most"),
        pytest.param(50, 50, 150, 10, id="at least"),
        pytest.param(200, 200, 2, 100, id="half"),
        pytest.param(50, 3, 0.3, 50, id="rest of a sheet"),
        pytest.param(50, 30, 1.5, 20, id="slow rest"),
    ],
)
def test_a_batch_has_as_many_rows_as_fit(size, rows, aims, expected):
    assert reconciliation._fit_batch(size, rows, aims * reconciliation.AIM) == expected
