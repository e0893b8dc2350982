"""The moderator's bench: who may enter it, and the review that shows what a ruling changes."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from deltacrown.accounts.rights import Right
from deltacrown.core import clock
from deltacrown.games.models import Match
from deltacrown.moderation.services import file_dispute, write_handle
from tests import scene
from tests.moderation.scene import SOON, ann, bob, duel, moderator
from tests.web.reading import text_of

__all__ = ["ann", "bob", "duel", "moderator"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: SOON)


def test_the_review_shows_it_and_changes_nothing(ann, duel, moderator):
    filed = file_dispute(reporter=ann, match=duel, reason="No.", now=SOON)
    client = Client()
    client.force_login(moderator)
    address = reverse("dispute-review", args=[write_handle(filed)])

    page = client.post(address, {"decision": "preview", "remedy": "void", "resolution": ""})

    assert page.status_code == 200
    assert "Nothing is changed yet" in text_of(page)
    assert "Matches won" in text_of(page)
    filed.refresh_from_db()
    assert filed.status == "OPEN"
    assert not Match.objects.exclude(void_reason="").exists()
    assert client.post(address, {"decision": "preview"}).status_code == 400


@pytest.mark.parametrize(
    ("right", "is_staff", "status"),
    [
        (Right.VIEW_DISPUTES, True, 200),
        (Right.CHANGE_MATCHES, True, 200),
        (Right.MANAGE_TOURNAMENTS, True, 403),
        (Right.VIEW_DISPUTES, False, 403),
        (None, True, 403),
    ],
)
def test_who_enters(right, is_staff, status, ann, duel):

    file_dispute(reporter=ann, match=duel, reason="Not so.", now=SOON)
    user = scene.player("clerk")
    user.is_staff, user.is_superuser = is_staff, False
    user.save()
    if right:
        app, name = right.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=name))
    client = Client()
    client.force_login(user)

    page = client.get("/moderation/")

    assert page.status_code == status
    assert ("Not so." in text_of(page)) is (status == 200 and right == Right.VIEW_DISPUTES)
    assert (">Moderation</a>" in client.get("/").content.decode()) is (status == 200)


def test_visitors_sign_in():
    assert Client().get("/moderation/").status_code == 302
