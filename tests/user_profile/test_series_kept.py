"""The series of a long career are kept under the token: they say what the rows say, at every moment."""

from __future__ import annotations

from random import Random

import pytest

from deltacrown.freshness.tokens import list_watches
from deltacrown.games.models import ArchivedMatch, Match
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers import series_asked, series_kept
from deltacrown.user_profile.numbers.catalogue import get_number, list_stat_names
from deltacrown.user_profile.numbers.rolling import Rolling
from deltacrown.user_profile.services.stats_service import get_stat_series
from django_tally.numbers import list_components
from tests import scene

pytestmark = pytest.mark.django_db

ASKED = ({}, {"by": "week", "start": "2026-01-01", "end": "2026-03-01"}, {"rolling": Rolling(days=9)})


@pytest.fixture
def ann(db):
    ann = scene.player("ann")
    for place in range(9):
        scene.match(ann, f"m{place}", "WIN" if place % 3 else "LOSS", hours=place * 100)
    return ann


@pytest.fixture
def keep(monkeypatch):
    """Have every career count as long, or none."""
    return lambda kept: monkeypatch.setattr(series_asked, "MANY_ROWS", 0 if kept else 10**9)


def test_what_is_kept_is_what_the_rows_say_after_every_write(ann, keep):
    dice, ben = Random(5), scene.player("ben")

    def change(**values):
        row = dice.choice(list(Match.objects.filter(user=ann)))
        Match.objects.filter(pk=row.pk).update(**values)

    writes = [
        lambda: scene.match(ann, "new", "WIN", hours=2_000),
        lambda: scene.match(ann, "late", "LOSS", hours=-5_000),
        lambda: change(result="DRAW"),
        lambda: change(played_at=scene.at(-300)),
        lambda: change(voided_at=scene.at(1), void_reason="smurf"),
        lambda: Match.objects.filter(user=ann).update(voided_at=None, void_reason=""),
        lambda: change(uncounted_reason="a friendly"),
        lambda: scene.archive(Match.objects.filter(user=ann).first()),
        lambda: ArchivedMatch.objects.filter(user=ann).update(result="WIN"),
        lambda: change(user=ben),  # as a merge moves rows
        lambda: Match.objects.filter(user=ben).update(user=ann),
    ]
    for write in writes:
        write()
        for asked in ASKED:
            keep(True)
            told = [get_stat_series(ann, "overall_win_rate", now=scene.at(3_000), **asked) for _ in range(2)]
            keep(False)
            right = get_stat_series(ann, "overall_win_rate", now=scene.at(3_000), **asked)
            assert told == [right, right]


def test_every_number_is_kept_apart(ann, keep):
    scene.experience(ann, 60)
    for name in [*list_stat_names(), *list_stat_names()]:
        keep(True)
        told = get_stat_series(ann, name, viewer=ann, now=scene.at(3_000))
        keep(False)
        assert told == get_stat_series(ann, name, viewer=ann, now=scene.at(3_000))
    keep(True)
    of_game = get_stat_series(ann, "overall_win_rate", game="valorant", now=scene.at(3_000))
    assert [point.value for point in of_game.points] == [
        point.value for point in get_stat_series(ann, "overall_win_rate", now=scene.at(3_000)).points
    ]


def test_a_second_reader_reads_no_rows(ann, keep, django_assert_num_queries):
    keep(True)
    first = get_stat_series(ann, "overall_win_rate", now=scene.at(3_000))
    with django_assert_num_queries(3):  # whether the history is shown, the number, the token
        assert get_stat_series(ann, "overall_win_rate", now=scene.at(3_000)) == first


def test_what_is_committed_while_it_is_read_is_told_and_not_kept_under_the_token_of_before(
    ann, keep, monkeypatch
):
    keep(True)
    read = series_kept.read_periods

    def be_late(*args):
        monkeypatch.setattr(series_kept, "read_periods", read)
        scene.match(ann, "meanwhile", "WIN", hours=50)
        return read(*args)

    monkeypatch.setattr(series_kept, "read_periods", be_late)
    during = get_stat_series(ann, "overall_win_rate", now=scene.at(3_000))
    after = get_stat_series(ann, "overall_win_rate", now=scene.at(3_000))

    keep(False)
    right = get_stat_series(ann, "overall_win_rate", now=scene.at(3_000))
    assert during == after == right
    assert right.points[-1].value == right.stat.value


def test_few_rows_are_read_and_filtered_ones_and_what_was_known_earlier(ann, keep, monkeypatch):
    monkeypatch.setattr(series_kept.keeping, "get_or_build", None)  # nothing may be kept
    keep(False)
    get_stat_series(ann, "overall_win_rate", now=scene.at(3_000))
    keep(True)
    for asked in ({"known_at": scene.at(3_000)}, {"filters": {"result": "WIN"}}):
        get_stat_series(ann, "overall_win_rate", viewer=ann, now=scene.at(3_000), **asked)
    assert series_kept.MANY_ROWS > 1_000


def test_every_row_that_a_number_counts_moves_the_token():
    watched = {watch.source for watch in list_watches() if not watch.columns}
    for name in list_stat_names():
        number = get_number(scene.player(f"of-{name.replace('_', '-')}"[:30]), name)
        for stat in list_components(UserProfile, number.column):
            assert {each.model for each in stat.contributions} <= watched
