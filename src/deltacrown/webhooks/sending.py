"""Send one message: signed, to the address that was checked, within a time, following nothing.

It is written with the standard library: the connection must be made to one address, under another name, and
``http.client`` follows no redirect and asks no proxy.
"""

from __future__ import annotations

import contextlib
import http.client
import select
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from standardwebhooks import Webhook

from deltacrown.core.errors import DomainError
from deltacrown.webhooks.targets import Target, read_target, resolve_target

CONNECT_SECONDS, WHOLE_SECONDS = 5.0, 15.0
#: So much of an answer is read; nothing of it is kept.
MOST_READ = 4096
LONGEST_ERROR = 200
#: The most seconds that a receiver can ask us to wait.
MOST_WAIT = 24 * 3600
#: The connections that wait for the next message, to all receivers together.
MOST_KEPT = 32
AGENT = "DeltaCrown-Webhooks/1"
#: What a connection says that the other side had ended.
ENDED = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
_UNKNOWN = "The certificate is signed by nobody whom this site trusts."
_OTHER_NAME = "The certificate is of another name."
#: OpenSSL's number of what is wrong with a certificate → what it means.
DISTRUST = {
    9: "The certificate is not valid yet.",
    10: "The certificate has expired.",
    18: _UNKNOWN,
    19: _UNKNOWN,
    20: _UNKNOWN,
    21: _UNKNOWN,
    62: _OTHER_NAME,
    64: _OTHER_NAME,
}


class UnreadableTrust(DomainError):
    """Whom to trust stood in a file that is gone, or broken."""

    code = "unreadable-trust"


@dataclass(frozen=True)
class Message:
    """A message, and with what it is signed.

    :param secrets: the present secret, and the former one while it holds.
    """

    url: str
    message_id: str
    body: bytes
    secrets: Sequence[str]


@dataclass(frozen=True)
class Answer:
    """What became of an attempt.

    :param code: the status of the answer; None where there was none.
    :param error: why it was not taken; empty where it was. It repeats nothing of the answer.
    :param wait_seconds: how long the receiver asks to wait.
    """

    code: int | None
    error: str
    duration_ms: int
    wait_seconds: int = 0

    @property
    def is_taken(self) -> bool:
        """Return whether the receiver took the message."""
        return self.code is not None and 200 <= self.code < 300 and not self.error


def build_headers(message: Message, now: datetime) -> dict[str, str]:
    """Return the headers of Standard Webhooks, for an attempt at ``now``."""
    text = message.body.decode()
    signatures = [Webhook(secret).sign(message.message_id, now, text) for secret in message.secrets]
    return {
        "webhook-id": message.message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
        "content-type": "application/json",
        "user-agent": AGENT,
    }


