"""A small season in the database: whole, right, and with everything a season has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.db.models import Count, F, Q

from deltacrown.accounts.models import User
from deltacrown.demo import loading
from deltacrown.demo.plan.calendar import Calendar
from deltacrown.demo.plan.people import HERO
from deltacrown.demo.plan.season import Season as Plan
from deltacrown.demo.plan.season import plan_season
from deltacrown.games.models import Match, Season
from deltacrown.moderation.models import Dispute
from deltacrown.pages.oneself import get_home_feed
from deltacrown.teams.models import Team, TeamMembership
from deltacrown.tournaments.models import (
    Tournament,
    TournamentMatchResult,
    TournamentParticipation,
    TournamentResult,
)
from deltacrown.user_profile.models import (
    ExperienceAward,
    Follow,
    PrivacySettings,
    UserAchievement,
    UserProfile,
)
from deltacrown.user_profile.people.kyc import get_verification
from django_tally.models import Run
from tests.demo.dumps import SEED, SIZE, digest, load
from tests.pristine import rolled_back


@pytest.fixture(scope="module")
def season() -> Plan:
    return plan_season(seed=SEED, size=SIZE, calendar=Calendar(datetime(2026, 9, 30, 22, tzinfo=UTC)))


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The small season, loaded once for the tests that only read it; what the command printed."""
    with rolled_back(django_db_blocker, load) as printed:
        yield printed


