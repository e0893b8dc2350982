"""Players found teams, ask others, answer, and enter a tournament, without scripts and by the pages alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from deltacrown.accounts.rights import Right
from deltacrown.notifications.services import list_notifications
from deltacrown.pages import team_desk
from deltacrown.pages.exports import iterate_own_data
from deltacrown.teams.models import Team, TeamInvitation, TeamMembership
from deltacrown.teams.services import found_team, invite_player, list_captains, list_roster
from deltacrown.tournaments.models import TournamentParticipation
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.people.anonymising import anonymise_player
from deltacrown.user_profile.people.blocks import block_player
from tests import scene
from tests.web.reading import text_of

pytestmark = pytest.mark.django_db

OWN, NEW, ASKED = "/settings/teams/", "/settings/teams/new/", "/settings/teams/invitations/"
DESK = "/teams/north/manage/"


@pytest.fixture
def ann():
    return scene.player("ann")


@pytest.fixture
def bob():
    return scene.player("bob")


@pytest.fixture
def north(ann):
    return found_team(name="North", by=ann, now=now())


def now():
    return datetime.now(UTC)


def as_of(user):
    client = Client()
    client.force_login(user)
    return client


def answer(user, do, team="north"):
    return as_of(user).post(ASKED, {"team": team, "do": do}, follow=True)


def told(user):
    return [each.told.text for each in list_notifications(user).items]


def test_from_founding_a_team_to_entering_it_in_a_tournament(ann, bob):
    scene.tournament("cup", status="OPEN", entrant_kind="TEAM")
    captain = as_of(ann)
    assert f'href="{NEW}"' in captain.get("/tournaments/cup/").content.decode()

    founded = captain.post(NEW, {"name": "North", "slug": ""}, follow=True)
    assert founded.redirect_chain == [(DESK, 302)]
    assert "North is your team." in text_of(founded)
    asked = captain.post(DESK, {"player": "bob"}, follow=True)
    assert "bob is asked, and decides." in text_of(asked)
    assert "bob ann asked on" in text_of(asked)
    assert list_roster(Team.objects.get(), now()) == [ann]

    assert told(bob) == ["ann asks you to join a team."]
    assert "North ann asked on" in text_of(as_of(bob).get(OWN))
    joined = answer(bob, "accept")
    assert joined.redirect_chain == [("/teams/north/", 302)]
    assert "You are in North now." in text_of(joined)
    assert told(bob) == []

    register = {"team": "north", "do": "register"}
    entered = captain.post("/tournaments/cup/entry/", register, follow=True)
    assert "North is registered." in text_of(entered)
    assert sorted(TournamentParticipation.objects.values_list("user__username", "team__slug")) == [
        ("ann", "north"),
        ("bob", "north"),
    ]


def test_forms_sent_twice_do_it_once(ann, bob):
    for _ in range(2):
        assert as_of(ann).post(NEW, {"name": "North", "slug": "north"})["Location"] == DESK
        assert as_of(ann).post(DESK, {"player": "bob"})["Location"] == DESK
    for _ in range(2):
        assert "You are in North now." in text_of(answer(bob, "accept"))
    assert (Team.objects.count(), TeamInvitation.objects.count()) == (1, 1)
    assert TeamMembership.objects.count() == 2


def test_refusals_stand_beside_their_fields(ann, bob, north):
    player = as_of(bob)
    for given, status, field, why in (
        ({"name": "NORTH"}, 409, "name", "belongs to the team"),
        ({"name": "Polar", "slug": "north"}, 409, "slug", "This is the address of North;"),
        ({"name": "Polar", "slug": "a b"}, 400, "slug", "letters, digits"),
        ({"name": ""}, 400, "name", "empty"),
    ):
        refused = player.post(NEW, {"slug": "", **given})
        assert refused.status_code == status, given
        assert why in refused.context["form"].errors[field][0]
    captain = as_of(ann)
    for name, status, why in (
        ("ann", 409, "ann is in North already"),
        ("nobody at all", 400, "nobody’s name"),
        ("", 400, "This is missing"),
    ):
        refused = captain.post(DESK, {"player": name})
        assert (refused.status_code, why in text_of(refused)) == (status, True), name
    assert captain.post("/teams/north/name/", {"name": ""}).status_code == 400
    assert Team.objects.count() == 1


def test_only_who_runs_the_team_and_who_is_asked_see_an_invitation(ann, bob, north):
    cat, stranger = scene.player("cat"), scene.player("stranger")
    scene.member(cat, north)
    invite_player(team=north, user=bob, by=ann, now=now())
    boss = scene.staff("boss", Right.MANAGE_TEAMS)

    assert "bob" in text_of(as_of(ann).get(DESK)).split()
    assert "bob" in text_of(as_of(boss).get(DESK)).split()
    for viewer in (as_of(cat), as_of(stranger), as_of(bob)):
        assert viewer.get(DESK).status_code == 403
        assert viewer.post(DESK, {"player": "stranger"}).status_code == 403
        assert viewer.get("/teams/north/name/").status_code == 403
        assert viewer.post("/teams/north/name/", {"name": "Mine"}).status_code == 403
        withdrawn = viewer.post("/teams/north/invitations/", {"player": bob.profile.public_id})
        assert withdrawn.status_code == 403
        for page in ("/teams/north/", "/teams/north/roster/", f"/players/{bob.profile.public_id}/"):
            assert "asked" not in text_of(viewer.get(page))
    assert "No team asks you to join" in text_of(as_of(stranger).get(ASKED))
    assert answer(stranger, "accept").status_code == 409
    assert [each.user for each in TeamInvitation.objects.filter(answer="")] == [bob]
    for page in (OWN, NEW, ASKED, DESK, "/teams/north/name/"):
        assert Client().get(page)["Location"].startswith("/sign-in/")


def test_who_cannot_be_invited_is_refused_without_the_reason(ann, bob, north):
    same = "This player cannot be invited; invite somebody else."
    block_player(blocker=bob, blocked=ann, now=now())
    assert same in text_of(as_of(ann).post(DESK, {"player": "bob"}))
    cat = scene.player("cat")
    UserProfile.objects.filter(user=cat).update(standing="SUSPENDED")
    assert same in text_of(as_of(ann).post(DESK, {"player": cat.profile.public_id}))
    dan = scene.player("dan")
    block_player(blocker=ann, blocked=dan, now=now())
    assert "You blocked dan; unblock them first" in text_of(as_of(ann).post(DESK, {"player": "dan"}))
    assert not TeamInvitation.objects.exists()


def test_who_is_suspended_founds_invites_and_joins_nothing_and_may_decline(ann, bob, north):
    invite_player(team=north, user=bob, by=ann, now=now())
    UserProfile.objects.update(standing="SUSPENDED")
    assert "bob" not in text_of(as_of(ann).get(DESK)).split()
    assert as_of(ann).post(DESK, {"player": "bob"}).status_code in {400, 403}
    assert as_of(ann).post(NEW, {"name": "Polar", "slug": ""}).status_code == 403
    assert as_of(ann).post("/teams/north/name/", {"name": "Polar"}).status_code == 403
    assert answer(bob, "accept").status_code == 403
    assert "You said no to North." in text_of(answer(bob, "decline"))
    assert list_roster(north, now()) == [ann]


def test_the_sender_who_is_not_listed_is_not_named(ann, bob, north):
    invite_player(team=north, user=bob, by=ann, now=now())
    UserProfile.objects.filter(user=ann).update(standing="SUSPENDED")
    assert "ann" not in text_of(as_of(bob).get(ASKED)).split()
    assert "North asked on" in text_of(as_of(bob).get(ASKED))
    assert told(bob) == []


def test_one_that_is_withdrawn_is_gone_everywhere(ann, bob, north):
    invite_player(team=north, user=bob, by=ann, now=now())
    sent = as_of(ann).post("/teams/north/invitations/", {"player": bob.profile.public_id}, follow=True)
    assert "bob is no longer asked." in text_of(sent)
    assert told(bob) == []
    assert "North" not in text_of(as_of(bob).get(OWN))
    assert answer(bob, "accept").status_code == 409


def test_a_captain_hands_the_team_over_and_leaves(ann, bob, north):
    scene.member(bob, north)
    captain = as_of(ann)
    assert "You lead the team alone." in text_of(captain.get(DESK))
    given = {"player": bob.profile.public_id, "role": "CAPTAIN", "do": "hand-over"}
    handed = captain.post("/teams/north/roles/", given, follow=True)
    assert "bob is captain of North in your place." in text_of(handed)
    assert list_captains(north, now()) == [bob]
    assert captain.get(DESK).status_code == 403
    assert "/manage/" not in captain.get("/teams/north/").content.decode()
    assert "/manage/" in as_of(bob).get("/teams/north/").content.decode()
    left = captain.post("/teams/north/members/", {"player": ann.profile.public_id}, follow=True)
    assert "ann is no longer in North." in text_of(left)


def test_a_captain_renames_the_team_and_its_address_stays(ann, north):
    assert "/teams/north/" in text_of(as_of(ann).get("/teams/north/name/"))
    renamed = as_of(ann).post("/teams/north/name/", {"name": "Polar"}, follow=True)
    assert renamed.redirect_chain == [(DESK, 302)]
    assert "The team is called Polar." in text_of(renamed)
    assert "Former names: North" in text_of(Client().get("/teams/north/"))


def test_names_are_escaped(ann, bob):
    team = found_team(name="<i>x</i>", by=ann, now=now())
    UserProfile.objects.filter(user=ann).update(display_name="<b>a</b>")
    invite_player(team=team, user=bob, by=ann, now=now())
    pages = [as_of(bob).get(OWN), as_of(bob).get(ASKED), as_of(ann).get(f"/teams/{team.slug}/manage/")]
    for page in pages:
        assert "<i>x" not in page.content.decode()
        assert "<b>a" not in page.content.decode()


def test_an_invitation_goes_with_the_player_and_is_in_their_data(ann, bob, north):
    invite_player(team=north, user=bob, by=ann, now=now())
    (row,) = [told for section, told in iterate_own_data(bob) if section == "team_invitations"]
    assert (row["team"], row["answer"]) == ("North", "")
    anonymise_player(user=bob, by=None, now=now(), without_export=True)
    assert not TeamInvitation.objects.exists()


def test_what_the_lists_cost(ann, bob, north, django_assert_num_queries):
    for number in range(12):
        founder = scene.player(f"p{number}")
        invite_player(
            team=found_team(name=f"Team {number}", by=founder, now=now()), user=ann, by=founder, now=now()
        )
        invite_player(team=north, user=founder, by=ann, now=now())
    with django_assert_num_queries(2):
        assert len(team_desk.list_own_invitations(ann).items) == 12
    with django_assert_num_queries(2):
        assert [line.is_led for line in team_desk.list_own_teams(ann).items] == [True]
    # The team; whether the reader runs it, twice; its captains; whom it asks, and who asked; two of members.
    with django_assert_num_queries(7):
        assert len(team_desk.get_desk("north", viewer=ann, now=now()).invitations) == 12
