"""Matches recorded late, older than others of the player, earn what the whole history says."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from deltacrown.games.models import Match
from deltacrown.user_profile.achievements import syncing
from deltacrown.user_profile.achievements.catalogue import list_slugs
from deltacrown.user_profile.achievements.evaluation import list_earned_in_matches
from deltacrown.user_profile.achievements.match_results import Latest, list_latest
from deltacrown.user_profile.achievements.measure import MatchMeasure
from deltacrown.user_profile.achievements.syncing import award_for_matches
from deltacrown.user_profile.models import UserAchievement
from tests import scene

#: Two of three are won, so that matches in a row are found and broken.
RESULTS = st.sampled_from(["WIN", "WIN", "WIN", "WIN", "LOSS", "LOSS", "DRAW"])
#: A match: when it was played, of few times so that some share one, and its result.
PLAYED = st.tuples(st.integers(0, 60), RESULTS)
#: Long rows of losses, for comebacks.
STREAKS = st.lists(st.tuples(RESULTS, st.integers(1, 12)), max_size=6).map(
    lambda rows: [result for result, number in rows for _ in range(number)]
)


def build(user: Any, number: int, hour: int, result: str) -> Match:
    return Match(
        user=user, game=scene.game(), match_key=f"m{number}", result=result, played_at=scene.at(hour)
    )


def deliver(rows: list[Match]) -> None:
    """Write rows as the services do, and award what they earn."""
    award_for_matches(rows=Match.objects.bulk_create(rows))


def held(user: Any) -> set[tuple[Any, ...]]:
    rows = UserAchievement.objects.filter(user=user, achievement__slug__in=list_slugs(MatchMeasure))
    return set(rows.values_list("achievement__slug", "fact", "earned_at"))


def earned(user: Any) -> set[tuple[Any, ...]]:
    return {(each.slug, each.fact, each.earned_at) for each in list_earned_in_matches([user.pk])}


class LateMatches(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(st.lists(PLAYED, min_size=1, max_size=8), max_size=8),
        STREAKS,
    )
    def test_what_is_held_is_what_the_whole_history_earns(self, batches, history):
        user = scene.player("ada")
        deliver([build(user, number, 2 * number, each) for number, each in enumerate(history)])
        number = len(history)
        for batch in batches:
            rows = [build(user, number + place, *played) for place, played in enumerate(batch)]
            number += len(batch)

            deliver(rows)

            assert held(user) == earned(user)

    @settings(max_examples=20, deadline=None)
    @given(st.lists(PLAYED, min_size=1, max_size=6), STREAKS, st.integers(2, 4))
    def test_archived_matches_are_walked_along_with_the_live_ones(self, played, history, step):
        user = scene.player("ada")
        deliver([build(user, number, 2 * number, each) for number, each in enumerate(history)])
        for row in Match.objects.order_by("pk")[::step]:
            scene.archive(row)

        for place, each in enumerate(played):
            deliver([build(user, len(history) + place, *each)])

            assert held(user) == earned(user)


@pytest.mark.django_db
@pytest.mark.parametrize("result", ["WIN", "LOSS"])
def test_a_late_match_reads_as_much_of_a_short_history_as_of_a_long_one(result, monkeypatch):
    counts = []
    for name, matches in (("ada", 200), ("bob", 400)):
        user = scene.player(name)
        results = ["WIN", "WIN", "LOSS", "WIN"] * (matches // 4)
        deliver([build(user, number, number, each) for number, each in enumerate(results)])

        with monkeypatch.context() as patch, CaptureQueriesContext(connection) as queries:
            patch.setattr(syncing, "list_earned_in_matches", None)
            deliver([build(user, 1000, 30, result)])

        counts.append(len(queries))
        assert held(user) == earned(user)

    assert counts[0] == counts[1]


@pytest.mark.django_db
def test_a_late_match_that_breaks_a_row_finds_the_next_one():
    user = scene.player("ada")
    deliver([build(user, number, 2 * number, "WIN") for number in range(5)])
    deliver([build(user, 10, 20, "LOSS")])
    deliver([build(user, 100 + number, 200 + 2 * number, "WIN") for number in range(5)])

    deliver([build(user, 50, 5, "DRAW")])

    assert held(user) == earned(user)
    assert {row[0]: row[2] for row in held(user)}["streak-five"] == scene.at(208)


@pytest.mark.django_db
def test_late_matches_of_many_players_are_synced_at_once():
    users = [scene.player(f"p{number}") for number in range(21)]
    for place, user in enumerate(users):
        deliver([build(user, 100 * place + number, 2 * number, "WIN") for number in range(12)])

    deliver([build(user, 100 * place + 50, 7, "LOSS") for place, user in enumerate(users)])

    assert [held(user) for user in users] == [earned(user) for user in users]


@pytest.mark.django_db
class TestWhoEarnedEverything:
    """Nothing is read of the matches of players who earned everything before: nothing of it can move."""

    @pytest.fixture
    def ada(self):
        user = scene.player("ada")
        for slug in list_slugs(MatchMeasure):
            scene.achievement(user, slug, hours=10)
        for hour in range(8, 20):
            scene.match(user, f"old{hour}", hours=hour)
        return user

    def read(self, user, hour):
        asked = {user.pk: Latest(3, scene.at(hour))}
        return len(list_latest(asked, unless_held=list_slugs(MatchMeasure)).get(user.pk, []))

    def test_after_all_was_earned(self, ada):
        assert (self.read(ada, 15), self.read(ada, 10)) == (0, 3)
        UserAchievement.objects.filter(user=ada, achievement__slug="ten-wins").delete()
        assert self.read(ada, 15) == 3

    @pytest.mark.parametrize("hour", [15, 30])
    def test_a_match_changes_nothing(self, ada, hour):
        before = held(ada)
        rows = Match.objects.bulk_create([build(ada, 1, hour, "LOSS")])

        with CaptureQueriesContext(connection) as asked:
            changes = award_for_matches(rows=rows)

        assert (changes, held(ada), len(asked)) == (syncing.AchievementChanges(), before, 1)
