"""Rows go to another owner with their history, and back, as if nothing had happened."""

from __future__ import annotations

import pytest

from deltacrown.games.models import Match
from deltacrown.user_profile.models import UserProfile
from django_tally.as_of import get_as_of
from django_tally.history import list_changes
from django_tally.models import Revision
from django_tally.owners import give_back_history, hand_over_history, move_rows
from django_tally.stat_sql import StatOf
from django_tally.whole_rows import put_rows, take_rows
from tests.conftest import NOON
from tests.tally.times import database_now

pytestmark = pytest.mark.django_db


def deltas(user):
    number = StatOf(UserProfile, UserProfile._meta.get_field("matches_won"), {"user": user.pk})
    return [change.delta for change in list_changes(number, limit=50)]


def won(user, at):
    return get_as_of(UserProfile, "matches_won", {"user": user.pk}, known_at=at)


def test_history_goes_with_the_rows_and_comes_back(player, played, find_all_drift):
    ann, bob = player("ann"), player("bob")
    voided, swapped = played(bob), played(ann)
    recorded = database_now()
    Match.objects.filter(pk=voided.pk).update(voided_at=NOON, void_reason="cheat")
    Match.objects.filter(pk=swapped.pk).update(user=bob)
    before = list(Revision.objects.order_by("pk").values())

    move_rows(Match, "user", [voided.pk, swapped.pk], old=bob.pk, new=ann.pk)
    handed = hand_over_history(old=bob.pk, new=ann.pk)
    assert (deltas(ann), deltas(bob)) == ([-1, 1, 1], [])
    assert (won(ann, recorded), won(bob, recorded)) == (2, 0)
    assert len(handed.dropped) == 1

    move_rows(Match, "user", [voided.pk, swapped.pk], old=ann.pk, new=bob.pk)
    give_back_history(handed, old=bob.pk, new=ann.pk, moved={Match: [voided.pk, swapped.pk]})
    assert list(Revision.objects.order_by("pk").values()) == before
    assert (won(ann, recorded), won(bob, recorded)) == (1, 1)
    assert find_all_drift() == []


def test_a_row_that_is_taken_out_comes_back_as_it_was(player, played, find_all_drift):
    row = played(ann := player("ann"), stats={"kills": 1.5, "map": "Ü'"})
    Match.objects.filter(pk=row.pk).update(result="LOSS")
    before = [*Match.objects.order_by("pk").values(), *Revision.objects.order_by("pk").values()]

    taken = take_rows(Match, [row.pk], owners=[ann.pk])
    assert (Match.objects.count(), Revision.objects.count(), find_all_drift()) == (0, 0, [])
    put_rows(Match, taken)
    assert [*Match.objects.order_by("pk").values(), *Revision.objects.order_by("pk").values()] == before
    assert find_all_drift() == []
