"""The receiver of the guide takes real messages, each once; and the guide tells every event."""

from __future__ import annotations

import importlib.util
import re
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from deltacrown.accounts.services import rename_player
from deltacrown.core import clock
from deltacrown.webhooks import listening, sending
from deltacrown.webhooks.kinds import MEANINGS
from deltacrown.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from deltacrown.webhooks.services import create_endpoint, deliver_webhooks, list_secrets, redeliver
from tests import scene
from tests.docs.pages import page

GUIDE = Path(__file__).resolve().parents[2] / "docs/how-to/webhook_receiver.py"


@pytest.fixture
def guide():
    found = importlib.util.spec_from_file_location("webhook_receiver", GUIDE)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.django_db
def test_the_receiver_of_the_guide_does_everything_once(guide, settings, tmp_path, monkeypatch):
    for name in ("CONNECT_SECONDS", "WHOLE_SECONDS"):  # as long as a busy machine needs
        monkeypatch.setattr(sending, name, 300.0)
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    handled = []
    endpoint = create_endpoint(name="guide", url="http://127.0.0.1:1/")
    [secret] = list_secrets(endpoint=endpoint, now=clock.now())
    inbox = guide.Inbox(str(tmp_path / "inbox.sqlite3"), secret, lambda _, message: handled.append(message))
    server = guide.make_server(inbox, ("127.0.0.1", 0))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/"
        WebhookEndpoint.objects.update(url=url, starts_at=clock.now() - timedelta(days=1))
        listening.know(is_anybody=True)
        ann = scene.player("ann")
        for name in ("anne", "anna"):
            rename_player(user=ann, username=name)
        deliver_webhooks(clock=clock.now, lasts=timedelta(minutes=5))
        redeliver(deliveries=WebhookDelivery.objects.all(), now=clock.now())
        figures = deliver_webhooks(clock=clock.now, lasts=timedelta(minutes=5))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        inbox.database.close()
    assert figures.delivered == 2
    assert [each["type"] for each in handled] == ["player.renamed"] * 2
    assert handled[0]["data"]["player"]["public_id"] == ann.profile.public_id
    assert WebhookEvent.objects.count() == 2


@pytest.mark.once
def test_the_receiver_of_the_guide_refuses_what_is_not_signed(guide, tmp_path):
    inbox = guide.Inbox(str(tmp_path / "inbox.sqlite3"), "whsec_" + "c2VjcmV0" * 4, guide.show)
    stamp = str(int(clock.now().timestamp()))
    headers = {"Webhook-Id": "msg_1", "Webhook-Timestamp": stamp, "Webhook-Signature": "v1,eHg="}
    assert inbox.take(b"{}", headers) == 400
    assert inbox.take(b"{}", {}) == 400
    inbox.database.close()


@pytest.mark.once
def test_the_guide_tells_every_event():
    told = dict(re.findall(r"\| `(\w+\.\w+)` \| ([^|]+) \|", page("docs/how-to/receive-webhooks.md").text))
    assert told == {kind.value: meaning for kind, meaning in MEANINGS.items()}
