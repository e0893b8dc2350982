"""What a player has follows from the facts and the catalogue, whatever the path and whoever wrote it."""

from __future__ import annotations

import random
from functools import partial

import pytest
from django.core.management import call_command
from django.db import connection

from deltacrown.accounts.models import User
from deltacrown.core import jobs
from deltacrown.games.models import Match
from deltacrown.games.services import restore_match, void_match
from deltacrown.teams.models import TeamMembership
from deltacrown.tournaments.models import TournamentParticipation, TournamentResult
from deltacrown.user_profile.achievements import backfill, syncing
from deltacrown.user_profile.achievements.awards import award_achievement, define_achievement
from deltacrown.user_profile.achievements.backfill import Backfilled, backfill_players
from deltacrown.user_profile.achievements.catalogue import CATALOGUE
from deltacrown.user_profile.models import (
    Achievement,
    BackfilledPlayer,
    ExperienceAward,
    UserAchievement,
    UserActivity,
)
from tests import scene
from tests.user_profile.season import TOLD, contents, daily_duel, day, held, hold, people, play, said

pytestmark = pytest.mark.django_db

FIRST_WIN = Achievement.objects.filter(slug="first-win")


def price(points):
    define_first_win(points=points)


def rename(name):
    define_first_win(name=name)


def change_tier(tier):
    define_first_win(tier=tier)


def define_first_win(**changed):
    entry = FIRST_WIN.all().get()
    fields = {
        "name": entry.name,
        "description": entry.description,
        "tier": entry.tier,
        "points": entry.points,
    }
    define_achievement(slug="first-win", **(fields | changed))


def void(number):
    void_match(game=scene.game("rocket"), match_key=f"day-{number}", reason="crash", now=TOLD)


def restore(number):
    restore_match(game=scene.game("rocket"), match_key=f"day-{number}", reason="no crash", now=TOLD)


#: What services do: everything follows at once.
STEPS = [
    *(partial(price, points) for points in (0, 50, 500, 20_000)),
    *(partial(rename, name) for name in ("First win", "Victory")),
    *(partial(change_tier, tier) for tier in ("MINOR", "MAJOR")),
    *(partial(act, number) for act in (void, restore) for number in (1, 2, 3)),
]
#: What is written past them: everything follows with the next backfill.
RAW_STEPS = [
    lambda: FIRST_WIN.all().update(points=70),
    lambda: FIRST_WIN.all().update(tier="MAJOR", name="Raw"),
    lambda: Match.objects.filter(match_key="day-1").update(voided_at=TOLD, void_reason="raw"),
    lambda: Match.objects.filter(match_key="day-1").update(voided_at=None, void_reason=""),
    lambda: ExperienceAward.objects.all()._raw_delete("default"),
    lambda: UserAchievement.objects.all()._raw_delete("default"),
    lambda: UserActivity.objects.all()._raw_delete("default"),
    lambda: ExperienceAward.objects.update(points=7),
    lambda: UserAchievement.objects.update(fact="raw"),
]


def worth(user):
    """All of a player's experience: reason → points."""
    return dict(ExperienceAward.objects.filter(user=user).values_list("reason", "points"))


def walk(seed, steps):
    pick = random.Random(seed)
    for _ in range(8):
        pick.choice(steps)()


def rebuild():
    """Everything derived anew from the facts and the catalogue in the table alone."""
    for table in (UserActivity, UserAchievement, ExperienceAward):
        table.objects.all()._raw_delete("default")
    backfill_players()
    return contents()


@pytest.fixture
def won(monkeypatch):
    """Ann won three matches; the catalogue's entry in the table counts, not its declaration."""
    monkeypatch.setattr(backfill, "define_catalogue", lambda: None)
    ann, bob = people("ann", "bob")
    play([daily_duel(ann, bob, number) for number in (1, 2, 3)])
    return ann


@pytest.mark.parametrize("seed", range(12))
def test_services_leave_the_same_whatever_the_path(won, seed, find_all_drift):
    walk(seed, STEPS)
    after_path = contents()

    assert after_path == rebuild()
    assert find_all_drift() == []


@pytest.mark.parametrize("seed", range(12))
def test_raw_writes_leave_the_same_after_a_backfill(won, seed, find_all_drift):
    walk(seed, [*STEPS, *RAW_STEPS])
    backfill_players()
    after_path = contents()

    assert backfill_players(everyone=True).mended == 0
    assert after_path == rebuild()
    assert find_all_drift() == []


def test_a_price_that_changed_is_the_same_with_and_without_a_void_in_between(won):
    price(500)
    assert worth(won) == {"Achievement: First win": 500}
    for number in (1, 2, 3):
        void(number)
    assert worth(won) == {}
    for number in (1, 2, 3):
        restore(number)
    assert worth(won) == {"Achievement: First win": 500}


def test_an_achievement_declared_no_more_is_revoked_and_comes_back_with_its_rule(monkeypatch):
    ann, bob = people("ann", "bob")
    play([daily_duel(ann, bob, 1)])
    by_hand = define_achievement(slug="early", name="Early", description="Be early.", tier="MAJOR", points=5)
    award_achievement(user=ann, achievement=by_hand, fact="", earned_at=day(0))
    whole = contents()
    assert set(held(ann)) == {"first-win", "early"}

    with monkeypatch.context() as without:
        rules = tuple(rule for rule in CATALOGUE if rule.slug != "first-win")
        without.setattr(syncing, "CATALOGUE", rules)
        without.setattr(syncing, "BY_SLUG", {rule.slug: rule for rule in rules})
        syncing.define_catalogue()
    assert (set(held(ann)), worth(ann)) == ({"early"}, {"Achievement: Early": 5})
    assert not FIRST_WIN.all().exists()

    backfill_players(everyone=True)
    assert contents() == whole


