import html
import re

import pytest
from django.test import Client
from django.urls import reverse

from deltacrown.user_profile.models import PrivacySettings
from tests import scene
from tests.web.reading import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(db):
    user = scene.player("anna")
    user.set_password("correct horse")
    user.save()
    return user


class TestSignIn:
    def test_in_and_out(self, client, anna):
        answer = client.post(reverse("login"), {"username": "anna", "password": "correct horse"}, follow=True)
        assert answer.redirect_chain == [("/", 302)]
        assert "Sign out" in text_of(answer)

        answer = client.post(reverse("logout"), follow=True)
        assert "Sign in" in text_of(answer)

    def test_a_wrong_password_says_so_and_no_more(self, client, anna):
        answer = client.post(reverse("login"), {"username": "anna", "password": "wrong"})

        assert "Please enter a correct username and password" in text_of(answer)
        assert "Sign out" not in text_of(answer)

    def test_signing_out_needs_a_post(self, client, anna):
        client.force_login(anna)
        assert client.get(reverse("logout")).status_code == 405

    def test_it_does_not_redirect_to_another_site(self, client, anna):
        answer = client.post(
            reverse("login"),
            {"username": "anna", "password": "correct horse", "next": "https://elsewhere.example/"},
        )
        assert answer["Location"] == "/"


class TestComingBack:
    """Who signs in is back where they were, and never on another site."""

    def link_of(self, page):
        (address,) = re.findall(r'<a href="([^"]*)">Sign in</a>', page.content.decode())
        return html.unescape(address)

    def sign_in(self, client, address):
        page = client.get(address)
        (kept,) = re.findall(r'name="next" value="([^"]*)"', page.content.decode())
        fields = {"username": "anna", "password": "correct horse", "next": html.unescape(kept)}
        return client.post(address, fields)["Location"]

    @pytest.mark.parametrize(
        "address",
        ["/", "/players/?q=a%26b&page=", "/tournaments/", "/nowhere/?x=1", "/matches/valorant/m%20x/"],
    )
    def test_the_link_on_a_page_leads_back_to_it(self, client, anna, address):
        assert self.sign_in(client, self.link_of(client.get(address))) == address

    def test_the_link_on_the_sign_in_page_keeps_it(self, client, anna):
        page = client.get("/sign-in/", {"next": "/players/?q=a"})

        assert self.sign_in(client, self.link_of(page)) == "/players/?q=a"

    def test_a_wrong_password_keeps_it(self, client, anna):
        page = client.post("/sign-in/", {"username": "anna", "password": "wrong", "next": "/feed/"})

        assert 'name="next" value="/feed/"' in page.content.decode()

    def test_a_form_leads_back_to_its_page(self, client, anna):
        came_from = {"HTTP_REFERER": "http://testserver/players/DC-25-000001/activity/?page=x"}
        answer = client.post("/settings/timeline/", {}, **came_from)

        assert self.sign_in(client, answer["Location"]) == "/players/DC-25-000001/activity/?page=x"

    def test_a_part_of_a_page_leads_back_to_the_page(self, client, anna):
        asked = {"HX-Request": "true", "HX-Current-URL": "http://testserver/feed/?page=2"}
        answer = client.get("/feed/?page=3", headers=asked)

        assert (answer.status_code, answer.content) == (401, b"")
        assert self.sign_in(client, answer["HX-Redirect"]) == "/feed/?page=2"

    @pytest.mark.parametrize(
        "elsewhere",
        [
            "https://elsewhere.example/x",
            "//elsewhere.example/x",
            "http://testserver//elsewhere.example/x",
            "javascript:x",
        ],
    )
    def test_an_address_elsewhere_is_not_kept(self, client, anna, elsewhere):
        by_form = client.post("/settings/timeline/", {}, HTTP_REFERER=elsewhere)["Location"]
        asked = {"HX-Request": "true", "HX-Current-URL": elsewhere}
        by_part = client.get("/feed/", headers=asked)["HX-Redirect"]
        by_link = self.link_of(client.get("/sign-in/", {"next": elsewhere}))

        assert by_form == "/sign-in/?next=/settings/timeline/"
        assert (by_part, by_link) == ("/sign-in/?next=/", "/sign-in/?next=/")


class TestPrivacy:
    def test_it_needs_a_sign_in(self, client, db):
        assert client.get("/settings/privacy/")["Location"] == "/sign-in/?next=/settings/privacy/"
        assert client.post("/settings/privacy/", {})["Location"].startswith("/sign-in/")

    def test_boxes_show_what_is_set(self, client, anna):
        scene.hide(anna, matches=True)
        client.force_login(anna)

        page = client.get("/settings/privacy/").content.decode()
        assert 'name="show_match_history">' in page
        assert 'name="show_tournament_stats" checked>' in page

    @pytest.mark.parametrize(
        "ticked",
        [
            set(),
            {"show_match_history"},
            {"show_tournament_stats"},
            {"show_match_history", "show_tournament_stats"},
        ],
    )
    def test_saving_sets_both_for_this_player_alone(self, client, anna, ticked):
        other = scene.player("other")
        client.force_login(anna)

        answer = client.post("/settings/privacy/", dict.fromkeys(ticked, "on"), follow=True)

        assert "Saved" in text_of(answer)
        settings = PrivacySettings.objects.get(user=anna)
        assert settings.show_match_history == ("show_match_history" in ticked)
        assert settings.show_tournament_stats == ("show_tournament_stats" in ticked)
        assert PrivacySettings.objects.get(user=other).show_match_history

    def test_it_holds_at_once(self, client, anna):
        scene.match(anna, "m")
        address = reverse("player-matches", args=[anna.profile.public_id])
        assert Client().get(address).status_code == 200
        client.force_login(anna)
        client.post("/settings/privacy/", {})

        assert Client().get(address).status_code == 403

    def test_a_forged_post_is_refused(self, anna):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(anna)

        answer = strict.post("/settings/privacy/", {})

        assert answer.status_code == 403
        assert "The form had expired" in text_of(answer)
        assert PrivacySettings.objects.get(user=anna).show_match_history

    @pytest.mark.parametrize("method", ["put", "delete", "patch"])
    def test_no_other_method(self, client, anna, method):
        client.force_login(anna)
        assert getattr(client, method)("/settings/privacy/").status_code == 405


def test_the_header_names_the_signed_in_player(client, anna):
    client.force_login(anna)

    page = client.get("/").content.decode()
    assert reverse("player", args=[anna.profile.public_id]) in page
    assert "Sign in" not in page


def test_an_account_without_a_profile_still_gets_pages(client, anna):
    anna.profile.delete()
    client.force_login(type(anna).objects.get(pk=anna.pk))

    assert client.get("/").status_code == 200
