"""Signing in with Steam and Discord: in, up, connected and not, and never round what a password meets."""

from __future__ import annotations

import logging
import re
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from allauth.socialaccount.models import SocialAccount, SocialToken
from allauth.usersessions.models import UserSession
from django.conf import settings as site
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.test import Client

from deltacrown.accounts.jobs import sweep_entrance
from deltacrown.accounts.models import ExternalId, User
from deltacrown.accounts.services import add_external_id, find_players_by_id, set_sign_in
from deltacrown.core.sealing import seal
from deltacrown.user_profile.people import standings
from deltacrown.user_profile.people.anonymising import anonymise_player
from tests import scene
from tests.accounts import fake_providers
from tests.web.reading import text_of

pytestmark = pytest.mark.django_db

PHRASE = "correct horse battery"
MAILBOX = "ann@example.org"
UID = {"steam": "76561198000000042", "discord": "80351110224678912"}
OTHER = {"steam": "76561198000000077", "discord": "80351110224678999"}
BOTH = pytest.mark.parametrize("provider", ["steam", "discord"])
DONE = {"connect": "signs you in from now on", "disconnect": "signs you in no more"}


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def fake(monkeypatch, settings):
    return fake_providers.install(monkeypatch, settings)


@pytest.fixture
def ann():
    user = set_sign_in(user=scene.player("ann"), password=PHRASE)
    User.objects.filter(pk=user.pk).update(email=MAILBOX)
    EmailAddress.objects.create(user=user, email=MAILBOX, primary=True, verified=True)
    return user


@pytest.fixture
def signed_in(ann):
    """A browser of ann's, who has just given her password."""
    client = Client()
    client.post("/sign-in/", {"username": "ann", "password": PHRASE})
    client.post("/sign-in/again/", {"password": PHRASE})
    return client


def connect(user, provider="discord", uid=None):
    return SocialAccount.objects.create(user=user, provider=provider, uid=uid or UID[provider])


def forget_password(user):
    """As of who signed up with a provider."""
    User.objects.filter(pk=user.pk).update(password=make_password(None))


def leave(client, provider, to=""):
    return client.post(f"/sign-in/with/{provider}/", {"next": to})["Location"]


def come_back(client, fake, provider, to="", uid=None, name="nelly"):
    return client.get(fake.agree(leave(client, provider, to), uid or UID[provider], name))


def send(client, do, provider="discord", **more):
    return client.post("/settings/sign-in/", {"do": do, "provider": provider, **more})


def code_in(mail):
    return re.search(r"^ {4}(\S+)$", mail.body, re.MULTILINE)[1]


def is_in(client):
    return "_auth_user_id" in client.session


def form_action_of(answer):
    return re.search(r"form-action ([^;]+)", answer["Content-Security-Policy"])[1]


class TestOff:
    ADDRESSES = (
        "sign-in/with/steam/",
        "sign-in/with/discord/",
        "sign-in/with/discord/back/",
        "sign-up/with/",
    )

    @pytest.mark.parametrize("address", [*ADDRESSES, "sign-in/again/with/", "settings/sign-in/"])
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_provider_that_is_not_named_is_not_there(self, signed_in, address, method):
        for client in (Client(), signed_in):
            assert getattr(client, method)(f"/{address}").status_code == 404

    def test_no_page_names_one_or_lets_a_form_lead_there(self, signed_in):
        pages = [Client().get("/sign-in/"), Client().get("/sign-up/"), signed_in.get("/settings/account/")]
        pages.append(signed_in.get("/settings/ids/"))

        assert {form_action_of(page) for page in pages} == {"'self'"}
        assert not any("/with/" in (html := page.content.decode()) or "Discord" in html for page in pages[:3])

    def test_one_alone(self, client, settings):
        settings.STEAM_SIGN_IN = True
        page = client.get("/sign-in/")

        assert ("Sign in with Steam" in text_of(page), "Discord" in text_of(page)) == (True, False)
        assert form_action_of(page) == "'self' https://steamcommunity.com"
        assert client.post("/sign-in/with/discord/").status_code == 404

    def test_nobody_is_asked_and_no_table_read(self, client, fake, settings, django_assert_num_queries):
        settings.STEAM_SIGN_IN, settings.DISCORD_CLIENT_ID = False, ""
        with django_assert_num_queries(0):
            client.get("/sign-in/")

        settings.STEAM_SIGN_IN, settings.DISCORD_CLIENT_ID = True, fake_providers.CLIENT
        with django_assert_num_queries(0):
            client.get("/sign-in/")
        assert fake.asked == []


