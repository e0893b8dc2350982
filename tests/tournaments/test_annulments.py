"""Annulling a completed tournament, lifting that, and opening it again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest

from deltacrown.core.errors import InvalidInput
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import TournamentDecision
from deltacrown.tournaments.services import (
    EntrantDisqualified,
    MayNotOrganise,
    ResultsConflict,
    Standing,
    WrongState,
    annul_tournament,
    cancel_tournament,
    complete_tournament,
    correct_result,
    disqualify_entrant,
    get_standing_decision,
    lift_annulment,
    lift_disqualification,
    reopen_tournament,
    require_lifting,
)
from deltacrown.user_profile.models import ExperienceAward, UserAchievement, UserActivity, UserProfile
from deltacrown.user_profile.numbers.history import get_stat_history
from tests import scene
from tests.announcements import announced
from tests.concurrency import call_together
from tests.tournaments.conftest import LATER, NOW

pytestmark = pytest.mark.django_db


def standing(who, placement, prize=0):
    return Standing(user=who, placement=placement, prize=Decimal(prize))


@pytest.fixture
def ended(solo):
    """A solo event that ann won before bob and cat."""
    people = solo.players
    given = [standing(people["ann"], 1, 100), standing(people["bob"], 2), standing(people["cat"], 3)]
    complete_tournament(tournament=solo, standings=given, now=NOW)
    return solo


def facts():
    """All that follows from the results: numbers, experience, achievements, timelines."""
    profiles = UserProfile.objects.order_by("pk")
    return {
        "numbers": list(
            profiles.values_list("pk", "tournaments_won", "placement_sum", "experience_points", "level")
        ),
        "averages": list(profiles.values_list("average_placement", flat=True)),
        "experience": sorted(ExperienceAward.objects.values_list("user", "dedupe_key", "points")),
        "held": sorted(UserAchievement.objects.values_list("user", "achievement__slug", "fact")),
        "told": sorted(UserActivity.objects.values_list("user", "activity_type", "description")),
    }


def rows(event):
    names = ("user__username", "placement", "prize_amount", "uncounted_reason", "unplaced_reason")
    return {name: rest for name, *rest in event.results.values_list(*names)}


def annul(event, **fields):
    return annul_tournament(tournament=event, reason="match fixing", now=LATER, **fields)


def lift(event, **fields):
    return lift_annulment(tournament=event, reason="acquitted", now=LATER, **fields)


def reopen(event, **fields):
    return reopen_tournament(tournament=event, reason="a final is replayed", now=LATER, **fields)


def test_the_results_of_an_annulled_tournament_are_kept_and_count_nowhere(ended, find_all_drift):
    with announced(signals.tournament_annulled) as events:
        annul(ended, by=ended.players["dan"])

    assert rows(ended)["ann"] == [1, Decimal(100), "annulled: match fixing", ""]
    assert [len(event["results"]) for event in events] == [3]
    assert not UserProfile.objects.filter(tournaments_won__gt=0).exists()
    assert not UserProfile.objects.filter(average_placement__isnull=False).exists()
    assert not UserActivity.objects.filter(activity_type="TOURNAMENT_WON").exists()
    assert not ExperienceAward.objects.filter(dedupe_key__startswith="placed:").exists()
    assert not UserAchievement.objects.filter(achievement__slug__contains="win").exists()
    # They entered it all the same.
    assert set(UserProfile.objects.values_list("tournaments_participated", flat=True)) == {1}
    assert find_all_drift() == []


def test_lifting_an_annulment_restores_exactly_what_there_was(ended, find_all_drift):
    before, results = facts(), rows(ended)

    annul(ended)
    assert facts() != before
    lift(ended)

    assert facts() == before
    assert rows(ended) == results
    assert ended.status == "COMPLETED"
    assert find_all_drift() == []


def test_both_are_made_once_dated_and_by_whom(ended):
    dan = ended.players["dan"]
    annul(ended, by=dan)
    annul_tournament(tournament=ended, reason="another", now=LATER + timedelta(days=1))
    lift(ended)
    lift(ended)
    reopen(ended, by=dan)
    reopen(ended)

    told = TournamentDecision.objects.order_by("pk").values_list("kind", "reason", "decided_at", "decided_by")
    assert list(told) == [
        ("ANNULLED", "match fixing", LATER, dan.pk),
        ("ANNULMENT_LIFTED", "acquitted", LATER, None),
        ("REOPENED", "a final is replayed", LATER, dan.pk),
    ]
    assert get_standing_decision(ended).kind == "REOPENED"


def test_the_history_of_a_number_tells_it(ended):
    ann = ended.players["ann"]
    annul(ended)
    lift(ended)
    reopen(ended)
    people = ended.players
    complete_tournament(
        tournament=ended, standings=[standing(people["bob"], 1), standing(people["ann"], 1)], now=LATER
    )

    changes = get_stat_history(ann, "tournaments_won", viewer=ann, order="known").items
    # In the order of the columns, which is each database's own.
    assert "counts again, completed anew" in changes[0].what.split("; ")
    assert [change.what for change in changes[1:]] == [
        "reopened: a final is replayed",
        "counts again, the annulment was taken back",
        "annulled: match fixing",
        "recorded",
    ]


def test_a_reopened_tournament_is_completed_again_with_other_standings(ended, find_all_drift):
    people = ended.players
    reopen(ended)
    assert not UserProfile.objects.filter(tournaments_won__gt=0).exists()

    again = [standing(people["bob"], 1, 100), standing(people["dan"], 2)]
    results = complete_tournament(tournament=ended, standings=again, now=LATER)

    assert {row.user.username for row in results} == {"bob", "dan"}
    left_out = "left out when the tournament was completed again"
    assert rows(ended) == {
        "ann": [None, Decimal(0), "", left_out],
        "bob": [1, Decimal(100), "", ""],
        "cat": [None, Decimal(0), "", left_out],
        "dan": [2, Decimal(0), "", ""],
    }
    assert list(UserProfile.objects.filter(tournaments_won=1).values_list("pk", flat=True)) == [
        people["bob"].pk
    ]
    told = UserActivity.objects.filter(activity_type="TOURNAMENT_WON").values_list(
        "user__username", flat=True
    )
    assert sorted(told) == ["bob", "dan"]
    assert find_all_drift() == []

    # A retry changes nothing, and other standings are refused.
    complete_tournament(tournament=ended, standings=again, now=LATER)
    with pytest.raises(ResultsConflict):
        complete_tournament(tournament=ended, standings=again[:1], now=LATER)


def test_the_same_standings_again_give_what_there_was(ended, find_all_drift):
    people = ended.players
    before = facts()
    reopen(ended)
    given = [standing(people["ann"], 1, 100), standing(people["bob"], 2), standing(people["cat"], 3)]

    complete_tournament(tournament=ended, standings=given, now=LATER, decided_at=NOW)

    assert facts() == before
    assert find_all_drift() == []


def test_disqualifications_outlast_a_reopening(ended, find_all_drift):
    people = ended.players
    disqualify_entrant(tournament=ended, user=people["ann"], reason="cheating", now=NOW)
    reopen(ended)

    with pytest.raises(EntrantDisqualified):
        complete_tournament(tournament=ended, standings=[standing(people["ann"], 1)], now=LATER)
    disqualify_entrant(tournament=ended, user=people["cat"], reason="cheating", now=LATER)

    again = [standing(people["dan"], 1), standing(people["bob"], 2)]
    complete_tournament(tournament=ended, standings=again, now=LATER)
    complete_tournament(tournament=ended, standings=again, now=LATER)

    placed = {name: placement for name, (placement, *_) in rows(ended).items()}
    assert placed == {"ann": None, "bob": 2, "cat": None, "dan": 1}
    # The standings of the second end know no place for her that could be restored.
    lift_disqualification(tournament=ended, user=people["ann"], reason="appeal", now=LATER)
    assert {name: placement for name, (placement, *_) in rows(ended).items()} == placed
    assert find_all_drift() == []


def test_one_who_is_let_in_again_while_it_runs_is_placed(ended):
    people = ended.players
    disqualify_entrant(tournament=ended, user=people["ann"], reason="cheating", now=NOW)
    reopen(ended)
    lift_disqualification(tournament=ended, user=people["ann"], reason="appeal", now=LATER)

    complete_tournament(tournament=ended, standings=[standing(people["ann"], 1)], now=LATER)

    assert rows(ended)["ann"] == [1, Decimal(0), "", ""]


def test_a_team_event_is_annulled_and_completed_again(teams, table, find_all_drift):
    reds, blues = teams.squads["reds"], teams.squads["blues"]
    given = [Standing(team=reds, placement=1, prize=Decimal(30)), Standing(team=blues, placement=2)]
    complete_tournament(tournament=teams, standings=given, now=NOW)
    before, all_facts = table(teams), facts()

    annul(teams)
    assert not UserProfile.objects.filter(tournaments_won__gt=0).exists()
    lift(teams)
    assert (table(teams), facts()) == (before, all_facts)

    reopen(teams)
    again = [Standing(team=blues, placement=1), Standing(team=teams.squads["greens"], placement=2)]
    complete_tournament(tournament=teams, standings=again, now=LATER)

    won = UserProfile.objects.filter(tournaments_won=1).values_list("user__username", flat=True)
    assert sorted(won) == ["dan", "eve"]
    assert find_all_drift() == []


@pytest.mark.parametrize("step", [annul, reopen])
def test_what_did_not_end_is_neither_annulled_nor_opened_again(opened, step):
    with pytest.raises(WrongState, match="only while it is COMPLETED"):
        step(opened())


def test_an_annulled_tournament_takes_no_rulings(ended):
    annul(ended)
    bob = ended.players["bob"]

    for refused in (
        partial(reopen, ended),
        partial(cancel_tournament, tournament=ended, reason="no", now=LATER),
        partial(correct_result, tournament=ended, user=bob, placement=1, reason="x", now=LATER),
        partial(disqualify_entrant, tournament=ended, user=bob, reason="x", now=LATER),
        partial(lift_disqualification, tournament=ended, user=bob, reason="x", now=LATER),
    ):
        with pytest.raises(WrongState):
            refused()
    assert rows(ended)["bob"] == [2, Decimal(0), "annulled: match fixing", ""]


@pytest.mark.parametrize("reason", ["", " ", "x" * 491])
def test_a_reason_is_needed_that_fits(ended, reason):
    with pytest.raises(InvalidInput) as refusal:
        annul_tournament(tournament=ended, reason=reason, now=LATER)

    assert refusal.value.field == "reason"
    assert ended.status == "COMPLETED"


def test_an_organiser_lifts_only_what_they_annulled(ended, player):
    organiser, mod = player("org"), scene.player("mod", is_staff=True)
    ended.organiser = organiser
    ended.save()

    annul(ended, by=mod)
    with pytest.raises(MayNotOrganise, match="only staff can take that back"):
        require_lifting(ended, organiser)
    require_lifting(ended, mod)
    with pytest.raises(MayNotOrganise):
        require_lifting(ended, ended.players["ann"])

    lift(ended, by=mod)
    annul(ended, by=organiser)
    require_lifting(ended, organiser)


@pytest.mark.django_db(transaction=True)
def test_one_annulled_by_many_at_once_is_annulled_once(find_all_drift):
    ann = scene.player("ann")
    event = scene.tournament("cup")
    scene.registration(ann, event)
    scene.result(event, 1, ann)

    call_together([partial(annul, type(event).objects.get(pk=event.pk)) for _ in range(4)])

    assert TournamentDecision.objects.count() == 1
    assert find_all_drift() == []