@pytest.mark.django_db
class TestLoaded:
    """The season as it is in the database."""

    @pytest.fixture(autouse=True)
    def _loaded(self, demo: str) -> None:
        self.printed = demo

    def test_it_says_what_there_is_and_how_to_sign_in(self):
        assert "40 players" in self.printed
        assert "400 matches" in self.printed
        assert f"{loading.STAFF} / {loading.STAFF_PASSWORD}" in self.printed
        assert f"{HERO} / {loading.PLAYER_PASSWORD}" in self.printed

    def test_the_sign_ins_work_and_nobody_else_can_sign_in(self):
        staff = authenticate(username=loading.STAFF, password=loading.STAFF_PASSWORD)
        player = authenticate(username=HERO, password=loading.PLAYER_PASSWORD)

        assert (staff.is_staff, staff.is_superuser, player.is_staff, player.is_superuser) == (
            True,
            True,
            False,
            False,
        )
        assert {user.username for user in User.objects.all() if user.has_usable_password()} == {
            HERO,
            loading.STAFF,
        }

    def test_nothing_has_drifted(self, find_all_drift):
        assert UserProfile.objects.filter(total_matches_played__gt=0).exists()
        assert find_all_drift() == []

    def test_the_site_says_it_was_verified(self):
        latest = Run.objects.latest("started_at")

        assert (latest.cause, latest.dry_run, latest.numbers_drifted) == ("load_demo", True, 0)
        assert latest.numbers_checked > 40
        assert (
            f"Verified: {latest.numbers_checked:,} numbers counted again from their rows, 0 differ."
            in self.printed
        )

    def test_every_row_carries_its_historical_date(self, season):
        first, last = season.casual[0], season.casual[-1]

        assert Match.objects.order_by("played_at").first().played_at == min(
            each.played_at for each in season.casual
        )
        assert Match.objects.filter(match_key=last.key).first().played_at == last.played_at
        assert (
            User.objects.get(username=season.players[0].username).date_joined == season.players[0].joined_at
        )
        assert first.played_at.year == 2024
        assert not Match.objects.filter(voided_at__lt=F("played_at")).exists()
        assert not TournamentResult.objects.filter(decided_at__lt=F("tournament__starts_at")).exists()

    def test_public_ids_are_of_the_year_of_joining(self):
        profiles = UserProfile.objects.select_related("user")

        assert {profile.public_id[3:5] for profile in profiles} >= {"24", "25", "26"}
        assert all(profile.public_id[3:5] == f"{profile.user.date_joined:%y}" for profile in profiles)

    def test_matches_of_both_kinds_and_all_results_are_there(self):
        assert set(Match.objects.values_list("kind", "result").distinct()) >= {
            ("CASUAL", "WIN"), ("CASUAL", "LOSS"), ("CASUAL", "DRAW"),
            ("TOURNAMENT", "WIN"), ("TOURNAMENT", "LOSS"),
        }  # fmt: skip
        assert Match.objects.filter(kind="TOURNAMENT").count() == TournamentMatchResult.objects.count()
        assert Match.objects.filter(game__slug="valorant").exclude(side="").exists()
        assert Match.objects.filter(game__slug="street-fighter-6", side="").exists()

    def test_tournaments_of_every_status_and_both_kinds_are_there(self):
        assert set(Tournament.objects.values_list("status", flat=True)) == {
            "COMPLETED",
            "RUNNING",
            "OPEN",
            "DRAFT",
            "CANCELLED",
        }
        assert set(Tournament.objects.filter(status="COMPLETED").values_list("entrant_kind", flat=True)) == {
            "SOLO",
            "TEAM",
        }
        assert TournamentParticipation.objects.filter(tournament__status="CANCELLED").exists()
        assert not TournamentResult.objects.exclude(tournament__status="COMPLETED").exists()

    def test_registrations_of_every_status_are_there(self):
        assert set(TournamentParticipation.objects.values_list("status", flat=True)) == {
            "REGISTERED", "CHECKED_IN", "WITHDRAWN", "DISQUALIFIED",
        }  # fmt: skip

    def test_seasons_cover_the_two_years_and_one_game_has_splits(self):
        seasons = list(Season.objects.order_by("starts_at"))
        of_all = [each for each in seasons if each.game is None]

        assert [(f"{each.since:%Y-%m}", f"{each.until:%Y-%m}") for each in of_all] == [
            ("2024-10", "2025-04"), ("2025-04", "2025-10"), ("2025-10", "2026-04"), ("2026-04", "2026-10"),
        ]  # fmt: skip
        assert [each.slug for each in seasons if each.game] == [
            "valorant-2026-split-2",
            "valorant-2026-split-3",
        ]
        assert all(Match.objects.filter(each.covers("played_at")).exists() for each in of_all)
        assert sum(Match.objects.filter(each.covers("played_at")).count() for each in of_all) == (
            Match.objects.count()
        )

    def test_a_third_place_is_shared_and_somebody_is_disqualified(self):
        shared = (
            TournamentResult.objects.filter(placement=3, tournament__entrant_kind="SOLO")
            .values("tournament")
            .annotate(n=Count("id"))
        )

        assert any(row["n"] == 2 for row in shared)
        assert TournamentResult.objects.filter(disqualified_at__isnull=False).exists()

    def test_teams_have_rosters_and_transfers(self):
        assert Team.objects.count() >= 6
        assert TeamMembership.objects.filter(left_at__isnull=False).exists()
        assert TournamentResult.objects.filter(team__isnull=False, user__isnull=False, placement=1).exists()

    def test_voids_have_reasons_and_count_nowhere(self):
        voided = Match.objects.filter(voided_at__isnull=False)

        assert voided.exists()
        assert not voided.filter(void_reason="").exists()

    def test_corrected_matches_say_what_really_happened(self, season):
        corrected = [each.match for each in season.rulings.amendments if not each.void]

        assert corrected
        for match in corrected:
            won = set(
                Match.objects.filter(match_key=match.key, result="WIN").values_list(
                    "user__username", flat=True
                )
            )
            assert won == {player.username for player in match.lineups[match.winner]}

    def test_in_the_end_whoever_won_has_the_higher_score(self):
        scores: dict[tuple[str, str], set[int]] = {}
        for key, result, score in Match.objects.values_list("match_key", "result", "score"):
            scores.setdefault((key, result), set()).add(int(score))

        assert all(len(each) == 1 for each in scores.values())
        won = {key: min(each) for (key, result), each in scores.items() if result == "WIN"}
        lost = {key: max(each) for (key, result), each in scores.items() if result == "LOSS"}
        assert won.keys() == lost.keys()
        assert [key for key in won if won[key] <= lost[key]] == []

    def test_disputes_of_every_status_are_there_about_matches_and_results(self):
        assert set(Dispute.objects.values_list("status", flat=True)) == {"OPEN", "UPHELD", "REJECTED"}
        assert Dispute.objects.filter(match__isnull=False, status="UPHELD").exists()
        assert Dispute.objects.filter(
            result__isnull=False, status="UPHELD", result__disqualified_at__isnull=False
        ).exists()

    def test_somebody_hides_matches_and_somebody_tournaments(self):
        hiders = PrivacySettings.objects.filter(Q(show_match_history=False) | Q(show_tournament_stats=False))

        assert PrivacySettings.objects.filter(show_match_history=False).exists()
        assert PrivacySettings.objects.filter(show_tournament_stats=False).exists()
        assert hiders.count() < User.objects.count() / 2
        assert not hiders.filter(user__username__in=[HERO, loading.STAFF]).exists()

    def test_achievements_of_both_tiers_are_earned_with_experience(self):
        assert set(UserAchievement.objects.values_list("achievement__tier", flat=True)) == {"MINOR", "MAJOR"}
        awards = ExperienceAward.objects.filter(dedupe_key__startswith="achievement:")
        assert awards.count() == UserAchievement.objects.count()
        champions = UserAchievement.objects.filter(achievement__slug="first-title").values_list(
            "user", flat=True
        )
        assert set(champions) == set(
            TournamentResult.objects.filter(placement=1, user__isnull=False).values_list("user", flat=True)
        )

    def test_the_player_one_signs_in_as_has_a_feed_and_is_verified(self, season):
        hero = User.objects.get(username=HERO)
        feed = get_home_feed(hero)

        assert Follow.objects.count() == len(season.follows)
        assert len(feed.items) == 10
        assert feed.has_next
        assert get_verification(hero, hero).status == "VERIFIED"

    def test_the_skilled_win_more(self, season):
        ranked = sorted(season.players, key=lambda player: -player.skill)
        rate = [self.rate_of(group) for group in (ranked[:10], ranked[-10:])]

        assert rate[0] > rate[1] + 0.1

    @staticmethod
    def rate_of(players: Any) -> float:
        rows = Match.objects.counted().filter(user__username__in=[player.username for player in players])
        return rows.filter(result="WIN").count() / rows.count()

    def test_loading_again_changes_nothing_and_prints_the_sign_ins(self):
        before = digest()

        printed = load(seed=2, players=50)

        assert "loaded already" in printed
        assert f"{HERO} / {loading.PLAYER_PASSWORD}" in printed
        assert digest() == before
