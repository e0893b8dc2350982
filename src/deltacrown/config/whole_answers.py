"""Whatever is no stream is handed to the server whole."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.http import HttpResponse

logger = logging.getLogger(__name__)

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def send_whole(handler: Callable[..., Any]) -> Application:
    """Return a WSGI application that answers as Django's handler does, with a list where it can.

    granian sends a list at one stroke. A response that it has to go through and to close goes back and forth
    between its threads and ours, and keeps the connection to the database until it was sent.
    """

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer: Any = handler(environ, start_response)
        if not isinstance(answer, HttpResponse):
            return answer  # type: ignore[no-any-return] # a stream, a file, or what error reports wrap around it
        parts = [answer.content]
        try:
            answer.close()
        except Exception:  # what the answer tells is done: nobody is told otherwise
            logger.exception("a request that was answered could not be closed")
        return parts

    return application