class Sender:
    """Sends messages, from several threads; keeps connections to send the next ones, until it is closed.

    What it trusts is read once. One lives for a run, so a change of that counts from the next run on.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[bool, str, int], list[_PinnedConnection]] = {}
        self._trust: ssl.SSLContext | None = None
        self._is_closed = False

    def __enter__(self) -> Sender:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._is_closed = True
            kept = [each for connections in self._kept.values() for each in connections]
            self._kept.clear()
        for connection in kept:
            connection.close()

    def send(self, message: Message, now: datetime) -> Answer:
        """Send a message once, and return what became of it; it raises nothing that a receiver could cause.

        A receiver may end a connection that was kept at any time: then the message is sent over a new one.
        """
        began = time.perf_counter()

        def answer(code: int | None, error: str, wait_seconds: int = 0) -> Answer:
            duration_ms = round((time.perf_counter() - began) * 1000)
            return Answer(code, error[:LONGEST_ERROR], duration_ms, wait_seconds)

        with _ended_in_time() as deadline:
            try:
                response = self._ask(message, now, deadline)
            except DomainError as refusal:
                return answer(None, refusal.message)
            except ssl.SSLCertVerificationError as error:
                return answer(None, _tell_distrust(error))
            except (OSError, http.client.HTTPException) as error:
                is_late = deadline.has_passed or isinstance(error, TimeoutError)
                why = "No answer in time" if is_late else f"No answer: {type(error).__name__}"
                return answer(None, f"{why}.")
        if deadline.has_passed:  # which ends an answer, that may look whole
            return answer(response.status, "No answer in time.")
        return answer(response.status, _judge(response.status), _read_wait(response))

    def _ask(self, message: Message, now: datetime, deadline: _ended_in_time) -> http.client.HTTPResponse:
        target, headers = read_target(message.url), build_headers(message, now)
        if (kept := self._take_kept(target)) is not None:
            # An end of it comes at once, or after a message that was read: it has the same id.
            with contextlib.suppress(*ENDED):
                return self._ask_over(kept, message.body, headers, target.path, deadline)
            deadline.stop_if_late()
        trust = self._get_trust() if target.is_tls else None
        connection = _PinnedConnection(target, resolve_target(target), trust)
        return self._ask_over(connection, message.body, headers, target.path, deadline)

    def _ask_over(
        self,
        connection: _PinnedConnection,
        body: bytes,
        headers: dict[str, str],
        path: str,
        deadline: _ended_in_time,
    ) -> http.client.HTTPResponse:
        may_keep = False
        try:
            deadline.watch(connection)
            connection.request("POST", path, body=body, headers=headers)
            response = connection.getresponse()
            response.read(MOST_READ)
            # One whose answer was not read to its end cannot be used again.
            may_keep = response.isclosed() and not response.will_close and not deadline.has_passed
        finally:
            deadline.watch(None)
            if not (may_keep and self._keep(connection)):
                connection.close()
        return response

    def _take_kept(self, target: Target) -> _PinnedConnection | None:
        """Take a connection that the other side has not ended."""
        while True:
            with self._lock:
                kept = self._kept.get(target.place)
                connection = kept.pop() if kept else None
            if connection is None or connection.is_quiet():
                return connection
            connection.close()

    def _keep(self, connection: _PinnedConnection) -> bool:
        with self._lock:
            if self._is_closed or sum(map(len, self._kept.values())) >= MOST_KEPT:
                return False
            self._kept.setdefault(connection.target.place, []).append(connection)
            return True

    def _get_trust(self) -> ssl.SSLContext:
        """Return whom to trust. To read the authorities of a system takes longer than to send."""
        with self._lock:
            if self._trust is None:
                trust = ssl.create_default_context()
                if settings.WEBHOOKS_CA_FILE:
                    try:
                        trust.load_verify_locations(settings.WEBHOOKS_CA_FILE)
                    except OSError as error:  # an SSLError is one
                        raise UnreadableTrust("The file of WEBHOOKS_CA_FILE cannot be read.") from error
                self._trust = trust
            return self._trust


def _tell_distrust(error: ssl.SSLCertVerificationError) -> str:
    known = DISTRUST.get(error.verify_code)
    return known or f"The certificate is not valid: {error.verify_message.rstrip('.')}."


def _judge(code: int) -> str:
    if 200 <= code < 300:
        return ""
    if 300 <= code < 400:
        return f"Answered {code}: redirects are not followed."
    return f"Answered {code}."


def _read_wait(response: http.client.HTTPResponse) -> int:
    """Return the seconds of ``Retry-After``; a date there is not read."""
    text = response.headers.get("retry-after", "").strip()
    is_number = text.isascii() and text.isdecimal() and len(text) <= 9
    return min(int(text), MOST_WAIT) if is_number and response.status in {429, 503} else 0


class _PinnedConnection(http.client.HTTPConnection):
    """A connection to one address, for a host of another name, which its certificate must have."""

    def __init__(self, target: Target, address: str, trust: ssl.SSLContext | None) -> None:
        super().__init__(target.host, target.port, timeout=CONNECT_SECONDS)
        self.target, self._address, self._trust = target, address, trust
        self._is_ended = False
        self._used: socket.socket | None = None

    def connect(self) -> None:
        """Connect to the address that was checked.

        :raises TimeoutError: it was ended meanwhile.
        """
        self._use(socket.create_connection((self._address, self.target.port), CONNECT_SECONDS))
        # Or the second part of a message over a kept connection waits for the first to be acknowledged.
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._trust is not None:
            # The handshake comes afterwards, so that it can be ended, too.
            secured = self._trust.wrap_socket(
                self.sock, server_hostname=self.target.host, do_handshake_on_connect=False
            )
            self._use(secured)
            secured.do_handshake()
        self.sock.settimeout(WHOLE_SECONDS)

    def putrequest(
        self, method: str, url: str, skip_host: bool = False, skip_accept_encoding: bool = False
    ) -> None:
        """Begin the request with the host as the address of the endpoint has it."""
        super().putrequest(method, url, skip_host=True, skip_accept_encoding=True)
        self.putheader("Host", self.target.authority)

    def is_quiet(self) -> bool:
        """Return whether nothing came since the last answer, such as the end."""
        if self.sock is None:
            return False
        waiting = select.poll()
        waiting.register(self.sock, select.POLLIN)
        return not waiting.poll(0)

    def end(self) -> None:
        """End what is under way, from another thread: whoever reads or writes sees the end at once."""
        self._is_ended = True
        if self._used is not None:
            with contextlib.suppress(OSError):  # it ended by itself
                # Of the socket below TLS: whoever reads goes on reading it, and finds the end.
                socket.socket.shutdown(self._used, socket.SHUT_RDWR)

    def _use(self, connected: socket.socket) -> None:
        """Go on over a socket. It is kept to be ended: one that is read to its end is forgotten before that.

        :raises TimeoutError: the end was before, when the socket was not there, or was being replaced.
        """
        self.sock = self._used = connected
        if self._is_ended:
            raise TimeoutError


class _ended_in_time:  # noqa: N801 - used as a function
    """Within, what is watched is ended after ``WHOLE_SECONDS``, however slowly the other side goes on."""

    def __init__(self) -> None:
        self.has_passed = False
        self._connection: _PinnedConnection | None = None
        self._may_begin_anew_until = time.monotonic() + CONNECT_SECONDS
        self._timer = threading.Timer(WHOLE_SECONDS, self._end)
        self._timer.daemon = True

    def __enter__(self) -> _ended_in_time:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def watch(self, connection: _PinnedConnection | None) -> None:
        """Let this be the connection that is ended.

        :raises TimeoutError: the time is over already, so nothing would end it.
        """
        self._connection = connection
        if connection is not None and self.has_passed:
            raise TimeoutError

    def stop_if_late(self) -> None:
        """Refuse to begin anew when too little time is left to connect.

        :raises TimeoutError: it is too late.
        """
        if self.has_passed or time.monotonic() > self._may_begin_anew_until:
            raise TimeoutError

    def _end(self) -> None:
        self.has_passed = True
        if (connection := self._connection) is not None:
            connection.end()
