"""Writers of teams and memberships at the same time."""

from datetime import UTC, datetime

import pytest

from deltacrown.accounts.models import User
from deltacrown.teams.models import Team, TeamInvitation, TeamMembership, TeamRole
from deltacrown.teams.services import (
    MembershipConflict,
    MembershipRecord,
    accept_invitation,
    create_team,
    ensure_teams,
    found_team,
    invite_player,
    join_team,
    record_memberships,
    withdraw_invitation,
)
from tests.concurrency import call_together

pytestmark = pytest.mark.django_db(transaction=True)

TIMES = [datetime(2025, 1, day, tzinfo=UTC) for day in (1, 2, 3, 4)]


def test_several_importers_make_each_team_once():
    names = [f"Team {number}" for number in range(20)]
    answers = call_together(
        [
            lambda names=order: ensure_teams(names=names)
            for order in (names, names[::-1], names[5:], names[::2])
        ]
    )
    assert [type(answer) for answer in answers] == [dict] * 4
    assert Team.objects.count() == 20


def test_names_that_make_one_slug_get_one_each():
    answers = call_together(
        [lambda name=name: ensure_teams(names=[name]) for name in ("Red", "Red!", "(Red)", "R.e.d")]
    )
    assert [type(answer) for answer in answers] == [dict] * 4
    assert len(set(Team.objects.values_list("name", flat=True))) == Team.objects.count() == 4


def test_one_of_several_arrivals_is_recorded():
    team, user = create_team(slug="og", name="OpTic Gaming"), User.objects.create(username="ann")
    answers = call_together(
        [lambda time=time: join_team(team=team, user=user, joined_at=time) for time in TIMES]
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["MembershipConflict"] * 3 + [
        "TeamMembership"
    ]
    assert TeamMembership.objects.count() == 1


def test_of_overlapping_periods_one_is_recorded():
    team, user = create_team(slug="og", name="OpTic Gaming"), User.objects.create(username="ann")
    periods = [MembershipRecord(team, user, start, datetime(2025, 2, 1, tzinfo=UTC)) for start in TIMES]
    answers = call_together(
        [lambda period=period: record_memberships(memberships=[period]) for period in periods]
    )
    assert sum(isinstance(answer, MembershipConflict) for answer in answers) == 3
    assert TeamMembership.objects.count() == 1


def test_of_founders_of_one_name_one_has_the_team():
    players = [User.objects.create(username=name) for name in ("ann", "bob", "cat", "dan")]
    names = ("North", "NORTH", "north", "North ")
    answers = call_together(
        [
            lambda by=by, name=name: found_team(name=name, by=by, now=datetime.now(UTC))
            for by, name in zip(players, names, strict=True)
        ]
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Team", *["TeamTaken"] * 3]
    assert Team.objects.count() == TeamMembership.objects.count() == TeamRole.objects.count() == 1


def test_a_form_that_is_sent_several_times_at_once_founds_one_team():
    ann = User.objects.create(username="ann")
    answers = call_together([lambda: found_team(name="North", by=ann, now=datetime.now(UTC))] * 4)
    assert {answer.slug for answer in answers} == {"north"}
    assert Team.objects.count() == TeamRole.objects.count() == 1


def test_of_an_answer_and_a_withdrawal_one_holds():
    ann, bob = (User.objects.create(username=name) for name in ("ann", "bob"))
    team = found_team(name="North", by=ann, now=datetime.now(UTC))
    invite_player(team=team, user=bob, by=ann, now=datetime.now(UTC))
    answers = call_together(
        [
            lambda: accept_invitation(team=team, user=bob, now=datetime.now(UTC)),
            lambda: withdraw_invitation(team=team, user=bob, by=ann, now=datetime.now(UTC)),
        ]
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["NoInvitation", "TeamInvitation"]
    held = TeamInvitation.objects.get().answer
    assert TeamMembership.objects.filter(user=bob).exists() == (held == "ACCEPTED")
