"""A receiver of webhooks that now and then is not in the mood, and remembers what it took."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: How many of a hundred deliveries it refuses, and takes a later attempt of.
REFUSED = 1


class Receiver(ThreadingHTTPServer):
    """Listens on a free port of loopback."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.mood = random.Random(7)
        #: Each taken delivery: its id, its kind and its data, in the order of arrival.
        self.taken: list[tuple[str, str, Any]] = []
        self.refused: set[str] = set()
        #: Its signatures are of this; empty: they are not looked at yet.
        self.secret = ""
        self.unsigned = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"

    @classmethod
    @contextmanager
    def listening(cls) -> Iterator[Receiver]:
        """Give a receiver that listens within."""
        receiver = cls()
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        try:
            yield receiver
        finally:
            receiver.shutdown()
            receiver.server_close()

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        """Take a delivery, or not; return the status of the answer."""
        from standardwebhooks import Webhook, WebhookVerificationError

        with self.lock:
            identity = headers.get("webhook-id", "")
            if identity not in self.refused and self.mood.randrange(100) < REFUSED:
                self.refused.add(identity)  # once: the third attempt would be minutes later
                return 503
            try:
                Webhook(self.secret).verify(body, headers)
            except WebhookVerificationError:
                self.unsigned += 1
                return 400
            told = json.loads(body)
            self.taken.append((identity, told["type"], told["data"]))
            return 204


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        """Answer a delivery."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.server.take(body, {name.lower(): it for name, it in self.headers.items()}))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
