"""No webhook reaches a machine of the own network, whatever its name says, and whenever."""

from __future__ import annotations

import contextlib
import socket
import threading
from datetime import timedelta
from ipaddress import ip_address

import pytest

from deltacrown.core import clock
from deltacrown.core.errors import DomainError
from deltacrown.webhooks import sending, targets
from deltacrown.webhooks.sending import Message, Sender
from deltacrown.webhooks.services import InvalidEndpoint, create_endpoint
from deltacrown.webhooks.targets import ForbiddenTarget, UnknownTarget, read_target, resolve_target

PRIVATE = [
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",  # noqa: S104
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::1",
    "2001:0:7f00:1::1",
    "fec0::1",
]
#: What no setting allows.
NEVER = ["169.254.169.254", "fe80::1", "224.0.0.1", "0.0.0.0", "::ffff:169.254.169.254"]  # noqa: S104
PUBLIC = ["1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1"]
BAD = [
    "http://hooks.example.org/",
    "ftp://hooks.example.org/",
    "hooks.example.org",
    "//hooks.example.org/",
    "https://",
    "https:///path",
    "https://user@hooks.example.org/",
    "https://user:secret@hooks.example.org/",
    "https://hooks.example.org/#part",
    "https://hooks.example.org:99999/",
    "https://[::1/",
    "https://bücher.example/",
    "https://hooks.example.org/ä",
    "https://a b.example/",
    "https://[fe80::1%25eth0]/",
    "https://127.0.0.1/",
    "https://[::ffff:127.0.0.1]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://hooks.example.org/" + "x" * 500,
    "https://hooks.example.org/\r\nHost: other",
    "",
]


