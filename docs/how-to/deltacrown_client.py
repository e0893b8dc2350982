"""A client of the DeltaCrown API: one file, the standard library alone. Copy it and change what you like."""

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

#: Answers after which the same request is sent again.
BUSY = {429, 500, 502, 503, 504}


class Line(TypedDict, total=False):
    """One player's part in a match; ``player`` and ``result`` are needed."""

    player: str
    result: str
    side: str
    score: int
    stats: dict[str, Any]


class Match(TypedDict, total=False):
    """A match to record; ``match_key``, ``game``, ``played_at`` and ``players`` are needed."""

    match_key: str
    game: str
    played_at: str
    players: Sequence[Line]
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
    """A site. ``key`` is needed for writing and for what is one's own."""

    root: str
    key: str = ""
    attempts: int = 5

    def get(self, path: str, **query: str | int) -> Any:
        """What is at ``path``, as JSON."""
        return self.send("GET", path + (f"?{urllib.parse.urlencode(query)}" if query else ""))

    def iterate(self, path: str, **query: str | int) -> Iterator[dict[str, Any]]:
        """Every item of a list, page after page."""
        page: dict[str, str | int] = {}
        while True:
            found = self.get(path, **query, **page)
            yield from found["items"]
            if found["next_page"] is None:
                return
            page = {"page": found["next_page"]}

    def iterate_matches(self, public_id: str, **filters: str | int) -> Iterator[dict[str, Any]]:
        """A player's matches, newest first."""
        return self.iterate(f"/players/{public_id}/matches", **filters)

    def record_matches(self, matches: Sequence[Match]) -> list[dict[str, Any]]:
        """Record matches, a thousand a call, and return what became of each."""
        outcomes: list[dict[str, Any]] = []
        for first in range(0, len(matches), 1000):
            outcomes += self.send("POST", "/matches", {"matches": matches[first : first + 1000]})["outcomes"]
        return outcomes

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request; again, as the same one, when the site was busy or the answer was lost."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())} if body is not None else {}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        data = None if body is None else json.dumps(body).encode()
        for attempt in range(1, self.attempts + 1):
            request = urllib.request.Request(self.root + path, data, headers, method=method)
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code not in BUSY or attempt == self.attempts:
                    raise read_problem(error) from error
                time.sleep(float(error.headers.get("Retry-After", 2**attempt / 10)))
            except (OSError, http.client.HTTPException):  # no connection, or none to the end of the answer
                if attempt == self.attempts:
                    raise
                time.sleep(2**attempt / 10)
        raise AssertionError("unreachable")


def read_problem(error: urllib.error.HTTPError) -> Refused:
    """What the site says is wrong; whatever stands before the site may answer in words of its own."""
    try:
        problem = json.load(error)
        return Refused(error.code, problem["code"], problem["detail"])
    except (ValueError, TypeError, KeyError):
        return Refused(error.code, "unknown", error.reason)
