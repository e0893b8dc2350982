"""Whether the web server of this container answers: for HEALTHCHECK, without curl. Ends with 0, or 1."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import closing

#: Less than the time-out of HEALTHCHECK.
SECONDS = 4
HEADS = ("Host: localhost", "X-Forwarded-Proto: https", "Connection: close")
QUESTION = "\r\n".join(["GET /healthz HTTP/1.1", *HEADS, "", ""]).encode()


def connect() -> socket.socket:
    """Connect to where ``deltacrown serve`` listens by the same variables.

    :raises OSError: nobody listens there.
    """
    path = os.environ.get("SOCKET", "").strip()
    if not path:
        return socket.create_connection(("127.0.0.1", int(os.environ.get("PORT") or 8000)), SECONDS)
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(SECONDS)
    try:
        client.connect(path)
    except OSError:
        client.close()
        raise
    return client


def is_answering() -> bool:
    """Return whether a server answers, and speaks HTTP.

    A host that it does not know is an answer, too: only the proxy knows its names.
    """
    try:
        with closing(connect()) as client:
            client.sendall(QUESTION)
            with client.makefile("rb") as answer:  # which may come in pieces
                return answer.read(12) in {b"HTTP/1.1 200", b"HTTP/1.1 400"}
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(not is_answering())
