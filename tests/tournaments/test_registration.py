from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import pytest

from deltacrown.accounts.models import User
from deltacrown.core.errors import DomainError, InvalidInput
from deltacrown.games.models import Game
from deltacrown.teams.models import TeamMembership
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import Tournament, TournamentParticipation
from deltacrown.tournaments.services import (
    AlreadyRegistered,
    EntrantDisqualified,
    EntrantRecord,
    EntrantWithdrawn,
    InvalidEntrant,
    NotRegistered,
    TournamentFull,
    WrongState,
    check_in,
    disqualify_entrant,
    register_entrants,
    register_player,
    register_team,
    withdraw,
)
from deltacrown.user_profile.models import UserProfile
from tests.announcements import announced
from tests.concurrency import call_together
from tests.tournaments.conftest import EARLIER, LATER, NOW


def entries(event):
    return set(event.participations.values_list("user__username", "team__slug", "status"))


def test_a_player_registers_once(opened, player, find_all_drift):
    event, ann = opened(), player("ann")
    with announced(signals.players_registered) as events:
        row = register_player(tournament=event, user=ann, now=NOW)
        again = register_player(tournament=event, user=ann, now=LATER)

    assert row == again
    assert (row.registered_at, row.status) == (NOW, "REGISTERED")
    assert [sent["participations"] for sent in events] == [[row]]
    assert UserProfile.objects.get(user=ann).tournaments_participated == 1
    assert find_all_drift() == []


def test_a_team_registers_its_members_of_that_time(opened, team, player):
    event, reds = opened("TEAM"), team("reds", "ann", "bob")
    left, late = player("left"), player("late")
    TeamMembership.objects.create(team=reds, user=left, joined_at=EARLIER, left_at=NOW)
    TeamMembership.objects.create(team=reds, user=late, joined_at=LATER)

    register_team(tournament=event, team=reds, roster=None, now=LATER, registered_at=NOW)

    assert entries(event) == {("ann", "reds", "REGISTERED"), ("bob", "reds", "REGISTERED")}
    assert set(event.participations.values_list("registered_at", flat=True)) == {NOW}


def test_a_transfer_later_changes_nothing_registered(opened, team, player):
    event, reds = opened("TEAM"), team("reds", "ann")
    first = register_team(tournament=event, team=reds, roster=None, now=NOW)
    TeamMembership.objects.create(team=reds, user=player("new"), joined_at=NOW)

    assert register_team(tournament=event, team=reds, roster=None, now=LATER) == first
    assert entries(event) == {("ann", "reds", "REGISTERED")}


def test_a_team_registers_with_the_roster_it_names(opened, team, player):
    event, reds, guest = opened("TEAM"), team("reds", "ann", "bob"), player("guest")
    rows = register_team(tournament=event, team=reds, roster=[guest], now=NOW)

    assert register_team(tournament=event, team=reds, roster=[guest], now=NOW) == rows
    assert entries(event) == {("guest", "reds", "REGISTERED")}
    with pytest.raises(AlreadyRegistered, match="with another roster"):
        register_team(tournament=event, team=reds, roster=[User.objects.get(username="ann")], now=NOW)


def test_a_player_is_in_one_roster_of_a_tournament(opened, team):
    event, reds, blues = opened("TEAM"), team("reds", "ann", "bob"), team("blues", "cat")
    register_team(tournament=event, team=reds, roster=None, now=NOW)
    shared = list(User.objects.filter(username__in=["bob", "cat"]))

    with pytest.raises(AlreadyRegistered, match="bob is registered for Cup with Reds already"):
        register_team(tournament=event, team=blues, roster=shared, now=NOW)
    with pytest.raises(AlreadyRegistered):
        register_entrants(
            tournament=opened("TEAM", slug="other"),
            entrants=[EntrantRecord(team=reds, roster=shared), EntrantRecord(team=blues, roster=shared)],
            now=NOW,
        )

    assert entries(event) == {("ann", "reds", "REGISTERED"), ("bob", "reds", "REGISTERED")}
    assert TournamentParticipation.objects.count() == 2


