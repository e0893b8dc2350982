from datetime import UTC, datetime, timedelta

import pytest

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.teams import signals
from deltacrown.teams.models import TeamMembership
from deltacrown.teams.services import (
    InvalidDate,
    MembershipConflict,
    MembershipRecord,
    NotInTeam,
    create_team,
    join_team,
    leave_team,
    list_roster,
    record_memberships,
)

pytestmark = pytest.mark.django_db

JAN, FEB, MAR, APR = (datetime(2025, month, 1, tzinfo=UTC) for month in (1, 2, 3, 4))


@pytest.fixture
def team():
    return create_team(slug="og", name="OpTic Gaming")


@pytest.fixture
def rival():
    return create_team(slug="splyce", name="Splyce")


@pytest.fixture
def ann():
    return User.objects.create(username="ann")


@pytest.fixture
def bob():
    return User.objects.create(username="bob")


@pytest.fixture
def announced():
    """What the teams app announced: (name, [(team slug, username)])."""
    heard = []

    def hear(name):
        def receiver(memberships, **kwargs):
            heard.append((name, [(m.team.slug, m.user.username) for m in memberships]))

        return receiver

    receivers = {signals.team_joined: hear("joined"), signals.team_left: hear("left")}
    for signal, receiver in receivers.items():
        signal.connect(receiver)
    yield heard
    for signal, receiver in receivers.items():
        signal.disconnect(receiver)


def table():
    rows = TeamMembership.objects.order_by("team__slug", "user__username", "joined_at")
    return list(rows.values_list("team__slug", "user__username", "joined_at", "left_at"))


def test_join_and_leave_record_a_period_and_are_announced(team, ann, announced):
    join_team(team=team, user=ann, joined_at=JAN)
    leave_team(team=team, user=ann, left_at=MAR)
    assert table() == [("og", "ann", JAN, MAR)]
    assert announced == [("joined", [("og", "ann")]), ("left", [("og", "ann")])]


def test_the_same_arrival_and_departure_told_twice_are_one(team, ann, announced):
    for _ in range(2):
        join_team(team=team, user=ann, joined_at=JAN)
    for _ in range(2):
        leave_team(team=team, user=ann, left_at=MAR)
    join_team(team=team, user=ann, joined_at=JAN)
    assert table() == [("og", "ann", JAN, MAR)]
    assert [name for name, _ in announced] == ["joined", "left"]


def test_a_departure_told_again_after_the_return_does_not_end_it(team, ann):
    join_team(team=team, user=ann, joined_at=JAN)
    leave_team(team=team, user=ann, left_at=FEB)
    join_team(team=team, user=ann, joined_at=FEB)
    leave_team(team=team, user=ann, left_at=FEB)
    assert table() == [("og", "ann", JAN, FEB), ("og", "ann", FEB, None)]


@pytest.mark.parametrize("joined_at", [JAN + timedelta(days=1), MAR])
def test_joining_while_in_the_team_is_refused(team, ann, joined_at):
    join_team(team=team, user=ann, joined_at=JAN)
    with pytest.raises(MembershipConflict, match="is already in OpTic Gaming from 2025-01-01") as refusal:
        join_team(team=team, user=ann, joined_at=joined_at)
    assert refusal.value.field == "joined_at"
    assert table() == [("og", "ann", JAN, None)]


def test_joining_before_an_ended_period_would_overlap_it(team, ann):
    record_memberships(memberships=[MembershipRecord(team, ann, FEB, MAR)])
    with pytest.raises(MembershipConflict):
        join_team(team=team, user=ann, joined_at=JAN)
    assert join_team(team=team, user=ann, joined_at=MAR).left_at is None


def test_a_player_may_be_in_two_teams_at_once(team, rival, ann):
    join_team(team=team, user=ann, joined_at=JAN)
    join_team(team=rival, user=ann, joined_at=JAN)
    assert len(table()) == 2


def test_leaving_needs_a_membership_and_a_later_date(team, rival, ann, bob):
    join_team(team=team, user=ann, joined_at=FEB)
    with pytest.raises(NotInTeam, match="bob is not in OpTic Gaming"):
        leave_team(team=team, user=bob, left_at=MAR)
    with pytest.raises(NotInTeam):
        leave_team(team=rival, user=ann, left_at=MAR)
    with pytest.raises(InvalidDate, match="joined OpTic Gaming at 2025-02-01"):
        leave_team(team=team, user=ann, left_at=JAN)
    assert table() == [("og", "ann", FEB, None)]


