"""A process of the site, which is started again when it ends, and can be stopped, killed and paused."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

RESTART_SECONDS = 1.0
#: Longer than what any of them takes to finish what it is at.
STOP_SECONDS = 90.0
TICKS = os.sysconf("SC_CLK_TCK")


class DidNotStart(Exception):
    """A process of the site does not become ready."""


class Part:
    """One server with all processes it started; a supervisor starts it again, as systemd does.

    :ivar starts: how often it was started.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str],
        is_ready: Callable[[], bool],
        account: str | None = None,
        stop_signal: int = signal.SIGTERM,
    ) -> None:
        self.name, self.command, self.log = name, list(command), log
        self.environment, self.is_ready, self.stop_signal = dict(environment), is_ready, stop_signal
        self.rights = find_rights(account)
        self.starts = 0
        self._lock = threading.Lock()
        # Of each start its own: whoever supervised the one before must not take the next for theirs.
        self._is_over = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, seconds: float = 120) -> None:
        """Start it, and wait until it is ready.

        :raises DidNotStart: it is not ready after so many seconds.
        """
        with self._lock:
            is_over = self._is_over = threading.Event()
            process = self._launch()
        threading.Thread(target=self._supervise, args=(process, is_over), daemon=True).start()
        self.wait_until_ready(seconds)

    def wait_until_ready(self, seconds: float = 120) -> None:
        """Wait until it does its work.

        :raises DidNotStart: it does not in so many seconds, or was started in vain three times.
        """
        deadline, most = time.monotonic() + seconds, self.starts + 2
        while not self.is_ready():
            if time.monotonic() > deadline or self.starts > most:
                raise DidNotStart(f"{self.name} does not start. The end of {self.log}:\n{self.read_log()}")
            time.sleep(0.1)

    def stop(self) -> bool:
        """Stop it gently; return whether it ended by itself."""
        with self._lock:  # what is being started again now is stopped as well
            self._is_over.set()
            process = self._process
        if process is None or process.poll() is not None:
            return True
        self.resume()
        process.send_signal(self.stop_signal)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._end_all()
            return False
        return True

    def kill(self) -> None:
        """End it at once, with all it started; the supervisor starts it again."""
        self._end_all()

    def signal(self, number: int) -> None:
        """Send a signal to the main process."""
        if self._process is not None:
            self._process.send_signal(number)

    def pause(self) -> None:
        """Have it stand still, with all it started."""
        for pid in self.list_pids():
            _send(pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Have it go on."""
        for pid in self.list_pids():
            _send(pid, signal.SIGCONT)

    def list_pids(self) -> list[int]:
        """Return the main process and everything it started, in the order of starting."""
        if self._process is None or self._process.poll() is not None:
            return []
        return list_family(self._process.pid)

    def read_cpu_seconds(self) -> float:
        """Return the processor time that it took since it was started, with all that it started."""
        return sum(read_cpu_seconds(pid) for pid in self.list_pids())

    def read_log(self) -> str:
        """Return the end of what it wrote."""
        return self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""

    def _launch(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            self._process = process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                cwd=self.log.parent,
                start_new_session=True,
                **self.rights,
            )
        self.starts += 1
        return process

    def _supervise(self, process: subprocess.Popen[bytes], is_over: threading.Event) -> None:
        while True:
            process.wait()
            is_over.wait(RESTART_SECONDS)
            with self._lock:
                if is_over.is_set():
                    return
                process = self._launch()

    def _end_all(self) -> None:
        for pid in self.list_pids():
            _send(pid, signal.SIGKILL)
        if self._process is not None:
            self._process.wait()


def list_family(pid: int) -> list[int]:
    """Return a process and its descendants."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit() and (fields := _read_stat(int(path.name))):
            children.setdefault(int(fields[1]), []).append(int(path.name))
    family = [pid]
    for member in family:  # grows while it is read
        family += children.get(member, [])
    return family


def read_cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and of those of its children that have ended."""
    fields = _read_stat(pid)
    return sum(int(field) for field in fields[11:15]) / TICKS if fields else 0.0


def _read_stat(pid: int) -> list[str]:
    """Return the fields of ``/proc/PID/stat`` from the state on; none when the process has ended."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return []


def _send(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def find_rights(account: str | None) -> dict[str, Any]:
    if account is None:
        return {}
    entry = pwd.getpwnam(account)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