def test_who_withdrew_may_enter_again(opened, player):
    event, ann = opened(), player("ann")
    row = register_player(tournament=event, user=ann, now=NOW)
    withdraw(tournament=event, user=ann)

    with announced(signals.players_registered) as events:
        assert register_player(tournament=event, user=ann, now=LATER) == row

    row.refresh_from_db()
    assert (row.status, row.registered_at, len(events)) == ("REGISTERED", LATER, 1)


def test_a_team_that_withdrew_may_enter_with_another_roster_and_its_players_with_another_team(
    opened, team, player
):
    event, reds, blues = opened("TEAM"), team("reds", "ann", "bob"), team("blues", "cat")
    register_team(tournament=event, team=reds, roster=None, now=NOW)
    withdraw(tournament=event, team=reds)
    _ann, bob, cat = User.objects.order_by("username")

    register_team(tournament=event, team=blues, roster=[cat, bob], now=LATER)
    again = register_team(tournament=event, team=reds, roster=[player("dan")], now=LATER)
    assert again[0].user.username == "dan"

    assert entries(event) == {
        ("ann", "reds", "WITHDRAWN"),
        ("bob", "blues", "REGISTERED"),
        ("cat", "blues", "REGISTERED"),
        ("dan", "reds", "REGISTERED"),
    }
    assert [row.user.username for row in check_in(tournament=event, team=reds)] == ["dan"]
    assert ("ann", "reds", "WITHDRAWN") in entries(event)


def test_who_is_disqualified_stays_out(opened, player, team):
    event, ann = opened(), player("ann")
    register_player(tournament=event, user=ann, now=NOW)
    disqualify_entrant(tournament=event, user=ann, reason="cheating", now=NOW)

    for step in (
        partial(register_player, user=ann, now=NOW),
        partial(check_in, user=ann),
        partial(withdraw, user=ann),
    ):
        with pytest.raises(EntrantDisqualified):
            step(tournament=event)
    assert entries(event) == {("ann", None, "DISQUALIFIED")}


@pytest.mark.parametrize("status", ["DRAFT", "RUNNING", "COMPLETED", "CANCELLED"])
def test_registration_is_only_for_an_open_tournament(draft, player, status):
    event, ann = draft(), player("ann")
    Tournament.objects.update(status=status)
    with pytest.raises(WrongState, match=f"Cup is {status}; registration is possible only while it is OPEN"):
        register_player(tournament=event, user=ann, now=NOW)
    assert not event.participations.exists()


def test_a_registration_told_again_after_the_start_is_no_error(solo):
    ann = solo.players["ann"]
    assert register_player(tournament=solo, user=ann, now=LATER).registered_at == NOW
    assert register_entrants(tournament=solo, entrants=[EntrantRecord(user=ann)], now=LATER) == []
    with pytest.raises(WrongState):
        register_entrants(
            tournament=solo,
            entrants=[EntrantRecord(user=ann), EntrantRecord(user=User.objects.create(username="new"))],
            now=LATER,
        )


@pytest.mark.parametrize(
    ("kind", "field", "fields"),
    [
        ("SOLO", "user", {"team": "reds"}),
        ("SOLO", "user", {"user": "ann", "team": "reds"}),
        ("SOLO", "user", {}),
        ("SOLO", "roster", {"user": "ann", "roster": ["ann"]}),
        ("SOLO", "registered_at", {"user": "ann", "registered_at": NOW + timedelta(seconds=1)}),
        ("SOLO", "registered_at", {"user": "ann", "registered_at": datetime(2025, 1, 1)}),
        ("SOLO", "status", {"user": "ann", "status": "LATE"}),
        ("TEAM", "team", {"user": "ann"}),
        ("TEAM", "team", {"user": "ann", "team": "reds"}),
        ("TEAM", "roster", {"team": "reds", "roster": []}),
        ("TEAM", "roster", {"team": "empty"}),
        ("TEAM", "roster", {"team": "reds", "roster": ["ann", "ann"]}),
    ],
)
def test_an_entrant_that_cannot_be_registers_nobody(opened, team, kind, field, fields):
    event, reds, empty, bob = (
        opened(kind),
        team("reds", "ann"),
        team("empty"),
        User.objects.create(username="bob"),
    )
    users, squads = {"ann": User.objects.get(username="ann")}, {"reds": reds, "empty": empty}
    named = {"user": users.get, "team": squads.get, "roster": lambda names: [users[name] for name in names]}
    entrant = EntrantRecord(
        **{name: named.get(name, lambda value: value)(value) for name, value in fields.items()}
    )
    fine = EntrantRecord(user=bob) if kind == "SOLO" else EntrantRecord(team=empty, roster=[bob])

    with pytest.raises(InvalidInput) as refusal:
        register_entrants(
            tournament=event,
            entrants=[fine, entrant] if fields.get("team") != "empty" else [entrant],
            now=NOW,
        )

    assert refusal.value.field == field
    assert not event.participations.exists()