class TestLeaving:
    @BOTH
    def test_it_takes_a_form(self, client, fake, provider):
        assert client.get(f"/sign-in/with/{provider}/").status_code == 405
        assert Client(enforce_csrf_checks=True).post(f"/sign-in/with/{provider}/").status_code == 403
        assert client.post("/sign-in/with/github/").status_code == 404

    def test_pages_with_a_button_may_lead_there_and_no_others(self, client, fake, signed_in):
        both = "'self' https://steamcommunity.com https://discord.com"
        for page in (client.get("/sign-in/"), client.get("/sign-up/"), signed_in.get("/settings/sign-in/")):
            assert form_action_of(page) == both
        wrong = client.post("/sign-in/", {"username": "ann", "password": "wrong"})
        assert form_action_of(wrong) == both
        for address in ("/", "/settings/account/", "/sign-in/again/", "/sign-in/forgotten/"):
            assert form_action_of(signed_in.get(address)) == "'self'"

    def test_only_what_is_needed_is_asked_for(self, client, fake):
        asked = parse_qs(urlsplit(leave(client, "discord")).query)

        assert asked["scope"] == ["identify"]
        assert asked["code_challenge_method"] == ["S256"]
        assert asked["redirect_uri"] == ["http://testserver/sign-in/with/discord/back/"]
        assert fake_providers.SECRET not in str(asked)

    def test_a_crafted_address_asks_for_no_more(self, client, fake):
        crafted = "/sign-in/with/discord/?scope=email,guilds&auth_params=prompt%3Dnone&process=connect"
        asked = parse_qs(urlsplit(client.post(crafted)["Location"]).query)

        assert (asked["scope"], "prompt" in asked) == (["identify"], False)

    def test_too_many_are_refused(self, client, fake, settings):
        settings.SIGN_IN_RATE_PER_ADDRESS = "2/1000000000"
        answers = [client.post("/sign-in/with/steam/").status_code for _ in range(3)]

        assert answers == [302, 302, 429]


