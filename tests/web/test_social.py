"""Pages on following, the feed, hiding entries and verification, as a browser without scripts uses them."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from deltacrown.core.sentences import end_sentence
from deltacrown.user_profile.models import Block, Follow, KycVerification, UserActivity
from deltacrown.user_profile.people import kyc
from deltacrown.user_profile.people.blocks import block_player
from deltacrown.user_profile.people.follows import follow
from tests import scene
from tests.web.reading import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_reactions")]


@pytest.fixture
def anna():
    return scene.player("anna")


@pytest.fixture
def ben():
    return scene.player("ben")


@pytest.fixture
def as_anna(client, anna):
    client.force_login(anna)
    return client


def page_of(user, rest=""):
    return f"/players/{user.profile.public_id}/{rest}"


def buttons(answer):
    form = r'<form class="follow" method="post" action="([^"]*)">.*?<button[^>]*>(\w+)</button>'
    return re.findall(form, answer.content.decode(), re.DOTALL)


class TestFollowing:
    def test_the_button_follows_and_then_unfollows(self, as_anna, anna, ben):
        assert buttons(as_anna.get(page_of(ben))) == [(page_of(ben, "follow/"), "Follow")]

        answer = as_anna.post(page_of(ben, "follow/"), follow=True)
        assert answer.redirect_chain == [(page_of(ben), 302)]
        assert "You follow ben." in text_of(answer)
        assert buttons(answer) == [(page_of(ben, "unfollow/"), "Unfollow")]
        assert list(Follow.objects.values_list("follower__username", "followed__username")) == [
            ("anna", "ben")
        ]

        answer = as_anna.post(page_of(ben, "unfollow/"), follow=True)
        assert "You no longer follow ben." in text_of(answer)
        assert not Follow.objects.exists()

    def test_nobody_gets_a_button_on_their_own_page_or_unless_signed_in(self, as_anna, anna, ben):
        assert buttons(as_anna.get(page_of(anna))) == []
        assert buttons(Client().get(page_of(ben))) == []

    def test_following_oneself_or_nobody_is_refused(self, as_anna, anna):
        assert as_anna.post(page_of(anna, "follow/")).status_code == 400
        assert as_anna.post("/players/DC-99-000001/follow/").status_code == 404
        assert not Follow.objects.exists()

    def test_it_takes_a_post_a_token_and_somebody_signed_in(self, as_anna, anna, ben):
        assert as_anna.get(page_of(ben, "follow/")).status_code == 405
        careful = Client(enforce_csrf_checks=True)
        careful.force_login(anna)
        assert careful.post(page_of(ben, "follow/")).status_code == 403
        assert Client().post(page_of(ben, "follow/"))["Location"] == f"/sign-in/?next={page_of(ben)}"
        assert not Follow.objects.exists()

    def test_the_lists_are_shown_to_the_player_and_staff_alone(self, as_anna, anna, ben):
        follow(follower=ben, followed=anna, now=scene.at(0))
        staff = Client()
        staff.force_login(scene.player("staff", is_staff=True))
        other = Client()
        other.force_login(ben)

        assert "since 1 Mar 2025 ben" in text_of(as_anna.get(page_of(anna, "followers/")))
        assert "Nobody yet." in text_of(as_anna.get(page_of(anna, "following/")))
        assert "anna" in text_of(staff.get(page_of(ben, "following/")))
        for viewer in (other, Client()):
            for listing in ("followers/", "following/"):
                assert viewer.get(page_of(anna, listing)).status_code == 403
        assert page_of(anna, "followers/") in as_anna.get(page_of(anna)).content.decode()
        assert "followers/" not in other.get(page_of(anna)).content.decode()


class TestBlocking:
    def test_a_player_is_blocked_and_unblocked_on_their_page(self, as_anna, anna, ben):
        follow(follower=ben, followed=anna, now=scene.at(0))
        assert page_of(ben, "block/") in as_anna.get(page_of(ben)).content.decode()

        answer = as_anna.post(page_of(ben, "block/"), follow=True)
        assert answer.redirect_chain == [(page_of(ben), 302)]
        assert "You block ben." in text_of(answer)
        assert buttons(answer) == []
        assert not Follow.objects.exists()
        assert as_anna.post(page_of(ben, "follow/")).status_code == 409

        answer = as_anna.post(page_of(ben, "unblock/"), follow=True)
        assert "You no longer block ben." in text_of(answer)
        assert buttons(answer) == [(page_of(ben, "follow/"), "Follow")]

    def test_the_one_who_is_blocked_is_not_told(self, as_anna, anna, ben):
        as_anna.post(page_of(ben, "block/"))
        other = Client()
        other.force_login(ben)

        assert buttons(other.get(page_of(anna))) == [(page_of(anna, "follow/"), "Follow")]
        answer = other.post(page_of(anna, "follow/"))
        assert answer.status_code == 409
        assert "You cannot follow this player." in text_of(answer)
        for page in (page_of(anna), "/settings/blocked/", page_of(ben)):
            assert "Unblock" not in text_of(other.get(page))

    def test_the_list_of_followers_removes_and_blocks(self, as_anna, anna, ben):
        cem = scene.player("cem")
        for other in (ben, cem):
            follow(follower=other, followed=anna, now=scene.at(0))

        answer = as_anna.post(page_of(ben, "remove-follower/"), follow=True)
        assert answer.redirect_chain == [(page_of(anna, "followers/"), 302)]
        assert "ben no longer follows you." in text_of(answer)
        answer = as_anna.post(page_of(cem, "block/"), {"next": "followers"}, follow=True)
        assert answer.redirect_chain == [(page_of(anna, "followers/"), 302)]
        assert "Nobody yet." in text_of(answer)
        assert [row.blocked for row in Block.objects.all()] == [cem]

    def test_the_buttons_are_the_players_own(self, as_anna, anna, ben):
        follow(follower=anna, followed=ben, now=scene.at(0))
        staff = Client()
        staff.force_login(scene.player("staff", is_staff=True))
        assert "Remove" not in text_of(staff.get(page_of(ben, "followers/")))
        assert "Remove" not in text_of(as_anna.get(page_of(anna, "following/")))
        assert "block/" not in Client().get(page_of(ben)).content.decode()
        assert "/block/" not in as_anna.get(page_of(anna)).content.decode()

    def test_the_list_of_the_blocked(self, as_anna, anna, ben, django_assert_num_queries):
        assert "You block nobody." in text_of(as_anna.get("/settings/blocked/"))
        block_player(blocker=anna, blocked=ben, now=scene.at(0))
        with django_assert_num_queries(3):  # session, user, the list
            assert "since 1 Mar 2025 ben Unblock" in text_of(as_anna.get("/settings/blocked/"))
        answer = as_anna.post(page_of(ben, "unblock/"), {"next": "blocked"}, follow=True)
        assert answer.redirect_chain == [("/settings/blocked/", 302)]
        assert not Block.objects.exists()

    def test_it_takes_a_post_and_a_sign_in(self, as_anna, ben):
        for rest in ("block/", "unblock/", "remove-follower/"):
            assert as_anna.get(page_of(ben, rest)).status_code == 405
            assert Client().post(page_of(ben, rest))["Location"].startswith("/sign-in/")
        assert as_anna.post("/players/DC-99-000001/block/").status_code == 404
        assert not Block.objects.exists()


class TestFeed:
    def test_it_shows_the_followed_and_leads_on(self, as_anna, anna, ben):
        follow(follower=anna, followed=ben, now=scene.at(0))
        event = scene.tournament("spring-cup")
        scene.activity(ben, "won", kind="TOURNAMENT_WON", metadata={"tournament_slug": event.slug})
        scene.activity(ben, "secret", visibility="PRIVATE")
        scene.activity(scene.player("cem"), "stranger")

        answer = as_anna.get("/feed/")

        assert "ben · did won" in text_of(answer)
        assert '<a href="/tournaments/spring-cup/">did won</a>' in answer.content.decode()
        assert "secret" not in text_of(answer)
        assert "stranger" not in text_of(answer)

    def test_an_empty_feed_says_what_to_do(self, as_anna):
        assert "Nothing yet. Find players" in text_of(as_anna.get("/feed/"))

    def test_it_is_of_whoever_is_signed_in(self, client):
        assert client.get("/feed/")["Location"] == "/sign-in/?next=/feed/"

    def test_queries(self, as_anna, anna, django_assert_num_queries):
        for number in range(12):
            other = scene.player(f"p{number}")
            follow(follower=anna, followed=other, now=scene.at(0))
            scene.activity(other, f"{number}", hours=number)
        with django_assert_num_queries(3):  # session, user, the feed
            assert "did 11" in text_of(as_anna.get("/feed/"))

    def test_names_and_texts_are_escaped(self, as_anna, anna):
        other = scene.player("x")
        other.profile.__class__.objects.filter(pk=other.pk).update(display_name="<b>x</b>")
        follow(follower=anna, followed=other, now=scene.at(0))
        scene.activity(other, "<i>joined</i>")
        page = as_anna.get("/feed/").content.decode()

        assert "<b>x</b>" not in page
        assert "<i>joined</i>" not in page


class TestHiding:
    def press(self, client, user, number=0):
        page = client.get(page_of(user, "activity/")).content.decode()
        form = re.findall(
            r'name="entry" value="([^"]*)"><button class="plain" name="do" value="(\w+)">', page
        )[number]
        return client.post("/settings/timeline/", {"entry": form[0], "do": form[1]}, follow=True)

    def test_an_entry_is_hidden_and_shown_again(self, as_anna, anna):
        scene.activity(anna, "joined")

        answer = self.press(as_anna, anna)
        assert "Hidden: only you see it." in text_of(answer)
        assert "Only you see it" in text_of(answer)
        assert "did joined" not in text_of(Client().get(page_of(anna, "activity/")))

        assert "Shown again." in text_of(self.press(as_anna, anna))
        assert "did joined" in text_of(Client().get(page_of(anna, "activity/")))

    def test_nobody_else_has_the_button_or_can_use_it(self, as_anna, anna, ben):
        scene.activity(anna, "joined")
        handle = re.search(
            r'name="entry" value="([^"]*)"', as_anna.get(page_of(anna, "activity/")).content.decode()
        )[1]
        for other in (ben, scene.player("staff", is_staff=True)):
            client = Client()
            client.force_login(other)
            assert 'name="entry"' not in client.get(page_of(anna, "activity/")).content.decode()
            assert client.post("/settings/timeline/", {"entry": handle, "do": "hide"}).status_code == 400
        assert UserActivity.objects.get().visibility == "PUBLIC"

    @pytest.mark.parametrize("entry", ["", "nonsense", "a.b"])
    def test_nonsense_is_refused(self, as_anna, entry):
        assert as_anna.post("/settings/timeline/", {"entry": entry}).status_code == 400

    def test_it_takes_a_post_and_a_sign_in(self, client, as_anna):
        assert as_anna.get("/settings/timeline/").status_code == 405
        assert Client().post("/settings/timeline/", {})["Location"].startswith("/sign-in/")


class TestVerification:
    def test_it_is_asked_for_and_shows_how_it_stands(self, as_anna, anna):
        staff = scene.player("staff", is_staff=True)
        assert "Ask to be verified" in text_of(as_anna.get("/settings/verification/"))

        answer = as_anna.post("/settings/verification/", follow=True)
        assert "You asked on" in text_of(answer)
        assert "Ask to be verified" not in text_of(answer)
        kyc.reject(user=anna, by=staff, now=scene.at(1))
        assert "did not verify you on 1 Mar 2025" in text_of(as_anna.get("/settings/verification/"))
        as_anna.post("/settings/verification/")
        kyc.verify(user=anna, by=staff, now=scene.at(2))
        assert "You are verified, since 1 Mar 2025" in text_of(as_anna.get("/settings/verification/"))

    def test_it_needs_a_sign_in(self, client):
        assert client.post("/settings/verification/")["Location"].startswith("/sign-in/")
        assert not KycVerification.objects.exists()


@pytest.mark.once
def test_a_name_that_ends_with_a_full_stop_ends_the_sentence(db):
    assert end_sentence("You follow Kerem Ç.") == "You follow Kerem Ç."
    assert end_sentence("You follow Kerem") == "You follow Kerem."
