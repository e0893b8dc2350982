"""Rows that a number is narrowed to, and the last rows before a time."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q
from django.test.utils import CaptureQueriesContext

from deltacrown.games.models import ArchivedMatch, Match, add_play_order
from deltacrown.user_profile.models import GameStats, UserProfile
from django_tally.as_of import get_as_of
from django_tally.declarations import Contribution
from django_tally.last_rows import read_last_rows
from django_tally.periods import Period, read_periods
from django_tally.recounting import add_when
from tests import scene
from tests.conftest import NOON
from tests.tally.times import database_now

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
OTHER = Exists(Match.objects.filter(pk=OuterRef("pk"), match_key="m1"))


@pytest.fixture
def ann(player, played):
    ann = player("ann")
    for n, result in enumerate(["WIN", "LOSS", "WIN", "DRAW"]):
        played(ann, result, match_key=f"m{n}", played_at=NOON + n * DAY, side="it's 100%" if n else "")
    return ann


#: Filters, and whether each row is looked up once more because they ask for more than its columns.
FILTERS = [
    (lambda rows: rows.all(), False),
    (lambda rows: rows.none(), False),
    (lambda rows: rows.filter(result="WIN", played_at__gt=NOON), False),
    (lambda rows: rows.filter(~Q(result="WIN") | Q(match_key__in=["m0", "m9"])), False),
    (lambda rows: rows.exclude(pk__in=[]), False),
    (lambda rows: rows.filter(side="it's 100%").exclude(sequence=3), False),
    (lambda rows: add_play_order(rows.filter(kind="CASUAL")).select_related("game"), False),
    (lambda rows: rows.filter(game__slug="none"), True),
    (lambda rows: rows.filter(user__username="ann", result="LOSS"), True),
    (lambda rows: rows.filter(OTHER), True),
    (lambda rows: rows.filter(voided_at=F("played_at")), True),
    (lambda rows: rows.filter(match_key__in=[F("side"), "m2"]), True),
    (lambda rows: rows.order_by("-played_at")[:2], True),
]


@pytest.mark.parametrize(("narrow", "is_looked_up"), FILTERS)
def test_rows_are_looked_up_only_where_filters_ask_for_more_than_their_columns(ann, narrow, is_looked_up):
    rows = narrow(Match.objects.all())
    with CaptureQueriesContext(connection) as queries:
        (read,) = read_periods(
            UserProfile, "total_matches_played", [Period()], {"user": ann.pk}, among={Match: rows}
        )

    assert read.value == len(rows)
    assert (" IN (SELECT " in queries.captured_queries[0]["sql"]) is is_looked_up


def read_last(user, *ends, count=3):
    sources = [table.objects.filter(user=user) for table in (Match, ArchivedMatch)]
    order = ("-played_at", "-match_key")
    found = read_last_rows(
        UserProfile, "matches_won", {"user": user.pk}, ends, sources, order=order, count=count
    )
    return [(each.rows, each.value) for each in found]


def test_the_last_rows_before_times_of_any_zone_and_at_the_ends_of_the_calendar(ann):
    east, west = timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))
    ends = [NOON, NOON + DAY, NOON + 2.5 * DAY, None]

    assert read_last(ann, *ends) == [(0, 0), (1, 1), (3, 2), (3, 1)]
    for zone in (east, west):
        assert read_last(ann, *(end and end.astimezone(zone) for end in ends)) == read_last(ann, *ends)
    edges = [datetime.min.replace(tzinfo=east), datetime.max.replace(tzinfo=west)]
    assert read_last(ann, *edges) == [(0, 0), (3, 1)]
    with pytest.raises(ValueError, match="has no time zone"):
        read_last(ann, datetime(2025, 6, 1))


def test_of_the_last_rows_those_of_one_time_are_told_apart_by_the_rest_of_the_order(ann, played):
    at = NOON + 9 * DAY
    for key, result in (("c", "LOSS"), ("d", "WIN"), ("a", "WIN"), ("b", "WIN")):
        row = played(ann, result, match_key=key, played_at=at)
        if key in {"a", "d"}:
            scene.archive(row)

    assert [read_last(ann, None, count=n)[0] for n in range(1, 6)] == [(1, 1), (2, 1), (3, 2), (4, 3), (5, 3)]
    assert read_last(ann, at, at + timedelta(microseconds=1), count=2) == [(2, 1), (2, 1)]


def test_keys_are_taken_by_name_in_any_order(ann):
    game = Match.objects.values_list("game", flat=True).first()
    now = database_now()

    for keys in ({"user": ann.pk, "game": game}, {"game": game, "user": ann.pk}):
        for times in ({}, {"at": NOON + 9 * DAY}, {"known_at": now}, {"at": NOON + 9 * DAY, "known_at": now}):
            assert get_as_of(GameStats, "matches_won", keys, **times) == 2


def test_an_empty_column_adds_nothing_to_a_sum_of_two(ann):
    Match.objects.filter(match_key="m1").update(sequence=5)
    terms = [
        add_when(Contribution("games.Match", value=name), Q(user=ann)) for name in ("placement", "sequence")
    ]

    added = Match.objects.annotate(adds=terms[0] + terms[1]).order_by("match_key")
    assert list(added.values_list("adds", flat=True)) == [0, 5, 0, 0]