def test_unsaved_entrants_are_refused(opened):
    with pytest.raises(InvalidEntrant, match="new is not saved"):
        register_player(tournament=opened(), user=User(username="new"), now=NOW)


def test_places_are_for_those_who_have_not_withdrawn(opened, player):
    event = opened(capacity=2)
    ann, bob, cat = player("ann"), player("bob"), player("cat")
    for user in (ann, bob):
        register_player(tournament=event, user=user, now=NOW)
    with pytest.raises(TournamentFull, match="Cup has 2 places; there would be 3"):
        register_player(tournament=event, user=cat, now=NOW)
    withdraw(tournament=event, user=ann)
    register_player(tournament=event, user=cat, now=NOW)
    with pytest.raises(TournamentFull):
        register_player(tournament=event, user=ann, now=NOW)
    assert entries(event) == {
        ("ann", None, "WITHDRAWN"),
        ("bob", None, "REGISTERED"),
        ("cat", None, "REGISTERED"),
    }


def test_a_team_takes_one_place(opened, team):
    event = opened("TEAM", capacity=1)
    register_team(tournament=event, team=team("reds", "ann", "bob", "cat"), roster=None, now=NOW)
    with pytest.raises(TournamentFull):
        register_team(tournament=event, team=team("blues", "dan"), roster=None, now=NOW)


def test_many_entrants_come_with_their_story_and_are_known_again(opened, team, player, find_all_drift):
    event, ann, bob = opened("TEAM"), player("ann"), player("bob")
    reds, blues = team("reds"), team("blues", "cat")
    entrants = [
        EntrantRecord(team=reds, roster=[ann, bob], registered_at=EARLIER, status="CHECKED_IN"),
        EntrantRecord(team=blues, registered_at=NOW, status="WITHDRAWN"),
    ]

    with announced(signals.players_registered) as events:
        rows = register_entrants(tournament=event, entrants=entrants, now=LATER)
        assert register_entrants(tournament=event, entrants=entrants, now=LATER) == []

    assert [sent["participations"] for sent in events] == [rows]
    assert entries(event) == {
        ("ann", "reds", "CHECKED_IN"),
        ("bob", "reds", "CHECKED_IN"),
        ("cat", "blues", "WITHDRAWN"),
    }
    assert set(event.participations.filter(team=reds).values_list("registered_at", flat=True)) == {EARLIER}
    assert set(UserProfile.objects.values_list("tournaments_participated", flat=True)) == {1}
    assert find_all_drift() == []


def test_entrants_told_again_keep_what_became_of_them_and_gain_players(opened, team, player):
    event, reds, blues = opened("TEAM"), team("reds", "ann"), team("blues", "bob")
    ann, bob = User.objects.order_by("username")
    register_team(tournament=event, team=reds, roster=None, now=NOW)
    register_team(tournament=event, team=blues, roster=None, now=NOW)
    withdraw(tournament=event, team=reds)
    disqualify_entrant(tournament=event, team=blues, reason="x", now=NOW)
    cat, dan = player("cat"), player("dan")

    register_entrants(
        tournament=event,
        entrants=[EntrantRecord(team=reds, roster=[ann, cat]), EntrantRecord(team=blues, roster=[bob])],
        now=LATER,
    )
    greens = team("greens", "eve")
    register_entrants(
        tournament=event,
        entrants=[EntrantRecord(team=greens), EntrantRecord(team=greens, roster=[dan])],
        now=LATER,
    )

    assert entries(event) == {
        ("ann", "reds", "WITHDRAWN"),
        ("cat", "reds", "WITHDRAWN"),
        ("bob", "blues", "DISQUALIFIED"),
        ("eve", "greens", "REGISTERED"),
        ("dan", "greens", "REGISTERED"),
    }


