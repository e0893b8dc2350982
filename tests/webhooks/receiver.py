"""A receiver of webhooks on loopback, which answers as a test says; and a clock that a test moves."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

from deltacrown.core import clock


@dataclass
class Got:
    """A message as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def message(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def type(self) -> str:
        return self.message["type"]

    @property
    def data(self) -> dict[str, Any]:
        return self.message["data"]

    def verify(self, secret: str) -> Any:
        return Webhook(secret).verify(self.body, self.headers)


#: What a receiver answers: a status, or a status with headers.
Reply = int | tuple[int, dict[str, str]]


@dataclass
class Receiver:
    """What came, in order; ``reply`` decides the answer."""

    url: str = ""
    got: list[Got] = field(default_factory=list)
    reply: Callable[[Got], Reply] = lambda _: 204
    most_at_once: int = 0
    connections: int = 0
    #: End each connection after an answer, without having said so.
    ends_silently: bool = False
    _at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def types(self) -> list[str]:
        return [each.type for each in self.got]

    def take(self, got: Got) -> Reply:
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            self.got.append(got)
        try:
            return self.reply(got)
        finally:
            with self._lock:
                self._at_once -= 1


@contextmanager
def receiving(*, tls: ssl.SSLContext | None = None, keeps: bool = False) -> Iterator[Receiver]:
    """Serve a receiver on a free port of loopback.

    :param tls: serve ``https://localhost`` with it.
    :param keeps: let a connection stay for further messages.
    """
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1" if keeps else "HTTP/1.0"

        def setup(self) -> None:
            receiver.connections += 1
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = receiver.take(Got(headers, body))
            status, more = reply if isinstance(reply, tuple) else (reply, {})
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()
            self.close_connection |= receiver.ends_silently

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Be silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        # A handshake that fails is an error of accept(), after which the server goes on.
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    host = "http://127.0.0.1" if tls is None else "https://localhost"
    receiver.url = f"{host}:{server.server_port}/hooks"
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Watch:
    """A clock that stands still until it is moved; it begins now, as signatures are valid for minutes."""

    def __init__(self) -> None:
        self.time = clock.now()

    def __call__(self) -> datetime:
        return self.time

    def move(self, by: timedelta) -> None:
        self.time += by

    def pause(self, seconds: float) -> None:
        self.move(timedelta(seconds=seconds))