def test_times_without_a_time_zone_are_refused(team, ann):
    naive = datetime(2025, 1, 1)
    with pytest.raises(InvalidInput, match="no time zone"):
        join_team(team=team, user=ann, joined_at=naive)
    join_team(team=team, user=ann, joined_at=JAN)
    with pytest.raises(InvalidInput):
        leave_team(team=team, user=ann, left_at=naive)
    with pytest.raises(InvalidInput):
        record_memberships(memberships=[MembershipRecord(team, ann, JAN, naive)])


def test_the_roster_is_who_was_there_at_that_time(team, rival, ann, bob):
    record_memberships(
        memberships=[
            MembershipRecord(team, ann, FEB, MAR),
            MembershipRecord(team, bob, JAN),
            MembershipRecord(rival, User.objects.create(username="cat"), JAN),
        ]
    )
    times = {"before": JAN - timedelta(seconds=1), "january": JAN, "february": FEB, "march": MAR}
    rosters = {name: [user.username for user in list_roster(team, at)] for name, at in times.items()}
    assert rosters == {"before": [], "january": ["bob"], "february": ["bob", "ann"], "march": ["bob"]}


def test_a_roster_is_one_query(team, ann, bob, django_assert_num_queries):
    record_memberships(memberships=[MembershipRecord(team, ann, JAN), MembershipRecord(team, bob, JAN)])
    with django_assert_num_queries(1):
        assert len(list_roster(team, FEB)) == 2


def test_recording_many_is_set_based_and_announced_once(
    team, rival, announced, no_reactions, django_assert_num_queries
):
    users = User.objects.bulk_create([User(username=f"player{number:03d}") for number in range(100)])
    records = [MembershipRecord(team, user, JAN, MAR) for user in users] + [
        MembershipRecord(rival, user, MAR) for user in users
    ]
    with django_assert_num_queries(5):  # savepoint, lock, read, insert, release
        written = record_memberships(memberships=records)
    assert len(written) == TeamMembership.objects.count() == 200
    assert [(name, len(pairs)) for name, pairs in announced] == [("joined", 200), ("left", 100)]


def test_recording_again_changes_and_announces_nothing(team, ann, bob, announced):
    records = [
        MembershipRecord(team, ann, JAN, FEB),
        MembershipRecord(team, ann, MAR),
        MembershipRecord(team, bob, JAN),
    ]
    record_memberships(memberships=records)
    announced.clear()
    assert record_memberships(memberships=list(reversed(records))) == []
    # An older file, without the departure.
    assert record_memberships(memberships=[MembershipRecord(team, ann, JAN)]) == []
    assert announced == []
    assert table() == [("og", "ann", JAN, FEB), ("og", "ann", MAR, None), ("og", "bob", JAN, None)]


def test_a_record_with_a_departure_ends_the_period_that_lasts(team, ann, announced):
    join_team(team=team, user=ann, joined_at=JAN)
    announced.clear()
    (ended,) = record_memberships(
        memberships=[MembershipRecord(team, ann, JAN, FEB), MembershipRecord(team, ann, FEB)]
    )[1:]
    assert ended.left_at == FEB
    assert announced == [("joined", [("og", "ann")]), ("left", [("og", "ann")])]
    assert table() == [("og", "ann", JAN, FEB), ("og", "ann", FEB, None)]


@pytest.mark.parametrize(
    "period",
    [
        (JAN, None),
        (JAN, MAR),
        (FEB + timedelta(days=1), None),
        (FEB + timedelta(days=1), FEB + timedelta(days=2)),
        (FEB, APR),
    ],
)
def test_a_contradicting_period_refuses_the_whole_call(team, ann, bob, period):
    record_memberships(memberships=[MembershipRecord(team, ann, FEB, MAR)])
    with pytest.raises(MembershipConflict):
        record_memberships(
            memberships=[MembershipRecord(team, bob, JAN), MembershipRecord(team, ann, *period)]
        )
    assert table() == [("og", "ann", FEB, MAR)]


def test_a_departure_before_its_arrival_is_refused(team, ann):
    with pytest.raises(InvalidDate, match="ends before it starts"):
        record_memberships(memberships=[MembershipRecord(team, ann, FEB, JAN)])


def test_a_membership_ended_at_its_own_start_did_not_last(team, ann, bob):
    mistake = join_team(team=team, user=ann, joined_at=JAN)
    left = join_team(team=team, user=bob, joined_at=JAN)
    leave_team(team=team, user=ann, left_at=JAN)
    leave_team(team=team, user=bob, left_at=FEB)

    assert list(TeamMembership.objects.lasting()) == [left]
    assert mistake in TeamMembership.objects.all()
    assert list_roster(team, JAN) == [bob]
