"""The races known from the field, each as one fixed interleaving of two sessions on PostgreSQL.

Where a test shows that the naive way fails in the very interleaving in which ours holds, it proves
that the interleaving is one that matters.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from deltacrown.accounts.models import User
from deltacrown.games.models import Game, Match
from deltacrown.user_profile.models import UserProfile
from django_tally.feeds import list_holders
from django_tally.models import Run
from django_tally.repairing import _count_rows, repair_rows
from django_tally.sql import recount_sql
from django_tally.transactions import atomic_service
from django_tally.verification import find_drift
from tests.conftest import NOON

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "connection.vendor != 'postgresql'",
        reason="SQLite has one writer at a time: two sessions cannot interleave",
    ),
]


class Session:
    """A second session: runs what it is given in a thread with a connection of its own."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.error: BaseException | None = None

        def run() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - handed to the test
                self.error = error
            finally:
                connection.close()

        self.thread = threading.Thread(target=run)
        self.thread.start()

    def wait_until_blocked(self) -> None:
        """Return when a session waits for a lock. Fail after a minute, long on a busy machine too."""
        for _ in range(6_000):
            with connection.cursor() as cursor:
                # Otherwise a transaction sees the same snapshot of pg_stat_activity each time.
                cursor.execute("SELECT pg_stat_clear_snapshot()")
                cursor.execute(
                    "SELECT COUNT(*) FROM pg_stat_activity "
                    "WHERE wait_event_type = 'Lock' AND datname = current_database()"
                )
                if cursor.fetchone()[0]:
                    return
            threading.Event().wait(0.01)
        raise AssertionError("the other session never had to wait")

    def finish(self) -> None:
        self.thread.join(timeout=300)
        assert not self.thread.is_alive()
        if self.error:
            raise self.error


@pytest.fixture
def ann():
    return User.objects.create(username="ann", date_joined=NOON)


@pytest.fixture
def rocket():
    return Game.objects.create(slug="rocket", name="Rocket")


def win(user, game, key):
    return Match.objects.create(user=user, game=game, match_key=key, result="WIN", played_at=NOON)


def damage(user):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE user_profile_userprofile SET matches_won = 40 WHERE user_id = %s", [user.pk])


def drift():
    return [
        (found.stat, found.cached, found.actual) for holder in list_holders() for found in find_drift(holder)
    ]


def repair_ours(user):
    repair_rows(
        run=Run.objects.create(cause="race", started_at=NOON), holder=UserProfile, keys=[(user.pk,)], now=NOON
    )


def repair_counting_before_the_lock(user):
    with transaction.atomic():
        ((_, numbers),) = _count_rows(UserProfile, [(user.pk,)]).items()
        UserProfile.objects.select_for_update().get(user=user)
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE user_profile_userprofile SET matches_won = {numbers[1]} WHERE user_id = %s",
                [user.pk],
            )


def repair_counting_in_the_writing_statement(user):
    with connection.cursor() as cursor:
        cursor.execute(recount_sql(UserProfile, connection, only=f"{{key}} = {user.pk}"))


@pytest.mark.parametrize(
    ("repair", "is_right"),
    [
        (repair_ours, True),
        (repair_counting_before_the_lock, False),
        (repair_counting_in_the_writing_statement, False),
    ],
)
def test_a_repair_beside_a_writer_who_has_not_committed(ann, rocket, repair, is_right):
    win(ann, rocket, "one")
    damage(ann)
    with transaction.atomic():
        win(ann, rocket, "two")
        repairer = Session(lambda: repair(ann))
        repairer.wait_until_blocked()
    repairer.finish()
    assert (drift() == []) is is_right


def test_verification_sees_both_sides_of_a_change_or_neither(ann, rocket):
    found = []
    with transaction.atomic():
        win(ann, rocket, "one")
        Session(lambda: found.append(drift())).finish()
    found.append(drift())
    assert found == [[], []]