def test_many_entrants_take_a_constant_number_of_queries(
    opened, team, player, no_reactions, django_assert_num_queries
):
    event = opened("TEAM")
    squads = [team(f"team{number}", *(f"p{number}-{each}" for each in range(2))) for number in range(40)]

    # savepoint, lock, registrations, members, insert, release
    with django_assert_num_queries(7):
        register_entrants(
            tournament=event, entrants=[EntrantRecord(team=squad) for squad in squads[:2]], now=NOW
        )
    with django_assert_num_queries(7):
        register_entrants(tournament=event, entrants=[EntrantRecord(team=squad) for squad in squads], now=NOW)
    assert event.participations.count() == 80


def test_check_in_is_made_once_while_registration_is_open(opened, player):
    event, ann, bob = opened(), player("ann"), player("bob")
    for user in (ann, bob):
        register_player(tournament=event, user=user, now=NOW)

    with announced(signals.entrant_checked_in) as events:
        rows = check_in(tournament=event, user=ann)
        check_in(tournament=event, user=ann)

    assert [sent["participations"] for sent in events] == [rows]
    assert entries(event) == {("ann", None, "CHECKED_IN"), ("bob", None, "REGISTERED")}
    Tournament.objects.update(status="RUNNING")
    check_in(tournament=event, user=ann)
    with pytest.raises(WrongState):
        check_in(tournament=event, user=bob)


def test_who_withdrew_cannot_check_in(opened, player):
    event, ann = opened(), player("ann")
    register_player(tournament=event, user=ann, now=NOW)
    withdraw(tournament=event, user=ann)
    with pytest.raises(EntrantWithdrawn, match="register again first"):
        check_in(tournament=event, user=ann)


def test_a_team_withdraws_whole_once_and_before_the_end(teams):
    reds = teams.squads["reds"]
    with announced(signals.entrant_withdrawn) as events:
        rows = withdraw(tournament=teams, team=reds)
        withdraw(tournament=teams, team=reds)

    assert [sent["participations"] for sent in events] == [rows]
    assert {entry for entry in entries(teams) if entry[2] == "WITHDRAWN"} == {
        (name, "reds", "WITHDRAWN") for name in ("ann", "bob", "cat")
    }
    Tournament.objects.update(status="COMPLETED")
    assert withdraw(tournament=teams, team=reds)
    with pytest.raises(WrongState):
        withdraw(tournament=teams, team=teams.squads["blues"])


@pytest.mark.parametrize("step", [check_in, withdraw, partial(disqualify_entrant, reason="x", now=NOW)])
def test_who_is_not_registered_is_not_found(solo, player, step):
    with pytest.raises(NotRegistered, match="zoe is not registered for Cup"):
        step(tournament=solo, user=player("zoe"))


@pytest.mark.parametrize("step", [check_in, withdraw, partial(disqualify_entrant, reason="x", now=NOW)])
def test_a_member_does_not_act_for_the_team(teams, step):
    with pytest.raises(InvalidEntrant, match="give a team and no player"):
        step(tournament=teams, user=User.objects.get(username="ann"))


@pytest.mark.django_db(transaction=True)
def test_the_last_place_is_given_once(find_all_drift):
    game = Game.objects.create(slug="rocket", name="Rocket")
    event = Tournament.objects.create(
        slug="cup", name="Cup", game=game, starts_at=NOW, status="OPEN", capacity=3
    )
    players = User.objects.bulk_create([User(username=f"player{number}") for number in range(6)])

    copies = [Tournament.objects.get(pk=event.pk) for _ in players]
    answers = call_together(
        [
            partial(register_player, tournament=copy, user=user, now=NOW)
            for copy, user in zip(copies, players, strict=True)
        ]
    )

    kinds = sorted(type(answer).__name__ for answer in answers)
    assert kinds == ["TournamentFull"] * 3 + ["TournamentParticipation"] * 3
    assert event.participations.count() == 3
    assert all(isinstance(answer, DomainError | TournamentParticipation) for answer in answers)
    assert find_all_drift() == []
