"""Places while players are written and counted at once: exact in every snapshot, and nobody waits."""

from __future__ import annotations

import random
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from deltacrown.games.models import Match
from deltacrown.user_profile.models import RankChange, UserProfile
from deltacrown.user_profile.numbers.rank_counts import count_places
from deltacrown.user_profile.numbers.rank_folding import count_anew, fold_changes, verify_counts
from tests import scene
from tests.concurrency import call_together
from tests.user_profile.test_rank_counts import count_plainly, list_asked

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_snapshot_has_exact_places_beside_writers_and_who_counts():
    title = scene.game()
    people = [scene.player(f"p{number}") for number in range(12)]
    fold_changes()
    over = threading.Event()

    def write(seed):
        chooser = random.Random(seed)
        for turn in range(30):
            user = chooser.choice(people)
            if chooser.random() < 0.2:
                until = chooser.choice([None, timezone.now() + timedelta(days=chooser.choice([-1, 1]))])
                UserProfile.objects.filter(user=user).update(
                    standing="SUSPENDED" if until else "ACTIVE", standing_until=until
                )
                continue
            result = chooser.choice(["WIN", "LOSS"])
            with transaction.atomic():
                row = scene.match(user, f"m{seed}-{turn}", result, title=title)
                if chooser.random() < 0.2:
                    Match.objects.filter(pk=row.pk).delete()
                if chooser.random() < 0.1:
                    transaction.set_rollback(True)
        return "written"

    def fold(anew):
        rounds = 0
        while not over.is_set() or not rounds:
            count_anew() if anew else fold_changes()
            rounds += 1
        return rounds

    def read(seed):
        chooser, rounds = random.Random(seed), 0
        while not over.is_set() or not rounds:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                asked = list_asked(chooser)
                assert count_places(asked) == [count_plainly(each) for each in asked]
            rounds += 1
        return rounds

    def write_all(seed):
        try:
            return write(seed)
        finally:
            written.append(seed)
            if len(written) == 3:
                over.set()

    written: list[int] = []
    answers = call_together(
        [
            *(lambda seed=seed: write_all(seed) for seed in range(3)),
            lambda: fold(anew=False),
            lambda: fold(anew=True),
            lambda: read(100),
        ]
    )
    assert answers[:3] == ["written"] * 3
    assert all(isinstance(rounds, int) and rounds for rounds in answers[3:]), answers
    fold_changes()
    assert (RankChange.objects.count(), verify_counts()) == (0, 0)


def test_who_counts_waits_for_no_writer_and_no_writer_for_them():
    """A writer that has not committed holds up nobody; what it writes is counted once it is there."""
    user = scene.player("slow")
    scene.match(user, "first")
    fold_changes()
    held, go_on = threading.Event(), threading.Event()

    def write():
        with transaction.atomic():
            scene.match(user, "second")
            held.set()
            assert go_on.wait(300)
        return "written"

    def count():
        assert held.wait(300)
        folded = fold_changes()
        go_on.set()
        return folded.changes

    assert call_together([write, count]) == ["written", 0]
    assert fold_changes().changes > 0
    assert (RankChange.objects.count(), verify_counts()) == (0, 0)


def test_two_that_count_at_once_count_once():
    users = [scene.player(f"u{number}") for number in range(40)]
    fold_changes()
    for user in users:
        scene.match(user, "only")
    waiting = RankChange.objects.count()
    answers = call_together([fold_changes] * 4)
    assert sum(folded.changes for folded in answers) <= waiting
    fold_changes()
    assert (RankChange.objects.count(), verify_counts()) == (0, 0)


def test_a_table_that_is_emptied_is_counted_as_empty():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    scene.match(scene.player("gone"), "only")
    fold_changes()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE user_profile_gamestats")
    asked = list_asked()
    assert count_places(asked) == [count_plainly(each) for each in asked]
    assert fold_changes().is_anew
    assert count_places(asked) == [count_plainly(each) for each in asked]
