"""Limits of requests: attempts to sign in, by account and by address, and pages by address."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth import authenticate
from django.core.cache import cache
from django.test import Client, RequestFactory

from deltacrown.accounts import backends
from deltacrown.accounts.services import set_sign_in
from deltacrown.core.client_address import get_client_address
from deltacrown.core.errors import TooManyRequests
from deltacrown.freshness import cache_store
from tests import scene
from tests.web.reading import text_of

pytestmark = pytest.mark.django_db

#: A period that does not end while a test runs.
FOREVER = 1_000_000_000
PHRASE = "correct horse"
DOORS = ["/sign-in/", "/admin/login/"]


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()
    backends._own.clear()
    yield
    cache.clear()


@pytest.fixture
def boss():
    return set_sign_in(user=scene.player("boss"), password=PHRASE, is_staff=True)


def attempt(door, username, password, **headers):
    return Client().post(door, {"username": username, "password": password}, **headers)


@pytest.mark.parametrize("door", DOORS)
class TestAccount:
    @pytest.fixture(autouse=True)
    def _three(self, settings):
        settings.SIGN_IN_RATE_PER_ACCOUNT = f"3/{FOREVER}"

    def test_after_wrong_passwords_the_right_one_is_refused_too(self, boss, door):
        answers = [attempt(door, "boss", "wrong", REMOTE_ADDR=f"192.0.2.{number}") for number in range(3)]
        answers.append(attempt(door, "boss", PHRASE))

        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert "Too many attempts to sign in. Try again in" in text_of(answers[3])
        assert 0 < int(answers[3]["Retry-After"]) <= FOREVER
        assert "sessionid" not in answers[3].cookies

    def test_another_account_is_not_held_up(self, boss, door):
        for _ in range(4):
            attempt(door, "anna", "wrong")

        assert attempt(door, "boss", PHRASE).status_code == 302

    def test_who_signs_in_begins_anew(self, boss, door):
        for password in ("wrong", "wrong", PHRASE, "wrong", "wrong"):
            attempt(door, "boss", password)

        assert attempt(door, "boss", PHRASE).status_code == 302

    def test_an_unknown_name_is_answered_alike(self, boss, door):
        def tell(name):
            answers = [attempt(door, name, "wrong") for _ in range(4)]
            drawn = r"\b[0-9a-f]{32}\b|\d+|boss|nobody"  # the number of the request, for one
            return [(answer.status_code, re.sub(drawn, "", text_of(answer))) for answer in answers]

        assert tell("boss") == tell("nobody")

    def test_a_name_in_another_case_is_no_other_account(self, boss, door):
        answers = [attempt(door, name, "wrong") for name in ("boss", "BOSS", "Boss", "boss")]

        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]

    def test_many_at_once_are_no_way_around(self, boss, door, monkeypatch):
        monkeypatch.setattr(backends.User, "check_password", lambda self, password: False)
        with ThreadPoolExecutor(8) as pool:
            request = RequestFactory().post(door)
            gate = backends.SignInLimit()
            refusals = list(pool.map(lambda _: _is_refused(gate, request), range(20)))

        assert refusals.count(False) == 3

    def test_a_stopped_cache_ends_no_limit(self, boss, door, monkeypatch):
        monkeypatch.setattr(cache_store, "count", lambda key, seconds: None)

        assert [attempt(door, "boss", "wrong").status_code for _ in range(4)] == [200, 200, 200, 429]


def _is_refused(gate, request):
    try:
        gate.authenticate(request, username="boss")
    except TooManyRequests:
        return True
    return False


@pytest.mark.parametrize("door", DOORS)
def test_an_address_has_so_many_attempts_over_all_accounts(boss, door, settings):
    settings.SIGN_IN_RATE_PER_ADDRESS = f"3/{FOREVER}"
    answers = [attempt(door, f"name{number}", "wrong") for number in range(3)]
    answers.append(attempt(door, "boss", PHRASE))

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert attempt(door, "boss", PHRASE, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_a_program_that_checks_a_password_is_limited_by_account(boss, settings):
    settings.SIGN_IN_RATE_PER_ACCOUNT = f"1/{FOREVER}"
    assert authenticate(username="boss", password="wrong") is None
    with pytest.raises(TooManyRequests):
        authenticate(username="boss", password=PHRASE)


@pytest.mark.usefixtures("redis_cache")
def test_the_count_is_one_for_all_processes_where_redis_is(boss, settings):
    settings.SIGN_IN_RATE_PER_ACCOUNT = f"2/{FOREVER}"
    answers = []
    for _ in range(3):
        answers.append(attempt("/sign-in/", "boss", "wrong").status_code)
        backends._own.clear()  # as another process has it

    assert answers == [200, 200, 429]


class TestPages:
    def test_an_address_gets_so_many_and_then_is_told_when(self, settings):
        settings.PAGE_RATE_PER_ADDRESS = f"2/{FOREVER}"
        answers = [Client().get("/players/") for _ in range(3)]

        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert "more than 2 pages" in text_of(answers[2])
        wait = int(answers[2]["Retry-After"])
        assert 0 < wait <= FOREVER
        assert f"Try again in {wait:,} seconds." in text_of(answers[2])
        assert "no-cache" in answers[2]["Cache-Control"]
        assert Client(REMOTE_ADDR="192.0.2.7").get("/players/").status_code == 200

    def test_supervisors_and_the_api_are_not_counted(self, settings):
        settings.PAGE_RATE_PER_ADDRESS = f"1/{FOREVER}"
        addresses = ["/healthz", "/readyz", "/api/v1/leaderboards", "/players/"]

        assert [Client().get(address).status_code for address in addresses] == [200] * 4

    def test_the_admin_is_counted(self, settings):
        settings.PAGE_RATE_PER_ADDRESS = f"1/{FOREVER}"

        assert [Client().get("/admin/login/").status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
        ("x" * 100, "x" * 64),
    ],
)
def test_an_ipv6_address_is_its_network(address, seen):
    assert get_client_address(RequestFactory().get("/", REMOTE_ADDR=address)) == seen
