"""Send one message: signed, to the address that was checked, within a time, following nothing.

It is written with the standard library: the connection must be made to one address, under another name, and
``http.client`` follows no redirect and asks no proxy.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from standardwebhooks import Webhook

from deltacrown.core.errors import DomainError
from deltacrown.webhooks.targets import Target, read_target, resolve_target

CONNECT_SECONDS, WHOLE_SECONDS = 5.0, 15.0
#: So much of an answer is read; nothing of it is kept.
MOST_READ = 4096
LONGEST_ERROR = 200
#: The most seconds that a receiver can ask us to wait.
MOST_WAIT = 24 * 3600
AGENT = "DeltaCrown-Webhooks/1"


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


def send_message(message: Message, now: datetime) -> Answer:
    """Send a message once, and return what became of it; it raises nothing that a receiver could cause."""
    began = time.perf_counter()

    def answer(code: int | None, error: str, wait_seconds: int = 0) -> Answer:
        return Answer(code, error[:LONGEST_ERROR], round((time.perf_counter() - began) * 1000), wait_seconds)

    try:
        target = read_target(message.url)
        connection = _PinnedConnection(target, resolve_target(target))
    except DomainError as refusal:
        return answer(None, refusal.message)
    try:
        with _ended_in_time(connection) as deadline:
            connection.request("POST", target.path, body=message.body, headers=build_headers(message, now))
            response = connection.getresponse()
            response.read(MOST_READ)
    except ssl.SSLCertVerificationError as error:
        return answer(None, f"The certificate is not valid: {error.verify_message}.")
    except (OSError, http.client.HTTPException) as error:
        is_late = deadline.has_passed or isinstance(error, TimeoutError)
        why = "No answer in time" if is_late else f"No answer: {type(error).__name__}"
        return answer(None, f"{why}.")
    finally:
        connection.close()
    if deadline.has_passed:  # which ends an answer, that may look whole
        return answer(response.status, "No answer in time.")
    return answer(response.status, _judge(response.status), _read_wait(response))


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

    def __init__(self, target: Target, address: str) -> None:
        super().__init__(target.host, target.port, timeout=CONNECT_SECONDS)
        self._target, self._address = target, address

    def connect(self) -> None:
        """Connect to the address that was checked."""
        self.sock = socket.create_connection((self._address, self._target.port), CONNECT_SECONDS)
        if self._target.is_tls:
            context = ssl.create_default_context()
            # The handshake comes afterwards, so that it can be ended, too.
            secured = context.wrap_socket(
                self.sock, server_hostname=self._target.host, do_handshake_on_connect=False
            )
            self.sock = secured
            secured.do_handshake()
        self.sock.settimeout(WHOLE_SECONDS)

    def putrequest(
        self, method: str, url: str, skip_host: bool = False, skip_accept_encoding: bool = False
    ) -> None:
        """Begin the request with the host as the address of the endpoint has it."""
        super().putrequest(method, url, skip_host=True, skip_accept_encoding=True)
        self.putheader("Host", self._target.authority)

    def end(self) -> None:
        """End what is under way, from another thread: whoever reads or writes sees the end at once."""
        if self.sock is not None:
            with contextlib.suppress(OSError):  # it ended by itself
                self.sock.shutdown(socket.SHUT_RDWR)


class _ended_in_time:  # noqa: N801 - used as a function
    """Within, the connection is ended after ``WHOLE_SECONDS``, however slowly the other side goes on."""

    def __init__(self, connection: _PinnedConnection) -> None:
        self.has_passed = False
        self._connection = connection
        self._timer = threading.Timer(WHOLE_SECONDS, self._end)
        self._timer.daemon = True

    def __enter__(self) -> _ended_in_time:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        self.has_passed = True
        self._connection.end()