class TestSigningIn:
    @BOTH
    def test_one_is_in_and_where_one_wanted_to_be(self, client, fake, ann, provider):
        connect(ann, provider)
        answer = come_back(client, fake, provider, to="/feed/?page=2")

        assert (answer["Location"], is_in(client)) == ("/feed/?page=2", True)
        session = UserSession.objects.get()
        assert (session.user, session.session_key) == (ann, client.session.session_key)
        assert client.get("/settings/sessions/").status_code == 200
        assert (SocialToken.objects.count(), SocialAccount.objects.get().extra_data) == (0, {})

    @pytest.mark.parametrize(
        "to", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:x"]
    )
    def test_it_never_leads_elsewhere(self, client, fake, ann, to):
        connect(ann)
        assert come_back(client, fake, "discord", to=to)["Location"] == "/"

    def test_the_session_is_another_one(self, client, fake, ann):
        connect(ann)
        location = leave(client, "discord")
        before = client.session.session_key
        client.get(fake.agree(location, UID["discord"]))

        assert client.session.session_key != before

    def test_when_it_was_last_used_is_noted(self, client, fake, ann):
        connect(ann)
        SocialAccount.objects.update(last_login=datetime(2020, 1, 1, tzinfo=UTC))
        come_back(client, fake, "discord")

        assert SocialAccount.objects.get().last_login.year > 2020

    @BOTH
    def test_a_second_factor_is_asked_for(self, client, fake, ann, provider):
        connect(ann, provider)
        secret = auth.generate_totp_secret()
        Authenticator.objects.create(
            user=ann, type="totp", data={"secret": seal(secret, name="second-factor")}
        )

        assert come_back(client, fake, provider, to="/feed/")["Location"] == "/sign-in/code/"
        assert not is_in(client)
        assert client.post("/sign-in/code/", {"code": "000000"}).status_code == 400
        code = auth.format_hotp_value(auth.hotp_value(secret, int(time.time()) // 30))
        assert client.post("/sign-in/code/", {"code": code})["Location"] == "/feed/"
        assert is_in(client)

    def test_an_account_that_staff_closed_stays_closed(self, client, fake, ann):
        connect(ann)
        scene_staff = scene.player("clerk", is_superuser=True, is_staff=True)
        standings.close_account(user=ann, by=scene_staff, reason="", now=datetime.now(UTC))
        answer = come_back(client, fake, "discord")

        assert (answer.status_code, is_in(client)) == (410, False)
        assert "This account is closed." in text_of(answer)

    def test_who_closed_it_themselves_is_asked_whether_to_reopen(self, client, fake, ann):
        connect(ann)
        standings.close_account(user=ann, by=ann, reason="", now=datetime.now(UTC))

        assert come_back(client, fake, "discord", to="/feed/")["Location"] == "/sign-in/reopen/"
        assert not is_in(client)
        assert client.post("/sign-in/reopen/")["Location"] == "/feed/"
        assert is_in(client)

    def test_an_account_that_was_merged_lets_nobody_in(self, client, fake, ann):
        connect(ann)
        User.objects.filter(pk=ann.pk).update(merged_into=scene.player("bob"), is_active=False)
        answer = come_back(client, fake, "discord")

        assert (answer.status_code, is_in(client)) == (410, False)

    def test_who_is_suspended_comes_in_as_by_password(self, client, fake, ann):
        connect(ann)
        clerk = scene.player("clerk", is_superuser=True, is_staff=True)
        now = datetime.now(UTC)
        standings.suspend_player(user=ann, by=clerk, reason="Cheats", until=None, now=now)
        come_back(client, fake, "discord")

        assert "Suspended" in text_of(client.get("/settings/account/"))
        client.post("/sign-in/again/", {"password": PHRASE})
        answer = send(client, "link")
        assert (answer.status_code, ExternalId.objects.count()) == (403, 0)

    def test_who_is_in_already_is_led_on(self, signed_in, fake):
        assert signed_in.post("/sign-in/with/discord/", {"next": "/feed/"})["Location"] == "/feed/"


class TestAnswersThatProveNothing:
    def refused(self, client, answer, status=400):
        assert (answer.status_code, is_in(client)) == (status, False)
        assert "/sign-in/" in answer.content.decode()
        return text_of(answer)

    @BOTH
    def test_another_browser_gains_nothing(self, client, fake, ann, provider):
        connect(ann, provider)
        address = fake.agree(leave(Client(), provider), UID[provider])

        assert "Begin again, in this browser." in self.refused(client, client.get(address))
        leave(client, provider)
        self.refused(client, client.get(address))
        assert fake.asked == []

    @BOTH
    def test_it_counts_once(self, fake, ann, provider):
        connect(ann, provider)
        client = Client()
        address = fake.agree(leave(client, provider), UID[provider])
        assert client.get(address).status_code == 302

        client.logout()
        self.refused(client, client.get(address))

    def test_the_state_of_one_provider_is_none_of_the_other(self, client, fake, ann):
        connect(ann, "steam")
        state = parse_qs(urlsplit(leave(client, "discord")).query)["state"][0]
        back = f"http://testserver/sign-in/with/steam/back/?state={state}"
        self.refused(client, client.get(fake.say_as_steam(back, UID["steam"])))

    def test_what_was_begun_ends_after_ten_minutes(self, client, fake, ann, monkeypatch):
        connect(ann)
        address = fake.agree(leave(client, "discord"), UID["discord"])
        later = time.time() + 601
        monkeypatch.setattr(time, "time", lambda: later)

        self.refused(client, client.get(address))

    @BOTH
    def test_nothing_at_all(self, client, fake, provider):
        for query in ("", "?state=x", "?state=x&code=y&openid.mode=id_res", "?code=1&code=2&state="):
            self.refused(client, client.get(f"/sign-in/with/{provider}/back/{query}"))
        assert client.post(f"/sign-in/with/{provider}/back/").status_code == 405

    def test_who_says_no_is_told_that_nothing_changed(self, client, fake, ann):
        connect(ann)
        state = parse_qs(urlsplit(leave(client, "discord")).query)["state"][0]
        answer = client.get(f"/sign-in/with/discord/back/?error=access_denied&state={state}")
        assert "You did not let Discord tell who you are." in self.refused(client, answer)

        back = parse_qs(urlsplit(leave(client, "steam")).query)["openid.return_to"][0]
        answer = client.get(fake_providers.path_of(back) + "&openid.mode=cancel")
        assert "You did not let Steam tell who you are." in self.refused(client, answer)
        assert fake.asked == []

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("openid.claimed_id", "https://steamcommunity.com/openid/id/76561198000000077"),
            ("openid.claimed_id", "https://evil.example/openid/id/76561198000000042"),
            ("openid.op_endpoint", "https://evil.example/openid/login"),
            ("openid.return_to", "http://testserver/sign-in/with/steam/back/?state=other"),
            ("openid.signed", "signed,op_endpoint,claimed_id,identity,response_nonce,assoc_handle"),
            ("openid.sig", "made-up"),
            ("openid.ns", "http://openid.net/signon/1.1"),
            ("openid.response_nonce", "2026-01-01T00:00:00Zother"),
        ],
    )
    def test_nothing_that_steam_said_can_be_changed(self, client, fake, ann, name, value):
        connect(ann, "steam")
        connect(scene.player("bob"), "steam", OTHER["steam"])
        address = fake.agree(leave(client, "steam"), UID["steam"])
        said = {key: each[0] for key, each in parse_qs(urlsplit(address).query).items()} | {name: value}

        self.refused(client, client.get("/sign-in/with/steam/back/", said))
        assert all(asked == f"POST {fake_providers.STEAM}" for asked in fake.asked)

    def test_a_value_given_twice_is_no_answer(self, client, fake, ann):
        connect(ann, "steam")
        address = fake.agree(leave(client, "steam"), UID["steam"])
        self.refused(client, client.get(address + "&openid.sig=other"))

    def test_a_code_that_is_made_up(self, client, fake, ann):
        connect(ann)
        state = parse_qs(urlsplit(leave(client, "discord")).query)["state"][0]
        answer = client.get(f"/sign-in/with/discord/back/?code=made-up&state={state}")
        assert "Discord does not answer as it should." in self.refused(client, answer, 503)

    @BOTH
    @pytest.mark.parametrize(
        "fault",
        [
            requests.ConnectTimeout("to https://host/?client_secret=a-secret-of-discord"),
            requests.ReadTimeout("too late"),
            requests.ConnectionError("refused"),
            (500, "down"),
            (503, {"access_token": "x"}),
            (302, "", {"Location": "https://evil.example/"}),
        ],
        ids=str,
    )
    def test_a_provider_that_does_not_answer_is_a_page(self, client, fake, ann, provider, fault, caplog):
        connect(ann, provider)
        address = fake.agree(leave(client, provider), UID[provider])
        fake.fault = fault
        with caplog.at_level(logging.WARNING):
            answer = client.get(address)

        assert "does not answer as it should. Try again in some minutes." in self.refused(client, answer, 503)
        assert fake_providers.SECRET not in caplog.text
        assert len(fake.asked) == 1  # it is not asked again, and nobody else

    @pytest.mark.parametrize(
        "body",
        ["", "x", "[]", "null", "7", '"x"', "{}", '{"access_token": null}', '{"access_token": "x", "id": 7}']
        + [
            f'{{"access_token": "x", "id": "{uid}"}}' for uid in ("", "7", "x" * 20, "8035111022467891\u0662")
        ],
    )
    def test_an_answer_that_cannot_be_read_is_a_page(self, client, fake, body):
        address = fake.agree(leave(client, "discord"), UID["discord"])
        fake.fault = (200, body, {"Content-Type": "application/json"})

        self.refused(client, client.get(address), 503)

    def test_steam_that_says_no(self, client, fake, ann):
        connect(ann, "steam")
        address = fake.agree(leave(client, "steam"), UID["steam"])
        fake.fault = (200, "ns:http://specs.openid.net/auth/2.0\nis_valid:false\nx:is_valid:true\n")
        self.refused(client, client.get(address))


