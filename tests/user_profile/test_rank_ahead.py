"""The places that a page tells are those of a plain count: read from what is kept counted, or counted."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from deltacrown.core.prepared import Parameter, PreparedQuery
from deltacrown.user_profile.models import RankChange, RankCount, RankFold, UserProfile
from deltacrown.user_profile.numbers import rank_ahead, ranks
from deltacrown.user_profile.numbers.rank_folding import fold_changes
from deltacrown.user_profile.standing import is_listed
from deltacrown.user_profile.stat_fields import list_leaderboards
from tests import scene
from tests.user_profile.test_rank_counts import WAYS, Writer

pytestmark = pytest.mark.django_db


def read_places():
    """Return of every player how many are ahead on each board, as a page reads it."""
    found = ranks.add_ranks(UserProfile.objects.filter(public_id=Parameter(0)), None).order_by("pk")[:1]
    prepared = PreparedQuery(lambda: found)
    people = UserProfile.objects.values_list("public_id", flat=True)
    return {public_id: ranks.list_ahead(prepared.find(public_id)) for public_id in people}


def count_places():
    """Return the same from the rows themselves."""
    counted: dict[str, list[int | None]] = {}
    for stat in ranks.BOARDS:
        eligible = UserProfile.objects.filter(list_leaderboards(UserProfile)[stat].get_eligible(stat))
        listed = list(eligible.filter(is_listed()).values_list(stat, flat=True))
        own = dict(eligible.values_list("public_id", stat))
        for public_id in UserProfile.objects.values_list("public_id", flat=True):
            ahead = None if public_id not in own else sum(value > own[public_id] for value in listed)
            counted.setdefault(public_id, []).append(ahead)
    return {public_id: tuple(places) for public_id, places in counted.items()}


@pytest.mark.parametrize("seed", range(3))
def test_places_are_those_of_a_plain_count_after_any_writes(seed):
    writer = Writer(seed)
    fold_changes()
    for _ in range(25):
        getattr(writer, writer.chooser.choice([*WAYS, "fold", "play"]))()
        assert read_places() == count_places()
    fold_changes()
    assert read_places() == count_places()


def test_they_are_read_from_what_is_counted_while_little_waits(monkeypatch):
    """Seen by counts that are wrong: they are told as long as they are read."""
    writer = Writer(11)
    writer.play_many()
    fold_changes()
    right = read_places()
    RankCount.objects.update(players=F("players") + 100)
    assert read_places() != right

    monkeypatch.setattr(rank_ahead, "MOST_WAITING", 2)
    RankChange.objects.bulk_create([RankChange(owner=writer.user.pk)] * 2)
    assert read_places() != right
    RankChange.objects.create(owner=writer.user.pk)
    assert read_places() == right

    RankChange.objects.all().delete()
    assert read_places() != right
    RankChange.objects.create(owner=None)  # anybody's may have changed
    assert read_places() == right
    RankChange.objects.all().delete()
    RankFold.objects.update(fingerprint="of other boards")
    assert read_places() == right


def test_no_more_is_told_than_that_somebody_is_far_behind(monkeypatch):
    monkeypatch.setattr(ranks, "FURTHEST", 2)
    writer = Writer(5)
    for number, user in enumerate(writer.people):
        for won in range(number + 1):
            scene.match(user, f"{user}-{won}", hours=won)
    for fold in (False, True):
        if fold:
            fold_changes()
        assert sorted(places[0] for places in read_places().values()) == [0, 1, *[2] * 7]


def test_it_is_one_statement():
    Writer(3).play_many()
    fold_changes()
    profile = UserProfile.objects.all()[:1]
    with CaptureQueriesContext(connection) as asked:
        list(ranks.add_ranks(profile, None))
    assert len(asked) == 1
