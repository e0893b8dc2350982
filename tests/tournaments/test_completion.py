from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.teams.models import Team, TeamMembership
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import Tournament, TournamentParticipation
from deltacrown.tournaments.services import (
    EntrantDisqualified,
    EntrantWithdrawn,
    InvalidEntrant,
    InvalidStanding,
    NotRegistered,
    ResultsConflict,
    Standing,
    complete_tournament,
    correct_result,
    disqualify_entrant,
    withdraw,
)
from tests.announcements import announced
from tests.concurrency import call_together
from tests.tournaments.conftest import LATER, NOW


def standings_of(event, *order, **prizes):
    """Solo standings: ``standings_of(event, "ann", ("bob", "cat"), ann="10")``, a tuple sharing a place."""
    standings: list[Standing] = []
    for tied in (each if isinstance(each, tuple) else (each,) for each in order):
        rank = len(standings) + 1
        standings += [
            Standing(user=event.players[name], placement=rank, prize=Decimal(prizes.get(name, 0)))
            for name in tied
        ]
    return standings


def test_a_solo_event_ends_with_a_row_per_standing(solo, table, titles, find_all_drift):
    with announced(signals.tournament_completed) as events:
        results = complete_tournament(
            tournament=solo, standings=standings_of(solo, "bob", ("ann", "dan"), bob="12.5"), now=LATER
        )

    assert table(solo) == {
        ("bob", None, 1, Decimal("12.50")),
        ("ann", None, 2, Decimal(0)),
        ("dan", None, 2, Decimal(0)),
    }
    assert {(row.decided_at, row.disqualified_at) for row in results} == {(LATER, None)}
    assert events == [{"sender": Tournament, "tournament": solo, "results": results, "now": LATER}]
    assert Tournament.objects.get().status == solo.status == "COMPLETED"
    assert titles() == {"bob": 1}
    assert find_all_drift() == []


def test_a_team_event_ends_with_a_team_row_and_a_row_per_member_as_registered(
    teams, table, titles, find_all_drift
):
    reds, blues = teams.squads["reds"], teams.squads["blues"]
    TeamMembership.objects.filter(user__username="ann").update(left_at=NOW)
    TeamMembership.objects.create(team=blues, user=User.objects.get(username="ann"), joined_at=NOW)

    complete_tournament(
        tournament=teams,
        standings=[Standing(team=blues, placement=2), Standing(team=reds, placement=1, prize=Decimal(100))],
        now=LATER,
    )

    share = Decimal("33.33")  # rounded down to cents: 0.01 stays the team's
    assert table(teams) == {
        (None, "reds", 1, Decimal(100)),
        ("ann", "reds", 1, share),
        ("bob", "reds", 1, share),
        ("cat", "reds", 1, share),
        (None, "blues", 2, Decimal(0)),
        ("dan", "blues", 2, Decimal(0)),
        ("eve", "blues", 2, Decimal(0)),
    }
    assert titles() == {"ann": 1, "bob": 1, "cat": 1}
    assert find_all_drift() == []


def test_the_same_standings_again_change_nothing(solo, table):
    standings = standings_of(solo, "ann", "bob", ann="5")
    results = complete_tournament(tournament=solo, standings=standings, now=NOW)
    with announced(signals.tournament_completed) as events:
        assert complete_tournament(tournament=solo, standings=standings[::-1], now=LATER) == results
    assert events == []
    assert {row[3] for row in table(solo)} == {5, 0}


def test_the_same_team_standings_again_change_nothing(teams, table):
    standings = [
        Standing(team=teams.squads["reds"], placement=1, prize=Decimal(10)),
        Standing(team=teams.squads["blues"], placement=None, disqualified_reason="x"),
    ]
    complete_tournament(tournament=teams, standings=standings, now=NOW)
    before = table(teams)
    complete_tournament(tournament=teams, standings=standings, now=LATER)
    assert table(teams) == before


@pytest.mark.parametrize("order", [("bob", "ann"), ("ann",), ("ann", "bob", "cat"), (("ann", "bob"),)])
def test_other_standings_of_a_completed_tournament_are_refused(solo, table, order):
    complete_tournament(tournament=solo, standings=standings_of(solo, "ann", "bob"), now=NOW)
    before = table(solo)
    with pytest.raises(ResultsConflict, match="use correct_result"):
        complete_tournament(tournament=solo, standings=standings_of(solo, *order), now=NOW)
    assert table(solo) == before


def test_standings_told_again_after_a_correction_are_refused_and_apply_nothing(solo, table):
    standings = standings_of(solo, "ann", "bob")
    complete_tournament(tournament=solo, standings=standings, now=NOW)
    correct_result(tournament=solo, user=solo.players["bob"], placement=1, reason="tie", now=LATER)
    with pytest.raises(ResultsConflict):
        complete_tournament(tournament=solo, standings=standings, now=LATER)
    assert {row[2] for row in table(solo)} == {1}


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("placement", {"placement": 0}),
        ("placement", {"placement": -1}),
        ("placement", {"placement": 2**31}),
        ("placement", {"placement": 1.0}),
        ("placement_to", {"placement": 5, "placement_to": 4}),
        ("placement_to", {"placement": 5, "placement_to": True}),
        ("placement_to", {"placement": 5, "placement_to": 2**31}),
        ("placement_to", {"placement": None, "placement_to": 8}),
        ("unplaced_reason", {"placement": 5, "unplaced_reason": "did not start"}),
        ("unplaced_reason", {"placement": None, "unplaced_reason": "r" * 201}),
        ("disqualified_reason", {"placement": None, "disqualified_reason": "  "}),
        ("placement", {"placement": 1, "disqualified_reason": "cheating"}),
        ("disqualified_reason", {"placement": None, "disqualified_reason": "r" * 501}),
        ("prize", {"placement": 1, "prize": Decimal("-0.01")}),
        ("prize", {"placement": 1, "prize": Decimal("0.001")}),
        ("prize", {"placement": 1, "prize": Decimal("NaN")}),
        ("prize", {"placement": 1, "prize": Decimal("Infinity")}),
        ("prize", {"placement": 1, "prize": Decimal(10) ** 10}),
        ("prize", {"placement": 1, "prize": 0.5}),
    ],
)
def test_a_standing_that_cannot_be_completes_nothing(solo, field, fields):
    with pytest.raises(InvalidInput) as refusal:
        complete_tournament(
            tournament=solo, standings=[Standing(user=solo.players["ann"], **fields)], now=NOW
        )
    assert refusal.value.field == field
    assert (Tournament.objects.get().status, solo.results.count()) == ("RUNNING", 0)