class TestSigningUp:
    def sign_up(self, client, name="Nelly", email=MAILBOX):
        return client.post("/sign-up/with/", {"username": name, "email": email})

    @BOTH
    def test_by_a_username_and_a_mailed_code(self, client, fake, mailoutbox, provider):
        assert come_back(client, fake, provider, to="/feed/")["Location"] == "/sign-up/with/"
        page = client.get("/sign-up/with/").content.decode()
        assert ('value="nelly"' in page) == (provider == "discord")
        assert "password" not in page.replace("Sign in with your password", "")

        assert self.sign_up(client)["Location"] == "/sign-up/confirm/"
        user = User.objects.get()
        assert (user.is_active, user.has_usable_password(), is_in(client)) == (False, False, False)
        (mail,) = mailoutbox
        assert mail.to == [MAILBOX]
        answer = client.post("/sign-up/confirm/", {"code": code_in(mail), "action": "verify"})
        assert (answer["Location"], is_in(client)) == ("/feed/", True)
        user.refresh_from_db()
        assert (user.username, user.email, user.is_active) == ("Nelly", MAILBOX, True)
        assert not ExternalId.objects.exists()

        again = Client()
        assert come_back(again, fake, provider)["Location"] == "/"
        assert is_in(again)

    def test_the_providers_address_is_neither_asked_for_nor_believed(self, client, fake, ann, mailoutbox):
        """Discord's token tells an address all the same; it is nobody's here."""
        User.objects.filter(pk=ann.pk).update(email="x@y.example")
        EmailAddress.objects.update(email="x@y.example")

        assert come_back(client, fake, "discord")["Location"] == "/sign-up/with/"
        assert "x@y.example" not in client.get("/sign-up/with/").content.decode()
        assert (is_in(client), SocialAccount.objects.count(), mailoutbox) == (False, 0, [])

    def test_an_address_that_has_an_account_is_answered_alike_and_connects_nothing(
        self, client, fake, ann, mailoutbox
    ):
        come_back(client, fake, "discord")
        answer = self.sign_up(client)
        page = client.get("/sign-up/confirm/")

        assert answer["Location"] == "/sign-up/confirm/"
        assert f"We sent a mail to {MAILBOX}." in text_of(page)
        assert "You have an account already" in mailoutbox[0].subject
        assert (User.objects.count(), SocialAccount.objects.count()) == (1, 0)
        free = Client()
        come_back(free, fake, "discord", uid=OTHER["discord"])
        other = self.sign_up(free, name="Else", email="else@example.org")
        shown = free.get("/sign-up/confirm/")
        assert (other.status_code, other["Location"]) == (answer.status_code, answer["Location"])
        assert text_of(shown).replace("else@example.org", MAILBOX) == text_of(page)

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("ann", "is the name of another player"),
            ("a:b", "remove “:”"),
            ("\u0410nn", "which mixes letters that look alike"),
        ],
    )
    def test_a_name_that_cannot_be_had_is_refused_at_the_field(self, client, fake, ann, name, said):
        come_back(client, fake, "discord")
        answer = self.sign_up(client, name=name, email="new@example.org")

        assert answer.status_code == 400
        assert said in text_of(answer)
        assert (User.objects.count(), SocialAccount.objects.count()) == (1, 0)
        assert self.sign_up(client, name="Free", email="new@example.org")["Location"] == "/sign-up/confirm/"

    def test_sent_twice_it_is_one_account(self, client, fake):
        come_back(client, fake, "discord")
        self.sign_up(client)
        assert self.sign_up(client).status_code == 302
        assert User.objects.count() == SocialAccount.objects.count() == 1

    def test_two_browsers_with_one_proof_make_one_account(self, client, fake):
        other = Client()
        come_back(client, fake, "discord")
        come_back(other, fake, "discord")
        self.sign_up(client)
        answer = self.sign_up(other, name="Second", email="second@example.org")

        assert answer.status_code == 400
        assert "It signs in to an account here already" in text_of(answer)
        assert list(User.objects.values_list("username", flat=True)) == ["Nelly"]

    def test_who_closed_the_browser_goes_on_by_coming_again(self, client, fake, mailoutbox):
        come_back(client, fake, "discord")
        self.sign_up(client)
        other = Client()

        assert come_back(other, fake, "discord", to="/feed/")["Location"] == "/sign-up/confirm/"
        assert other.post("/sign-up/confirm/", {"code": code_in(mailoutbox[1])})["Location"] == "/feed/"

    def test_an_account_that_nobody_confirms_goes_with_its_connection(self, client, fake):
        come_back(client, fake, "discord")
        self.sign_up(client)
        sweep_entrance(clock=lambda: datetime.now(UTC) + timedelta(days=9))

        assert not SocialAccount.objects.exists()
        assert come_back(Client(), fake, "discord")["Location"] == "/sign-up/with/"

    def test_where_nobody_may_sign_up_it_says_what_to_do(self, client, fake, settings):
        settings.SIGN_UP = False
        answer = come_back(client, fake, "discord")

        assert answer.status_code == 400
        assert "Sign in with your password, and connect it then." in text_of(answer)
        assert client.get("/sign-up/with/").status_code == 302

    def test_the_choice_of_a_name_ends(self, client, fake, monkeypatch):
        come_back(client, fake, "discord")
        later = datetime.now(UTC) + timedelta(minutes=31)
        monkeypatch.setattr("deltacrown.core.clock.now", lambda: later)

        assert self.sign_up(client)["Location"] == "/sign-in/"
        assert not User.objects.exists()

    def test_nobody_gets_there_without_a_provider(self, client, fake):
        assert client.get("/sign-up/with/")["Location"] == "/sign-in/"
        assert self.sign_up(client)["Location"] == "/sign-in/"


