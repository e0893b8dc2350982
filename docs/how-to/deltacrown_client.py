"""A client for the DeltaCrown API in one file, without dependencies. Copy it and change it as you like."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

#: Status codes after which the same request is sent again.
BUSY = {429, 500, 502, 503, 504}


class Line(TypedDict, total=False):
    """One player's part in a match; ``player`` and ``result`` are required."""

    player: str
    result: str
    side: str
    team: str
    score: int | str | None
    placement: int | None
    ended_by: str
    uncounted_reason: str
    void_reason: str
    stats: dict[str, Any]


class Match(TypedDict, total=False):
    """A match to record; ``match_key``, ``game``, ``played_at`` and ``players`` are required."""

    match_key: str
    game: str
    played_at: str
    players: Sequence[Line]
    sequence: int | None
    tournament: str
    round: str
    series: str
    map_name: str
    details: dict[str, Any]
    void_reason: str


@dataclass
class Refused(Exception):
    """The site refused a request; nothing was changed."""

    status: int
    code: str
    detail: str

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.detail}"


@dataclass(frozen=True)
class Deltacrown:
    """A connection to a site.

    :param root: the address of the API, for example ``http://127.0.0.1:8000/api/v1``.
    :param key: an API key; required for writing and for private data.
    :param attempts: how often a request is sent at most.
    """

    root: str
    key: str = ""
    attempts: int = 5

    def get(self, path: str, **query: str | int) -> Any:
        """Return the JSON document at ``path``.

        :raises Refused: the site refused the request.
        """
        parameters = f"?{urllib.parse.urlencode(query)}" if query else ""
        return self.send("GET", path + parameters)

    def iterate(self, path: str, **query: str | int) -> Iterator[dict[str, Any]]:
        """Yield every item of a list, page by page."""
        page: dict[str, str | int] = {}
        while True:
            found = self.get(path, **query, **page)
            yield from found["items"]
            if found["next_page"] is None:
                return
            page = {"page": found["next_page"]}

    def iterate_matches(self, public_id: str, **filters: str | int) -> Iterator[dict[str, Any]]:
        """Yield a player's matches, newest first."""
        return self.iterate(f"/players/{public_id}/matches", **filters)

    def record_matches(
        self, matches: Sequence[Match], *, create_missing: bool = False
    ) -> list[dict[str, Any]]:
        """Record matches, a thousand per request, and return one outcome per match, in order.

        :param create_missing: create the players and teams that are unknown; takes the scope
            ``players:create``.
        """
        outcomes: list[dict[str, Any]] = []
        for first in range(0, len(matches), 1000):
            body = {"matches": matches[first : first + 1000], "create_missing": create_missing}
            outcomes += self.send("POST", "/matches", body)["outcomes"]
        return outcomes

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request and return the JSON answer; repeat it if the site is busy or the answer is lost.

        All attempts have the same ``Idempotency-Key``, so that the site carries out the request only once.

        :raises Refused: the site refused the request.
        :raises OSError: there is no connection, or ``http.client.HTTPException``: the answer was incomplete.
        """
        headers: dict[str, str] = {}
        data = None
        if body is not None:
            headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
            data = json.dumps(body).encode()
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"

        for attempt in range(1, self.attempts + 1):
            request = urllib.request.Request(self.root + path, data, headers, method=method)
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code not in BUSY or attempt == self.attempts:
                    raise read_problem(error) from error
                time.sleep(float(error.headers.get("Retry-After", 2**attempt / 10)))
            except (OSError, http.client.HTTPException):  # no connection, or it broke before the end
                if attempt == self.attempts:
                    raise
                time.sleep(2**attempt / 10)
        raise AssertionError("unreachable")


def read_problem(error: urllib.error.HTTPError) -> Refused:
    """Return the problem in an error response. A proxy before the site may send errors of another form."""
    try:
        problem = json.load(error)
        return Refused(error.code, problem["code"], problem["detail"])
    except (ValueError, TypeError, KeyError):
        return Refused(error.code, "unknown", error.reason)
