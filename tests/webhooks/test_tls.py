"""Over TLS, nothing is sent to whom nobody vouches for; connections are kept, and none costs a message."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from deltacrown.accounts.services import rename_player
from deltacrown.core import clock
from deltacrown.webhooks.models import WebhookDelivery, WebhookEvent
from deltacrown.webhooks.sending import Message, Sender
from deltacrown.webhooks.services import deliver_webhooks
from tests import scene
from tests.webhooks.certificates import DAY, Authority
from tests.webhooks.receiver import receiving

UNKNOWN = "The certificate is signed by nobody whom this site trusts."


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def message(receiver, number=1):
    return Message(receiver.url, f"msg_{number}", b"{}", ["whsec_" + "c2VjcmV0" * 4])


def send(receiver, sender=None):
    if sender is not None:
        return sender.send(message(receiver), clock.now())
    with Sender() as one:
        return one.send(message(receiver), clock.now())


@pytest.mark.django_db
def test_an_event_is_delivered_over_tls(make_endpoint, authority, settings):
    settings.WEBHOOKS_CA_FILE = str(authority.file)
    with receiving(tls=authority.serve_as("localhost")) as receiver:
        make_endpoint(receiver.url)
        rename_player(user=scene.player("anna"), username="anne")
        deliver_webhooks(clock=clock.now, lasts=timedelta(minutes=5))
    assert receiver.types == ["player.renamed"]
    assert WebhookDelivery.objects.get().status == "DELIVERED"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("is_trusted", "host", "lasts", "error"),
    [
        (False, "localhost", DAY, UNKNOWN),
        (True, "hooks.example.org", DAY, "The certificate is of another name."),
        (True, "localhost", -DAY, "The certificate has expired."),
    ],
)
def test_a_certificate_that_is_not_good_gets_nothing(
    make_endpoint, authority, settings, deliver, is_trusted, host, lasts, error
):
    settings.WEBHOOKS_CA_FILE = str(authority.file) if is_trusted else ""
    with receiving(tls=authority.serve_as(host, lasts=lasts)) as receiver:
        make_endpoint(receiver.url)
        rename_player(user=scene.player("anna"), username="anne")
        figures = deliver()
    assert receiver.got == []
    row = WebhookDelivery.objects.get()
    assert (row.status, row.attempts, row.response_code, row.error) == ("PENDING", 1, None, error)
    assert row.due_at > row.attempted_at
    assert figures.failed == 1


@pytest.mark.once
def test_whom_the_system_trusts_is_trusted(authority, tmp_path, settings, monkeypatch):
    """As everywhere with OpenSSL, ``SSL_CERT_FILE`` stands for the system's; the setting adds to it."""
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    (tmp_path / "own").mkdir()
    own = Authority(tmp_path / "own", "Authority of the own network")
    systems, owns = authority.serve_as("localhost"), own.serve_as("localhost")
    with receiving(tls=systems) as of_system, receiving(tls=owns) as of_own:
        assert [send(each).error for each in (of_system, of_own)] == [UNKNOWN, UNKNOWN]
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        assert [send(each).error for each in (of_system, of_own)] == ["", UNKNOWN]
        settings.WEBHOOKS_CA_FILE = str(own.file)
        assert [send(each).error for each in (of_system, of_own)] == ["", ""]
    assert (len(of_system.got), len(of_own.got)) == (2, 1)


@pytest.mark.once
def test_a_file_of_authorities_that_is_gone_sends_nothing(authority, settings):
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    settings.WEBHOOKS_CA_FILE = str(Path(authority.file).with_name("gone.pem"))
    with receiving(tls=authority.serve_as("localhost")) as receiver:
        answer = send(receiver)
    assert receiver.got == []
    assert answer.error == "The file of WEBHOOKS_CA_FILE cannot be read."


@pytest.mark.once
@pytest.mark.parametrize("is_tls", [True, False])
def test_a_connection_is_used_again(authority, settings, is_tls):
    settings.WEBHOOKS_ALLOW_PRIVATE, settings.WEBHOOKS_CA_FILE = True, str(authority.file)
    tls = authority.serve_as("localhost") if is_tls else None
    with receiving(tls=tls, keeps=True) as receiver, Sender() as sender:
        assert all(send(receiver, sender).is_taken for _ in range(5))
        assert len(receiver.got) == 5
        assert receiver.connections == 1
        receiver.reply = lambda _: 500
        assert send(receiver, sender).error == "Answered 500."
        assert receiver.connections == 1


@pytest.mark.once
def test_a_connection_that_was_ended_meanwhile_costs_no_message(authority, settings):
    settings.WEBHOOKS_ALLOW_PRIVATE, settings.WEBHOOKS_CA_FILE = True, str(authority.file)
    with receiving(tls=authority.serve_as("localhost"), keeps=True) as receiver, Sender() as sender:
        receiver.ends_silently = True
        assert all(send(receiver, sender).is_taken for _ in range(4))
    assert len(receiver.got) == 4
    assert receiver.connections == 4


@pytest.mark.once
def test_a_kept_connection_that_ends_unheard_is_made_anew(settings, monkeypatch):
    """Ended after it was found quiet: the message is sent again at once, with its id."""
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    monkeypatch.setattr("deltacrown.webhooks.sending._PinnedConnection.is_quiet", lambda _: True)
    with receiving(keeps=True) as receiver, Sender() as sender:
        receiver.ends_silently = True
        answers = [send(receiver, sender) for _ in range(3)]
    assert [answer.is_taken for answer in answers] == [True] * 3
    assert [got.id for got in receiver.got] == ["msg_1"] * 3


@pytest.mark.once
def test_a_kept_connection_leads_to_no_other_place(settings):
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    with receiving(keeps=True) as one, receiving(keeps=True) as other, Sender() as sender:
        for receiver in (one, other, one, other):
            assert send(receiver, sender).is_taken
    assert (len(one.got), len(other.got)) == (2, 2)
    assert (one.connections, other.connections) == (1, 1)


@pytest.mark.django_db
def test_a_batch_of_answers_is_recorded_once_each(make_endpoint, deliver, settings):
    """All answers that there are are written in one transaction; each row says what became of it."""
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    with receiving(keeps=True) as receiver:
        make_endpoint(receiver.url)
        for number in range(6):
            rename_player(user=scene.player(f"p{number}"), username=f"q{number}")
        refused = set(WebhookEvent.objects.order_by("pk").values_list("message_id", flat=True)[:2])
        receiver.reply = lambda got: 503 if got.id in refused else 204
        figures = deliver()
    assert (figures.delivered, figures.failed) == (4, 2)
    rows = {row.event.message_id: row for row in WebhookDelivery.objects.select_related("event")}
    assert {key for key, row in rows.items() if row.status == "PENDING"} == refused
    assert all(row.attempts == 1 for row in rows.values())
    assert {row.response_code for key, row in rows.items() if key not in refused} == {204}
