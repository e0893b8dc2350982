"""A match that does not count is in no number: a bye, an abandoned match, a forfeit, a friendly."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from deltacrown.games import services as games
from deltacrown.games.models import MATCH_TABLES, Game, Match
from deltacrown.tournaments.services import list_player_totals, summarise_tournament
from deltacrown.user_profile.achievements.evaluation import list_earned_in_matches
from deltacrown.user_profile.achievements.syncing import sync_match_achievements
from deltacrown.user_profile.models import ExperienceAward, GameStats, UserAchievement, UserActivity
from deltacrown.user_profile.numbers.board_periods import get_period
from deltacrown.user_profile.numbers.leaderboards import get_leaderboard
from deltacrown.user_profile.numbers.period_leaderboards import get_period_leaderboard, list_period_boards
from deltacrown.user_profile.services import stats_service
from tests import scene
from tests.scene import NOON, line

pytestmark = pytest.mark.django_db

MATCH_NUMBERS = ("total_matches_played", "matches_won")
#: What does not count → the fields of the line of somebody who won by it, or had no result.
UNCOUNTED = {
    "a bye": {"ended_by": "BYE"},
    "abandoned without a result": {"result": "NONE", "ended_by": "ABANDONED"},
    "no result is known": {"result": "NONE"},
    "decided by forfeit, and forfeits do not count here": {},
    "a friendly": {"uncounted_reason": "a friendly"},
}


@pytest.fixture
def rocket(db):
    return Game.objects.create(slug="rocket", name="Rocket", counts_forfeits=False)


@pytest.fixture(params=UNCOUNTED, ids=[reason.split(",", maxsplit=1)[0] for reason in UNCOUNTED])
def ten(request, rocket):
    """Ann with ten matches of a tournament that do not count; the reason, and the tournament."""
    ann, bob = scene.player("ann"), scene.player("bob")
    event = scene.tournament("cup", title=rocket)
    fields = UNCOUNTED[request.param]

    for number in range(10):
        lines = [line(ann, fields.get("result", "WIN"), stats={"kills": 9, "deaths": 1}, **_ending(fields))]
        if "forfeit" in request.param:
            lines.append(line(bob, "LOSS", ended_by="FORFEIT"))
        played_at = NOON - timedelta(days=12 - number)
        record = scene.record(rocket, f"m{number}", *lines, kind="TOURNAMENT", played_at=played_at)
        for row in games.record_match(record=record, now=NOON).rows:
            scene.tournament_match(row, event)
    return ann, event, request.param


def _ending(fields):
    return {name: value for name, value in fields.items() if name != "result"}


def archive_half():
    for row in Match.objects.filter(match_key__lt="m5"):
        scene.archive(row)


@pytest.mark.parametrize("is_archived", [False, True], ids=["live", "half archived"])
def test_no_number_counts_it(ten, is_archived):
    ann, event, _ = ten
    if is_archived:
        archive_half()

    for stat in MATCH_NUMBERS:
        rows = stats_service.get_stat_rows(ann, stat, viewer=ann)
        assert (rows.stat.value, rows.items, rows.evidence.value) == (0, [], 0)
        assert stats_service.get_stat_history(ann, stat, viewer=ann, order="known").items == []
        assert stats_service.get_stat_as_of(ann, stat, NOON, viewer=ann) == 0
        assert stats_service.get_stat_as_of(ann, stat, known_at=NOON, viewer=ann) == 0
    assert not GameStats.objects.filter(user=ann, matches_played__gt=0).exists()
    assert not GameStats.objects.filter(user=ann, matches_won__gt=0).exists()

    season = get_period("season", now=NOON)
    assert all(get_period_leaderboard(stat, season).items == [] for stat in list_period_boards())
    assert all(get_leaderboard(stat).items == [] for stat in MATCH_NUMBERS)

    summary = summarise_tournament(event)
    assert (summary.matches, summary.players, summary.totals) == (0, 0, {})
    assert list_player_totals(event) == []


@pytest.mark.parametrize("is_archived", [False, True], ids=["live", "half archived"])
def test_ten_of_them_earn_nothing(ten, is_archived):
    ann, _, _ = ten
    if is_archived:
        archive_half()
    assert list_earned_in_matches([ann.pk]) == []

    sync_match_achievements(users=[ann.pk])

    assert not UserAchievement.objects.filter(user=ann).exists()
    assert not ExperienceAward.objects.filter(user=ann).exists()
    assert not UserActivity.objects.filter(user=ann).exclude(activity_type="PROFILE_CREATED").exists()


def test_they_do_not_end_a_streak_either(ten):
    ann, _, _ = ten
    rocket = Game.objects.get(slug="rocket")
    for number in range(10):
        # Between every two of them.
        played_at = NOON - timedelta(days=12 - number, hours=1)
        games.record_match(
            record=scene.record(rocket, f"w{number}", line(ann), played_at=played_at), now=NOON
        )

    held = set(UserAchievement.objects.filter(user=ann).values_list("achievement__slug", flat=True))
    assert held == {"first-win", "ten-wins", "streak-five", "streak-ten"}
    assert stats_service.get_stat_rows(ann, "matches_won", viewer=ann).stat.value == 10


def test_each_row_says_why_it_does_not_count(ten):
    ann, _, reason = ten

    explanation = stats_service.explain_stat(ann, "total_matches_played", viewer=ann)
    assert (explanation.stat.value, explanation.adds_up) == (0, True)
    assert {omitted.why for omitted in explanation.omitted} == {f"not counted: {reason}"}
    assert len(explanation.omitted) == 10

    told = StringIO()
    call_command("explain_stat", ann.profile.public_id, "matches_won", stdout=told)
    assert f"  not counted: {reason}\n      Rocket match m9, played 29 May 2025" in told.getvalue()

    history = stats_service.get_match_history(ann, viewer=ann)
    assert {entry.why_uncounted for entry in history.items} == {f"Not counted: {reason}"}


def test_a_void_is_said_before_why_it_would_not_count(rocket):
    ann = scene.player("ann")
    games.record_match(record=scene.record(rocket, "m1", line(ann, ended_by="BYE")), now=NOON)
    games.void_match(game=rocket, match_key="m1", reason="typo", now=NOON)

    [omitted] = stats_service.explain_stat(ann, "matches_won", viewer=ann).omitted
    assert omitted.why == "voided: typo"
    [entry] = stats_service.get_match_history(ann, viewer=ann).items
    assert (entry.why_uncounted, entry.ending, entry.counts) == ("Voided: typo", "bye", False)


class TestHistoryOfANumber:
    """What changed a number, where the row counts no longer or counts from now on."""

    @pytest.fixture
    def won(self, rocket):
        ann = scene.player("ann")
        return scene.match(ann, "m1", title=rocket)

    def change(self, row, **fields):
        for table in MATCH_TABLES:
            table.objects.filter(pk=row.pk).update(**fields)

    def latest(self, row, stat="matches_won"):
        change = stats_service.get_stat_history(row.user, stat, viewer=row.user, order="known").items[0]
        return change.delta, change.what

    def test_counted_no_longer(self, won):
        self.change(won, ended_by="BYE", uncounted_reason="a bye")
        assert self.latest(won) == (-1, "no longer counted: a bye")

    def test_counted_again_with_what_else_was_corrected(self, won):
        self.change(won, result="NONE", uncounted_reason="no result is known")
        self.change(won, result="WIN", uncounted_reason="", score="3", placement=2, ended_by="RETIRED")

        assert self.latest(won) == (
            1,
            "counted from now on, it was not: no result is known; placement corrected from none to 2; "
            "result corrected from NONE to WIN; score corrected from none to 3; "
            "how it ended corrected from play to retirement",
        )

    @pytest.mark.parametrize(
        ("fields", "told"),
        [
            ({"sequence": 4}, "order of play corrected from none to 4"),
            ({"score": "6-1 7-5"}, "score corrected from none to 6-1 7-5"),
            ({"ended_by": "FORFEIT"}, "how it ended corrected from play to forfeit"),
            (
                {"played_at": scene.START.replace(year=872, hour=0), "is_time_known": False},
                "played at corrected from 1 Mar 2025 18:00 to 1 Mar AD 872",
            ),
        ],
        ids=["sequence", "score", "ended_by", "played_at"],
    )
    def test_other_columns_in_words(self, won, fields, told):
        self.change(won, result="LOSS", **fields)
        assert self.latest(won) == (-1, _in_order_of_columns("result corrected from WIN to LOSS", told))


def _in_order_of_columns(result, other):
    """When it was played is said first, the rest in the order of the columns."""
    return f"{other}; {result}" if other.startswith("played at") else f"{result}; {other}"