class TestConnecting:
    def go(self, client, fake, provider="discord", uid=None, **more):
        location = send(client, "connect", provider, **more)["Location"]
        return client.get(fake.agree(location, uid or UID[provider]), follow=True)

    @BOTH
    def test_from_then_on_it_signs_in_and_the_mailbox_is_told(
        self, signed_in, fake, ann, mailoutbox, provider
    ):
        page = self.go(signed_in, fake, provider)

        assert DONE["connect"] in text_of(page)
        row = SocialAccount.objects.get()
        assert (row.user, row.provider, row.uid, row.extra_data) == (ann, provider, UID[provider], {})
        assert "now signs in to your account here" in mailoutbox[0].body
        assert not ExternalId.objects.exists()
        other = Client()
        come_back(other, fake, provider)
        assert is_in(other)

    def test_the_password_is_asked_for_first(self, signed_in, fake, ann):
        client = Client()
        client.force_login(ann)

        assert client.get("/settings/sign-in/")["Location"].startswith("/sign-in/again/?next=")
        for do in ("connect", "disconnect", "link"):
            assert send(client, do)["Location"] == "/settings/sign-in/"
        assert Client().get("/settings/sign-in/")["Location"].startswith("/sign-in/?next=")
        assert fake.asked == []

    def test_the_id_is_linked_for_who_ticks_so(self, signed_in, fake, ann):
        self.go(signed_in, fake, "steam", with_id="1")

        found = find_players_by_id([f"steam:{UID['steam']}"])
        assert list(found.values()) == [ann]
        assert "among your linked ids" in text_of(signed_in.get("/settings/sign-in/"))

    def test_the_id_is_linked_later(self, signed_in, fake, ann):
        self.go(signed_in, fake)
        for _ in range(2):
            assert send(signed_in, "link").status_code == 302

        assert list(find_players_by_id([f"discord:{UID['discord']}"]).values()) == [ann]

    def test_an_id_one_only_claimed_is_confirmed(self, signed_in, fake, ann):
        add_external_id(user=ann, external_id=f"steam:{UID['steam']}", confirmed=False)
        self.go(signed_in, fake, "steam", with_id="1")

        assert ExternalId.objects.get().is_confirmed

    def test_an_id_that_finds_somebody_else_stays_theirs(self, signed_in, fake, ann):
        bob = scene.player("bob")
        add_external_id(user=bob, external_id=f"steam:{UID['steam']}", confirmed=True)
        page = text_of(self.go(signed_in, fake, "steam", with_id="1"))

        assert "already finds another player here, so it was not linked" in page
        assert "merge the two accounts" in page
        assert "bob" not in page
        assert ExternalId.objects.get().user == bob
        assert SocialAccount.objects.get().user == ann
        assert send(signed_in, "link", "steam").status_code == 409

    def test_somebody_elses_is_refused_without_a_name(self, signed_in, fake, ann):
        bob = scene.player("bob")
        connect(bob)
        page = text_of(self.go(signed_in, fake, with_id="1"))

        assert "It signs in to another account here." in page
        assert "bob" not in page
        assert SocialAccount.objects.get().user == bob
        assert not ExternalId.objects.exists()

    def test_that_of_an_account_merged_into_ones_own_comes_along(self, signed_in, fake, ann):
        old = scene.player("old")
        connect(old)
        User.objects.filter(pk=old.pk).update(merged_into=ann, is_active=False)
        self.go(signed_in, fake)

        assert SocialAccount.objects.get().user == ann

    def test_one_of_each_provider(self, signed_in, fake, ann):
        self.go(signed_in, fake)
        page = self.go(signed_in, fake, uid=OTHER["discord"])

        assert "You have connected another one. Disconnect that first." in text_of(page)
        assert SocialAccount.objects.get().uid == UID["discord"]

    def test_who_signs_in_as_another_meanwhile_connects_nothing(self, signed_in, fake, ann):
        location = send(signed_in, "connect")["Location"]
        signed_in.force_login(scene.player("bob"))
        answer = signed_in.get(fake.agree(location, UID["discord"]))

        assert (answer.status_code, SocialAccount.objects.count()) == (400, 0)

    def test_a_sign_in_that_was_begun_elsewhere_connects_nothing(self, signed_in, fake):
        """An attacker's answer, opened by the victim, must not tie the attacker's account to the victim's."""
        stranger = Client()
        address = fake.agree(leave(stranger, "discord"), OTHER["discord"])
        send(signed_in, "connect")

        assert signed_in.get(address).status_code == 400
        assert not SocialAccount.objects.exists()

    def test_a_provider_that_is_away_connects_nothing(self, signed_in, fake):
        location = send(signed_in, "connect")["Location"]
        address = fake.agree(location, UID["discord"])
        fake.fault = requests.ReadTimeout("too late")
        answer = signed_in.get(address)

        assert (answer.status_code, SocialAccount.objects.count()) == (503, 0)
        assert 'href="/settings/sign-in/"' in answer.content.decode()

    def test_what_cannot_be_done_is_refused(self, signed_in, fake):
        answers = [
            send(signed_in, *each) for each in [("steal",), ("connect", "github"), ("link",), ("disconnect",)]
        ]
        assert [answer.status_code for answer in answers] == [400, 400, 400, 400]