def test_a_row_deleted_by_two_sessions_is_taken_off_once(ann, rocket):
    match = win(ann, rocket, "one")
    win(ann, rocket, "two")
    with transaction.atomic():
        Match.objects.get(pk=match.pk).delete()
        other = Session(match.delete)
        other.wait_until_blocked()
    other.finish()
    assert UserProfile.objects.get(user=ann).matches_won == 1
    assert drift() == []


def test_a_profile_read_before_and_saved_after_a_match_keeps_the_match(ann, rocket):
    stale = UserProfile.objects.get(user=ann)
    Session(lambda: win(ann, rocket, "one")).finish()
    stale.bio = "hello"
    stale.save()
    assert UserProfile.objects.get(user=ann).matches_won == 1
    assert drift() == []


def test_two_flips_of_one_row_count_once(ann, rocket):
    match = win(ann, rocket, "one")
    with transaction.atomic():
        Match.objects.filter(pk=match.pk).update(result="LOSS")
        other = Session(lambda: Match.objects.filter(pk=match.pk).update(result="LOSS"))
        other.wait_until_blocked()
    other.finish()
    assert UserProfile.objects.get(user=ann).matches_won == 0
    assert drift() == []


def test_under_repeatable_read_the_door_runs_the_transaction_again(ann, rocket):
    attempts = []

    @atomic_service
    def write_with_an_old_snapshot():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        Match.objects.count()  # fixes the snapshot
        if not attempts:
            Session(lambda: win(ann, rocket, "theirs")).finish()
        attempts.append(1)
        win(ann, rocket, "ours")

    write_with_an_old_snapshot()
    assert len(attempts) == 2
    assert UserProfile.objects.get(user=ann).matches_won == 2
    assert drift() == []


def test_two_sessions_that_write_in_opposite_order_both_get_through(ann, rocket):
    bob = User.objects.create(username="bob", date_joined=NOON)
    both_began = threading.Barrier(2, timeout=300)
    attempts = []

    def write(first, second, name):
        @atomic_service
        def transact():
            attempts.append(name)
            win(first, rocket, f"{name}/1")
            if attempts.count(name) == 1:
                both_began.wait()
            win(second, rocket, f"{name}/2")

        return Session(transact)

    for session in (write(ann, bob, "a"), write(bob, ann, "b")):
        session.finish()
    assert sorted(set(attempts)) == ["a", "b"]
    # On a busy machine the other may still hold its row when the victim comes back.
    assert len(attempts) >= 3, "one of them was the deadlock's victim, and ran again"
    assert UserProfile.objects.get(user=ann).matches_won == UserProfile.objects.get(user=bob).matches_won == 2
    assert drift() == []


def test_statements_over_many_players_never_deadlock_whatever_their_size_and_order(rocket):
    """Statements of different sizes have different plans, and reach the same profiles in different order."""
    users = User.objects.bulk_create(User(username=f"u{n}", date_joined=NOON) for n in range(300))
    before = count_deadlocks()

    def write(name, size):
        def insert():
            pick = random.Random(name)
            for number in range(1_200 // size):
                rows = [
                    Match(user=u, game=rocket, match_key=f"{name}{number}", result="WIN", played_at=NOON)
                    for u in pick.sample(users, size)
                ]
                Match.objects.bulk_create(rows)

        return Session(insert)

    for session in [write(f"{size}/{n}/", size) for size in (3, 30, 300) for n in range(2)]:
        session.finish()
    assert sum(UserProfile.objects.values_list("matches_won", flat=True)) == 6 * 1_200
    assert drift() == []
    assert count_deadlocks() == before


def count_deadlocks():
    """Return how many there were in this database; a session tells of its own when it ends."""
    with connection.cursor() as cursor:
        for _ in range(6_000):
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT COUNT(*) FROM pg_stat_activity WHERE backend_type = 'client backend' "
                "AND datname = current_database() AND pid <> pg_backend_pid()"
            )
            if not cursor.fetchone()[0]:
                break
            threading.Event().wait(0.01)
        else:
            raise AssertionError("another session never ended")
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]
