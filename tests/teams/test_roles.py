"""Roles: given to members, dated, ended with the membership, whoever ends it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from deltacrown.accounts.rights import Right
from deltacrown.core.errors import InvalidInput
from deltacrown.teams.models import TeamMembership, TeamRole
from deltacrown.teams.services import (
    InvalidDate,
    MayNotManage,
    MembershipRecord,
    NotInTeam,
    RoleConflict,
    RoleNotHeld,
    UnknownRole,
    end_membership,
    end_role,
    give_role,
    leave_team,
    list_captains,
    list_roles,
    record_memberships,
)
from tests import scene
from tests.scene import at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_reactions")]

NOW = at(100)


@pytest.fixture
def north():
    return scene.team("north")


@pytest.fixture
def ann(north):
    """The captain, since hour 10."""
    user = scene.player("ann")
    scene.member(user, north)
    scene.role(user, north, hours=10)
    return user


@pytest.fixture
def bob(north):
    user = scene.player("bob")
    scene.member(user, north, hours=5)
    return user


@pytest.fixture
def cat():
    """In another team, and captain there."""
    user = scene.player("cat")
    scene.member(user, scene.team("south"))
    scene.role(user, scene.team("south"))
    return user


def told(user=None):
    """The roles in the table: role, from and to in hours, by whom."""
    rows = TeamRole.objects.order_by("given_at", "id").select_related("given_by")
    found = rows if user is None else rows.filter(user=user)
    return [
        (
            row.role,
            (row.given_at - at(0)) / timedelta(hours=1),
            None if row.ended_at is None else (row.ended_at - at(0)) / timedelta(hours=1),
            row.given_by and row.given_by.username,
        )
        for row in found
    ]


def names(rows):
    return [row.user.username for row in rows]


class TestGiving:
    def test_a_captain_gives_a_member_a_role_and_giving_it_again_changes_nothing(self, north, ann, bob):
        first = give_role(team=north, user=bob, role="COACH", by=ann, now=NOW)
        again = give_role(team=north, user=bob, role="COACH", by=ann, now=NOW + timedelta(hours=1))

        assert again == first
        assert told(bob) == [("COACH", 100, None, "ann")]

    def test_a_team_may_have_two_captains_and_a_member_two_roles(self, north, ann, bob):
        give_role(team=north, user=bob, role="CAPTAIN", by=ann, now=NOW)
        give_role(team=north, user=bob, role="PLAYER", by=bob, now=NOW)

        assert list_captains(north, NOW) == [ann, bob]
        assert [(row.role, row.user) for row in list_roles(north, NOW)] == [
            ("CAPTAIN", ann),
            ("CAPTAIN", bob),
            ("PLAYER", bob),
        ]
        assert list_captains(north, at(9)) == []
        assert list_captains(north, at(50)) == [ann]

    def test_who_may(self, north, ann, bob, cat):
        scene.role(bob, north, "MANAGER")
        runner, clerk = scene.staff("runner", Right.MANAGE_TEAMS), scene.staff("clerk")
        for by in (ann, runner, None):
            assert give_role(team=north, user=bob, role="COACH", by=by, now=NOW)
        for by in (bob, cat, clerk):
            with pytest.raises(MayNotManage, match=r"Only the team's captain \(ann\) and staff"):
                give_role(team=north, user=bob, role="CAPTAIN", by=by, now=NOW)
        scene.member(bob, scene.team("east"))
        with pytest.raises(MayNotManage, match="has no captain; staff"):
            give_role(team=scene.team("east"), user=bob, role="CAPTAIN", by=bob, now=NOW)

        assert told(bob) == [("MANAGER", 0, None, None), ("COACH", 100, None, "ann")]

    def test_a_captain_of_before_and_one_who_has_left_may_not(self, north, ann, bob):
        TeamRole.objects.filter(user=ann).update(ended_at=at(20))
        with pytest.raises(MayNotManage):
            give_role(team=north, user=bob, role="COACH", by=ann, now=NOW)
        scene.role(bob, north)
        TeamMembership.objects.filter(user=bob)._raw_delete("default")
        assert list_captains(north, NOW) == []

    def test_only_a_member_has_a_role(self, north, ann, bob, cat):
        with pytest.raises(NotInTeam, match="cat is not in North"):
            give_role(team=north, user=cat, role="COACH", by=ann, now=NOW)
        with pytest.raises(NotInTeam):
            give_role(team=north, user=bob, role="COACH", by=None, now=NOW, given_at=at(4))
        assert told(bob) == []

    def test_dated_periods_do_not_overlap(self, north, ann, bob):
        give_role(team=north, user=bob, role="COACH", by=None, now=NOW, given_at=at(20))
        with pytest.raises(RoleConflict, match="on; end it at its own start first"):
            give_role(team=north, user=bob, role="COACH", by=None, now=NOW, given_at=at(19))
        end_role(team=north, user=bob, role="COACH", by=None, now=NOW, ended_at=at(30))
        with pytest.raises(RoleConflict, match="give a time from then on"):
            give_role(team=north, user=bob, role="COACH", by=None, now=NOW, given_at=at(29))
        give_role(team=north, user=bob, role="COACH", by=None, now=NOW, given_at=at(30))

        assert told(bob) == [("COACH", 20, 30, None), ("COACH", 30, None, None)]

    def test_what_is_no_role_or_no_time_is_refused(self, north, ann, bob):
        with pytest.raises(UnknownRole, match="use one of CAPTAIN, PLAYER"):
            give_role(team=north, user=bob, role="captain", by=ann, now=NOW)
        for wrong in (NOW + timedelta(minutes=1), NOW.replace(tzinfo=None)):
            with pytest.raises(InvalidInput):
                give_role(team=north, user=bob, role="COACH", by=ann, now=NOW, given_at=wrong)


class TestEnding:
    def test_a_captain_ends_a_role_and_members_their_own(self, north, ann, bob, cat):
        for role in ("COACH", "PLAYER"):
            scene.role(bob, north, role, hours=20)
        end_role(team=north, user=bob, role="COACH", by=ann, now=NOW)
        end_role(team=north, user=bob, role="PLAYER", by=bob, now=NOW)
        for by in (bob, cat):
            with pytest.raises(MayNotManage):
                end_role(team=north, user=ann, role="CAPTAIN", by=by, now=NOW)

        assert told(bob) == [("COACH", 20, 100, None), ("PLAYER", 20, 100, None)]
        assert list_captains(north, NOW) == [ann]

    def test_ending_it_at_the_same_time_again_changes_nothing_and_what_is_not_held_cannot_end(
        self, north, ann
    ):
        first = end_role(team=north, user=ann, role="CAPTAIN", by=ann, now=NOW)
        assert end_role(team=north, user=ann, role="CAPTAIN", by=ann, now=NOW) == first
        with pytest.raises(RoleNotHeld, match="ann is no coach of North"):
            end_role(team=north, user=ann, role="COACH", by=None, now=NOW)
        scene.role(ann, north, "ANALYST", hours=20)
        with pytest.raises(InvalidDate):
            end_role(team=north, user=ann, role="ANALYST", by=None, now=NOW, ended_at=at(19))

    def test_a_membership_is_ended_by_the_captain_or_the_member(self, north, ann, bob, cat):
        with pytest.raises(MayNotManage):
            end_membership(team=north, user=bob, by=cat, now=NOW)
        with pytest.raises(MayNotManage):
            end_membership(team=north, user=ann, by=bob, now=NOW)
        end_membership(team=north, user=bob, by=ann, now=NOW)
        end_membership(team=north, user=ann, by=ann, now=NOW)

        assert list(TeamMembership.objects.filter(team=north, left_at__isnull=True)) == []
        assert list_captains(north, NOW) == []


ENDINGS = {
    "leave_team": lambda team, user: leave_team(team=team, user=user, left_at=at(50)),
    "record_memberships": lambda team, user: record_memberships(
        memberships=[MembershipRecord(team, user, at(0), at(50))]
    ),
    "update": lambda team, user: TeamMembership.objects.filter(team=team, user=user).update(left_at=at(50)),
    "raw SQL": lambda team, user: connection.cursor().execute(
        "UPDATE teams_teammembership SET left_at = %s WHERE team_id = %s AND user_id = %s",
        [at(50).replace(tzinfo=None), team.pk, user.pk],
    ),
}


@pytest.mark.parametrize("way", ENDINGS)
def test_a_membership_that_ends_takes_its_roles_with_it(north, ann, bob, way):
    scene.role(ann, north, "PLAYER", hours=1, ended=20)
    scene.role(ann, north, "COACH", hours=30, ended=70)
    scene.role(ann, north, "ANALYST", hours=60)
    scene.role(bob, north, "PLAYER", hours=30)
    scene.member(ann, scene.team("south"))
    scene.role(ann, scene.team("south"), "COACH")

    ENDINGS[way](north, ann)

    of_north = TeamRole.objects.filter(team=north)
    assert {(row.role, row.user.username): row.ended_at for row in of_north} == {
        ("PLAYER", "ann"): at(20),
        ("CAPTAIN", "ann"): at(50),
        ("COACH", "ann"): at(50),
        ("ANALYST", "ann"): at(60),
        ("PLAYER", "bob"): None,
    }
    assert TeamRole.objects.get(team=scene.team("south")).ended_at is None
    assert list(of_north.lasting().filter(role="ANALYST")) == []
    assert list_captains(north, at(49)) == [ann]
    assert list_captains(north, at(50)) == []


def test_who_comes_back_gets_no_role_back_and_an_earlier_period_ends_no_later_role(north, ann):
    leave_team(team=north, user=ann, left_at=at(50))
    scene.member(ann, north, hours=60)
    scene.role(ann, north, "PLAYER", hours=61)
    assert names(list_roles(north, NOW)) == ["ann"]

    TeamMembership.objects.filter(joined_at=at(0)).update(left_at=at(40))

    assert told() == [("CAPTAIN", 10, 40, None), ("PLAYER", 61, None, None)]


def test_a_captain_whose_account_is_closed_leads_no_team(north, ann):
    type(ann).objects.filter(pk=ann.pk).update(is_active=False)
    assert list_captains(north, NOW) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "CAPTAIN", "given_at": at(11)},
        {"role": "COACH", "given_at": at(11), "ended_at": at(10)},
        {"role": "BOSS", "given_at": at(11)},
    ],
    ids=["two open", "ends before it begins", "no role"],
)
def test_the_table_refuses(north, ann, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        TeamRole.objects.create(team=north, user=ann, **wrong)


def test_queries(north, ann, bob, django_assert_num_queries):
    scene.role(bob, north, "COACH")
    for read in (list_roles, list_captains):
        with django_assert_num_queries(1):
            assert [user.shown_name for user in (getattr(each, "user", each) for each in read(north, NOW))]
