"""A peer's process: it reads a command of JSON a line, does it, and answers with a line of JSON."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from subprocess import PIPE, Popen
from typing import Any

from benchmarks.peers import APPS


class Worker:
    """The other end: a process of a peer that was started here."""

    def __init__(self, process: Popen[str]) -> None:
        self.process = process

    def ask(self, do: str, **given: Any) -> dict[str, Any]:
        """Send a command and return its answer.

        :raises RuntimeError: the process ended, or the command failed.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": do, **given}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"failed": "the process ended"}
        if "failed" in answer:
            raise RuntimeError(f"the peer could not {do}: {answer['failed']}")
        return answer


@contextmanager
def started(peer: str, url: str) -> Iterator[Worker]:
    """Start a peer's process, connected with a database; end it afterwards."""
    environment = {**os.environ, "BENCH_PEER": peer, "BENCH_PEER_DATABASE": url}
    environment["DJANGO_SETTINGS_MODULE"] = "benchmarks.peers.settings"
    command = [sys.executable, "-m", "benchmarks.peers.worker"]
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True, env=environment) as process:
        try:
            yield Worker(process)
        finally:
            assert process.stdin
            process.stdin.close()


def main() -> None:
    """Do what is asked until there is no more of it."""
    import django

    answers, sys.stdout = sys.stdout, sys.stderr  # what a package prints is no answer
    django.setup()
    do = Commands(os.environ["BENCH_PEER"])
    for line in sys.stdin:
        given = json.loads(line)
        try:
            answer = getattr(do, given.pop("do"))(**given)
        except Exception as error:  # noqa: BLE001 it is told to who asked
            answer = {"failed": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


class Commands:
    """What a peer's process can be asked for."""

    def __init__(self, peer: str) -> None:
        from benchmarks.peers.recorders import WAYS, Recorder

        self.peer, self.ways = peer, WAYS
        self.recorder = Recorder(APPS[peer]) if peer != "rest" else None
        self._server: int | None = None

    def prepare(self, past: list[Any], others: list[Any]) -> dict[str, Any]:
        """Make the tables, and fill them."""
        from django.core.management import call_command

        call_command("migrate", run_syncdb=True, verbosity=0)
        assert self.recorder
        self.recorder.prepare(past, [(player, game) for player, game in others])
        if self.peer == "denorm":
            from denorm.denorms import install_triggers

            install_triggers()
        return {}

    def record(self, way: str, rows: list[Any]) -> dict[str, Any]:
        """Record lines, and tell what it took."""
        return self._time(partial(self.ways[way][1], self.recorder, rows))

    def check(self) -> dict[str, Any]:
        """Tell how many numbers are wrong."""
        assert self.recorder
        return {"wrong": self.recorder.count_wrong()}

    def damage(self) -> dict[str, Any]:
        """Make one number wrong, to see that it is found."""
        assert self.recorder
        first = self.recorder.player.objects.order_by("pk").values("pk")[:1]
        self.recorder.player.objects.filter(pk__in=first).update(matches_won=-1)
        return {}

    def get(self, path: str) -> dict[str, Any]:
        """Ask a view of the peer, and tell what it took and how many things it lists."""
        from django.test import Client

        told: dict[str, Any] = {}

        def ask() -> None:
            told["answer"] = self._client.get(path)

        if not hasattr(self, "_client"):
            self._client = Client()
        taken = self._time(ask)
        if told["answer"].status_code != 200:
            raise RuntimeError(f"{path} answers {told['answer'].status_code}")
        return {**taken, "answer": told["answer"].json()}

    def _time(self, call: Callable[[], object]) -> dict[str, float]:
        from benchmarks.limits.figure import find_server, time_call

        self._server = self._server or find_server()
        wall, client, server = time_call(call, self._server)
        return {"wall": wall, "client": client, "server": server}


if __name__ == "__main__":
    main()