class TestDisconnecting:
    def come_in(self, client, fake):
        """Sign in without a password, and show once more who one is."""
        come_back(client, fake, "discord")
        location = client.post("/sign-in/again/with/", {"provider": "discord"})["Location"]
        client.get(fake.agree(location, UID["discord"]))

    def test_it_signs_in_no_more_and_ends_what_it_began(self, signed_in, fake, ann, mailoutbox):
        connect(ann)
        elsewhere = Client()
        come_back(elsewhere, fake, "discord")
        page = signed_in.post("/settings/sign-in/", {"do": "disconnect", "provider": "discord"}, follow=True)

        assert DONE["disconnect"] in text_of(page)
        assert not SocialAccount.objects.exists()
        assert elsewhere.get("/settings/sessions/").status_code == 302
        assert signed_in.get("/settings/sessions/").status_code == 200
        assert "signs in to your account here no more" in mailoutbox[0].body
        assert come_back(Client(), fake, "discord")["Location"] == "/sign-up/with/"

    def test_the_last_way_in_stays(self, client, fake, ann):
        forget_password(ann)
        connect(ann)
        self.come_in(client, fake)
        page = client.get("/settings/sign-in/")
        assert "Discord is your only way in." in text_of(page)
        assert "/settings/password/first/" in page.content.decode()

        answer = send(client, "disconnect")
        assert (answer.status_code, SocialAccount.objects.count()) == (409, 1)
        assert "Set a password first." in text_of(answer)

        given = {"password1": PHRASE, "password2": PHRASE}
        assert client.post("/settings/password/first/", given).status_code == 302
        assert send(client, "disconnect").status_code == 302
        assert not SocialAccount.objects.exists()

    def test_a_provider_that_is_off_is_no_way_in(self, client, fake, ann, settings):
        forget_password(ann)
        connect(ann)
        connect(ann, "steam")
        self.come_in(client, fake)
        settings.STEAM_SIGN_IN = False
        assert send(client, "disconnect").status_code == 409

        settings.STEAM_SIGN_IN = True
        assert send(client, "disconnect").status_code == 302
        assert SocialAccount.objects.get().provider == "steam"

    def test_a_linked_id_stays_linked(self, signed_in, fake, ann):
        connect(ann)
        send(signed_in, "link")
        send(signed_in, "disconnect")

        assert ExternalId.objects.get().is_confirmed


