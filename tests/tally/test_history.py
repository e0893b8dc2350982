"""History, as-of values and explanations, case by case; the state machine beside this file does the rest."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from deltacrown.games.models import ArchivedMatch, Match
from deltacrown.user_profile.models import GameStats, UserProfile
from django_tally.as_of import get_as_of
from django_tally.context import attributed
from django_tally.explanation import explain_row
from django_tally.history import (
    has_later_changes,
    list_changes,
    list_daily_changes,
    list_latest,
    list_revisions,
)
from django_tally.models import ChangeContext, Revision
from django_tally.rows import UnknownStat
from django_tally.stat_sql import StatOf
from tests.conftest import NOON
from tests.tally.times import database_now

pytestmark = pytest.mark.django_db


def history(user, stat, **page):
    number = StatOf(UserProfile, UserProfile._meta.get_field(stat), {"user": user.pk})
    return list_changes(number, limit=page.pop("limit", 50), **page)


def deltas(user, stat):
    return [change.delta for change in history(user, stat)]


def test_rows_never_changed_tell_their_own_story(player, played):
    ann, bob = player("ann"), player("bob")
    matches = [played(ann, result) for result in ("WIN", "LOSS", "WIN")]
    played(bob, "WIN")
    assert [(change.row, change.delta) for change in history(ann, "matches_won")] == [
        (matches[2].pk, 1),
        (matches[0].pk, 1),
    ]
    assert deltas(ann, "total_matches_played") == [1, 1, 1]
    assert Revision.objects.count() == 0


def test_a_void_says_who_and_why_and_keeps_the_beginning(player, played):
    match = played(ann := player("ann"), "WIN")
    with attributed(actor="mod", reason="smurfing"):
        Match.objects.filter(pk=match.pk).update(voided_at=NOON, void_reason="smurfing")
    voided, recorded = history(ann, "matches_won")
    assert (voided.delta, voided.actor, voided.reason) == (-1, "mod", "smurfing")
    assert (voided.old["voided_at"], voided.new["void_reason"]) == (None, "smurfing")
    assert (recorded.delta, recorded.is_recording, recorded.row) == (1, True, match.pk)


def test_the_changes_of_a_day_are_one_and_none_where_they_cancel_out(player, played):
    """Of two numbers, and with rows that were changed, archived and never touched."""
    ann = player("ann")
    rows = [played(ann, result) for result in ("WIN", "LOSS", "WIN", "WIN")]
    days = {pk: NOON - timedelta(days=place) for place, pk in enumerate(row.pk for row in rows)}
    for row in rows:
        Match.objects.filter(pk=row.pk).update(voided_at=NOON, void_reason="x")
        Match.objects.filter(pk=row.pk).update(voided_at=None, void_reason="")
        changed = Revision.objects.filter(row=row.pk)
        changed.update(recorded_at=days[row.pk], changed_at=days[row.pk])
    Match.objects.filter(pk=rows[0].pk).update(voided_at=NOON, void_reason="x")
    Revision.objects.filter(changed_at__gt=NOON).update(changed_at=NOON)
    played(ann, "WIN")

    names = ("total_matches_played", "matches_won")
    numbers = [StatOf(UserProfile, UserProfile._meta.get_field(name), {"user": ann.pk}) for name in names]
    found = list_daily_changes(*numbers, limit=10)

    today = max(change.at for change in history(ann, "matches_won")).date()
    told = [(NOON.date() - change.day, change.stat, change.delta) for change in found]
    assert told == [
        (NOON.date() - today, "total_matches_played", 1),
        (NOON.date() - today, "matches_won", 1),
        (timedelta(days=1), "total_matches_played", 1),
        (timedelta(days=2), "total_matches_played", 1),
        (timedelta(days=2), "matches_won", 1),
        (timedelta(days=3), "total_matches_played", 1),
        (timedelta(days=3), "matches_won", 1),
    ]
    assert list_daily_changes(*numbers, limit=2, after=found[2].position) == found[3:5]


def test_the_latest_changes_and_revisions_are_read_together_as_each_alone(player, played):
    ann = player("ann")
    for row in [played(ann, result) for result in ("WIN", "LOSS", "WIN", "WIN")][:3]:
        Match.objects.filter(pk=row.pk).update(voided_at=NOON, void_reason="smurfing")
    parts = [
        StatOf(UserProfile, UserProfile._meta.get_field(stat), {"user": ann.pk})
        for stat in ("matches_won", "total_matches_played")
    ]

    latest, revisions = list_latest(*parts, limit=4, revisions=3)

    assert latest == list_changes(*parts, limit=4)
    assert revisions == list_revisions(*parts, limit=3)
    assert [len(latest), len(revisions)] == [4, 3]


def test_a_history_without_rulings_is_read_of_the_rows_alone(player, played):
    """By one statement that says that there are none; else all streams are read, whatever was seen before."""
    ann, bob = player("ann"), player("bob")
    rows = [played(ann, result) for result in ("WIN", "LOSS", "WIN", "WIN")]
    played(bob, "WIN")
    parts = [
        StatOf(UserProfile, UserProfile._meta.get_field(stat), {"user": ann.pk})
        for stat in ("total_matches_played", "matches_won")
    ]

    def read(**page):
        with CaptureQueriesContext(connection) as asked:
            found = list_changes(*parts, limit=3, are_plain=True, **page)
        return found, len(asked)

    def is_changed(user):
        return UserProfile.objects.filter(has_later_changes("user_id"), user=user).exists()

    everything = list_changes(*parts, limit=50)
    first, asked = read()
    second, _ = read(after=first[-1].position)
    assert [*first, *second] == everything[:6]
    assert asked == 1
    assert not is_changed(ann)
    assert list_changes(StatOf(UserProfile, parts[0].stat, {"user": 0}), limit=3, are_plain=True) == []

    Match.objects.filter(pk=rows[1].pk).update(voided_at=NOON, void_reason="smurfing")
    assert is_changed(ann)
    assert not is_changed(bob)
    assert read() == (list_changes(*parts, limit=3), 2)
    assert read()[0][0].delta == -1


def test_a_row_changed_again_and_again_began_once(player, played):
    match = played(ann := player("ann"), "WIN")
    rows = Match.objects.filter(pk=match.pk)
    for voided in (True, False, True):
        database_now()
        rows.update(voided_at=NOON if voided else None, void_reason="x" if voided else "")
    assert deltas(ann, "matches_won") == [-1, 1, -1, 1]


def test_an_unexplained_write_is_recorded_as_such(player, played):
    match = played(ann := player("ann"), "WIN")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE games_match SET result = 'LOSS' WHERE id = %s", [match.pk])
    change = history(ann, "matches_won")[0]
    assert (change.delta, change.actor, change.reason) == (-1, "", "")
    assert deltas(ann, "total_matches_played") == [1]


def test_a_change_that_moves_no_number_leaves_no_trace(player, played):
    match = played(player("ann"), "WIN")
    Match.objects.filter(pk=match.pk).update(score=9, side="blue")
    assert not Revision.objects.exists()


def test_a_row_moved_to_another_player_leaves_one_and_reaches_the_other(player, played):
    ann, bob = player("ann"), player("bob")
    match = played(ann, "WIN")
    Match.objects.filter(pk=match.pk).update(user=bob)
    assert deltas(ann, "matches_won") == [-1, 1]
    assert deltas(bob, "matches_won") == [1]


def test_a_deleted_row_keeps_its_place_in_the_past(player, played):
    match = played(ann := player("ann"), "WIN")
    match.delete()
    deleted, recorded = history(ann, "matches_won")
    assert (deleted.delta, deleted.new, recorded.delta) == (-1, None, 1)


def test_a_row_that_comes_with_its_own_past_is_seen_to_arrive_now(player, played):
    ann = player("ann")
    before = database_now()
    played(ann, "WIN", recorded_at=NOON)
    arrived = history(ann, "matches_won")
    assert [(change.delta, change.old) for change in arrived] == [(1, None)]
    assert arrived[0].at > before
    assert get_as_of(UserProfile, "matches_won", {"user": ann.pk}, known_at=before) == 0


@pytest.mark.parametrize("delete_first", [True, False])
def test_an_archive_move_adds_up_whichever_half_comes_first(player, played, delete_first):
    ann = player("ann")
    match = played(ann, "WIN")
    values = Match.objects.filter(pk=match.pk).values().get()
    before = database_now()
    steps = [
        lambda: ArchivedMatch.objects.create(**values),
        lambda: Match.objects.filter(pk=match.pk)._raw_delete("default"),
    ]
    with transaction.atomic():
        for step in reversed(steps) if delete_first else steps:
            step()
    assert sum(deltas(ann, "matches_won")) == UserProfile.objects.get(user=ann).matches_won == 1
    assert get_as_of(UserProfile, "matches_won", {"user": ann.pk}, known_at=before) == 1
    if not delete_first:
        assert not Revision.objects.exists(), "the copy then the removal is a move, not a change"


def test_history_runs_through_into_the_archive(player, played):
    ann = player("ann")
    match = played(ann, "WIN")
    values = Match.objects.filter(pk=match.pk).values().get()
    ArchivedMatch.objects.create(**values)
    Match.objects.filter(pk=match.pk)._raw_delete("default")
    ArchivedMatch.objects.filter(pk=match.pk).update(result="LOSS")
    assert deltas(ann, "matches_won") == [-1, 1]


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no TRUNCATE")
def test_a_truncate_keeps_the_past_of_every_row(player, played):
    ann = player("ann")
    for result in ("WIN", "LOSS", "WIN"):
        played(ann, result)
    before = database_now()
    with attributed(actor="operator", reason="season reset"), connection.cursor() as cursor:
        # PostgreSQL refuses to truncate a table while checks of its rows are deferred.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE games_match CASCADE")
    assert [(change.delta, change.reason) for change in history(ann, "matches_won")[:2]] == [
        (-1, "season reset")
    ] * 2
    assert deltas(ann, "matches_won") == [-1, -1, 1, 1]
    assert get_as_of(UserProfile, "matches_won", {"user": ann.pk}, known_at=before) == 2


def test_pages_follow_on_without_gap_or_repeat(player, played):
    ann = player("ann")
    matches = [played(ann, "WIN") for _ in range(9)]
    Match.objects.filter(pk__in=[match.pk for match in matches[2:6]]).update(voided_at=NOON, void_reason="x")
    whole = history(ann, "matches_won")
    assert len(whole) == 13
    for size in (1, 2, 5):
        read = history(ann, "matches_won", limit=size)
        for _ in whole:
            read += history(ann, "matches_won", limit=size, after=read[-1].position)
        assert read == whole


def test_a_page_costs_the_same_however_long_the_history(player, played, django_assert_num_queries):
    ann = player("ann")
    for _ in range(30):
        played(ann, "WIN")
    with django_assert_num_queries(1):
        history(ann, "matches_won", limit=5)


def test_as_of_a_time_between_changes(player, played):
    ann = player("ann")
    times = [database_now()]
    match = played(ann, "WIN")
    times.append(database_now())
    played(ann, "LOSS")
    times.append(database_now())
    Match.objects.filter(pk=match.pk).update(voided_at=NOON, void_reason="x")
    times.append(database_now())

    def read(stat):
        return [get_as_of(UserProfile, stat, {"user": ann.pk}, known_at=time) for time in times]

    assert read("total_matches_played") == [0, 1, 2, 1]
    assert read("matches_won") == [0, 1, 1, 0]
    assert read("overall_win_rate") == [Decimal(0), Decimal(100), Decimal(50), Decimal(0)]
    assert read("average_placement") == [None] * 4
    assert read("level") == [1] * 4
    game_keys = {"user": ann.pk, "game": match.game_id}
    assert [get_as_of(GameStats, "win_rate", game_keys, known_at=time) for time in times] == [0, 100, 50, 0]


def test_as_of_before_the_player_existed_is_nothing(player):
    assert (
        get_as_of(
            UserProfile, "matches_won", {"user": player("ann").pk}, known_at=NOON - timedelta(days=5000)
        )
        == 0
    )


def test_as_of_refuses_what_is_no_number(player):
    with pytest.raises(UnknownStat, match="no number called 'bio'"):
        get_as_of(UserProfile, "bio", {"user": player("ann").pk}, known_at=NOON)


def test_recorded_at_cannot_be_rewritten(player, played):
    match = played(player("ann"))
    kept = Match.objects.get(pk=match.pk).recorded_at
    for forged in (NOON, None):
        match.recorded_at = forged
        match.save()
    Match.objects.filter(pk=match.pk).update(recorded_at=NOON)
    assert Match.objects.get(pk=match.pk).recorded_at == kept
    with (
        pytest.raises(DatabaseError, match="never changes"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE games_match SET recorded_at = %s", [str(NOON)])


def test_contexts_nest_and_end_with_the_transaction(player, played):
    ann = player("ann")
    rows = [played(ann, "WIN") for _ in range(4)]

    def void(row):
        Match.objects.filter(pk=row.pk).update(voided_at=NOON, void_reason="x")

    with attributed(actor="outer", reason="o"):
        with attributed(actor="inner", reason="i"):
            void(rows[0])
        void(rows[1])
    void(rows[2])
    with pytest.raises(LookupError), attributed(actor="lost", reason="l"):
        raise LookupError
    void(rows[3])
    assert [change.actor for change in reversed(history(ann, "matches_won")) if not change.is_recording] == [
        "inner",
        "outer",
        "",
        "",
    ]
    assert not ChangeContext.objects.exists()


@pytest.mark.parametrize(
    ("fields", "stat", "says"),
    [
        ({"result": "WIN"}, "matches_won", "counts 1"),
        ({"result": "LOSS"}, "total_matches_played", "counts 1"),
        ({"result": "LOSS"}, "matches_won", "does not count: it was not won, the result is LOSS"),
        (
            {"result": "WIN", "voided_at": NOON, "void_reason": "smurfing"},
            "matches_won",
            "does not count: voided: smurfing",
        ),
        ({"result": "WIN"}, "disputes_filed", "does not count: disputes filed are not counted from matches"),
    ],
)
def test_a_row_is_told_whether_it_counts_and_why_not(player, played, fields, stat, says):
    match = played(player("ann"), **fields)
    assert str(explain_row(UserProfile._meta.get_field(stat), match)) == says
