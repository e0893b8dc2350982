"""The maintainer ``signals`` under autocommit and beside other writers; every test commits."""

from __future__ import annotations

import random
import threading

import pytest
from django.db import connection, transaction

from deltacrown.games.models import ArchivedMatch, Match
from deltacrown.user_profile.models import UserProfile
from django_tally.keeping import ledger
from django_tally.keeping.maintainer import SIGNALS
from tests.chaos.test_races import Session
from tests.chaos.test_waits import impatiently
from tests.concurrency import call_together
from tests.conftest import NOON
from tests.removal import remove
from tests.tally.ways.maintained import maintained_by

pytestmark = pytest.mark.django_db(transaction=True)

needs_sessions = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="SQLite has one writer at a time"
)


@pytest.fixture(autouse=True)
def by_signals(transactional_db):
    with maintained_by(SIGNALS):
        yield


def numbers(user):
    profile = UserProfile.objects.get(user=user)
    return profile.total_matches_played, profile.matches_won


def flip(match):
    match.result = "LOSS"
    match.save()


WRITES = {
    "create": lambda match, new: new.save(),
    "save": lambda match, new: flip(match),
    "delete": lambda match, new: match.delete(),
    "queryset.delete": lambda match, new: Match.objects.all().delete(),
    "with its game": lambda match, new: remove(match.game),
    "update": lambda match, new: Match.objects.update(result="LOSS"),
    "_raw_delete": lambda match, new: Match.objects.all()._raw_delete("default"),
    "bulk_create": lambda match, new: Match.objects.bulk_create([new]),
    "bulk_create, ignoring conflicts": lambda match, new: Match.objects.bulk_create(
        [new], ignore_conflicts=True
    ),
    "bulk_update": lambda match, new: Match.objects.bulk_update([match], ["result"]),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_write_that_cannot_be_counted_is_not_made(write, player, played, game, monkeypatch, find_all_drift):
    """Under autocommit: Django itself would have committed the row before it says ``post_save``."""
    match = played(ann := player("ann"), "WIN")
    match.result = "DRAW"
    before = list(Match.objects.order_by("pk").values())

    def fail(*_):
        raise RuntimeError("killed between write and count")

    monkeypatch.setattr(ledger, "apply_changes", fail)
    monkeypatch.setattr(ledger, "_recount_batch", fail)
    assert not connection.in_atomic_block
    with pytest.raises(RuntimeError, match="killed"):
        write(match, Match(user=ann, game=game, match_key="new", result="WIN", played_at=NOON))

    assert list(Match.objects.order_by("pk").values()) == before
    assert find_all_drift() == []
    assert numbers(ann) == (1, 1)


def test_one_write_after_another_under_autocommit(player, played, find_all_drift):
    match = played(ann := player("ann"), "WIN")
    assert numbers(ann) == (1, 1)
    match.user = bob = player("bob")
    match.save()
    assert (numbers(ann), numbers(bob)) == ((0, 0), (1, 1))
    match.delete()
    assert numbers(bob) == (0, 0)
    assert find_all_drift() == []


@needs_sessions
def test_one_row_deleted_twice_at_once_is_taken_off_once(player, played, find_all_drift):
    played(ann := player("ann"), "WIN")
    played(ann, "WIN")
    one = Match.objects.order_by("pk")[0]
    same = Match.objects.get(pk=one.pk)
    with transaction.atomic():
        one.delete()
        other = Session(same.delete)
        other.wait_until_blocked()
    other.finish()
    assert numbers(ann) == (1, 1)
    assert find_all_drift() == []


@needs_sessions
def test_a_row_flipped_by_two_at_once_counts_as_the_last_left_it(player, played, find_all_drift):
    played(ann := player("ann"), "WIN")
    one, same = Match.objects.get(), Match.objects.get()
    with transaction.atomic():
        flip(one)
        other = Session(lambda: flip(same))
        other.wait_until_blocked()
    other.finish()
    assert numbers(ann) == (1, 0)
    assert find_all_drift() == []


@needs_sessions
def test_a_row_that_begins_to_match_an_update_under_way_is_left_alone(
    player, played, monkeypatch, find_all_drift
):
    """It was not locked, so it is not counted: neither may it be written."""
    bob = player("bob")
    played(ann := player("ann"), "WIN")
    late = played(ann, "DRAW")
    remember, interrupted = ledger.Frame.remember, []

    def remember_and_be_interrupted(frame, source, keys):
        present = remember(frame, source, keys)
        if not interrupted:
            interrupted.append(True)
            Session(lambda: Match.objects.filter(pk=late.pk).update(result="WIN")).finish()
        return present

    monkeypatch.setattr(ledger.Frame, "remember", remember_and_be_interrupted)
    assert Match.objects.filter(result="WIN").update(user=bob) == 1
    assert (numbers(ann), numbers(bob)) == ((1, 1), (1, 1))
    assert find_all_drift() == []


@needs_sessions
@pytest.mark.parametrize("table", ["games_match", "user_profile_userprofile"])
def test_rows_are_locked_in_the_order_of_their_keys(table, player, played):
    """A session waits for the lower key and has not locked the higher one, which comes first in the table."""
    key = "id" if table == "games_match" else "user_id"
    matches = [played(player(name), "WIN") for name in ("ann", "bob")]
    low, high = (getattr(match, key) for match in matches)
    Match.objects.filter(pk=matches[0].pk).update(result="DRAW")  # writes ann's rows anew, behind bob's
    with transaction.atomic():
        lock_row(table, key, low, "NO KEY UPDATE")
        other = Session(lambda: Match.objects.update(voided_at=NOON, void_reason="cheating"))
        other.wait_until_blocked()
        lock_row(table, key, high, "NO KEY UPDATE NOWAIT")
    other.finish()


@needs_sessions
@pytest.mark.parametrize("write", ["update", "bulk_create, ignoring conflicts"])
def test_a_row_that_points_to_a_locked_one_may_be_written(write, player, played, game):
    """Checking a foreign key takes this lock on the row it points to."""
    matches = [played(player(name), "WIN") for name in ("ann", "bob")]
    locked = [("games_match", "id", match.pk) for match in matches] if write == "update" else []
    locked += [("user_profile_userprofile", "user_id", match.user_id) for match in matches]
    with transaction.atomic():
        WRITES[write](
            matches[0], Match(user=matches[0].user, game=game, match_key="new", result="WIN", played_at=NOON)
        )
        for row in locked:
            Session(impatiently(lambda row=row: lock_row(*row, "KEY SHARE"))).finish()


def lock_row(table, column, key, how):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {table} WHERE {column} = %s FOR {how}", [key])


@needs_sessions
def test_the_same_rows_inserted_by_many_at_once_count_once(player, game, find_all_drift):
    players = [player(f"p{n}") for n in range(4)]

    def insert():
        rows = [
            Match(user=user, game=game, match_key=f"m{n}", result="WIN", played_at=NOON)
            for n in range(20)
            for user in players
        ]
        return Match.objects.bulk_create(rows, ignore_conflicts=True)

    answers = call_together([insert] * 6)
    assert [type(answer) for answer in answers] == [list] * 6
    assert [numbers(user) for user in players] == [(20, 20)] * 4
    assert find_all_drift() == []


@needs_sessions
def test_a_profile_made_while_its_rows_are_written(player, played, game, find_all_drift):
    played(ann := player("ann"), "WIN")
    public_id = ann.profile.public_id
    UserProfile.objects.filter(user=ann).delete()
    with transaction.atomic():
        UserProfile.objects.create(user=ann, public_id=public_id)
        other = Session(
            lambda: Match.objects.create(user=ann, game=game, match_key="late", result="WIN", played_at=NOON)
        )
        # Meanwhile it inserts its row, and finds no profile to change, or waits for the profile.
        threading.Event().wait(0.2)
    other.finish()
    assert numbers(ann) == (2, 2)
    assert find_all_drift() == []


@needs_sessions
def test_a_storm_of_writers_over_shared_players_and_rows(player, game, find_all_drift):
    """Inserts, flips, moves, deletes, bulk writes and archive moves in random order, without a deadlock."""
    players = [player(f"p{n}") for n in range(5)]
    Match.objects.bulk_create(
        Match(user=players[n % 5], game=game, match_key=f"m{n}", result="WIN", played_at=NOON)
        for n in range(60)
    )

    def storm(seed):
        pick = random.Random(seed)
        for turn in range(40):
            act(pick, players, game, f"{seed}-{turn}")

    assert call_together([lambda seed=seed: storm(seed) for seed in range(6)]) == [None] * 6
    assert find_all_drift() == []
    assert (
        sum(numbers(user)[0] for user in players) == Match.objects.count() + ArchivedMatch.objects.count() > 0
    )


def act(pick, players, game, key):
    keys = list(Match.objects.values_list("pk", flat=True))
    rows = Match.objects.filter(pk__in=pick.sample(keys, min(3, len(keys)))).order_by("pk")
    kind = pick.randrange(7)
    if kind == 0:
        Match.objects.create(
            user=pick.choice(players), game=game, match_key=key, result="WIN", played_at=NOON
        )
    elif kind == 1:
        Match.objects.bulk_create(
            Match(user=user, game=game, match_key=f"{key} {user}", result="DRAW", played_at=NOON)
            for user in players
        )
    elif kind == 2:
        rows.update(result=pick.choice(["WIN", "LOSS", "DRAW"]))
    elif kind == 3:
        rows[0].delete() if rows else None
    elif kind == 4:
        with transaction.atomic():  # locked, or save() would insert anew a row that another one has archived
            for row in rows.select_for_update()[:1]:
                row.result, row.user = pick.choice(["WIN", "LOSS"]), pick.choice(players)
                row.save()
    elif kind == 5:
        rows._raw_delete("default")
    else:
        with transaction.atomic():
            moved = list(rows.select_for_update().values())
            ArchivedMatch.objects.bulk_create(ArchivedMatch(**values) for values in moved)
            Match.objects.filter(pk__in=[values["id"] for values in moved])._raw_delete("default")
