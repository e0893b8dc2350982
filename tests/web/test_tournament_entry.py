"""Registering, checking in and withdrawing on a tournament's page: what is offered to whom, what is done."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from deltacrown.core import clock
from deltacrown.pages.tournament_deeds import describe_entry
from deltacrown.pages.tournaments import get_tournament_page
from deltacrown.teams.models import TeamMembership, TeamRole
from deltacrown.tournaments.models import EntryChange, TournamentParticipation
from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.web.reading import text_of

pytestmark = pytest.mark.django_db

ADDRESS = "/tournaments/cup/"


@pytest.fixture
def cup(db):
    return scene.tournament("cup", status="OPEN", capacity=2)


@pytest.fixture
def ann(db):
    return scene.player("ann")


def as_of(user):
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def offered(user):
    """The deeds that the page offers."""
    return re.findall(r'name="do" value="([a-z-]+)"', as_of(user).get(ADDRESS).content.decode())


def press(user, do, **fields):
    return as_of(user).post(f"{ADDRESS}entry/", {"do": do, **fields}, follow=True)


def entries():
    return list(TournamentParticipation.objects.order_by("pk").values_list("user__username", "status"))


class TestPlayer:
    def test_a_player_registers_checks_in_and_withdraws(self, cup, ann):
        steps = [
            ("register", "You are registered.", "REGISTERED", ["check-in", "withdraw"]),
            ("check-in", "You are checked in.", "CHECKED_IN", ["take-back-check-in", "withdraw"]),
            ("take-back-check-in", "You are no longer checked in.", "REGISTERED", ["check-in", "withdraw"]),
            ("check-in", "You are checked in.", "CHECKED_IN", ["take-back-check-in", "withdraw"]),
            ("withdraw", "You are withdrawn.", "WITHDRAWN", ["take-back"]),
            ("take-back", "You are in again.", "CHECKED_IN", ["take-back-check-in", "withdraw"]),
        ]
        assert offered(ann) == ["register"]
        for do, said, status, then in steps:
            assert said in text_of(press(ann, do))
            assert entries() == [("ann", status)]
            assert offered(ann) == then

    @pytest.mark.parametrize("do", ["register", "check-in", "withdraw"])
    def test_pressing_twice_does_it_once(self, cup, ann, do):
        press(ann, "register")
        assert [press(ann, do).status_code for _ in range(2)] == [200, 200]
        assert len(entries()) == 1
        assert EntryChange.objects.filter(user=ann).count() == (1 if do == "register" else 2)

    def test_the_page_says_since_when_one_is_registered(self, cup, ann):
        scene.registration(ann, cup, hours=3)

        assert "You are registered since 1 Mar 2025 21:00" in text_of(as_of(ann).get(ADDRESS))

    def test_a_full_tournament_says_so_and_offers_nothing(self, cup, ann):
        for name in ("bea", "cleo"):
            scene.registration(scene.player(name), cup)

        assert offered(ann) == []
        assert "All 2 places are taken." in text_of(as_of(ann).get(ADDRESS))
        assert press(ann, "register").status_code == 409
        assert len(entries()) == 2

    def test_after_the_closing_time_nobody_enters_but_those_who_are_in_withdraw(self, cup, ann):
        bea = scene.player("bea")
        scene.registration(bea, cup)
        type(cup).objects.update(registration_closes_at=clock.now() - timedelta(hours=1))

        assert offered(ann) == []
        assert "Entries closed on" in text_of(as_of(ann).get(ADDRESS))
        answer = press(ann, "register")
        assert answer.status_code == 409
        assert "ask the organiser" in text_of(answer)
        assert offered(bea) == ["check-in", "withdraw"]

    def test_the_suspended_are_told_and_may_only_leave(self, cup, ann):
        bea = scene.player("bea")
        scene.registration(bea, cup)
        UserProfile.objects.filter(user__in=[ann, bea]).update(standing="SUSPENDED")

        assert offered(ann) == []
        assert "you cannot enter tournaments now" in text_of(as_of(ann).get(ADDRESS))
        assert press(ann, "register").status_code == 403
        assert press(bea, "check-in").status_code == 403
        assert offered(bea) == ["withdraw"]
        assert press(bea, "withdraw").status_code == 200
        assert entries() == [("bea", "WITHDRAWN")]

    def test_the_disqualified_are_told_and_offered_nothing(self, cup, ann):
        scene.registration(ann, cup, status="DISQUALIFIED")

        assert offered(ann) == []
        assert "Your entry was disqualified." in text_of(as_of(ann).get(ADDRESS))

    @pytest.mark.parametrize(
        ("status", "then"),
        [("RUNNING", ["withdraw"]), ("COMPLETED", []), ("CANCELLED", []), ("ANNULLED", [])],
    )
    def test_once_it_runs_one_can_leave_and_once_it_is_over_nothing(self, cup, ann, status, then):
        scene.registration(ann, cup)
        type(cup).objects.update(status=status)

        assert offered(ann) == then
        assert offered(scene.player("bea")) == []

    def test_nobody_enters_who_is_blocked_otherwise_than_everybody(self, cup, ann):
        """Whoever blocks whom: a tournament is official."""
        organiser = scene.player("org")
        type(cup).objects.update(organiser=organiser)
        as_of(organiser).post(f"/players/{ann.profile.public_id}/block/")

        assert offered(ann) == ["register"]
        assert press(ann, "register").status_code == 200


class TestVisitor:
    def test_a_visitor_signs_in_and_comes_back(self, cup):
        page = as_of(None).get(ADDRESS)

        assert "Sign in to register" in text_of(page)
        assert f"/sign-in/?next={ADDRESS}" in page.content.decode()
        assert press(None, "register").redirect_chain[0][0].startswith("/sign-in/?next=")
        assert entries() == []

    def test_nothing_is_offered_once_it_runs(self, cup):
        type(cup).objects.update(status="RUNNING")

        assert "Sign in to register" not in text_of(as_of(None).get(ADDRESS))


class TestTeam:
    @pytest.fixture
    def north(self, cup, ann):
        """North: ann leads it, bea plays in it."""
        type(cup).objects.update(entrant_kind="TEAM")
        north, since = scene.team("north"), clock.now() - timedelta(days=9)
        for user in (ann, scene.player("bea")):
            TeamMembership.objects.create(user=user, team=north, joined_at=since)
        TeamRole.objects.create(user=ann, team=north, role="CAPTAIN", given_at=since)
        return north

    def test_the_captain_enters_checks_in_and_withdraws_the_team(self, north, ann):
        assert offered(ann) == ["register"]
        for do, status in (("register", "REGISTERED"), ("check-in", "CHECKED_IN"), ("withdraw", "WITHDRAWN")):
            assert press(ann, do, team="north").status_code == 200
            assert entries() == [("ann", status), ("bea", status)]

    def test_a_member_sees_how_the_team_stands_and_is_offered_nothing(self, north, ann):
        bea = scene.User.objects.get(username="bea")
        assert "you lead none" in text_of(as_of(bea).get(ADDRESS))
        press(ann, "register", team="north")

        assert "You play for North , which registered you on" in text_of(as_of(bea).get(ADDRESS))
        assert offered(bea) == []
        for do in ("register", "check-in", "withdraw"):
            assert press(bea, do, team="north").status_code == 403
        assert entries() == [("ann", "REGISTERED"), ("bea", "REGISTERED")]

    def test_who_plays_for_a_team_is_not_offered_to_enter_another(self, north, ann):
        south = scene.team("south")
        TeamMembership.objects.create(user=ann, team=south, joined_at=clock.now() - timedelta(days=9))
        assert offered(ann) == ["register", "register"]
        press(ann, "register", team="north")

        assert offered(ann) == ["check-in", "withdraw"]
        assert press(ann, "register", team="south").status_code == 409

    def test_a_player_enters_no_team_event_alone_and_a_team_no_solo_event(self, north, cup, ann):
        assert press(ann, "register").status_code == 400
        type(cup).objects.update(entrant_kind="SOLO")
        assert press(ann, "register", team="north").status_code == 400
        assert entries() == []

    def test_what_is_no_deed_or_no_team_is_refused(self, north, ann):
        assert press(ann, "win", team="north").status_code == 400
        assert press(ann, "register", team="none").status_code == 404


@pytest.mark.parametrize(("kind", "statements"), [("SOLO", 4), ("TEAM", 5)])
def test_what_an_open_tournament_costs(cup, ann, kind, statements, django_assert_num_queries):
    """Without what every page takes: the session, the player and the profile."""
    type(cup).objects.update(entrant_kind=kind)
    TeamMembership.objects.create(user=ann, team=scene.team("north"), joined_at=clock.now())
    assert ann.profile is not None
    for number in range(5):
        squad = scene.team(f"t{number}") if kind == "TEAM" else None
        scene.registration(scene.player(f"p{number}"), cup, team=squad)
        with django_assert_num_queries(statements):
            shown = get_tournament_page("cup", viewer=ann)
            describe_entry(shown.tournament, shown.entries, ann, clock.now())
