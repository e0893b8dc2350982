"""Which session waits for which on PostgreSQL, in fixed interleavings of two, as in ``test_races``."""

from __future__ import annotations

import zlib

import pytest
from django.db import connection, transaction

from deltacrown.accounts.models import User
from deltacrown.freshness.models import ContentVersion
from deltacrown.games.models import Game, Match
from deltacrown.games.services import LineRecord, MatchRecord, record_matches
from deltacrown.games.services.queues import LOCK_QUEUES, LOCK_SPACE
from deltacrown.user_profile.models import ExperienceAward, GameStats, UserProfile
from deltacrown.user_profile.people.profiles import ensure_profiles
from django_tally.models import Run
from django_tally.reconciliation import reconcile
from django_tally.repairing import repair_rows
from django_tally.signals import numbers_repaired
from tests.chaos.test_races import Session, damage, drift, win
from tests.conftest import NOON

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "connection.vendor != 'postgresql'",
        reason="SQLite has one writer at a time: two sessions cannot interleave",
    ),
]


@pytest.fixture
def ann():
    return User.objects.create(username="ann", date_joined=NOON)


@pytest.fixture
def bob(ann):
    return User.objects.create(username="bob", date_joined=NOON)


@pytest.fixture
def rocket():
    return Game.objects.create(slug="rocket", name="Rocket")


def impatiently(work):
    """Do ``work`` in a transaction that refuses to wait for locks."""

    def run():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '500ms'")
            work()

    return run


def lock_profile(user, how="NO KEY UPDATE"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM user_profile_userprofile WHERE user_id = %s FOR {how}", [user.pk])


def repair(*users):
    repair_rows(
        run=Run.objects.create(cause="race", started_at=NOON),
        holder=UserProfile,
        keys=[(user.pk,) for user in users],
        now=NOON,
    )


@pytest.mark.parametrize("profile_first", [True, False], ids=["profile first", "match first"])
def test_a_profile_made_late_and_a_match_written_meanwhile_find_each_other(ann, rocket, profile_first):
    """Neither session sees the other's row: the writer has no profile to change, the profile no match."""
    win(ann, rocket, "before")
    UserProfile.objects.filter(user=ann).delete()
    steps = [ensure_profiles, lambda: win(ann, rocket, "meanwhile")]
    first, second = steps if profile_first else reversed(steps)
    with transaction.atomic():
        first()
        other = Session(second)
        other.wait_until_blocked()
    other.finish()
    assert UserProfile.objects.get(user=ann).matches_won == 2
    assert drift() == []


def test_users_are_made_beside_each_other_without_waiting():
    """Their profiles come with them, and nobody can have written for a user he cannot know."""
    with transaction.atomic():
        User.objects.create(username="ann", date_joined=NOON)
        Session(
            impatiently(lambda: User.objects.create(username="bob", date_joined=NOON.replace(year=2024)))
        ).finish()
    assert UserProfile.objects.count() == 2


def test_a_truncate_beside_a_writer_of_another_source(ann, rocket):
    """The recount after it must not set a profile to what it was before the other one committed."""
    win(ann, rocket, "one")
    with transaction.atomic():
        ExperienceAward.objects.create(user=ann, points=30, reason="r", dedupe_key="k", awarded_at=NOON)
        other = Session(truncate_matches)
        other.wait_until_blocked()
    other.finish()
    profile = UserProfile.objects.get(user=ann)
    assert (profile.matches_won, profile.experience_points) == (0, 30)
    assert drift() == []


def truncate_matches():
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE games_match CASCADE")


def test_the_first_rows_of_a_player_in_a_game_written_at_once_make_one_row_of_numbers(ann, rocket):
    with transaction.atomic():
        win(ann, rocket, "one")
        other = Session(lambda: win(ann, rocket, "two"))
        other.wait_until_blocked()
    other.finish()
    assert GameStats.objects.get(user=ann, game=rocket).matches_won == 2
    assert drift() == []


def test_a_change_that_moves_no_number_waits_for_nobody(ann, rocket):
    match = win(ann, rocket, "one")
    with transaction.atomic():
        lock_profile(ann)
        Session(impatiently(lambda: Match.objects.filter(pk=match.pk).update(side="blue"))).finish()


@pytest.mark.parametrize("write", ["a match", "a repair", "a truncate"])
def test_a_row_that_points_to_a_profile_may_be_written_while_its_numbers_are(ann, rocket, write):
    """Checking a foreign key takes this lock on the row it points to."""
    damage(ann)
    writes = {
        "a match": lambda: win(ann, rocket, "one"),
        "a repair": lambda: repair(ann),
        "a truncate": truncate_matches,
    }
    with transaction.atomic():
        writes[write]()
        Session(impatiently(lambda: lock_profile(ann, "KEY SHARE"))).finish()


@pytest.mark.parametrize("write", ["matches", "a repair", "a truncate"])
def test_profiles_are_locked_in_the_order_of_their_keys(ann, bob, rocket, write):
    """A session waits for the lower key and has not locked the higher one, which comes first in the table."""
    win(bob, rocket, "before")
    win(ann, rocket, "before")
    rows = [
        Match(user=user, game=rocket, match_key="one", result="WIN", played_at=NOON) for user in (bob, ann)
    ]
    writes = {
        "matches": lambda: Match.objects.bulk_create(rows),
        "a repair": lambda: repair(ann, bob),
        "a truncate": truncate_matches,
    }
    with transaction.atomic():
        lock_profile(ann)
        other = Session(writes[write])
        other.wait_until_blocked()
        lock_profile(bob, "NO KEY UPDATE NOWAIT")
    other.finish()


def test_match_keys_are_queued_for_in_one_order(ann, rocket):
    """Whatever the order of a delivery: the lower queue is waited for with the higher one still free."""
    queued = {zlib.crc32(f"{rocket.pk}:k{n}".encode()) % LOCK_QUEUES: f"k{n}" for n in range(2)}
    low, high = sorted(queued)
    lines = (LineRecord(user=ann, result="WIN", side="a"),)
    records = [
        MatchRecord(game=rocket, match_key=queued[queue], played_at=NOON, lines=lines)
        for queue in (high, low)
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_SPACE, low])
        other = Session(lambda: record_matches(records=records, now=NOON))
        other.wait_until_blocked()
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK_SPACE, high])
        assert cursor.fetchone() == (True,)
    other.finish()
    assert Match.objects.count() == 2


