from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from deltacrown.core import clock
from deltacrown.webhooks import listening, sending
from deltacrown.webhooks.models import WebhookEndpoint
from deltacrown.webhooks.services import Delivering, create_endpoint, deliver_webhooks
from tests.webhooks.receiver import Receiver, Watch, receiving


@pytest.fixture(autouse=True)
def _patience(monkeypatch) -> None:
    """Receivers are given as long as a busy machine needs; tests of the limits set their own."""
    for name in ("CONNECT_SECONDS", "WHOLE_SECONDS"):
        monkeypatch.setattr(sending, name, 300.0)


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    with receiving() as running:
        yield running


@pytest.fixture
def make_endpoint(settings, db) -> Callable[..., WebhookEndpoint]:
    """``make_endpoint(url, *kinds)``: an endpoint that is told what happens from now on."""
    settings.WEBHOOKS_ALLOW_PRIVATE = True

    def make(url: str, *kinds: str) -> WebhookEndpoint:
        endpoint = create_endpoint(name="tests", url=url, kinds=kinds)
        started = clock.now() - timedelta(days=1)
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(starts_at=started)
        listening.know(is_anybody=True)
        endpoint.refresh_from_db()
        return endpoint

    return make


@pytest.fixture
def endpoint(receiver, make_endpoint) -> WebhookEndpoint:
    return make_endpoint(receiver.url)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def deliver(watch) -> Callable[[], Delivering]:
    """Deliver what is due by the watch, in one run that does not wait."""
    return lambda: deliver_webhooks(clock=watch, pause=watch.pause, lasts=timedelta(seconds=1))