def test_the_largest_prize_is_kept_exactly(solo, table):
    complete_tournament(tournament=solo, standings=standings_of(solo, "ann", ann="9999999999.99"), now=NOW)
    assert {row[3] for row in table(solo)} == {Decimal("9999999999.99")}


def test_who_cannot_be_placed(solo, player):
    ann, bob, cat = (solo.players[name] for name in ("ann", "bob", "cat"))
    withdraw(tournament=solo, user=bob)
    disqualify_entrant(tournament=solo, user=cat, reason="cheating", now=NOW)
    complete = partial(complete_tournament, tournament=solo, now=NOW)

    for error, standings in [
        (NotRegistered, [Standing(user=player("zoe"), placement=1)]),
        (EntrantWithdrawn, [Standing(user=bob, placement=1)]),
        (
            EntrantWithdrawn,
            [Standing(user=ann, placement=1), Standing(user=bob, placement=None, disqualified_reason="x")],
        ),
        (EntrantDisqualified, [Standing(user=cat, placement=1)]),
        (InvalidStanding, [Standing(user=ann, placement=1), Standing(user=ann, placement=1)]),
        (InvalidEntrant, [Standing(team=Team(pk=1, slug="reds"), placement=1)]),
        (EntrantDisqualified, [Standing(user=cat, placement=None, unplaced_reason="not classified")]),
    ]:
        with pytest.raises(error):
            complete(standings=standings)
    assert (Tournament.objects.get(pk=solo.pk).status, solo.results.count()) == ("RUNNING", 0)


def test_a_disqualification_in_the_standings_marks_the_registration(solo, table, titles, find_all_drift):
    ann, bob = solo.players["ann"], solo.players["bob"]
    standings = [
        Standing(user=ann, placement=None, disqualified_reason="cheating"),
        Standing(user=bob, placement=1),
    ]
    complete_tournament(tournament=solo, standings=standings, now=LATER)

    assert table(solo) == {("ann", None, None, Decimal(0)), ("bob", None, 1, Decimal(0))}
    assert list(solo.results.filter(user=ann).values_list("disqualified_at", "disqualified_reason")) == [
        (LATER, "cheating")
    ]
    assert set(solo.participations.values_list("user__username", "status")) == {
        ("ann", "DISQUALIFIED"),
        ("bob", "REGISTERED"),
        ("cat", "REGISTERED"),
        ("dan", "REGISTERED"),
    }
    assert titles() == {"bob": 1}
    assert find_all_drift() == []


def test_a_tournament_everybody_is_out_of_ends_without_a_winner(solo):
    for user in solo.players.values():
        disqualify_entrant(tournament=solo, user=user, reason="fixed matches", now=NOW)
    assert complete_tournament(tournament=solo, standings=[], now=NOW) == []
    assert solo.status == "COMPLETED"


def test_results_may_have_been_decided_before(solo):
    results = complete_tournament(
        tournament=solo, standings=standings_of(solo, "ann"), now=LATER, decided_at=NOW
    )
    assert {row.decided_at for row in results} == {NOW}


@pytest.mark.parametrize("decided_at", [NOW + timedelta(seconds=1), datetime(2025, 1, 1)])
def test_results_are_not_decided_in_the_future_or_nowhere(solo, decided_at):
    with pytest.raises(InvalidInput) as refusal:
        complete_tournament(
            tournament=solo, standings=standings_of(solo, "ann"), now=NOW, decided_at=decided_at
        )
    assert refusal.value.field == "decided_at"


def test_completion_takes_a_constant_number_of_queries(opened, no_reactions, django_assert_num_queries):
    for count in (2, 40):
        event = opened(slug=f"cup{count}")
        players = User.objects.bulk_create(
            [User(username=f"player{count}-{number}") for number in range(count)]
        )
        TournamentParticipation.objects.bulk_create(
            TournamentParticipation(tournament=event, user=user, registered_at=NOW) for user in players
        )
        Tournament.objects.update(status="RUNNING")
        standings = [Standing(user=user, placement=place) for place, user in enumerate(players, start=1)]
        with django_assert_num_queries(7):  # savepoint, lock, state, registrations, known, insert, release
            complete_tournament(tournament=event, standings=standings, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_organisers_complete_once(solo, find_all_drift):
    copies = [Tournament.objects.get(pk=solo.pk) for _ in range(2)]
    rivals = [standings_of(solo, "ann", "bob"), standings_of(solo, "bob", "ann")]
    answers = call_together(
        [
            partial(complete_tournament, tournament=copy, standings=each, now=NOW)
            for copy, each in zip(copies, rivals, strict=True)
        ]
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["ResultsConflict", "Ruled"]
    assert solo.results.count() == 2
    assert find_all_drift() == []
