"""API keys on their pages: made once, shown once, revoked for good."""

from __future__ import annotations

import logging
import re

import pytest
from django.test import Client

from deltacrown.accounts.models import AnsweredRequest, ApiKey
from deltacrown.accounts.rights import Right
from deltacrown.accounts.services import authenticate_key, create_key
from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.web.reading import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_reactions")]

PASSWORD = "crown-test-password"  # noqa: S105 - of a test
KEYS = "/settings/keys/"
SECRET = re.compile(r"dck_[0-9a-f]{12}_[\w-]{43}")


@pytest.fixture
def anna():
    user = scene.player("anna")
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def inside(anna, client):
    client.force_login(anna)
    client.post("/sign-in/again/", {"password": PASSWORD})
    return client


def fill(client, **fields):
    form = re.search(r'name="form" value="([\w-]{32})"', client.get(KEYS).content.decode())[1]
    return {"name": "bot", "scopes": ["read"], "form": form} | fields


def test_a_key_is_made_once_and_its_secret_is_in_that_answer_alone(inside, anna, caplog):
    caplog.set_level(logging.DEBUG)
    posted = fill(inside, scopes=["read", "tournaments:write"])
    made = inside.post(KEYS, posted)
    secret = SECRET.search(made.content.decode())[0]

    assert made.status_code == 201
    assert "no-store" in made["Cache-Control"]
    assert authenticate_key(secret=secret, now=scene.NOON).scopes == ["read", "tournaments:write"]
    again = inside.post(KEYS, posted)
    prefix = ApiKey.objects.get().prefix
    assert (again.status_code, f"made the key {prefix} the first time" in text_of(again)) == (409, True)
    kept = [str(each) for each in (dict(inside.session), *AnsweredRequest.objects.values())]
    pages = [inside.get(address).content.decode() for address in (KEYS, f"{KEYS}{prefix}/")]
    assert [SECRET.search(text) for text in (*kept, *pages, again.content.decode(), caplog.text)] == [
        None
    ] * (len(kept) + 4)
    assert "bot dck_" in text_of(inside.get(KEYS))


def test_making_one_asks_for_the_password_first(anna, client):
    client.force_login(anna)
    asked = client.post(KEYS, fill(client))
    assert (asked.status_code, ApiKey.objects.count()) == (302, 0)

    made = client.post(asked["Location"], {"password": PASSWORD})
    assert (made.status_code, ApiKey.objects.get().name) == (201, "bot")
    assert "no-store" in made["Cache-Control"]


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"name": " "}, 400, "This"),
        ({"name": "x" * 61}, 400, "This"),
        ({"scopes": []}, 400, "This is missing: tick at least one"),
        ({"scopes": ["matches:write"]}, 400, "This is a permission that you may not grant"),
        ({"form": "x"}, 400, "This form is damaged"),
        ({"scopes": ["read", "tournaments:write"]}, 400, "This is a permission that you may not grant"),
    ],
)
def test_what_is_refused_makes_none_and_keeps_what_was_typed(inside, anna, fields, status, said):
    if len(fields.get("scopes", [])) == 2:
        UserProfile.objects.filter(user=anna).update(standing="SUSPENDED")
    answer = inside.post(KEYS, fill(inside, **fields))

    assert (answer.status_code, said in text_of(answer)) == (status, True)
    assert not ApiKey.objects.exists()
    assert ('value="bot"' in answer.content.decode()) == ("name" not in fields)


def test_only_what_one_may_grant_is_offered_and_no_more_than_twenty(inside, anna):
    assert text_of(inside.get(KEYS)).count("matches:write") == 0
    staff = Client()
    staff.force_login(scene.staff("rita", Right.GRANT_RECORDING))
    assert "matches:write" in text_of(staff.get(KEYS))

    posted = fill(inside)
    for number in range(20):
        create_key(owner=anna, name=f"k{number}", scopes=["read"], by=anna)
    assert inside.post(KEYS, posted).status_code == 409
    assert "You have 20 keys, and cannot have more: revoke one first." in text_of(inside.get(KEYS))


def test_revoking_is_for_good_says_so_and_twice_is_once(anna, client):
    client.force_login(anna)
    made = create_key(owner=anna, name="bot", scopes=["read"], by=scene.staff("boss", Right.ACT_FOR_PLAYERS))
    address = f"{KEYS}{made.key.prefix}/"
    assert "Made by boss for you" in text_of(client.get(KEYS))
    assert "This cannot be undone." in text_of(client.get(address))

    answer = client.post(address, follow=True)
    assert "Revoked: the key “bot” no longer works." in text_of(answer)
    first = ApiKey.objects.get().revoked_at
    client.post(address)
    assert first == ApiKey.objects.get().revoked_at is not None
    assert authenticate_key(secret=made.secret, now=scene.NOON) is None


def test_anothers_keys_are_not_there(anna, client):
    made = create_key(owner=anna, name="bot", scopes=["read"], by=anna)
    address = f"{KEYS}{made.key.prefix}/"
    assert Client().get(address)["Location"] == f"/sign-in/?next={address}"
    client.force_login(scene.player("ben"))

    assert [client.get(address).status_code, client.post(address).status_code] == [404, 404]
    assert "You have none." in text_of(client.get(KEYS))
    assert ApiKey.objects.get().revoked_at is None


def test_listing_keys_costs_the_same_however_many(anna, client, django_assert_num_queries):
    client.force_login(anna)
    for number in range(5):
        create_key(owner=anna, name=f"k{number}", scopes=["read"], by=anna)
    client.get(KEYS)
    # the session, the player, the keys
    with django_assert_num_queries(3):
        client.get(KEYS)
