"""Notifications through the API: read by their player alone, and marked as read with a scope of its own."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deltacrown.core.clock import now
from deltacrown.notifications.models import Notification
from deltacrown.notifications.services import set_choices
from deltacrown.user_profile.people.follows import follow, unfollow
from tests import scene
from tests.api.calls import problem_of, visitor, with_key

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def ann():
    """A player with three new followers, told in the order in which they came."""
    user = scene.player("ann")
    for name in ("bob", "cat", "dan"):
        follow(follower=scene.player(name), followed=user, now=now())
    return user


def test_what_is_told_is_read_in_pages_and_leads_to_pages_of_the_site(ann, client):
    told = with_key(ann, "read").items("/notifications?limit=2")
    assert [each["text"] for each in told] == ["dan follows you.", "cat follows you.", "bob follows you."]
    assert {each["kind"] for each in told} == {"FOLLOWED"}
    dan = scene.User.objects.get(username="dan")
    assert told[0]["page"] == f"/players/{dan.profile.public_id}/"
    assert client.get(told[0]["page"]).status_code == 200
    assert [each["is_read"] for each in told] == [False] * 3
    assert with_key(ann, "read").get("/notifications?limit=1").json()["unread"] == 3


def test_one_is_marked_as_read_then_all(ann):
    reader, teller = with_key(ann, "read"), with_key(ann, "notifications:write")
    first = reader.items("/notifications")[0]["handle"]
    for _ in range(2):
        assert teller.post("/notifications/read", {"notification": first}).json() == {"unread": 2}
    assert [each["is_read"] for each in reader.items("/notifications")] == [True, False, False]
    before = Notification.objects.exclude(read_at=None).get().read_at
    for _ in range(2):
        assert teller.post("/notifications/read").json() == {"unread": 0}
    assert Notification.objects.filter(read_at=before).count() == 1


def test_a_key_to_read_marks_nothing_and_a_key_to_mark_reads_nothing(ann):
    reader, teller = with_key(ann, "read"), with_key(ann, "notifications:write")
    assert problem_of(reader.post("/notifications/read")) == (403, "forbidden")
    assert problem_of(teller.get("/notifications")) == (403, "forbidden")
    assert problem_of(visitor().get("/notifications")) == (401, "unauthenticated")
    assert Notification.objects.filter(read_at=None).count() == 3


def test_nobody_reads_or_marks_those_of_others(ann):
    bob = scene.User.objects.get(username="bob")
    stranger = with_key(bob, "read", "notifications:write")
    assert stranger.get("/notifications").json() == {"items": [], "next_page": None, "unread": 0}
    page = with_key(ann, "read").get("/notifications?limit=1").json()["next_page"]
    assert problem_of(stranger.get(f"/notifications?page={page}")) == (422, "invalid-cursor")
    handle = with_key(ann, "read").items("/notifications")[0]["handle"]
    refusals = [stranger.post("/notifications/read", {"notification": each}) for each in (handle, "none", "")]
    assert {problem_of(each) for each in refusals} == {(404, "not-found")}
    assert len({each.content for each in refusals}) == 1
    stranger.post("/notifications/read")
    assert Notification.objects.filter(read_at=None).count() == 3


def test_what_is_not_shown_any_more_is_neither_listed_nor_counted(ann):
    reader = with_key(ann, "read")
    unfollow(follower=scene.User.objects.get(username="dan"), followed=ann)
    told = reader.get("/notifications").json()
    assert ([each["text"][:3] for each in told["items"]], told["unread"]) == (["cat", "bob"], 2)
    set_choices(user=ann, now=now(), on_site=[], by_mail=[])
    assert reader.get("/notifications").json() == {"items": [], "next_page": None, "unread": 0}


def test_the_list_costs_the_same_however_long_and_is_answered_conditionally(ann):
    reader = with_key(ann, "read")

    def count():
        with CaptureQueriesContext(connection) as sent:
            assert reader.get("/notifications").status_code == 200
        return len(sent)

    count()
    few = count()
    for place in range(10):
        follow(follower=scene.player(f"fan{place}"), followed=ann, now=now())
    assert count() == few

    answer = reader.get("/notifications")
    assert "no-store" in answer["Cache-Control"]
    assert reader.get("/notifications", **{"If-None-Match": answer["ETag"]}).status_code == 304
    with_key(ann, "notifications:write").post("/notifications/read")
    assert reader.get("/notifications", **{"If-None-Match": answer["ETag"]}).status_code == 200