def test_rows_of_numbers_are_made_in_the_order_of_their_keys(rocket):
    users = User.objects.bulk_create(User(username=f"u{n}", date_joined=NOON) for n in range(60))

    def record(players, key):
        return lambda: Match.objects.bulk_create(
            Match(user=user, game=rocket, match_key=key, result="DRAW", played_at=NOON) for user in players
        )

    with transaction.atomic():
        GameStats.objects.create(user=users[0], game=rocket)
        other = Session(record(users, "all"))
        other.wait_until_blocked()
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '500ms'")
        GameStats.objects.bulk_create(GameStats(user=user, game=rocket) for user in users[1:])
    other.finish()
    assert GameStats.objects.filter(matches_played=1).count() == 60


def test_content_tokens_are_drawn_in_the_order_of_their_owners(rocket):
    users = User.objects.bulk_create(User(username=f"u{n}", date_joined=NOON) for n in range(60))
    Match.objects.bulk_create(
        Match(user=user, game=rocket, match_key="one", result="WIN", played_at=NOON)
        for user in reversed(users)
    )
    tokens = ContentVersion.objects.order_by("owner").select_for_update(nowait=True)
    with transaction.atomic():
        assert len(tokens.filter(owner=users[0].pk)) == 1
        other = Session(lambda: Match.objects.update(side="blue"))
        other.wait_until_blocked()
        assert len(tokens.exclude(owner=users[0].pk)) == 59
    other.finish()


def test_a_run_repairs_the_rest_before_it_waits_for_a_writer_and_holds_nothing_then(ann, bob):
    """Whoever is waited for may take any other row: a caller is never the victim of a repair."""
    damage(ann)
    damage(bob)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '500ms'")
        lock_profile(ann)
        repairer = Session(lambda: reconcile(cause="race", clock=lambda: NOON))
        repairer.wait_until_blocked()
        assert UserProfile.objects.get(user=bob).matches_won == 0
        assert UserProfile.objects.get(user=ann).matches_won == 40
        lock_profile(bob)
    repairer.finish()
    assert drift() == []
    assert Run.objects.latest("pk").numbers_repaired == 2


def repair_with_no_deadlock_found():
    """Repair; whoever waits must be let through by a repair that gives way, not by PostgreSQL."""
    with connection.cursor() as cursor:
        cursor.execute("SET deadlock_timeout = '300s'")  # the connection ends with the session
    reconcile(cause="race", clock=lambda: NOON)


@pytest.mark.parametrize(("configured", "within"), [("on", "off"), ("remote_apply", "remote_apply")])
def test_a_set_lets_go_of_its_locks_before_the_disk_has_it_and_the_end_of_the_run_waits(
    ann, configured, within
):
    """Where commits wait for a replica, nobody may read the past there: a repair waits for it as well."""

    def look() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('synchronous_commit')")
            return cursor.fetchone()[0]

    found = []

    def receive(**_):
        found.append(look())

    damage(ann)
    with connection.cursor() as cursor:
        cursor.execute(f"SET synchronous_commit = '{configured}'")
    numbers_repaired.connect(receive)
    try:
        assert reconcile(cause="race", clock=lambda: NOON).repairs
        assert [*found, look()] == [within, configured]
    finally:
        numbers_repaired.disconnect(receive)
        with connection.cursor() as cursor:
            cursor.execute("RESET synchronous_commit")
    assert drift() == []


def test_a_batch_gives_way_to_who_holds_what_it_needs_beside_rows(ann, bob):
    """The token of a player is written with the profile; its holder waits for the profile meanwhile."""
    damage(ann)
    damage(bob)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '60s'")
        cursor.execute("SET LOCAL deadlock_timeout = '300s'")
        cursor.execute("SELECT 1 FROM tally_contentversion WHERE owner = %s FOR UPDATE", [bob.pk])
        repairer = Session(repair_with_no_deadlock_found)
        repairer.wait_until_blocked()
        lock_profile(bob)
        lock_profile(ann)
    repairer.finish()
    assert drift() == []
