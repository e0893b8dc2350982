"""API keys: shown once, scoped, revocable, last use recorded. Sessions: a CSRF token is needed to write."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.test import Client

from deltacrown.accounts.models import ApiKey
from deltacrown.accounts.services import authenticate_key
from tests import scene
from tests.api.calls import Api, problem_of
from tests.scene import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    return scene.player("ann")


def make(api, *scopes, **fields):
    return api.post("/me/api-keys", {"name": "server", "scopes": list(scopes), **fields})


def bearer(secret):
    return Api(Client(), {"Authorization": f"Bearer {secret}"})


def test_a_key_is_shown_once_and_only_its_digest_is_kept(signed_in, ann):
    made = make(signed_in(ann), "tournaments:write", "read")
    secret = made.json()["secret"]
    stored = ApiKey.objects.get()

    assert made.status_code == 201
    assert made["Cache-Control"] == "private, no-store"
    assert secret.startswith(f"dck_{stored.prefix}_")
    assert len(secret.removeprefix(f"dck_{stored.prefix}_")) >= 20
    assert stored.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert stored.scopes == ["read", "tournaments:write"]
    listed = signed_in(ann).get("/me/api-keys")
    assert secret not in listed.content.decode()
    assert [each["prefix"] for each in listed.json()] == [stored.prefix]
    assert bearer(secret).get("/me").json()["username"] == "ann"


def test_a_revoked_key_is_useless_and_stays_listed(signed_in, ann):
    secret = make(signed_in(ann), "read").json()["secret"]
    prefix = ApiKey.objects.get().prefix

    first = signed_in(ann).delete(f"/me/api-keys/{prefix}").json()
    second = signed_in(ann).delete(f"/me/api-keys/{prefix}").json()

    assert first["revoked_at"] == second["revoked_at"] is not None
    refused = bearer(secret).get("/me")
    assert problem_of(refused) == (401, "unauthenticated")
    assert refused["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert problem_of(bearer(secret).get("/leaderboards/matches_won")) == (401, "unauthenticated")


def test_nobody_revokes_the_key_of_another(signed_in, ann):
    make(signed_in(ann), "read")

    assert problem_of(
        signed_in(scene.player("bob")).delete(f"/me/api-keys/{ApiKey.objects.get().prefix}")
    ) == (404, "not-found")


def test_only_staff_grant_matches_write_and_make_keys_for_others(signed_in, ann):
    boss = scene.player("boss", is_staff=True)

    assert problem_of(make(signed_in(ann), "matches:write")) == (403, "forbidden")
    assert problem_of(make(signed_in(ann), "read", player=boss.profile.public_id)) == (403, "forbidden")
    made = make(signed_in(boss), "matches:write", player=ann.profile.public_id)
    assert (made.status_code, ApiKey.objects.get().owner) == (201, ann)


@pytest.mark.parametrize("scopes", [[], ["everything"], "read", [1]])
def test_unknown_scopes_are_refused(signed_in, ann, scopes):
    assert problem_of(signed_in(ann).post("/me/api-keys", {"name": "x", "scopes": scopes})) == (
        422,
        "invalid",
    )


def test_a_player_has_twenty_keys_at_most(signed_in, ann):
    api = signed_in(ann)
    assert {make(api, "read").status_code for _ in range(20)} == {201}

    assert problem_of(make(api, "read")) == (409, "conflict")
    api.delete(f"/me/api-keys/{ApiKey.objects.first().prefix}")
    assert make(api, "read").status_code == 201


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Basic YTpi",
        "Bearer dck__",
        "Bearer dck_abc_def",
        "Bearer dck_\u00e9_x",
        "Bearer " + "x" * 5000,
        "dck_abc_def",
    ],
)
def test_what_is_no_key_is_refused_also_where_nobody_needs_one(ann, header):
    api = Api(Client(), {"Authorization": header})

    assert problem_of(api.get("/players?q=ann")) == (401, "unauthenticated")


def test_another_secret_with_a_known_prefix_is_refused(with_key, ann):
    api = with_key(ann, "read")

    assert problem_of(bearer(api.secret[:-1] + ("a" if api.secret[-1] != "a" else "b")).get("/me")) == (
        401,
        "unauthenticated",
    )


def test_the_key_of_somebody_deactivated_is_refused(with_key, ann):
    api = with_key(ann, "read")
    ann.is_active = False
    ann.save()

    assert problem_of(api.get("/me")) == (401, "unauthenticated")


def test_a_keys_last_use_is_known_to_the_minute(with_key, ann, django_assert_num_queries):
    api = with_key(ann, "read")

    assert authenticate_key(secret=api.secret, now=at(0)) == api.key
    with django_assert_num_queries(1):
        authenticate_key(secret=api.secret, now=at(0) + timedelta(seconds=59))
    assert ApiKey.objects.get().last_used_at == at(0)
    authenticate_key(secret=api.secret, now=at(0) + timedelta(seconds=60))
    assert ApiKey.objects.get().last_used_at == at(0) + timedelta(seconds=60)


def test_a_key_of_staff_is_no_staff(with_key):
    boss = scene.player("boss", is_staff=True, is_superuser=True)
    api = with_key(boss, "read", "tournaments:write")

    assert api.get("/me").json()["is_staff"] is False
    assert problem_of(api.post("/matches", {"matches": []})) == (403, "forbidden")
    boss.refresh_from_db()
    assert boss.is_staff


def test_a_session_writes_with_a_csrf_token_alone(ann):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ann)
    body = {"show_match_history": False, "show_tournament_stats": False}

    assert problem_of(Api(client).put("/me/privacy", body)) == (403, "forbidden")
    client.cookies["csrftoken"] = "t" * 32
    assert problem_of(Api(client, {"X-CSRFToken": "u" * 32}).put("/me/privacy", body)) == (403, "forbidden")
    assert Api(client, {"X-CSRFToken": "t" * 32}).put("/me/privacy", body).json() == body


def test_privacy_holds_at_once(signed_in, visitor, ann):
    address = f"/players/{ann.profile.public_id}/matches"
    assert visitor.get(address).status_code == 200

    signed_in(ann).put("/me/privacy", {"show_match_history": False, "show_tournament_stats": True})

    assert visitor.get(address).status_code == 403
    assert signed_in(ann).get("/me/privacy").json() == {
        "show_match_history": False,
        "show_tournament_stats": True,
    }
