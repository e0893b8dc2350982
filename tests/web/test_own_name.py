"""Renaming oneself by the page: looked at first, then taken, within the limit."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from deltacrown.accounts.models import FormerUsername, User
from deltacrown.accounts.rights import Right
from deltacrown.pages import own_name
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.people import standings
from tests import scene
from tests.web.reading import text_of

pytestmark = pytest.mark.django_db

PAGE = "/settings/name/"
PASSWORD = "crown-test-password"  # noqa: S105 - of a test


@pytest.fixture
def anna():
    user = scene.player("anna")
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def as_anna(anna, client):
    """Who has just shown that it is she."""
    client.force_login(anna)
    client.post("/sign-in/again/", {"password": PASSWORD})
    return client


def send(client, name, do="rename"):
    return client.post(PAGE, {"username": name, "do": do})


def test_it_is_looked_at_first_and_then_taken(anna, as_anna):
    shown = text_of(as_anna.get(PAGE))
    assert "You sign in as anna ." in shown
    assert "You can change it 3 times in 30 days. 3 are left now." in shown

    looked = send(as_anna, "Anna  Bell", "preview")
    told = text_of(looked)
    assert "You would be Anna Bell" in told
    assert "All pages show Anna Bell , also beside results of the past." in told
    assert f"The address of your page stays /players/{anna.profile.public_id}/ : no link breaks." in told
    assert "anna still finds you, until somebody else takes it: it is free." in told
    assert "You can change your username 2 more times within the limit after that." in told
    assert 'type="hidden" name="username" value="Anna Bell"' in looked.content.decode()
    assert User.objects.get(pk=anna.pk).username == "anna"
    assert not FormerUsername.objects.exists()

    taken = send(as_anna, "Anna Bell")
    assert (taken.status_code, taken["Location"]) == (302, PAGE)
    assert "Your username is Anna Bell now." in (after := text_of(as_anna.get(PAGE)))
    assert "2 are left now." in after
    assert re.search(r"Names you had .* anna until \d+ \w+ \d{4} Back to this name, anna", after)
    assert "Anna Bell" in text_of(Client().get(f"/players/{anna.profile.public_id}/"))


def test_sent_twice_it_is_one_change_and_one_can_go_back(anna, as_anna):
    send(as_anna, "bell")
    send(as_anna, "bell")
    assert FormerUsername.objects.count() == 1
    back = as_anna.get(PAGE, {"username": "anna"}).content.decode()
    assert re.search(r'<input[^>]*name="username"[^>]*value="anna"|value="anna"[^>]*name="username"', back)
    send(as_anna, "anna")
    page = text_of(as_anna.get(PAGE))
    assert "1 is left now." in page
    assert "anna until" not in page
    assert "bell until" in page
    assert "You are anna already" in text_of(send(as_anna, "anna", "preview"))


def test_a_refusal_stands_beside_the_field_and_changes_nothing(anna, as_anna):
    scene.player("ben")
    for do in ("preview", "rename"):
        for name, status, why in (
            ("BEN", 409, "another player"),
            ("a:b", 400, "remove “:”"),
            ("", 400, "empty"),
            ("x" * 200, 400, "150"),
        ):
            answer = send(as_anna, name, do)
            assert answer.status_code == status, (do, name)
            assert why in answer.context["form"].errors["username"][0], (do, name)
            assert "anna" in text_of(answer)
    assert User.objects.get(pk=anna.pk).username == "anna"


def test_beyond_the_limit_it_says_from_when_on(anna, as_anna, settings):
    settings.USERNAME_CHANGE_RATE = "1/86400"
    send(as_anna, "bell")
    page = text_of(as_anna.get(PAGE))
    assert "None is left now: you can again from" in page
    assert "See what changes" not in page
    assert "Back to this" not in page
    assert send(as_anna, "anna").status_code == 409
    allowed = own_name.get_name_page(anna, now=datetime.now(UTC) + timedelta(days=1)).allowance
    assert (allowed.left, allowed.next_at) == (1, None)


def test_a_display_name_stays_what_pages_show(anna, as_anna):
    UserProfile.objects.filter(user=anna).update(display_name="Queen <b>A</b>")
    told = send(as_anna, "bell", "preview")
    assert "Pages go on to show your display name, Queen" in text_of(told)
    assert "<b>A</b>" not in told.content.decode()


def test_who_is_suspended_does_not_rename_themselves(anna, as_anna):
    boss = scene.staff("boss", Right.SUSPEND_PLAYERS)
    standings.suspend_player(user=anna, by=boss, reason="Cheats", until=None, now=datetime.now(UTC))
    assert "You cannot change your username while you are suspended." in text_of(as_anna.get(PAGE))
    assert send(as_anna, "bell").status_code == 403
    assert send(as_anna, "bell", "preview").status_code == 403
    assert User.objects.get(pk=anna.pk).username == "anna"


def test_the_password_is_asked_for_again(anna, client):
    client.force_login(anna)
    assert send(client, "bell", "preview").status_code == 200
    asked = send(client, "bell")
    assert asked["Location"].startswith("/sign-in/again/")
    assert User.objects.get(pk=anna.pk).username == "anna"
    client.post(asked["Location"], {"password": PASSWORD})
    assert User.objects.get(pk=anna.pk).username == "bell"
    assert Client().get(PAGE)["Location"].startswith("/sign-in/?")


def test_what_the_page_costs(anna, django_assert_num_queries):
    with django_assert_num_queries(2):
        own_name.get_name_page(anna, now=datetime.now(UTC))
