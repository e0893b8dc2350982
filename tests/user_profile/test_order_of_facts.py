"""What happened at one time has one order, whatever the batch, the delivery or the database."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from deltacrown.accounts.models import User
from deltacrown.games.models import Match
from deltacrown.games.services import record_match, record_matches
from deltacrown.tournaments.models import TournamentResult
from deltacrown.user_profile.achievements.backfill import backfill_players
from deltacrown.user_profile.achievements.syncing import sync_tournament_achievements
from deltacrown.user_profile.models import ExperienceAward, UserAchievement
from deltacrown.user_profile.services import stats_service
from tests import scene

pytestmark = pytest.mark.django_db

DAY = datetime(2025, 3, 1, tzinfo=UTC)
NOW = datetime(2025, 4, 1, tzinfo=UTC)
KEYS = [f"x-{number}" for number in range(1, 12)]

#: The eleventh is lost: in the order of the keys' text, it would stand third.
RESULTS = dict.fromkeys(KEYS, "WIN") | {"x-11": "LOSS"}
EARNED = ["first-win", "streak-five", "streak-ten", "ten-wins"]


def deliver(order: list[str], batch: int) -> None:
    """Record the eleven matches in an order, so many in one call."""
    ann, chess = scene.player("ann"), scene.game("chess")
    records = [scene.record(chess, key, scene.line(ann, RESULTS[key]), played_at=DAY) for key in order]

    if batch == 1:
        for record in records:
            record_match(record=record, now=NOW)
    else:
        for start in range(0, len(records), batch):
            record_matches(records=records[start : start + batch], now=NOW)


def shuffled(seed: int) -> list[str]:
    return random.Random(seed).sample(KEYS, len(KEYS))


DELIVERIES = {
    "one by one": (KEYS, 1),
    "at once": (KEYS, 500),
    "by text": (sorted(KEYS), 4),
    "backwards": (KEYS[::-1], 1),
    **{f"shuffle {seed}": (shuffled(seed), batch) for seed, batch in enumerate([1, 2, 3, 5, 11])},
}


@pytest.mark.parametrize(("order", "batch"), DELIVERIES.values(), ids=DELIVERIES)
class TestElevenMatchesAtOneTime:
    def test_earn_the_same(self, order, batch):
        deliver(order, batch)

        held = UserAchievement.objects.values_list("achievement__slug", flat=True)
        assert sorted(held) == EARNED
        assert sum(ExperienceAward.objects.values_list("points", flat=True)) == 650

    def test_earn_no_more_when_their_history_is_evaluated_again(self, order, batch):
        deliver(order, batch)
        before = sorted(UserAchievement.objects.values_list("achievement__slug", "fact", "earned_at"))

        backfill_players(everyone=True)

        assert sorted(UserAchievement.objects.values_list("achievement__slug", "fact", "earned_at")) == before

    def test_are_listed_in_the_order_of_their_keys(self, order, batch):
        deliver(order, batch)
        ann = User.objects.get()

        pages, cursor = [], None
        while not pages or cursor:
            page = stats_service.get_match_history(ann, page=cursor, limit=4)
            pages.append([entry.match_key for entry in page.items])
            cursor = page.next_cursor
        assert [key for page in pages for key in page] == KEYS[::-1]

        rows = stats_service.get_stat_rows(ann, "matches_won", limit=50)
        assert [entry.match_key for entry in rows.items] == KEYS[-2::-1]


#: The lost match is the last in the order of the keys, the third by its place among those of the day.
PLACES = {"x-11": 3, **dict(zip(KEYS[:10], [1, 2, *range(4, 12)], strict=True))}
IN_PLACE = sorted(KEYS, key=PLACES.__getitem__)


def deliver_numbered(order: list[str], batch: int) -> None:
    """Record the eleven matches, all but the first two with a sequence: those without come first."""
    ann, chess = scene.player("ann"), scene.game("chess")
    records = []
    for key in order:
        place = PLACES[key] if PLACES[key] > 2 else None
        line = scene.line(ann, RESULTS[key])
        records.append(scene.record(chess, key, line, played_at=DAY, sequence=place))

    for start in range(0, len(records), batch):
        record_matches(records=records[start : start + batch], now=NOW)


@pytest.mark.parametrize(("order", "batch"), DELIVERIES.values(), ids=DELIVERIES)
class TestElevenNumberedMatchesAtOneTime:
    def test_earn_what_their_order_earns(self, order, batch):
        deliver_numbered(order, batch)

        held = set(UserAchievement.objects.values_list("achievement__slug", flat=True))
        assert held == {"first-win", "streak-five", "ten-wins"}
        before = sorted(UserAchievement.objects.values_list("achievement__slug", "fact", "earned_at"))
        backfill_players(everyone=True)
        assert sorted(UserAchievement.objects.values_list("achievement__slug", "fact", "earned_at")) == before

    def test_are_listed_by_their_place(self, order, batch):
        deliver_numbered(order, batch)

        pages, cursor = [], None
        while not pages or cursor:
            page = stats_service.get_match_history(User.objects.get(), page=cursor, limit=3)
            pages += [entry.match_key for entry in page.items]
            cursor = page.next_cursor
        assert pages == IN_PLACE[::-1]


@pytest.mark.parametrize("archived", [["x-2", "x-10"], KEYS[:6]], ids=["some", "the first"])
def test_the_archive_changes_no_order(archived):
    deliver(KEYS, 500)
    for row in Match.objects.filter(match_key__in=archived):
        scene.archive(row)

    page = stats_service.get_match_history(User.objects.get(), limit=50)
    assert [entry.match_key for entry in page.items] == KEYS[::-1]


@pytest.mark.parametrize("order", [["cup-2", "cup-10"], ["cup-10", "cup-2"]], ids=["in order", "backwards"])
def test_of_two_titles_of_one_time_the_slug_tells_the_first(order):
    ann = scene.player("ann")
    for slug in order:
        scene.result(scene.tournament(slug), 1, ann)
    assert len(set(TournamentResult.objects.values_list("decided_at", flat=True))) == 1

    sync_tournament_achievements(users=[ann.pk])

    first = UserAchievement.objects.get(achievement__slug="first-title")
    assert first.fact == "Cup 2"
    rows = stats_service.get_stat_rows(ann, "tournaments_won")
    assert [entry.slug for entry in rows.items] == ["cup-10", "cup-2"]


@pytest.mark.parametrize("order", [["cup-2", "cup-10"], ["cup-10", "cup-2"]], ids=["in order", "backwards"])
def test_so_do_registrations_of_one_time(order):
    ann = scene.player("ann")
    for slug in order:
        scene.registration(ann, scene.tournament(slug))

    history = stats_service.get_tournament_breakdown(ann)
    assert [entry.slug for entry in history.items] == ["cup-10", "cup-2"]


@pytest.mark.parametrize("order", [["cup-2", "cup-10"], ["cup-10", "cup-2"]], ids=["in order", "backwards"])
@pytest.mark.parametrize("own", [True, False], ids=["the player", "others"])
def test_so_do_timeline_entries_of_one_time(order, own):
    ann = scene.player("ann")
    for slug in order:
        scene.result(scene.tournament(slug), 1, ann)
    backfill_players(everyone=True)

    timeline = stats_service.get_activity_timeline(ann, ann if own else None)
    won = [entry.description for entry in timeline.items if entry.activity_type == "TOURNAMENT_WON"]
    assert won == ["🏆 Won Cup 2", "🏆 Won Cup 10"]
