"""What a number was by when its facts happened and by when they were known, case by case."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deltacrown.games.models import ArchivedMatch, Match
from deltacrown.user_profile.models import GameStats, UserProfile
from django_tally.as_of import get_as_of
from django_tally.keeping.maintainer import SIGNALS
from django_tally.models import Revision
from django_tally.periods import Period, read_periods, up_to
from django_tally.rows import UnknownStat
from tests.conftest import NOON
from tests.plans import empty_tables, plan_of
from tests.tally.times import database_now
from tests.tally.ways.maintained import maintained_by

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def won(user, **times):
    return get_as_of(UserProfile, "matches_won", {"user": user.pk}, **times)


def test_a_match_counts_from_the_time_it_was_played_whenever_it_was_recorded(player, played):
    ann = player("ann")
    before = database_now()
    played(ann, "WIN", played_at=NOON)
    played(ann, "WIN", played_at=NOON + DAY)

    assert [won(ann, at=NOON + DAY * n) for n in (-1, 0, 0.5, 1, 9)] == [0, 1, 1, 2, 2]
    assert won(ann, at=NOON - timedelta(microseconds=1)) == 0
    assert won(ann, at=NOON + DAY, known_at=before) == 0
    assert won(ann, known_at=before) == 0
    assert won(ann) == 2


def test_a_correction_of_the_time_is_known_from_then_on_only(player, played):
    ann = player("ann")
    match = played(ann, "WIN", played_at=NOON)
    before = database_now()
    Match.objects.filter(pk=match.pk).update(played_at=NOON - 30 * DAY)

    assert Revision.objects.count() == 1
    assert [won(ann, at=NOON - DAY), won(ann, at=NOON - DAY, known_at=before)] == [1, 0]
    assert [won(ann, at=NOON), won(ann, at=NOON, known_at=before)] == [1, 1]


def test_voids_deletions_and_archives_are_read_as_they_were_known(player, played):
    ann = player("ann")
    voided, deleted, archived = (played(ann, "WIN", played_at=NOON + n * DAY) for n in range(3))
    before = database_now()
    Match.objects.filter(pk=voided.pk).update(voided_at=NOON, void_reason="x")
    deleted.delete()
    ArchivedMatch.objects.create(**Match.objects.filter(pk=archived.pk).values().get())
    Match.objects.filter(pk=archived.pk)._raw_delete("default")

    days = [NOON + n * DAY for n in range(3)]
    assert [won(ann, at=day) for day in days] == [0, 0, 1]
    assert [won(ann, at=day, known_at=before) for day in days] == [1, 2, 3]


def test_derived_numbers_and_those_per_game(player, played, game):
    ann = player("ann")
    for n, result in enumerate(["WIN", "LOSS", "WIN"]):
        played(ann, result, played_at=NOON + n * DAY)

    days = [NOON + n * DAY for n in range(3)]
    rates = [get_as_of(UserProfile, "overall_win_rate", {"user": ann.pk}, at=day) for day in days]
    assert rates == [Decimal("100.00"), Decimal("50.00"), Decimal("66.67")]
    match = Match.objects.first()
    keys = {"user": ann.pk, "game": match.game_id}
    assert get_as_of(GameStats, "win_rate", keys, at=NOON + DAY) == 50


def test_periods_add_up_to_the_number(player, played):
    ann = player("ann")
    for n, result in enumerate(["WIN", "LOSS", "WIN", "WIN"]):
        played(ann, result, played_at=NOON + n * 10 * DAY)

    bounds = [NOON, NOON + 10 * DAY, NOON + 15 * DAY, NOON + 20 * DAY, None]
    periods = [Period(a, b) for a, b in pairwise(bounds)]
    periods += [Period(), Period(None, NOON), Period(NOON, NOON + 20 * DAY), Period(NOON + 20 * DAY, NOON)]
    read = read_periods(UserProfile, "overall_win_rate", periods, {"user": ann.pk})

    assert [dict(each.parts) for each in read] == [
        {"total_matches_played": played, "matches_won": won}
        for played, won in [(1, 1), (1, 0), (0, 0), (2, 2), (4, 3), (0, 0), (2, 1), (0, 0)]
    ]
    assert [each.value for each in read] == [100, 0, 0, 100, 75, 0, 50, 0]
    narrowed = {Match: Match.objects.filter(result="LOSS")}
    only = read_periods(UserProfile, "total_matches_played", [Period()], {"user": ann.pk}, among=narrowed)
    assert only[0].value == 1


FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def test_the_first_and_the_last_time_there_is(player, played):
    ann = player("ann")
    played(ann, "WIN", played_at=FIRST)
    played(ann, "WIN", played_at=LAST)

    assert [won(ann, at=at) for at in (FIRST, NOON, LAST - DAY, LAST)] == [1, 1, 1, 2]
    # The same in zones in which UTC's first and last hours are in no year that there is.
    east, west = timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))
    edges = [datetime.min.replace(tzinfo=east), datetime.max.replace(tzinfo=west)]
    assert [won(ann, at=at) for at in edges] == [1, 2]
    assert [won(ann, known_at=at) for at in (FIRST, LAST, *edges)] == [0, 2, 0, 2]
    assert [won(ann, at=LAST, known_at=at) for at in (FIRST, LAST, *edges)] == [0, 2, 0, 2]


def test_a_time_without_a_zone_is_refused(player):
    ann = player("ann")
    for times in ({"at": datetime(2025, 1, 1)}, {"known_at": datetime(2025, 1, 1)}):
        with pytest.raises(ValueError, match="has no time zone"):
            won(ann, **times)


def test_rows_are_narrowed_in_live_table_and_archive(player, played):
    ann = player("ann")
    for n, result in enumerate(["WIN", "LOSS", "WIN", "LOSS"]):
        played(ann, result, played_at=NOON + n * DAY)
    for match in Match.objects.order_by("played_at")[:2]:
        ArchivedMatch.objects.create(**Match.objects.filter(pk=match.pk).values().get())
        Match.objects.filter(pk=match.pk)._raw_delete("default")

    def rate(live, old):
        among = {Match: live, ArchivedMatch: old}
        (read,) = read_periods(UserProfile, "overall_win_rate", [Period()], {"user": ann.pk}, among=among)
        return read.parts["matches_won"], read.parts["total_matches_played"], read.value

    later = {"played_at__gt": NOON}
    old = ArchivedMatch.objects.filter(**later)
    assert rate(live=Match.objects.all(), old=old) == (1, 3, Decimal("33.33"))
    assert rate(live=Match.objects.none(), old=old) == (0, 1, 0)
    assert rate(live=Match.objects.filter(match_key__contains="%'"), old=old) == (0, 1, 0)
    with pytest.raises(ValueError, match="narrowed"):
        read_periods(
            UserProfile, "matches_won", [Period()], {"user": ann.pk}, among={Match: old}, known_at=NOON
        )


def test_no_periods_and_periods_of_no_length(player, played):
    ann = player("ann")
    played(ann, "WIN", played_at=NOON)

    def read(*periods):
        return [each.value for each in read_periods(UserProfile, "matches_won", periods, {"user": ann.pk})]

    assert read() == []
    assert read(Period(NOON, NOON)) == [0]
    assert read(Period(NOON + DAY, NOON), Period(), Period(NOON, NOON), Period(NOON)) == [0, 1, 0, 1]
    with pytest.raises(UnknownStat):
        read_periods(UserProfile, "nothing", [], {"user": ann.pk})


def test_numbers_that_signals_keep(player, game):
    ann = player("ann")
    with maintained_by(SIGNALS):
        for n in range(3):
            Match.objects.create(
                user=ann, game=game, match_key=f"m{n}", result="WIN", played_at=NOON + n * DAY
            )

        assert [won(ann, at=NOON + DAY * n) for n in (-1, 0, 1, 2)] == [0, 1, 2, 3]
        assert won(ann) == 3


@pytest.fixture
def emptied(db):
    """Tables whose files say nothing of rows of other tests."""
    empty_tables()
    if connection.vendor == "postgresql":
        # Of a few rows each index costs the same. These have no times: a long career is never read by them.
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX match_recount, archivedmatch_recount")


#: How an index is read; SQLite reads the conditions of a partial index from the table again.
SCAN = {"postgresql": r"Index Only Scan using (\w+)", "sqlite": r"SEARCH t USING INDEX (\w+) \(user_id=\?"}


@pytest.mark.parametrize("name", ["matches_won", "overall_win_rate"])
def test_periods_are_read_from_one_index(name, emptied, player, played):
    ann = player("ann")
    played(ann, "WIN", played_at=NOON)
    months = [Period(NOON + n * DAY, NOON + n * DAY + DAY) for n in range(12)]

    for periods in ([up_to(NOON)], months):
        with CaptureQueriesContext(connection) as queries:
            read_periods(UserProfile, name, periods, {"user": ann.pk})
        (query,) = queries.captured_queries
        plan = plan_of(query["sql"])
        read = re.findall(SCAN[connection.vendor], plan)
        assert read == ["match_counted", "archivedmatch_counted"], plan
