"""The second factor: setting it up, signing in with it, and no door without it."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.core.cache import cache
from django.test import Client

from deltacrown.accounts import backends
from deltacrown.accounts.services import remove_second_factor, set_sign_in
from deltacrown.user_profile.people import standings
from tests import scene
from tests.web.reading import text_of

pytestmark = pytest.mark.django_db

PHRASE = "correct horse battery"


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()
    backends._own.clear()
    yield
    cache.clear()


@pytest.fixture
def ann():
    return set_sign_in(user=scene.player("ann"), password=PHRASE)


def sign_in(client, to=""):
    return client.post("/sign-in/", {"username": "ann", "password": PHRASE, "next": to})


def is_in(client):
    return "_auth_user_id" in client.session


def code_of(secret):
    """The code that the app shows now; a code counts once."""
    cache.clear()
    return auth.format_hotp_value(auth.hotp_value(secret, int(time.time()) // 30))


@pytest.fixture
def set_up(ann):
    """The secret and the recovery codes of who has set it up."""
    client = Client()
    sign_in(client)
    asked = client.get("/settings/second-factor/app/")
    assert asked["Location"].startswith("/sign-in/again/")
    page = client.post(asked["Location"], {"password": PHRASE}, follow=True).content.decode()
    assert '<div class="qr"><svg' in page
    secret = re.search(r'class="secret">(\w+)<', page)[1]
    assert client.post("/settings/second-factor/app/", {"code": "000000"}).status_code == 400
    answer = client.post("/settings/second-factor/app/", {"code": code_of(secret)})
    assert answer["Location"] == "/settings/second-factor/codes/"
    codes = re.findall(r"<li><code>(\w+)</code>", client.get(answer["Location"]).content.decode())
    assert len(codes) == 10
    assert "10 codes are left." in text_of(client.get(answer["Location"]))
    return client, secret, codes


class TestSigningIn:
    def test_the_password_alone_is_not_enough_and_the_code_of_the_app_is(self, set_up):
        _, secret, _ = set_up
        client = Client()
        assert sign_in(client, to="/feed/")["Location"] == "/sign-in/code/"
        assert client.get("/settings/account/").status_code == 302
        assert client.post("/sign-in/code/", {"code": "000000"}).status_code == 400

        assert client.post("/sign-in/code/", {"code": code_of(secret)})["Location"] == "/feed/"
        assert is_in(client)

    def test_a_code_signs_in_once(self, set_up):
        _, secret, _ = set_up
        first, second = Client(), Client()
        code = code_of(secret)
        for client in (first, second):
            sign_in(client)
            client.post("/sign-in/code/", {"code": code})

        assert (is_in(first), is_in(second)) == (True, False)

    def test_a_recovery_code_signs_in_once(self, set_up):
        _, _, codes = set_up
        first, second = Client(), Client()
        for client in (first, second):
            sign_in(client)
            client.post("/sign-in/code/", {"code": codes[0]})

        assert (is_in(first), is_in(second)) == (True, False)

    def test_guessing_is_limited_as_passwords_are(self, set_up, settings):
        cache.clear()
        settings.SIGN_IN_RATE_PER_ACCOUNT = "3/1000000000"
        client = Client()
        sign_in(client)
        answers = [client.post("/sign-in/code/", {"code": "000000"}) for _ in range(3)]

        assert [answer.status_code for answer in answers] == [400, 400, 429]

    def test_the_page_needs_a_password_first(self, client):
        assert client.get("/sign-in/code/")["Location"] == "/sign-in/"

    def test_the_door_of_the_admin_is_none_without_it(self, set_up, ann):
        set_sign_in(user=ann, password=PHRASE, is_staff=True)
        client = Client()
        answer = client.post("/admin/login/", {"username": "ann", "password": PHRASE})

        assert "This account has a second factor" in text_of(answer)
        assert not is_in(client)

    def test_nor_is_reopening_the_account(self, set_up, ann):
        _, secret, _ = set_up
        ann.refresh_from_db()
        standings.close_account(user=ann, by=ann, now=datetime.now(UTC))
        client = Client()
        assert sign_in(client)["Location"] == "/sign-in/reopen/"
        assert "Code of your second factor" in text_of(client.get("/sign-in/reopen/"))
        assert client.post("/sign-in/reopen/", {"code": "000000"}).status_code == 400
        ann.refresh_from_db()
        assert (ann.is_active, client.post("/sign-in/reopen/").status_code) == (False, 400)

        client.post("/sign-in/reopen/", {"code": code_of(secret)})

        ann.refresh_from_db()
        assert (ann.is_active, is_in(client)) == (True, True)


def test_secrets_are_stored_sealed(set_up):
    _, secret, codes = set_up
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))

    assert secret not in stored
    assert not any(code in stored for code in codes)


def test_under_another_secret_key_no_code_fits(set_up, settings):
    _, secret, _ = set_up
    client = Client()
    sign_in(client)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another" * 10
    assert Authenticator.objects.get(type="totp").wrap().validate_code(code_of(secret))
    settings.SECRET_KEY_FALLBACKS = []

    assert not Authenticator.objects.get(type="totp").wrap().validate_code(code_of(secret))


def test_it_is_taken_away_and_other_codes_are_made(set_up):
    client, _, codes = set_up
    client.post("/settings/second-factor/codes/new/")
    other = Client()
    sign_in(other)
    assert other.post("/sign-in/code/", {"code": codes[1]}).status_code == 400

    client.post("/settings/second-factor/app/remove/")

    assert not Authenticator.objects.exists()
    assert sign_in(Client())["Location"] == "/"


def test_staff_take_it_from_who_has_lost_it(set_up, ann):
    assert remove_second_factor(user=ann)

    assert sign_in(Client())["Location"] == "/"
    assert not remove_second_factor(user=ann)
