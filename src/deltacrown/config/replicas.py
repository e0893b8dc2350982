"""Which requests read from the replica, and how those that write make sure that they are read.

Only reads that are named here: lists and boards, which cost most, of everybody; and whatever else visitors
read most. Everything else is of the primary: forms, desks, the bench, the admin, one's own pages, health.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import connection
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve

from deltacrown.core import replica
from deltacrown.core.request_facts import is_of_api
from deltacrown.freshness.floors import get_lifetime, raise_floor, read_floor

#: Pages that everybody reads there, by the names of their addresses.
LISTS = {
    "integrity",
    "leaderboard",
    "match",
    "player-activity",
    "player-bests",
    "player-company",
    "player-matches",
    "player-places",
    "player-series",
    "player-stat",
    "player-stat-history",
    "player-tournaments",
    "season",
    "seasons",
    "team-matches",
    "team-results",
    "tournament-matches",
    "tournament-players",
    "tournament-results",
    "tournament-series",
    "versus",
}
#: Pages that visitors read there, too: those who are signed in have forms and news on them.
OF_VISITORS = {
    "calendar",
    "home",
    "player",
    "player-badge-picture",
    "player-card",
    "player-feed",
    "result-feed",
    "search",
    "sitemap",
    "sitemap-section",
    "team",
    "team-roster",
    "tournament",
    "tournament-calendar",
    "tournament-card",
    "tournament-entrants",
    "tournaments",
}
#: The same of the API.
API_LISTS = re.compile(
    r"/api/v1/(integrity|leaderboards(/.*)?|matches/.+|seasons(/[^/]+)?"
    r"|players/[^/]+/(activity|games|matches|series|stats|tournaments|versus)(/.*)?"
    r"|teams/[^/]+/(numbers|roster)|tournaments/[^/]+/(matches|players|results|series(/.*)?))"
)
API_OF_VISITORS = re.compile(r"/api/v1/(players(/[^/]+)?|search|teams(/[^/]+)?|tournaments(/[^/]+)?)")
#: What programs record by their key many times a second.
RECORDING = re.compile(r"/api/v1/matches(/.*)?")
#: The position of what this browser wrote last.
COOKIE = "wrote"
SAFE = {"GET", "HEAD"}
_POSITION = re.compile(r"[0-9]{1,16}", re.ASCII)
_WRITES = re.compile(
    r"\s*(INSERT|UPDATE|DELETE|WITH\b.*\b(INSERT|UPDATE|DELETE)\b)", re.IGNORECASE | re.DOTALL
)


class ReadsFromReplica:
    """Has a request read all it reads from the replica, if it may and the replica has all that it must see.

    What fails there begins anew on the primary, so nobody sees a fault of the replica.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not replica.is_configured():
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not may_lag(request):
            return self._ask_primary(request)
        try:
            visit = replica.Visit(find_floor(request))
            visit.begin()
        except replica.Unusable:
            return self._ask_primary(request)
        with visit.reading():
            response = _begin_stream(self.get_response(request))
        if visit.has_failed:
            _forget_attempt(request)
            return self._ask_primary(request)
        if isinstance(response, StreamingHttpResponse):
            response.streaming_content = _go_on(visit, response.streaming_content)  # type: ignore[arg-type]
        return response

    def _ask_primary(self, request: HttpRequest) -> HttpResponseBase:
        """Answer from the primary, and have what was written be read from now on."""
        writes = _Writes(is_any=request.method not in SAFE)
        with connection.execute_wrapper(writes):
            response = self.get_response(request)
        if not writes.were_there:
            return response
        is_often = request.method in SAFE or RECORDING.fullmatch(request.path_info)
        if is_often and "Authorization" in request.headers:  # a read notes when the key was used last
            raise_floor(key=request.headers["Authorization"])
            return response
        response.set_cookie(
            COOKIE,
            str(raise_floor()),
            max_age=get_lifetime(),
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
        return response


def may_lag(request: HttpRequest) -> bool:
    """Return whether a request may be answered by a server that follows."""
    if request.method not in SAFE:
        return False
    is_known = settings.SESSION_COOKIE_NAME in request.COOKIES or "Authorization" in request.headers
    if is_of_api(request):
        found = API_LISTS.fullmatch(request.path_info)
        return bool(found or (not is_known and API_OF_VISITORS.fullmatch(request.path_info)))
    try:
        name = resolve(request.path_info).url_name
    except Resolver404:
        return False
    return name in LISTS or (not is_known and name in OF_VISITORS)


def find_floor(request: HttpRequest) -> int:
    """Return the position that this reader must see.

    :raises replica.Unusable: it is not known.
    """
    own = request.COOKIES.get(COOKIE, "")
    written = int(own) if _POSITION.fullmatch(own) else 0
    return max(written, read_floor(key=request.headers.get("Authorization", "")))


class _Writes:
    """Notes whether a request wrote something.

    :param is_any: of a request that may write any statement counts.
    """

    def __init__(self, *, is_any: bool) -> None:
        self.is_any, self.were_there = is_any, False

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.were_there = self.were_there or self.is_any or _WRITES.match(sql) is not None
        return execute(sql, params, many, context)


def _forget_attempt(request: HttpRequest) -> None:
    """Forget who the replica said it was."""
    for name in ("_cached_user", "_acached_user"):
        vars(request).pop(name, None)


def _begin_stream(response: HttpResponseBase) -> HttpResponseBase:
    """Read the first part of a stream: what fails there can be begun anew."""
    if isinstance(response, StreamingHttpResponse):
        parts: Iterator[Any] = iter(response.streaming_content)  # type: ignore[arg-type] # no view is async
        response.streaming_content = chain(list(islice(parts, 1)), parts)
    return response


def _go_on(visit: replica.Visit, parts: Iterable[Any]) -> Iterator[Any]:
    """Make each part of a stream where the first was made, and leave the thread as it was in between."""
    parts = iter(parts)
    while True:
        with visit.reading():
            part = list(islice(parts, 1))
        if not part:
            return
        yield part[0]
