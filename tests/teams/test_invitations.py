"""Founding teams, asking players to join, and handing a team over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from deltacrown.accounts.rights import Right
from deltacrown.core.errors import InvalidInput
from deltacrown.teams.models import FormerTeamName, Team, TeamInvitation, TeamMembership, TeamRole
from deltacrown.teams.services import (
    MOST_INVITED,
    PAUSE,
    InvitationConflict,
    MayNotManage,
    NoInvitation,
    NotInTeam,
    TeamTaken,
    TooManyTeamRenames,
    TooManyTeams,
    accept_invitation,
    decline_invitation,
    found_team,
    hand_over_captaincy,
    invite_player,
    leave_team,
    list_captains,
    list_invitations_to,
    list_open_invitations,
    list_roster,
    list_teams_led,
    rename_led_team,
    withdraw_invitation,
)
from tests import scene

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_reactions")]

NOW = scene.at(100)
HOUR = timedelta(hours=1)


@pytest.fixture
def ann():
    return scene.player("ann")


@pytest.fixture
def bob():
    return scene.player("bob")


@pytest.fixture
def north(ann):
    return found_team(name="North", by=ann, now=NOW)


def answers(user):
    return list(TeamInvitation.objects.filter(user=user).order_by("pk").values_list("answer", flat=True))


class TestFounding:
    def test_the_founder_is_its_first_member_and_captain(self, ann):
        team = found_team(name="  North   Wind ", by=ann, now=NOW)

        assert (team.name, team.slug) == ("North Wind", "north-wind")
        assert list_roster(team, NOW) == list_captains(team, NOW) == [ann]
        assert list(list_teams_led(ann, NOW)) == [team]
        assert TeamRole.objects.get().given_by == ann

    def test_a_form_sent_twice_founds_one_team(self, ann, bob):
        first = found_team(name="North", by=ann, now=NOW)
        assert found_team(name="NORTH", by=ann, now=NOW - HOUR) == first
        assert found_team(name="North", slug="north", by=ann, now=NOW) == first
        with pytest.raises(TeamTaken):
            found_team(name="North", slug="elsewhere", by=ann, now=NOW)
        with pytest.raises(TeamTaken) as refused:
            found_team(name="north", by=bob, now=NOW)
        assert refused.value.field == "name"
        assert Team.objects.count() == TeamMembership.objects.count() == TeamRole.objects.count() == 1

    def test_who_left_the_team_does_not_get_it_back_by_founding_it(self, ann, north):
        leave_team(team=north, user=ann, left_at=NOW + HOUR)
        with pytest.raises(TeamTaken):
            found_team(name="North", by=ann, now=NOW + 2 * HOUR)

    def test_the_name_and_the_address_are_nobody_elses(self, north, bob):
        for name, slug, field in (
            ("Polar", "north", "slug"),
            ("Nоrth", "", "name"),  # with a Cyrillic letter
            ("", "", "name"),
            ("Polar", "a b", "slug"),
        ):
            with pytest.raises((TeamTaken, InvalidInput)) as refused:
                found_team(name=name, slug=slug, by=bob, now=NOW)
            assert refused.value.field == field
        assert found_team(name="North!", by=bob, now=NOW).slug == "north-2"
        assert found_team(name="Polar", slug="polar_1", by=bob, now=NOW).slug == "polar_1"

    def test_a_player_founds_a_few_in_a_month(self, ann, settings):
        settings.TEAM_FOUNDING_RATE = "2/3600"
        scene.role(ann, scene.team("given"))  # by the site: not founded
        for name in ("One", "Two"):
            found_team(name=name, by=ann, now=NOW)
        with pytest.raises(TooManyTeams, match="2 teams lately; you can found another from 2025-03-05 23:00"):
            found_team(name="Three", by=ann, now=NOW)
        assert found_team(name="two", by=ann, now=NOW).name == "Two"
        assert found_team(name="Three", by=ann, now=NOW + HOUR).slug == "three"


class TestInvitations:
    def test_nobody_is_in_the_team_before_they_say_yes(self, north, ann, bob):
        invite_player(team=north, user=bob, by=ann, now=NOW)
        assert list_roster(north, NOW + HOUR) == [ann]
        assert [each.team for each in list_invitations_to(bob)] == [north]

        accept_invitation(team=north, user=bob, now=NOW + HOUR)
        accept_invitation(team=north, user=bob, now=NOW + 2 * HOUR)
        assert list_roster(north, NOW + HOUR) == [ann, bob]
        assert answers(bob) == ["ACCEPTED"]
        assert not list_invitations_to(bob)
        assert not list_open_invitations(north)

    def test_asking_again_asks_once(self, north, ann, bob):
        first = invite_player(team=north, user=bob, by=ann, now=NOW)
        assert invite_player(team=north, user=bob, by=ann, now=NOW + HOUR) == first
        assert TeamInvitation.objects.count() == 1

    def test_who_says_no_is_not_asked_again_for_a_while(self, north, ann, bob):
        invite_player(team=north, user=bob, by=ann, now=NOW)
        decline_invitation(team=north, user=bob, now=NOW)
        decline_invitation(team=north, user=bob, now=NOW + HOUR)
        with pytest.raises(InvitationConflict, match="bob said no to North; you can ask again"):
            invite_player(team=north, user=bob, by=ann, now=NOW + PAUSE - HOUR)
        invite_player(team=north, user=bob, by=ann, now=NOW + PAUSE)
        assert answers(bob) == ["DECLINED", ""]
        assert list_roster(north, NOW) == [ann]

    def test_one_that_is_withdrawn_lets_nobody_in(self, north, ann, bob):
        invite_player(team=north, user=bob, by=ann, now=NOW)
        for _ in range(2):
            withdraw_invitation(team=north, user=bob, by=ann, now=NOW)
        for answer in (accept_invitation, decline_invitation):
            with pytest.raises(NoInvitation, match="ask one of its captains"):
                answer(team=north, user=bob, now=NOW)
        assert list_roster(north, NOW) == [ann]
        invite_player(team=north, user=bob, by=ann, now=NOW)
        assert answers(bob) == ["WITHDRAWN", ""]

    def test_an_old_yes_does_not_bring_back_who_left(self, north, ann, bob):
        invite_player(team=north, user=bob, by=ann, now=NOW)
        accept_invitation(team=north, user=bob, now=NOW)
        leave_team(team=north, user=bob, left_at=NOW + HOUR)
        with pytest.raises(NoInvitation):
            accept_invitation(team=north, user=bob, now=NOW + HOUR)
        with pytest.raises(NoInvitation):
            withdraw_invitation(team=north, user=bob, by=ann, now=NOW + HOUR)
        assert list_roster(north, NOW + HOUR) == [ann]

    def test_who_was_entered_meanwhile_is_in_it_once(self, north, ann, bob):
        invite_player(team=north, user=bob, by=ann, now=NOW)
        scene.member(bob, north, hours=50)
        accept_invitation(team=north, user=bob, now=NOW + HOUR)
        assert (TeamMembership.objects.filter(user=bob).count(), answers(bob)) == (1, ["ACCEPTED"])
        with pytest.raises(InvitationConflict, match="bob is in North already"):
            invite_player(team=north, user=bob, by=ann, now=NOW + HOUR)

    def test_who_may(self, north, ann, bob):
        boss, cat = scene.staff("boss", Right.MANAGE_TEAMS), scene.player("cat")
        scene.member(cat, north)
        for by in (bob, cat):
            with pytest.raises(MayNotManage):
                invite_player(team=north, user=bob, by=by, now=NOW)
            with pytest.raises(MayNotManage):
                withdraw_invitation(team=north, user=bob, by=by, now=NOW)
            with pytest.raises(MayNotManage):
                rename_led_team(team=north, name="Mine", by=by, now=NOW)
        for by in (boss, None):
            invite_player(team=north, user=bob, by=by, now=NOW)
            withdraw_invitation(team=north, user=bob, by=by, now=NOW)
        assert answers(bob) == ["WITHDRAWN", "WITHDRAWN"]

    def test_a_team_asks_so_many_at_once(self, north, ann, bob):
        asked = [scene.player(f"p{number}") for number in range(MOST_INVITED)]
        for player in asked:
            invite_player(team=north, user=player, by=ann, now=NOW)
        with pytest.raises(InvitationConflict, match="North has 30 open invitations; withdraw one first"):
            invite_player(team=north, user=bob, by=ann, now=NOW)
        withdraw_invitation(team=north, user=asked[3], by=ann, now=NOW)
        assert invite_player(team=north, user=bob, by=ann, now=NOW).answer == ""

    def test_the_database_keeps_one_open_and_answers_with_their_time(self, north, bob):
        TeamInvitation.objects.create(team=north, user=bob)
        for wrong in ({}, {"answer": "ACCEPTED"}, {"answer": "MAYBE", "answered_at": NOW}):
            with pytest.raises(IntegrityError), transaction.atomic():
                TeamInvitation.objects.create(team=north, user=bob, **wrong)


class TestHandingOver:
    def test_another_member_is_captain_and_the_first_stays(self, north, ann, bob):
        scene.member(bob, north)
        hand_over_captaincy(team=north, to=bob, by=ann, now=NOW + HOUR)
        assert list_captains(north, NOW + HOUR) == [bob]
        assert list_roster(north, NOW + HOUR) == [bob, ann]
        with pytest.raises(MayNotManage, match=r"captain \(bob\)"):
            hand_over_captaincy(team=north, to=bob, by=ann, now=NOW + HOUR)

    def test_not_to_oneself_nor_to_who_is_not_in_it(self, north, ann, bob):
        with pytest.raises(InvalidInput, match="name another member"):
            hand_over_captaincy(team=north, to=ann, by=ann, now=NOW + HOUR)
        with pytest.raises(NotInTeam):
            hand_over_captaincy(team=north, to=bob, by=ann, now=NOW + HOUR)
        assert list_captains(north, NOW + HOUR) == [ann]


class TestRenaming:
    def test_captains_rename_a_few_times_and_staff_always(self, north, ann, settings):
        settings.TEAM_NAME_CHANGE_RATE = "2/3600"
        now = datetime.now(UTC)
        for name in ("Polar", "Pole"):
            rename_led_team(team=north, name=name, by=ann, now=now)
        rename_led_team(team=north, name="Pole", by=ann, now=now)
        with pytest.raises(TooManyTeamRenames, match="renamed 2 times lately"):
            rename_led_team(team=north, name="North", by=ann, now=now)
        north.refresh_from_db()
        assert (north.name, north.slug) == ("Pole", "north")

        boss = scene.staff("boss", Right.MANAGE_TEAMS)
        assert rename_led_team(team=north, name="North", by=boss, now=now).name == "North"
        later = now + 2 * HOUR
        assert rename_led_team(team=north, name="Polar", by=ann, now=later).name == "Polar"
        assert set(FormerTeamName.objects.values_list("name", flat=True)) == {"North", "Polar", "Pole"}
