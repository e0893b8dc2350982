from __future__ import annotations

from decimal import Decimal

import pytest

from deltacrown.core.errors import InvalidInput
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import Tournament, TournamentResult
from deltacrown.tournaments.services import (
    EntrantWithdrawn,
    NotRegistered,
    Standing,
    WrongState,
    complete_tournament,
    correct_result,
    disqualify_entrant,
    withdraw,
)
from tests.announcements import announced
from tests.tournaments.conftest import LATER, NOW


@pytest.fixture
def ended(solo):
    """ann won 10, bob and cat share the second place, dan is fourth."""
    placed = [("ann", 1, 10), ("bob", 2, 4), ("cat", 2, 4), ("dan", 4, 0)]
    complete_tournament(
        tournament=solo,
        standings=[
            Standing(user=solo.players[name], placement=place, prize=Decimal(prize))
            for name, place, prize in placed
        ],
        now=NOW,
    )
    return solo


@pytest.fixture
def ended_teams(teams):
    """The reds won 100, the blues are second, the greens third."""
    placed = [("reds", 1, 100), ("blues", 2, 0), ("greens", 3, 0)]
    complete_tournament(
        tournament=teams,
        standings=[
            Standing(team=teams.squads[slug], placement=place, prize=Decimal(prize))
            for slug, place, prize in placed
        ],
        now=NOW,
    )
    return teams


def places(table, event):
    """Who or which team → placement."""
    return {user or f"team {team}": placement for user, team, placement, _ in table(event)}


def test_a_disqualified_winner_loses_the_title_and_the_rest_move_up(
    ended, player, table, titles, find_all_drift
):
    moderator = player("mod")
    with announced(signals.entrant_disqualified) as events:
        rows = disqualify_entrant(
            tournament=ended, user=ended.players["ann"], reason="cheating", now=LATER, by=moderator
        )

    assert table(ended) == {
        ("ann", None, None, Decimal(0)),
        ("bob", None, 1, Decimal(4)),
        ("cat", None, 1, Decimal(4)),
        ("dan", None, 3, Decimal(0)),
    }
    assert list(
        TournamentResult.objects.filter(placement=None).values_list("disqualified_at", "disqualified_reason")
    ) == [(LATER, "cheating")]
    assert titles() == {"bob": 1, "cat": 1}
    [event] = events
    assert (event["participations"], event["reason"], event["by"], event["now"]) == (
        rows,
        "cheating",
        moderator,
        LATER,
    )
    assert [
        (change.result.user.username, change.old_placement, change.old_prize) for change in event["changes"]
    ] == [("ann", 1, 10)]
    assert [
        (change.result.user.username, change.old_placement, change.result.placement)
        for change in event["moved"]
    ] == [
        ("bob", 2, 1),
        ("cat", 2, 1),
        ("dan", 4, 3),
    ]
    assert find_all_drift() == []


def test_of_a_shared_place_the_other_stays(ended, table):
    disqualify_entrant(tournament=ended, user=ended.players["bob"], reason="x", now=LATER)
    assert places(table, ended) == {"ann": 1, "bob": None, "cat": 2, "dan": 3}


def test_a_disqualified_team_takes_its_members_along_and_moves_teams_up_by_one(
    ended_teams, table, titles, find_all_drift
):
    disqualify_entrant(tournament=ended_teams, team=ended_teams.squads["reds"], reason="x", now=LATER)

    assert places(table, ended_teams) == {
        "team reds": None,
        "ann": None,
        "bob": None,
        "cat": None,
        "team blues": 1,
        "dan": 1,
        "eve": 1,
        "team greens": 2,
        "fay": 2,
    }
    assert titles() == {"dan": 1, "eve": 1}
    assert {row[3] for row in table(ended_teams)} == {Decimal(0)}
    assert find_all_drift() == []


def test_a_disqualification_is_made_once(ended, table):
    for name in ("ann", "dan"):
        disqualify_entrant(tournament=ended, user=ended.players[name], reason="first", now=NOW)
    before = table(ended)
    with announced(signals.entrant_disqualified) as events:
        disqualify_entrant(tournament=ended, user=ended.players["ann"], reason="second", now=LATER)
    assert events == []
    assert table(ended) == before
    assert set(
        TournamentResult.objects.filter(placement=None).values_list("disqualified_reason", flat=True)
    ) == {"first"}


def test_a_disqualification_before_the_end_marks_the_registration_alone(solo, table):
    with announced(signals.entrant_disqualified) as events:
        rows = disqualify_entrant(tournament=solo, user=solo.players["ann"], reason="x", now=NOW)
        disqualify_entrant(tournament=solo, user=solo.players["ann"], reason="x", now=NOW)
    assert [row.status for row in rows] == ["DISQUALIFIED"]
    assert [(event["changes"], event["moved"]) for event in events] == [([], [])]
    assert table(solo) == set()
    assert solo.participations.filter(status="REGISTERED").count() == 3


@pytest.mark.parametrize("status", ["DRAFT", "CANCELLED"])
def test_nobody_is_disqualified_from_what_does_not_take_place(solo, status):
    Tournament.objects.update(status=status)
    with pytest.raises(WrongState):
        disqualify_entrant(tournament=solo, user=solo.players["ann"], reason="x", now=NOW)


