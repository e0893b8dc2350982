"""The innermost middleware: what staff read in a request is logged before its answer leaves."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from deltacrown.core.audit import collecting_reads


class AuditedRequests:
    """Writes the reads of a request; where that fails, the answer is that of the failure, and shows nothing.

    What an export reads while it is sent is logged as it is read, since its answer has left by then.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with collecting_reads():
            return self.get_response(request)