@pytest.fixture
def answers(monkeypatch):
    """Names have the addresses that ``answers`` holds: a list for each time they are asked for."""
    said = {}

    def getaddrinfo(host, port, *args, **kwargs):
        if host not in said:
            raise socket.gaierror("unknown")
        found = said[host]
        addresses = found.pop(0) if len(found) > 1 else found[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    monkeypatch.setattr(targets.socket, "getaddrinfo", getaddrinfo)
    return said


def send_message(sent, now):
    with Sender() as sender:
        return sender.send(sent, now)


def message(url):
    return Message(url, "msg_1", b"{}", ["whsec_" + "c2VjcmV0" * 4])


@pytest.mark.once
@pytest.mark.parametrize("url", BAD)
def test_an_address_that_cannot_be_taken_is_refused_when_it_is_written(url):
    with pytest.raises(DomainError) as refusal:
        read_target(url)
    assert refusal.value.field == "url"


@pytest.mark.once
@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_with_a_private_address_is_refused(address, answers):
    answers["hooks.example.org"] = [[address]]
    with pytest.raises(ForbiddenTarget):
        resolve_target(read_target("https://hooks.example.org/"))


@pytest.mark.once
@pytest.mark.parametrize("address", PUBLIC)
def test_a_name_of_the_internet_is_taken(address, answers):
    answers["hooks.example.org"] = [[address]]
    found = resolve_target(read_target("https://hooks.example.org/"))
    assert ip_address(found) == ip_address(address)


@pytest.mark.once
def test_one_private_address_among_others_is_enough(answers):
    answers["hooks.example.org"] = [["1.1.1.1", "10.0.0.1"]]
    with pytest.raises(ForbiddenTarget):
        resolve_target(read_target("https://hooks.example.org/"))


@pytest.mark.once
def test_a_name_that_nobody_has(answers):
    with pytest.raises(UnknownTarget):
        resolve_target(read_target("https://hooks.example.org/"))
    answer = send_message(message("https://hooks.example.org/"), clock.now())
    assert not answer.is_taken
    assert answer.error == "The name hooks.example.org was not found."


@pytest.mark.once
@pytest.mark.parametrize("spelling", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1"])
def test_other_spellings_of_loopback_are_resolved_before_they_are_judged(spelling):
    with pytest.raises((ForbiddenTarget, UnknownTarget)):
        resolve_target(read_target(f"https://{spelling}/"))


@pytest.mark.once
def test_it_connects_to_the_address_that_was_checked(answers, monkeypatch):
    """A name that is public when it is checked and private when it is asked for again leads nowhere else."""
    answers["hooks.example.org"] = [["1.1.1.1"], ["127.0.0.1"]]
    asked = []

    def connect(address, timeout):
        asked.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(sending.socket, "create_connection", connect)
    answer = send_message(message("https://hooks.example.org/"), clock.now())
    assert asked == [("1.1.1.1", 443)]
    assert answer.error == "No answer: ConnectionRefusedError."
    assert len(answers["hooks.example.org"]) == 1  # it was resolved once


@pytest.mark.once
def test_the_host_is_that_of_the_address_and_not_the_number(receiver, answers):
    port = receiver.url.split(":")[2].split("/")[0]
    answers["hooks.example.org"] = [["127.0.0.1"]]
    answers["127.0.0.1"] = [["127.0.0.1"]]
    answer = send_message(message(f"http://hooks.example.org:{port}/a?b=c"), clock.now())
    assert answer.is_taken
    assert receiver.got[0].headers["host"] == f"hooks.example.org:{port}"


@pytest.mark.once
def test_without_the_setting_not_even_an_endpoint_that_is_there_is_reached(receiver, settings):
    settings.WEBHOOKS_ALLOW_PRIVATE = False
    answer = send_message(message(receiver.url), clock.now())
    assert not answer.is_taken
    assert answer.error == "The address must begin with https://."
    assert receiver.got == []


@pytest.mark.once
@pytest.mark.parametrize("address", NEVER)
def test_the_setting_does_not_allow_everything(address, settings, answers):
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    answers["hooks.example.org"] = [[address]]
    with pytest.raises(ForbiddenTarget):
        resolve_target(read_target("http://hooks.example.org/"))
    for fine in ("127.0.0.1", "::1", "10.0.0.1", "1.1.1.1"):
        answers["hooks.example.org"] = [[fine]]
        assert resolve_target(read_target("http://hooks.example.org/")) == fine


class Slow:
    """A server that takes a connection, and goes on as ``talk`` does."""

    def __init__(self, talk):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        self.is_over = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(talk,))
        self._thread.start()

    def _serve(self, talk):
        connection, _ = self._listener.accept()
        with connection, contextlib.suppress(OSError):  # the other side ended it
            talk(connection, self.is_over)

    def stop(self):
        self.is_over.set()
        self._thread.join()
        self._listener.close()


def drip(connection, is_over):
    """Answer a byte at a time, each in less time than an answer may be silent."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not is_over.wait(0.02):
        connection.sendall(b"X-A: b\r\n"[:1])


def drip_on(connection, is_over):
    """Answer at once, and then go on without an end, a byte at a time."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not is_over.wait(0.02):
        connection.sendall(b"x")


def flood(connection, is_over):
    """Answer without an end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not is_over.is_set():
        connection.sendall(b"x" * 65536)


def be_silent(connection, is_over):
    is_over.wait(60)


@pytest.mark.once
@pytest.mark.parametrize(
    ("talk", "seconds", "is_taken"),
    # Of one without an end the beginning is read, however long that takes on a busy machine.
    [(drip, 0.5, False), (drip_on, 0.5, False), (be_silent, 0.5, False), (flood, 300, True)],
)
def test_no_answer_takes_longer_than_it_may(talk, seconds, is_taken, settings, monkeypatch):
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    monkeypatch.setattr(sending, "WHOLE_SECONDS", seconds)
    slow = Slow(talk)
    try:
        answer = send_message(message(slow.url), clock.now())
    finally:
        slow.stop()
    assert answer.is_taken == is_taken
    assert answer.error == ("" if is_taken else "No answer in time.")
    assert answer.duration_ms < timedelta(seconds=30) / timedelta(milliseconds=1)


@pytest.mark.once
@pytest.mark.parametrize("step", ["resolve_target", "socket.create_connection"])
def test_a_time_that_is_over_before_there_is_a_connection_sends_nothing(step, receiver, monkeypatch):
    """Nothing would end what began after the end: a receiver could hold it for as long as it likes."""
    owner, name = (sending.socket, step.split(".")[1]) if "." in step else (sending, step)
    usual, end, is_over = getattr(owner, name), sending._ended_in_time._end, threading.Event()

    def end_and_tell(deadline):
        end(deadline)
        is_over.set()

    def be_slow(*args):
        assert is_over.wait(300)
        return usual(*args)

    monkeypatch.setattr(sending._ended_in_time, "_end", end_and_tell)
    monkeypatch.setattr(sending, "WHOLE_SECONDS", 0.05)
    monkeypatch.setattr(owner, name, be_slow)
    answer = send_message(message(receiver.url), clock.now())

    assert answer.error == "No answer in time."
    assert answer.code is None
    assert receiver.got == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("name", {"name": " "}),
        ("name", {"name": "x" * 81}),
        ("kinds", {"kinds": ["match.played"]}),
        ("url", {"url": "https://10.0.0.1/"}),
    ],
)
def test_an_endpoint_says_what_is_wrong_with_it(field, given):
    with pytest.raises(DomainError) as refusal:
        create_endpoint(**{"name": "site", "url": "https://hooks.example.org/", **given})
    assert refusal.value.field == field
    assert field != "kinds" or isinstance(refusal.value, InvalidEndpoint)
