"""A team's page, and what captains do there and on a tournament's page, without scripts."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from deltacrown.teams.models import TeamMembership, TeamRole
from deltacrown.teams.services import rename_team
from deltacrown.tournaments.models import TournamentParticipation
from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.scene import at
from tests.web.reading import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_reactions")]


@pytest.fixture
def north():
    return scene.team("north")


@pytest.fixture
def ann(north):
    user = scene.player("ann")
    scene.member(user, north)
    scene.role(user, north, hours=24)
    return user


@pytest.fixture
def bob(north):
    user = scene.player("bob")
    scene.member(user, north, hours=24)
    scene.role(user, north, "SUBSTITUTE", hours=24, ended=72)
    return user


def as_of(user):
    client = Client()
    client.force_login(user)
    return client


def sent(user, role, do="give"):
    return {"player": user.profile.public_id, "role": role, "do": do}


def roles_of(user):
    rows = TeamRole.objects.filter(user=user, ended_at__isnull=True)
    return sorted(rows.values_list("role", flat=True))


class TestThePage:
    def test_it_shows_members_and_roles_present_and_former(self, client, ann, bob):
        shown = text_of(client.get("/teams/north/"))

        assert "Captain: ann" in shown
        assert "bob since 2 Mar 2025 ann Captain since 1 Mar 2025" in shown
        assert "ann Captain 2 Mar 2025 – now" in shown
        assert "bob Substitute 2 Mar 2025 – 4 Mar 2025" in shown
        assert "Change" not in shown
        assert "bob Substitute 2 Mar 2025 – 4 Mar 2025" in text_of(client.get("/teams/north/roles/"))

    def test_a_team_without_a_captain_says_so_and_no_team_is_404(self, client, north):
        assert "No captain. Any member may register it" in text_of(client.get("/teams/north/"))
        for page in ("/teams/nobody/", "/teams/nobody/roles/"):
            assert client.get(page).status_code == 404

    def test_a_former_slug_leads_to_the_team(self, client, north):
        rename_team(team=north, name="Polar")
        type(north).objects.filter(pk=north.pk).update(slug="polar")
        for page in ("", "matches/", "results/", "roles/"):
            assert client.get(f"/teams/north/{page}")["Location"] == f"/teams/polar/{page}"

    def test_who_is_not_listed_is_on_no_list_of_it(self, client, ann, bob):
        UserProfile.objects.filter(user__in=[ann, bob]).update(standing="SUSPENDED")
        for page in ("/teams/north/", "/teams/north/roles/"):
            assert not {"ann", "bob"} & set(text_of(client.get(page)).split())

    def test_the_profile_leads_to_it(self, client, ann):
        assert (
            '<a href="/teams/north/"><bdi>North</bdi></a>'
            in client.get(f"/players/{ann.profile.public_id}/").content.decode()
        )

    def test_names_are_escaped(self, client, ann):
        UserProfile.objects.filter(user=ann).update(display_name="<b>x</b>")
        assert "<b>x</b>" not in client.get("/teams/north/").content.decode()

    def test_queries(self, client, ann, bob, django_assert_num_queries):
        # The team, its members, their roles, its captains, its latest roles, its results and numbers, who was
        # in it and when, its former names.
        with django_assert_num_queries(10):
            client.get("/teams/north/")
        captain = as_of(ann)
        # Session, user, whether they lead it, whether they are in it.
        with django_assert_num_queries(14):
            captain.get("/teams/north/")


class TestCaptains:
    def test_a_captain_gives_and_ends_roles_by_the_forms_shown(self, ann, bob):
        page = as_of(ann).get("/teams/north/").content.decode()
        assert f'name="player" value="{bob.profile.public_id}"' in page
        assert page.count('action="/teams/north/members/"') == 2

        answer = as_of(ann).post("/teams/north/roles/", sent(bob, "COACH"), follow=True)
        assert answer.redirect_chain == [("/teams/north/", 302)]
        assert "bob is coach." in text_of(answer)
        assert roles_of(bob) == ["COACH"]
        answer = as_of(ann).post("/teams/north/roles/", sent(bob, "COACH", "end"), follow=True)
        assert "bob is no longer coach." in text_of(answer)
        assert roles_of(bob) == []

    def test_a_member_has_a_button_for_themselves_alone(self, ann, bob):
        page = as_of(bob).get("/teams/north/").content.decode()
        assert re.findall(r'name="player" value="([^"]*)"', page) == [bob.profile.public_id]
        assert as_of(bob).post("/teams/north/roles/", sent(bob, "CAPTAIN")).status_code == 403
        assert as_of(bob).post("/teams/north/members/", sent(ann, "")).status_code == 403
        assert roles_of(bob) == []

        answer = as_of(bob).post("/teams/north/members/", sent(bob, ""), follow=True)
        assert "bob is no longer in North." in text_of(answer)
        assert TeamMembership.objects.filter(user=bob, left_at=None).count() == 0

    def test_it_takes_a_sign_in_and_a_token(self, client, ann, bob):
        for page in ("roles/", "members/"):
            assert client.post(f"/teams/north/{page}", sent(bob, "COACH"))["Location"].startswith("/sign-in/")
        careful = Client(enforce_csrf_checks=True)
        careful.force_login(ann)
        assert careful.post("/teams/north/roles/", sent(bob, "COACH")).status_code == 403
        assert client.get("/teams/north/members/").status_code in {302, 405}

    @pytest.mark.parametrize("wrong", [{}, {"player": "DC-99-000001"}, {"role": "BOSS"}, {"do": "x"}])
    def test_nonsense_is_refused(self, ann, bob, wrong):
        given = {**sent(bob, "COACH"), **wrong} if wrong else {}
        assert as_of(ann).post("/teams/north/roles/", given).status_code in {400, 404}
        assert roles_of(bob) == []


#: The value of the button that registers.
REGISTER = b'value="register"'


class TestEntering:
    @pytest.fixture
    def cup(self):
        return scene.tournament("cup", status="OPEN", entrant_kind="TEAM")

    def press(self, user, do, team="north"):
        return as_of(user).post("/tournaments/cup/team/", {"team": team, "do": do}, follow=True)

    def test_the_captain_registers_and_withdraws_the_team(self, cup, ann, bob):
        assert "Register North" in text_of(as_of(ann).get("/tournaments/cup/"))

        answer = self.press(ann, "register")
        assert "North is registered." in text_of(answer)
        assert "Withdraw North" in text_of(answer)
        answer = self.press(ann, "withdraw")
        assert "North is withdrawn." in text_of(answer)
        assert "Register North" in text_of(answer)
        rows = TournamentParticipation.objects.values_list("user__username", "status")
        assert set(rows) == {("ann", "WITHDRAWN"), ("bob", "WITHDRAWN")}

    def test_another_member_has_no_button_and_is_refused_by_the_captains_name(self, cup, ann, bob):
        UserProfile.objects.filter(user=ann).update(display_name="Ann A.")
        assert REGISTER not in as_of(bob).get("/tournaments/cup/").content
        answer = self.press(bob, "register")
        assert answer.status_code == 403
        assert "the team's captain (Ann A.)" in text_of(answer).replace("’", "'")
        assert not TournamentParticipation.objects.exists()

    def test_a_member_registers_a_team_without_a_captain(self, cup, ann, bob):
        TeamRole.objects.update(ended_at=at(80))
        assert "Register North" in text_of(as_of(bob).get("/tournaments/cup/"))
        assert "North is registered." in text_of(self.press(bob, "register"))

    def test_nobody_else_and_nothing_that_is_not_open_has_a_button(self, client, cup, ann):
        stranger = scene.player("stranger")
        for viewer in (client, as_of(stranger)):
            assert REGISTER not in viewer.get("/tournaments/cup/").content
        type(cup).objects.update(status="RUNNING")
        assert REGISTER not in as_of(ann).get("/tournaments/cup/").content
        assert self.press(stranger, "register").status_code == 403


def test_the_page_tells_the_official_results_of_the_team(client, db):
    north, old = scene.team("north"), scene.tournament("old-cup", hours=-50)
    scene.result(
        scene.tournament("spring-cup", prize_currency="EUR"), 1, team=north, prize_amount=500, hours=2
    )
    scene.result(old, 1, team=north, hours=1, uncounted_reason="annulled")
    scene.result(old, 1, scene.player("zed"), team=north, hours=3)  # a member's own row

    page = client.get("/teams/north/")

    assert "Titles 1 " in text_of(page)
    assert "Results 1st Spring Cup" in text_of(page)
    assert [row.tournament.slug for row in page.context["shown"].results.items] == ["spring-cup", "old-cup"]