class TestAskedAgain:
    @BOTH
    def test_who_has_no_password_asks_the_provider(self, client, fake, ann, provider, monkeypatch):
        forget_password(ann)
        connect(ann, provider)
        come_back(client, fake, provider)

        asked = client.get("/settings/email/")["Location"]
        assert asked == "/sign-in/again/with/?next=%2Fsettings%2Femail%2F"
        assert form_action_of(client.get(asked)) == "'self' https://steamcommunity.com https://discord.com"
        location = client.post(asked, {"provider": provider})["Location"]
        assert client.get(fake.agree(location, UID[provider]))["Location"] == "/settings/email/"
        assert client.get("/settings/email/").status_code == 200
        later = datetime.now(UTC) + timedelta(seconds=301)
        monkeypatch.setattr("deltacrown.accounts.backends.now", lambda: later)
        assert client.get("/settings/email/")["Location"] == asked

    def test_anothers_account_there_proves_nothing(self, client, fake, ann):
        forget_password(ann)
        connect(ann)
        connect(scene.player("bob"), uid=OTHER["discord"])
        come_back(client, fake, "discord")
        location = client.post("/sign-in/again/with/", {"provider": "discord"})["Location"]

        assert client.get(fake.agree(location, OTHER["discord"])).status_code == 400
        assert client.get("/settings/email/").status_code == 302

    def test_one_that_is_not_connected_is_not_offered(self, signed_in, fake, ann):
        assert signed_in.get("/sign-in/again/with/")["Location"] == "/sign-in/again/"
        connect(ann)
        page = signed_in.get("/sign-in/again/with/")
        assert ("Ask Discord" in text_of(page), "Ask Steam" in text_of(page)) == (True, False)
        assert signed_in.post("/sign-in/again/with/", {"provider": "steam"}).status_code == 400

    def test_who_has_a_password_may_choose(self, fake, ann):
        connect(ann)
        client = Client()
        client.force_login(ann)
        page = client.get(client.get("/settings/email/")["Location"])
        assert "/sign-in/again/with/" in page.content.decode()

    def test_where_the_provider_is_off_a_mail_sets_a_password(self, client, fake, ann, settings):
        forget_password(ann)
        connect(ann)
        come_back(client, fake, "discord")
        settings.STEAM_SIGN_IN, settings.DISCORD_CLIENT_ID = False, ""

        asked = client.get("/settings/email/")["Location"]
        assert asked.startswith("/sign-in/forgotten/")
        assert client.get(asked).status_code == 200


def test_it_goes_with_who_is_anonymised(ann):
    connect(ann, "steam")
    connect(ann)
    anonymise_player(user=ann, by=None, now=datetime.now(UTC), without_export=True)

    assert not SocialAccount.objects.exists()


def test_secrets_are_in_no_page_and_no_log(client, fake, ann, caplog):
    connect(ann)
    with caplog.at_level(logging.DEBUG):
        answer = come_back(client, fake, "discord")

    assert fake_providers.SECRET not in caplog.text + answer.content.decode() + str(answer.headers)
    assert site.SOCIALACCOUNT_STORE_TOKENS is False
