"""Staff see in the admin what was given up, find it, and have it sent again; who did is recorded."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from deltacrown.accounts.services import rename_player
from deltacrown.core import clock
from deltacrown.webhooks.models import WebhookDelivery
from deltacrown.webhooks.services import create_endpoint, plan_events
from tests import scene

pytestmark = pytest.mark.django_db

DELIVERIES = reverse("admin:webhooks_webhookdelivery_changelist")
TOKEN = "token=f00d"  # noqa: S105


@pytest.fixture
def boss(client, django_user_model):
    boss = django_user_model.objects.create_superuser("boss", "boss@example.org", "battery-staple")
    client.force_login(boss)
    return boss


@pytest.fixture
def dead(make_endpoint):
    """The first of two deliveries was given up; the second one waits."""
    make_endpoint(f"https://hooks.example.org/deltacrown?{TOKEN}")
    for name in ("anna", "ben"):
        rename_player(user=scene.player(name), username=f"{name}1")
    plan_events(now=clock.now())
    first = WebhookDelivery.objects.order_by("event").select_related("event", "endpoint")[0]
    ended = {"status": "DEAD", "finished_at": clock.now(), "attempts": 10, "error": "Answered 500."}
    WebhookDelivery.objects.filter(pk=first.pk).update(**ended)
    return first


def test_what_was_given_up_is_counted_and_found(client, boss, dead):
    listed = client.get(reverse("admin:webhooks_webhookendpoint_changelist")).content.decode()
    query = f"endpoint__id__exact={dead.endpoint.pk}&amp;status__exact=DEAD"
    assert f'<a href="{DELIVERIES}?{query}">1</a>' in listed
    assert "hooks.example.org" in listed
    assert TOKEN not in listed

    found = client.get(f"{DELIVERIES}?{query.replace('&amp;', '&')}")
    assert [row.pk for row in found.context["cl"].result_list] == [dead.pk]
    assert "Answered 500." in found.content.decode()


def test_an_endpoint_without_any_has_no_link(client, boss, settings):
    create_endpoint(name="new", url="https://hooks.example.org/")
    listed = client.get(reverse("admin:webhooks_webhookendpoint_changelist")).content.decode()
    assert '<td class="field-given_up">0</td>' in listed


def test_its_page_says_which_message_it_was(client, boss, dead):
    page = client.get(reverse("admin:webhooks_webhookdelivery_change", args=[dead.pk])).content.decode()
    for told in (dead.event.message_id, "player.renamed", "Given up", "Answered 500."):
        assert told in page


def test_it_is_sent_again_after_a_question_and_that_is_recorded(client, boss, dead):
    ask = {"action": "redeliver", "_selected_action": [dead.pk]}
    question = client.post(DELIVERIES, ask)
    assert "player.renamed to tests" in question.content.decode()
    dead.refresh_from_db()
    assert dead.status == "DEAD"

    done = client.post(DELIVERIES, {**ask, "answered": "1"}, follow=True)
    assert "Deliver again: 1 done." in done.content.decode()
    dead.refresh_from_db()
    assert (dead.status, dead.attempts, dead.finished_at) == ("PENDING", 0, None)
    [entry] = LogEntry.objects.all()
    assert (entry.user, entry.object_repr) == (boss, "player.renamed to tests")
    assert entry.change_message == "Deliver again"

    twice = client.post(DELIVERIES, {**ask, "answered": "1"}, follow=True)
    assert "There is nothing to deliver again" in twice.content.decode()
    assert LogEntry.objects.count() == 1
