"""Clients of a site that breaks, and what each of them saw."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from typing import Any

from tests.chaos.site import Site

WRITERS, READERS = 3, 4


class Clients:
    """Writers, readers and a supervisor, each in a thread, and what they saw."""

    def __init__(self, site: Site, run: str) -> None:
        self.site, self.run = site, run
        self.is_over = threading.Event()
        self.written: Counter[str] = Counter()
        self.read: Counter[str] = Counter()
        self.acknowledged: list[str] = []
        self.successes: list[float] = [time.monotonic()]
        self.without_retry_after = 0
        self.ready: list[tuple[float, str]] = []
        self.alive: list[tuple[float, str]] = []
        works = [self._write] * WRITERS + [self._read] * READERS + [self._watch]
        self.threads = [
            threading.Thread(target=work, args=(number,), daemon=True) for number, work in enumerate(works)
        ]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self.is_over.set()
        for thread in self.threads:
            thread.join(60)

    def _ask(self, seen: Counter[str], *arguments: Any, **options: Any) -> int:
        try:
            status, headers, _ = self.site.ask(*arguments, **options)
        except (OSError, http.client.HTTPException) as error:
            seen[type(error).__name__] += 1
            return 0
        seen[str(status)] += 1
        if status == 503 and "retry-after" not in {name.lower() for name in headers}:
            self.without_retry_after += 1
        return status

    def _write(self, number: int) -> None:
        """Record match after match; each is sent until it is acknowledged."""
        sent = 0
        while not self.is_over.is_set():
            sent += 1
            key = f"{self.run}-{number}-{sent}"
            winner, loser = (self.site.players[(sent + step) % len(self.site.players)] for step in (0, 1))
            lines = [
                {"player": winner, "result": "WIN", "side": "a"},
                {"player": loser, "result": "LOSS", "side": "b"},
            ]
            match = {"match_key": key, "game": "chess", "played_at": "2025-06-01T12:00:00Z", "players": lines}
            while not self.is_over.is_set():
                bearer = {"Authorization": f"Bearer {self.site.key}"}
                if self._ask(self.written, "POST", "/api/v1/matches", {"matches": [match]}, **bearer) == 200:
                    self.acknowledged.append(key)
                    self.successes.append(time.monotonic())
                    break
                time.sleep(0.2)
            time.sleep(0.02)

    def _read(self, number: int) -> None:
        while not self.is_over.is_set():
            player = self.site.players[number % len(self.site.players)]
            self._ask(self.read, "GET", f"/players/{player}/")
            self._ask(self.read, "GET", "/api/v1/leaderboards/matches_won")
            time.sleep(0.05)

    def _watch(self, _number: int) -> None:
        while not self.is_over.is_set():
            for path, seen in (("/readyz", self.ready), ("/healthz", self.alive)):
                began = time.monotonic()
                try:
                    status, _, body = self.site.ask("GET", path, timeout=10)
                    said = json.loads(body)
                    said = said.get("database", "") if status == 503 else said.get("cache", said["status"])
                    seen.append((time.monotonic() - began, f"{status} {said}"))
                except (OSError, ValueError, http.client.HTTPException) as error:
                    seen.append((time.monotonic() - began, type(error).__name__))
            time.sleep(0.3)
