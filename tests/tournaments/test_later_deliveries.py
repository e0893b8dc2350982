"""Deliveries of tournament matches that are recorded: more players, and a void match anew."""

from __future__ import annotations

import pytest

from deltacrown.games.models import Match
from deltacrown.games.services import correct_match, list_match_lines, record_match, void_match
from deltacrown.tournaments.models import Tournament, TournamentMatchResult
from deltacrown.tournaments.services import (
    TournamentMatchRecord,
    record_deliveries,
    record_tournament_matches,
)
from deltacrown.user_profile.models import UserProfile
from tests.scene import duel, line, record, statuses
from tests.tournaments.conftest import LATER, NOW

pytestmark = pytest.mark.django_db


def official(event, *lines, key="m1", **fields):
    match = record(event.game, key, *lines, played_at=NOW, **fields.pop("of_match", {}))
    return TournamentMatchRecord(tournament=event, match=match, **fields)


def deliver(*records):
    return record_tournament_matches(records=list(records), now=LATER)


def described():
    rows = TournamentMatchResult.objects.select_related("user", "team", "opponent_user", "opponent_team")
    return {
        row.user.username: (
            row.team.slug if row.team else None,
            row.opponent_team.slug if row.opponent_team else None,
            row.opponent_user.username if row.opponent_user else None,
        )
        for row in rows
    }


def played():
    rows = UserProfile.objects.filter(total_matches_played__gt=0)
    return sorted(rows.values_list("user__username", flat=True))


def test_the_opponent_of_an_earlier_line_becomes_known(solo, find_all_drift):
    ann, bob = line(solo.players["ann"], "WIN"), line(solo.players["bob"], "LOSS")
    deliver(official(solo, ann, round="Final"))
    assert described() == {"ann": (None, None, None)}

    assert statuses(deliver(official(solo, bob, round="Final"))) == ["completed"]
    assert described() == {"ann": (None, None, "bob"), "bob": (None, None, "ann")}

    # Who knows both, or one, says nothing new.
    assert statuses(deliver(official(solo, ann, bob, round="Final"))) == ["unchanged"]
    assert statuses(deliver(official(solo, ann, round="Final"))) == ["unchanged"]
    assert played() == ["ann", "bob"]
    assert find_all_drift() == []


def test_teams_that_become_known_are_opponents(teams):
    reds, blues = ("ann", "bob"), ("dan", "eve")
    users = {row.user.username: row.user for row in teams.participations.select_related("user")}
    won = [line(users[name], "WIN", side="Reds") for name in reds]
    lost = [line(users[name], "LOSS", side="Blues") for name in blues]

    deliver(official(teams, *won))
    assert statuses(deliver(official(teams, *lost))) == ["completed"]

    assert described() == {
        **dict.fromkeys(reds, ("reds", "blues", None)),
        **dict.fromkeys(blues, ("blues", "reds", None)),
    }


def test_an_added_player_may_have_played_for_another_team(teams):
    users = {row.user.username: row.user for row in teams.participations.select_related("user")}
    deliver(official(teams, line(users["ann"], "WIN", side="Reds")))
    fay, blues = users["fay"], teams.squads["blues"]

    more = official(teams, line(fay, "LOSS", side="Blues"), teams={fay.pk: blues})
    assert statuses(deliver(more, more)) == ["completed", "unchanged"]

    assert described() == {"ann": ("reds", "blues", "fay"), "fay": ("blues", "reds", "ann")}


def test_another_description_adds_nobody(solo):
    deliver(official(solo, line(solo.players["ann"], "WIN"), round="Final"))

    [outcome] = deliver(official(solo, line(solo.players["bob"], "LOSS"), round="Semi-final"))

    assert outcome.refusal.field == "round"
    assert Match.objects.count() == 1
    assert played() == ["ann"]


def test_a_plain_delivery_completes_a_match_of_a_tournament(solo):
    deliver(official(solo, line(solo.players["ann"], "WIN"), round="Final"))

    more = record(solo.game, "m1", line(solo.players["bob"], "LOSS"), played_at=NOW, kind="TOURNAMENT")
    assert statuses(record_deliveries(records=[more], now=LATER)) == ["completed"]

    assert described() == {"ann": (None, None, "bob"), "bob": (None, None, "ann")}


def test_forfeits_count_by_the_rule_of_the_tournament_at_every_door(solo, find_all_drift):
    Tournament.objects.filter(pk=solo.pk).update(counts_forfeits=False)
    ann, bob = line(solo.players["ann"], "WIN"), line(solo.players["bob"], "LOSS", ended_by="FORFEIT")
    deliver(official(solo, ann, bob))
    assert played() == []

    def correct(**correction):
        correct_match(game=solo.game, match_key="m1", reason="as it was", now=LATER, **correction)

    correct(ended_by={"bob": "PLAY"})
    assert played() == ["ann", "bob"]
    correct(ended_by={"bob": "FORFEIT"})
    assert played() == []
    # A casual match is of no tournament: the rule of the game is its.
    correct(kind="CASUAL")
    assert played() == ["ann", "bob"]
    assert find_all_drift() == []


def test_a_tournament_that_counts_forfeits_does_so_in_a_game_that_does_not(solo):
    Tournament.objects.filter(pk=solo.pk).update(counts_forfeits=True)
    solo.game.counts_forfeits = False
    solo.game.save()
    deliver(official(solo, line(solo.players["ann"], "WIN"), line(solo.players["bob"], "LOSS")))

    correct_match(game=solo.game, match_key="m1", reason="no show", now=LATER, ended_by={"bob": "FORFEIT"})
    assert played() == ["ann", "bob"]


def test_a_void_match_is_recorded_anew_with_what_its_tournament_says(solo, find_all_drift):
    people = solo.players
    deliver(official(solo, line(people["ann"], "WIN"), line(people["bob"], "LOSS"), round="Semi-final"))
    void_match(game=solo.game, match_key="m1", reason="wrong file", now=NOW)

    right = official(
        solo,
        line(people["ann"], "LOSS"),
        line(people["cat"], "WIN"),
        round="Final",
        of_match={"replaces_void": True},
    )
    assert statuses(deliver(right)) == ["replaced"]
    assert statuses(deliver(right)) == ["unchanged"]

    assert described() == {"ann": (None, None, "cat"), "cat": (None, None, "ann")}
    assert set(TournamentMatchResult.objects.values_list("round", flat=True)) == {"Final"}
    assert played() == ["ann", "cat"]
    assert find_all_drift() == []


def test_a_casual_match_recorded_void_becomes_one_of_a_tournament(solo):
    people = solo.players
    wrong = duel(solo.game, "m1", people["bob"], people["ann"], played_at=NOW, void_reason="wrong file")
    record_match(record=wrong, now=NOW)

    right = official(
        solo, line(people["ann"], "WIN"), line(people["bob"], "LOSS"), of_match={"replaces_void": True}
    )
    assert statuses(deliver(right)) == ["replaced"]

    assert {row.kind for row in list_match_lines(solo.game, "m1")} == {"TOURNAMENT"}
    assert described() == {"ann": (None, None, "bob"), "bob": (None, None, "ann")}
