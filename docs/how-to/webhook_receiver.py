"""A receiver of webhooks: checks each message, and does once what it asks for, however often it comes.

    WEBHOOK_SECRET='whsec_…' python webhook_receiver.py

It needs the package ``standardwebhooks``, or any other library of https://www.standardwebhooks.com.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError


class Inbox:
    """Remembers which messages were dealt with, in the transaction that deals with them."""

    def __init__(self, path: str, secret: str, handle: Callable[[sqlite3.Connection, dict[str, Any]], None]):
        self.database = sqlite3.connect(path, check_same_thread=False)
        self.database.execute("CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY)")
        self.webhook, self.handle = Webhook(secret), handle

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        """Return the status to answer with."""
        try:
            message = self.webhook.verify(body, headers)
        except WebhookVerificationError:
            return 400  # not from the site, changed on the way, or older than five minutes
        names = {name.lower(): value for name, value in headers.items()}
        with self.database:  # both are written, or neither
            seen = self.database.execute("INSERT OR IGNORE INTO seen VALUES (?)", [names["webhook-id"]])
            if seen.rowcount:
                self.handle(self.database, message)
        return 204


def make_server(inbox: Inbox, address: tuple[str, int]) -> HTTPServer:
    """Return a server that hands every message to ``inbox``; in production another one is before it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(inbox.take(body, dict(self.headers)))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    return HTTPServer(address, Handler)


def show(_database: sqlite3.Connection, message: dict[str, Any]) -> None:
    """Show a message. What takes long belongs into a queue: an answer must come within 15 seconds."""
    print(message["timestamp"], message["type"], message["data"])  # noqa: T201 - it is an example


if __name__ == "__main__":
    box = Inbox("inbox.sqlite3", os.environ["WEBHOOK_SECRET"], show)
    make_server(box, ("127.0.0.1", 9000)).serve_forever()
