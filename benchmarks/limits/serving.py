"""What one worker of the server answers in a second, and what it takes of the processor, on loopback.

The client is on the same cores, so it does as little as can be done: it sends the same bytes each time, and
reads no more of an answer than its status and its length.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from benchmarks.database import NO_RATE, RATES
from benchmarks.limits.figure import Figure, Samples

#: Connections that ask at once, as the proxy keeps them open; and requests of each in a round.
CONNECTIONS, REQUESTS = 4, 100
ROUNDS = 5
#: Bytes of the longest answer that is read, and of the longest head of one.
LARGEST, LONGEST_HEAD = 1024 * 1024, 16 * 1024
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
#: Seconds to wait for the server to answer its first request.
PATIENCE = 60


def measure(samples: int = ROUNDS) -> list[Figure]:
    """Return how fast one worker serves a kept profile, and an empty view, in turn, from the filled database.

    :param samples: rounds of requests.
    :raises RuntimeError: the server does not begin to answer.
    """
    from benchmarks.measures import draw_players

    [player] = draw_players(1)
    paths = {"page": f"/players/{player}/", "api": f"/api/v1/players/{player}", "empty": "/healthz"}
    taken: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in paths}
    with serving() as (port, process):
        for path in paths.values():
            ask(port, path, 20)
        for _ in range(samples):
            for name, path in paths.items():
                wall, cpu = time_round(port, path, process)
                taken[name][0].append(wall)
                taken[name][1].append(cpu)

    page, api, empty = (Samples(tuple(wall), client=tuple(cpu)) for wall, cpu in taken.values())
    note = "CPU is that of the worker for a request."
    return [
        Figure("serve: kept profile page, 1 worker", page, empty, unit="/s", budget=1200, budget_of="value",
               at_least=True, peer="an empty view", note=note),
        Figure("serve: kept profile by API, 1 worker", api, empty, unit="/s", peer="an empty view",
               note=note),
    ]  # fmt: skip


def time_round(port: int, path: str, process: int) -> tuple[float, float]:
    """Return the seconds for a request, and the worker's CPU seconds for one, with all connections asking."""
    before, started = read_cpu_of_children(process), time.perf_counter()
    threads = [Thread(target=ask, args=(port, path, REQUESTS)) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asked = CONNECTIONS * REQUESTS
    return (time.perf_counter() - started) / asked, (read_cpu_of_children(process) - before) / asked


def ask(port: int, path: str, times: int) -> None:
    """Ask for a path so many times over one connection.

    :raises RuntimeError: an answer is not 200, or is cut short.
    """
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    place = memoryview(bytearray(LARGEST))
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        for _ in range(times):
            connection.sendall(request)
            read_answer(connection, place, path)


def read_answer(connection: socket.socket, place: memoryview, path: str) -> None:
    """Read one whole answer.

    :raises RuntimeError: it is not 200, does not say how long it is, or is cut short.
    """
    got, end, head = 0, -1, b""
    while end < 0:
        more = connection.recv_into(place[got:])
        got += more
        head = bytes(place[: min(got, LONGEST_HEAD)])
        end = head.find(b"\r\n\r\n")
        if not more or (end < 0 and got >= LONGEST_HEAD):
            raise RuntimeError(f"{path} answers {head[:50]!r}")
    told = LENGTH.search(head, 0, end + 2)
    if not head.startswith(b"HTTP/1.1 200 ") or told is None:
        raise RuntimeError(f"{path} answers {head[:50]!r}")
    whole = end + 4 + int(told[1])
    while got < whole:
        more = connection.recv_into(place[got:])
        got += more
        if not more:
            raise RuntimeError(f"{path} ends after {got} of {whole} bytes")


@contextmanager
def serving() -> Iterator[tuple[int, int]]:
    """Serve the site with one worker; yield its port and the id of the supervising process.

    It reads the database that this process is connected to, whose address is in the environment.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "PORT": str(port),
        "WORKERS": "1",
        "THREADS": "4",
        "PYTHON": sys.executable,
        **dict.fromkeys(RATES, NO_RATE),
        "LOG_LEVEL": "ERROR",
    }
    subprocess.run([sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"], check=True,
                   env=os.environ | settings)  # fmt: skip
    server = subprocess.Popen([str(Path("deploy/serve").resolve())], env=os.environ | settings)
    try:
        wait_for(port)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(timeout=60)


def wait_for(port: int) -> None:
    """Wait until the server answers.

    :raises RuntimeError: it does not.
    """
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            ask(port, "/healthz", 1)
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("the server does not answer")


def read_cpu_of_children(process: int) -> float:
    """Return the seconds of CPU that a process and all below it have used, in all their threads."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    children = [
        int(child)
        for listed in Path(f"/proc/{process}/task").glob("*/children")
        for child in listed.read_text(encoding="utf-8").split()
    ]
    return own + sum(map(read_cpu_of_children, children))