def test_a_corrected_placement_moves_nobody_else(ended, player, table, titles, find_all_drift):
    moderator = player("mod")
    with announced(signals.result_corrected) as events:
        rows = correct_result(
            tournament=ended,
            user=ended.players["bob"],
            placement=1,
            prize=Decimal(7),
            reason="recount",
            now=LATER,
            by=moderator,
        )

    assert table(ended) == {
        ("ann", None, 1, Decimal(10)),
        ("bob", None, 1, Decimal(7)),
        ("cat", None, 2, Decimal(4)),
        ("dan", None, 4, Decimal(0)),
    }
    assert titles() == {"ann": 1, "bob": 1}
    [event] = events
    assert [(change.result, change.old_placement, change.old_prize) for change in event["changes"]] == [
        (rows[0], 2, 4)
    ]
    assert (event["reason"], event["by"], event["now"]) == ("recount", moderator, LATER)
    assert find_all_drift() == []


def test_a_correction_that_changes_nothing_says_nothing(ended, table):
    before = table(ended)
    with announced(signals.result_corrected) as events:
        correct_result(tournament=ended, user=ended.players["bob"], placement=2, reason="x", now=LATER)
        correct_result(
            tournament=ended, user=ended.players["bob"], placement=2, prize=Decimal(4), reason="x", now=LATER
        )
    assert events == []
    assert table(ended) == before


def test_a_team_is_corrected_with_its_members(ended_teams, table, titles):
    reds = ended_teams.squads["reds"]
    correct_result(tournament=ended_teams, team=reds, placement=2, reason="x", now=LATER)
    assert {(row[0], row[2], row[3]) for row in table(ended_teams) if row[1] == "reds"} == {
        (None, 2, Decimal(100)),
        ("ann", 2, Decimal("33.33")),
        ("bob", 2, Decimal("33.33")),
        ("cat", 2, Decimal("33.33")),
    }
    assert titles() == {}

    correct_result(tournament=ended_teams, team=reds, placement=2, prize=Decimal(10), reason="x", now=LATER)
    assert {row[3] for row in table(ended_teams) if row[1] == "reds"} == {Decimal(10), Decimal("3.33")}


def test_an_entrant_without_a_result_gets_one(teams, table, titles, find_all_drift):
    reds, blues = teams.squads["reds"], teams.squads["blues"]
    complete_tournament(tournament=teams, standings=[Standing(team=reds, placement=1)], now=NOW)

    with announced(signals.result_corrected) as events:
        rows = correct_result(
            tournament=teams, team=blues, placement=2, prize=Decimal(5), reason="late report", now=LATER
        )

    assert {row for row in table(teams) if row[1] == "blues"} == {
        (None, "blues", 2, Decimal(5)),
        ("dan", "blues", 2, Decimal("2.50")),
        ("eve", "blues", 2, Decimal("2.50")),
    }
    assert [(change.result, change.old_placement, change.old_prize) for change in events[0]["changes"]] == [
        (row, None, 0) for row in rows
    ]
    assert find_all_drift() == []


def test_a_correction_takes_a_disqualification_back(ended, table, titles, find_all_drift):
    ann = ended.players["ann"]
    disqualify_entrant(tournament=ended, user=ann, reason="x", now=NOW)
    correct_result(
        tournament=ended, user=ann, placement=1, prize=Decimal(10), reason="appeal upheld", now=LATER
    )

    assert ("ann", None, 1, Decimal(10)) in table(ended)
    assert ended.participations.get(user=ann).status == "REGISTERED"
    assert list(
        TournamentResult.objects.filter(user=ann).values_list("disqualified_at", "disqualified_reason")
    ) == [(None, "")]
    assert titles() == {"ann": 1}
    assert places(table, ended) == {"ann": 1, "bob": 2, "cat": 2, "dan": 4}
    assert find_all_drift() == []


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("placement", {"placement": 0}),
        ("placement", {"placement": -3}),
        ("placement", {"placement": True}),
        ("placement_to", {"placement": 5, "placement_to": 4}),
        ("placement_to", {"placement": None, "placement_to": 4}),
        ("unplaced_reason", {"placement": 5, "unplaced_reason": "not classified"}),
        ("prize", {"prize": Decimal(-1)}),
        ("reason", {"reason": ""}),
    ],
)
def test_a_correction_that_cannot_be_changes_nothing(ended, table, field, fields):
    before = table(ended)
    with pytest.raises(InvalidInput) as refusal:
        correct_result(
            **{
                "tournament": ended,
                "user": ended.players["bob"],
                "placement": 1,
                "reason": "x",
                "now": LATER,
                **fields,
            }
        )
    assert refusal.value.field == field
    assert table(ended) == before


def test_only_entrants_of_a_completed_tournament_are_corrected(solo, player):
    ann, bob = solo.players["ann"], solo.players["bob"]
    with pytest.raises(WrongState, match="only while it is COMPLETED"):
        correct_result(tournament=solo, user=ann, placement=1, reason="x", now=NOW)
    withdraw(tournament=solo, user=bob)
    complete_tournament(tournament=solo, standings=[Standing(user=ann, placement=1)], now=NOW)
    with pytest.raises(EntrantWithdrawn):
        correct_result(tournament=solo, user=bob, placement=2, reason="x", now=NOW)
    with pytest.raises(NotRegistered):
        correct_result(tournament=solo, user=player("zoe"), placement=2, reason="x", now=NOW)
