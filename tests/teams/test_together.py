"""Writers of teams and memberships at the same time."""

from datetime import UTC, datetime

import pytest

from deltacrown.accounts.models import User
from deltacrown.teams.models import Team, TeamMembership
from deltacrown.teams.services import (
    MembershipConflict,
    MembershipRecord,
    create_team,
    ensure_teams,
    join_team,
    record_memberships,
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