class TestNightly:
    def run(self):
        return jobs.run_job("reconcile", cause="a test", clock=lambda: TOLD).summary

    def test_rows_written_in_bulk_are_followed(self, find_all_drift):
        ann, bob = people("ann", "bob")
        reds, cup = scene.team("reds"), scene.tournament("cup")
        self.run()

        User.objects.bulk_create([User(username="cat", date_joined=day(-5))])
        results = [(ann, 1), (bob, 2)]
        TournamentParticipation.objects.bulk_create(
            TournamentParticipation(tournament=cup, user=user, registered_at=day(0)) for user, _ in results
        )
        TournamentResult.objects.bulk_create(
            TournamentResult(tournament=cup, user=user, placement=place, decided_at=day(1))
            for user, place in results
        )
        TeamMembership.objects.bulk_create([TeamMembership(team=reds, user=bob, joined_at=day(2))])
        Match.objects.bulk_create(
            Match(user=ann, game=cup.game, match_key=f"m{number}", result="WIN", played_at=day(number))
            for number in range(3)
        )

        summary = self.run()
        assert set(said(ann)) == {"Earned Champion", "🏆 Won Cup", "Registered for Cup"}
        assert said(bob) == ["Joined team Reds", "Took second place in Cup", "Registered for Cup"]
        assert UserActivity.objects.filter(user__username="cat").count() == 1
        assert set(held(ann)) == {"first-win", "first-tournament", "first-podium", "first-title"}
        assert worth(bob)["Second in Cup"] == 150
        assert summary["players_backfilled"] == 3
        assert summary["achievements_awarded"] == 6
        assert summary["entries_created"] == summary["mended"] - 6 - summary["experience_changed"]
        assert find_all_drift() == []

    def test_rows_changed_and_deleted_past_the_services_are_followed(self, find_all_drift):
        ann, bob = people("ann", "bob")
        hold("cup", ann, bob)
        play([daily_duel(ann, bob, 1)])
        self.run()

        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM tournaments_tournamentresult WHERE user_id = %s", [ann.pk])
            cursor.execute(
                "UPDATE tournaments_tournamentresult SET placement = 1 WHERE user_id = %s", [bob.pk]
            )
            cursor.execute("DELETE FROM games_match")

        self.run()
        assert said(ann) == ["Registered for Cup"]
        assert set(said(bob)) == {"Earned Champion", "🏆 Won Cup", "Registered for Cup"}
        assert set(held(ann)) == {"first-tournament"}
        assert worth(ann) == {"Entered Cup": 20, "Achievement: Into the arena": 50}
        assert find_all_drift() == []

    def test_nothing_to_do_is_one_look(self, django_assert_max_num_queries):
        people(*(f"p{number}" for number in range(30)))
        self.run()

        with django_assert_max_num_queries(len(CATALOGUE) * 3 + 6):
            assert backfill_players() == Backfilled()
        assert self.run()["players_backfilled"] == 0

    def test_only_whose_rows_changed_are_looked_at(self):
        ann, bob, cat = people("ann", "bob", "cat")
        self.run()
        scene.match(bob, "raw")

        assert backfill_players().players == 1
        assert set(held(bob)) == {"first-win"}
        assert (held(ann), held(cat)) == ({}, {})

    def test_a_joining_date_changed_past_the_services_is_followed(self):
        ann, _ = people("ann", "bob")
        self.run()
        User.objects.filter(pk=ann.pk).update(date_joined=day(7))

        assert backfill_players().players == 1
        assert ann.activities.get(activity_type="PROFILE_CREATED").created_at == day(7)

    def test_other_rules_concern_everybody(self, monkeypatch):
        people("ann", "bob")
        self.run()
        monkeypatch.setattr(backfill, "read_rules", lambda: "other code")

        assert backfill_players().players == 2

    def test_a_run_that_stopped_is_finished_by_the_next(self, monkeypatch):
        users = people("ann", "bob", "cat")
        self.run()
        Match.objects.bulk_create(
            Match(user=user, game=scene.game(), match_key="m1", result="WIN", played_at=day(0))
            for user in users
        )
        monkeypatch.setattr(backfill, "BATCH", 1)

        def stop_after_two(done, total):
            assert total == 3
            if done == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            backfill_players(progress=stop_after_two)
        assert [bool(held(user)) for user in users] == [True, True, False]
        assert backfill_players().achievements.awarded == 1

    def test_a_deleted_user_is_forgotten(self):
        ann, bob = people("ann", "bob")
        self.run()
        ann.delete()

        assert [row.owner for row in BackfilledPlayer.objects.all()] == [bob.pk]


def test_the_command_says_when_it_was_interrupted(monkeypatch, capsys):
    people("ann")
    monkeypatch.setattr(
        "deltacrown.user_profile.management.commands.backfill_activities.backfill_players",
        lambda **_: (_ for _ in ()).throw(KeyboardInterrupt),
    )

    with pytest.raises(SystemExit) as stopped:
        call_command("backfill_activities")
    assert stopped.value.code == 130
    assert "run the same command again" in capsys.readouterr().out
