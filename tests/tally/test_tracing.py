"""What a repair writes down of rows that no trigger saw: once, and only where somebody's number moved."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.db import connection
from django.utils import timezone

from deltacrown.games.models import Match
from deltacrown.user_profile.models import GameStats, UserProfile
from django_tally import reconciliation, repair_facts, tracing
from django_tally.feeds import get_contributions, get_stats, list_holders
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


def test_when_a_number_began_is_read_before_the_lock_also_where_no_trigger_saw_its_rows(
    player, played, monkeypatch
):
    """Else a hundred thousand rows that no trigger saw are walked through while writers wait."""
    ann = player("ann")
    with no_trigger():
        unseen = played(ann, "WIN", match_key="unseen")
    time.sleep(0.01)  # SQLite's clock has milliseconds
    seen = played(ann, "WIN")
    seen.refresh_from_db()
    sql("DELETE FROM tally_run")
    asked = []
    read = tracing.read_first_changes
    monkeypatch.setattr(
        tracing,
        "read_first_changes",
        lambda holder, numbers: asked.append({stat for _, stat in numbers}) or read(holder, numbers),
    )

    repairs = repair_after(lambda: None)

    assert list_told() == [(unseen.pk, True)]
    told = {each.stat: (each.unexplained, each.since) for each in repairs}
    assert told == {"matches_won": (-5, seen.recorded_at), "total_matches_played": (0, None)}
    assert asked == [{"matches_won", "total_matches_played"}, set()]


def test_revisions_are_looked_up_by_their_row_whatever_the_planner_knows_of_them():
    """By statistics of before a repair wrote them, all of an owner were read anew for each of his rows."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite makes no join of a condition")
    sources = list(tracing._list_histories())
    statements = [tracing._write_suspects(sources)]
    statements += [
        repair_facts._write_beginnings(holder, get_contributions(holder), tuple(get_stats(holder)))
        for holder in list_holders()
    ]
    sql("SET LOCAL enable_seqscan = off")
    sql("SET LOCAL enable_bitmapscan = off")
    looked_up = []
    for statement in statements:
        filled = statement.replace(repair_facts.OWNERS, "1, 2").replace(repair_facts.ROWS, "(1, 1), (2, 1)")
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {filled}")
            (plan,) = cursor.fetchone()
        looked_up += list_revision_scans(plan[0]["Plan"])

    assert len(looked_up) > len(sources)
    assert {(index, joined) for index, joined in looked_up} == {("tally_revision_of_row", False)}


def list_revision_scans(
    node, *, is_repeated: bool = False, is_joined: bool = False
) -> list[tuple[str, bool]]:
    """Return the index by which revisions are read for each row of something, and whether by a join."""
    is_joined = is_joined or node.get("Join Type") in {"Anti", "Semi"}
    is_repeated = is_repeated or is_joined or node.get("Parent Relationship") == "SubPlan"
    found = []
    if node.get("Relation Name") == "tally_revision" and is_repeated:
        found.append((node.get("Index Name", ""), is_joined))
    for child in node.get("Plans", []):
        found += list_revision_scans(child, is_repeated=is_repeated, is_joined=is_joined)
    return found


def test_who_has_many_rows_is_locked_with_few_others_or_alone():
    numbers = {
        (1,): {"wins": 90_000},
        (2,): {"wins": 6_000, "losses": 40},
        (3,): {"wins": -5},
        (4,): {"wins": 7},
    }
    sheet, batches = list(numbers), []
    while batch := reconciliation._take_batch(sheet, numbers, 4):
        batches.append(batch)
        sheet = sheet[len(batch) :]
    assert batches == [[(1,)], [(2,), (3,)], [(4,)]], "the second counts for three"
    assert reconciliation._take_batch([(3,), (4,)] * 9, numbers, 10) == [(3,), (4,)] * 5


def test_every_wrong_row_is_repaired_once_also_where_sets_are_split(player, played, monkeypatch):
    for name in ("ann", "bob", "cem"):
        played(player(name), "WIN")
    monkeypatch.setattr(reconciliation, "ROWS_AS_LONG", 1)
    monkeypatch.setattr(reconciliation, "BATCH", 3)
    monkeypatch.setattr(reconciliation, "_fit_batch", lambda size, rows, seconds: size)
    locked = []
    repair = reconciliation.repair_what_is_free
    monkeypatch.setattr(
        reconciliation,
        "repair_what_is_free",
        lambda run, holder, keys, *given, **more: (
            locked.append((holder, list(keys))) or repair(run, holder, keys, *given, **more)
        ),
    )

    repairs = damage_and_repair()

    assert [len(keys) for holder, keys in locked if holder is UserProfile] == [1, 1, 1]
    assert len(repairs) == 3
    assert set(UserProfile.objects.values_list("matches_won", flat=True)) == {1}


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
