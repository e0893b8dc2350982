"""Clients that read and record through the proxy, and what they saw.

Each client is another address of this machine (127.0.0.0/8), comes over TLS, asks so many times, and goes:
the limits of the proxy and of the site for one address stay as they are in production.
"""

from __future__ import annotations

import http.client
import itertools
import json
import random
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

#: What a client asks for before it goes: less than the 20 a second and the burst that an address may.
REQUESTS_OF_A_CLIENT = 20
#: Of a hundred reads.
READS = {
    "/players/{player}/": 40,
    "/players/{player}/matches/": 20,
    "/leaderboards/matches_won/": 15,
    "/api/v1/players/{player}": 10,
    "/api/v1/players/{player}/matches": 10,
    "/api/v1/leaderboards/matches_won": 5,
}
RECORD = "/api/v1/matches"


@dataclass(frozen=True)
class Ground:
    """What there is to ask for.

    :param players: public ids.
    :param keys: API keys that may record; each may be used so often a minute, so there are many.
    """

    port: int
    context: ssl.SSLContext
    players: list[str]
    keys: list[str]
    game: str


@dataclass
class Seen:
    """What clients saw: seconds of each answer, what was no answer, and the keys of recorded matches.

    :ivar read_again: of those, how many were looked for by whoever recorded them, and found.
    """

    reads: list[float] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    recorded: list[str] = field(default_factory=list)
    read_again: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Return the answers a second."""
        return (len(self.reads) + len(self.writes)) / self.seconds


def percentile(seconds: list[float], share: float) -> float:
    """Return the milliseconds within which a share of the answers came; 0 of none."""
    ordered = sorted(seconds)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000 if ordered else 0.0


def list_addresses() -> Iterator[str]:
    """Return addresses of the loopback, one after the other, from 127.1.0.1 on."""
    for number in itertools.cycle(range(1, 250 * 250 * 250)):
        rest, last = divmod(number, 250)
        second, third = divmod(rest, 250)
        yield f"127.{1 + second}.{third}.{1 + last}"


class Load:
    """Clients of a site, one stage after the other."""

    def __init__(self, ground: Ground, run: str) -> None:
        self.ground, self.run = ground, run
        self._addresses, self._numbers, self._lock = list_addresses(), itertools.count(1), threading.Lock()

    def run_stage(self, clients: int, seconds: float, *, writes: float) -> Seen:
        """Have so many clients ask at a time, one request after the other each, with this share of writes."""
        parts = [Seen() for _ in range(clients)]
        began = time.monotonic()
        threads = [
            threading.Thread(target=self._keep_asking, args=(part, began + seconds, writes), daemon=True)
            for part in parts
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        whole = Seen(seconds=time.monotonic() - began)
        for part in parts:
            whole.reads += part.reads
            whole.writes += part.writes
            whole.failures += part.failures
            whole.recorded += part.recorded
            whole.read_again += part.read_again
        return whole

    def _keep_asking(self, seen: Seen, end: float, writes: float) -> None:
        pick = random.Random(self._take_number())
        paths, weights = list(READS), list(READS.values())
        while time.monotonic() < end:
            client, last = self._come(), None
            try:
                for _ in range(REQUESTS_OF_A_CLIENT):
                    if time.monotonic() > end:
                        break
                    if pick.random() < writes:
                        last = self._record(client, seen, pick) or last
                    else:
                        [path] = pick.choices(paths, weights)
                        self._read(client, seen, path.format(player=pick.choice(self.ground.players)))
                if last:
                    self._read_again(client, seen, *last)
            except (OSError, http.client.HTTPException) as error:
                seen.failures[type(error).__name__] += 1
            finally:
                client.close()

    def _come(self) -> http.client.HTTPSConnection:
        with self._lock:
            address = next(self._addresses)
        return http.client.HTTPSConnection(
            "127.0.0.1",
            self.ground.port,
            timeout=30,
            context=self.ground.context,
            source_address=(address, 0),
        )

    def _take_number(self) -> int:
        with self._lock:
            return next(self._numbers)

    def _read(self, client: http.client.HTTPSConnection, seen: Seen, path: str) -> None:
        seconds, status = ask(client, "GET", path)
        if status == 200:
            seen.reads.append(seconds)
        else:
            seen.failures[f"{status} {path.split('/')[1]}"] += 1

    def _record(
        self, client: http.client.HTTPSConnection, seen: Seen, pick: random.Random
    ) -> tuple[str, str] | None:
        """Record a match; return its key and the winner where it was acknowledged."""
        number = self._take_number()
        key = f"{self.run}-{number}"
        winner, loser = pick.sample(self.ground.players, 2)
        played = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        lines = [
            {"player": winner, "result": "WIN", "side": "a"},
            {"player": loser, "result": "LOSS", "side": "b"},
        ]
        match = {"match_key": key, "game": self.ground.game, "played_at": played, "players": lines}
        bearer = self.ground.keys[number % len(self.ground.keys)]
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {bearer}"}
        seconds, status = ask(client, "POST", RECORD, json.dumps({"matches": [match]}), headers)
        if status == 200:
            seen.writes.append(seconds)
            seen.recorded.append(key)
            return key, winner
        seen.failures[f"{status} recording"] += 1
        return None

    def _read_again(self, client: http.client.HTTPSConnection, seen: Seen, key: str, winner: str) -> None:
        """Look for the match that was recorded last, at its own address and in the winner's history."""
        for path in (f"/api/v1/matches/{self.ground.game}/{key}", f"/api/v1/players/{winner}/matches"):
            client.request("GET", path)
            answer = client.getresponse()
            if key.encode() not in answer.read():
                seen.failures[f"{answer.status} without what was recorded"] += 1
                return
        seen.read_again += 1


def ask(
    client: http.client.HTTPSConnection,
    method: str,
    path: str,
    body: str | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[float, int]:
    """Return the seconds until an answer was read whole, and its status."""
    began = time.perf_counter()
    client.request(method, path, body, {"Accept-Encoding": "gzip", **(headers or {})})
    answer = client.getresponse()
    answer.read()
    return time.perf_counter() - began, answer.status
