"""A whole site under supervision, for tests that break it."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.docs.pages import ROOT
from tests.ports import take_port

RESTART_SECONDS = 1.0


class Service:
    """A process that is started again when it ends, as by systemd's ``Restart=always``."""

    def __init__(self, name: str, command: list[str], log: Path, **options: Any) -> None:
        self.name, self.command, self.log, self.options = name, command, log, options
        self.starts = 0
        self._lock = threading.Lock()
        self.resume()

    @property
    def pid(self) -> int:
        return self.process.pid

    def resume(self) -> None:
        """Start it, also again after :meth:`stop`, under supervision."""
        with self._lock:
            self._is_over = threading.Event()  # of this start alone
            self._start()
            threading.Thread(target=self._supervise, args=(self._is_over,), daemon=True).start()

    def _start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=log, start_new_session=True, **self.options
            )
        self.starts += 1

    def _supervise(self, is_over: threading.Event) -> None:
        while True:
            self.process.wait()
            if is_over.is_set():
                return
            self._end_group(signal.SIGKILL)  # systemd ends what the main process leaves behind
            is_over.wait(RESTART_SECONDS)
            with self._lock:
                if is_over.is_set():
                    return
                self._start()

    def _end_group(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def signal_group(self, number: int) -> None:
        """Send a signal to the process and all that it started."""
        os.killpg(self.pid, number)

    def stop(self) -> None:
        with self._lock:  # what is being started again now is stopped as well
            self._is_over.set()
        self._end_group(signal.SIGCONT)
        self._end_group(signal.SIGINT if self.name.startswith("postgresql") else signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self._end_group(signal.SIGKILL)


@dataclass
class Site:
    """The running site."""

    directory: Path
    port: int
    environment: dict[str, str]
    services: dict[str, Service]
    disk: Path | None
    key: str = ""
    players: list[str] = field(default_factory=list)

    def manage(
        self, *arguments: str, check: bool = True, release: Path = ROOT
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=release,
            env={**self.environment, "PYTHONPATH": str(release / "src")},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0 or not check, done.stderr[-2000:]
        return done

    def open_connection(self, timeout: float) -> http.client.HTTPConnection:
        """Return a connection to the site, as its clients have it."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def ask(
        self, method: str, path: str, body: Any = None, *, timeout: float = 30, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        client = self.open_connection(timeout)
        try:
            sent = None if body is None else json.dumps(body)
            named = {"Content-Type": "application/json", **headers} if sent else headers
            client.request(method, path, sent, named)
            answer = client.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            client.close()


@contextmanager
def running_site(database: str, disk_bytes: int) -> Iterator[Site]:
    """A migrated site with players, a game and a key, on a database of its own."""
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="deltacrown-faults-"))
        directory.chmod(0o755)
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        disk = stack.enter_context(small_disk(directory / "disk", disk_bytes))
        services: dict[str, Service] = {}
        stack.callback(lambda: [service.stop() for service in [*services.values()][::-1]])

        if database == "postgresql":
            url = start_postgresql(services, directory, disk or directory)
        else:
            url = f"sqlite:///{disk or directory}/site.sqlite3"
        services["redis"] = start_redis(directory)
        port = take_port()
        environment = {
            **os.environ,
            "DATABASE_URL": url,
            "REDIS_URL": f"unix://{directory}/redis.sock?db=0",
            "CELERY_BROKER_URL": f"redis+socket://{directory}/redis.sock",
            "API_RATE_PER_KEY": "1000000/60",
            "API_RATE_PER_ADDRESS": "1000000/60",
            "PAGE_RATE_PER_ADDRESS": "1000000/60",
            "PYTHON": sys.executable,
            "PYTHONPATH": str(ROOT / "src"),
            "PORT": str(port),
            "WORKERS": "2",
            "DEBUG": "",
            "STATIC_ROOT": str(directory / "static"),
        }
        site = Site(directory, port, environment, services, disk)
        wait_until(lambda: can_connect(site))
        site.manage("migrate", "--verbosity", "0")
        site.manage("collectstatic", "--noinput", "--verbosity", "0")
        prepare(site)
        talking = {**environment, "LOG_LEVEL": "INFO"}
        celery = [sys.executable, "-m", "celery", "--app", "deltacrown.config.celery"]
        serve = [str(ROOT / "deploy" / "serve")]
        services["web"] = Service("web", serve, directory / "web.log", cwd=ROOT, env=environment)
        if database == "postgresql":
            worker = ["worker", "--concurrency", "1", "--loglevel", "INFO"]
            beat = ["beat", "--schedule", str(directory / "beat")]
            services["worker"] = Service(
                "worker", [*celery, *worker], directory / "worker.log", cwd=ROOT, env=talking
            )
            services["beat"] = Service(
                "beat", [*celery, *beat], directory / "beat.log", cwd=ROOT, env=talking
            )
        wait_until(lambda: answers(site, "/readyz"))
        yield site


@contextmanager
def small_disk(path: Path, size: int) -> Iterator[Path | None]:
    """A file system of its own that can be filled; None where none may be mounted."""
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "none", str(path)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode != 0:
        yield None
        return
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=False)


def start_postgresql(services: dict[str, Service], directory: Path, disk: Path) -> str:
    """Make a cluster, and start it under supervision. What is acknowledged must outlive a kill."""
    from tests import databases

    data = disk / "pg"
    server = databases.start_postgresql(
        data,
        synchronous_commit="on",
        max_connections="40",
        shared_buffers="'64MB'",
        max_wal_size="'64MB'",
        min_wal_size="'32MB'",
    )
    server.cleanup()
    command = [str(server.bin_path / "postgres"), "-D", str(data), "-h", "", "-k", str(data)]
    owner = {"user": data.stat().st_uid} if os.getuid() == 0 else {}
    services["postgresql"] = Service("postgresql", command, directory / "pg.log", **owner)
    return f"postgres://postgres:@/postgres?host={data}"


def start_redis(directory: Path) -> Service:
    from tests.redis_server import find_server

    server = find_server()
    assert server, "no redis-server: install Debian's package redis-server"
    command = [server, "--port", "0", "--unixsocket", str(directory / "redis.sock"), "--save", ""]
    return Service("redis", [*command, "--dir", str(directory)], directory / "redis.log")


PREPARE = """
import json
from deltacrown.accounts.models import User
from deltacrown.accounts.services import create_key, create_players
from deltacrown.games.services import create_game

create_game(slug="chess", name="Chess")
users = create_players(usernames=[f"p{number}" for number in range(12)]).values()
staff = User.objects.create(username="staff", is_staff=True, is_superuser=True)
made = create_key(owner=staff, name="server", scopes=["read", "matches:write"], by=staff)
print(json.dumps([made.secret, [user.profile.public_id for user in users]]))
"""


def prepare(site: Site) -> None:
    done = site.manage("shell", "--no-imports", "--command", PREPARE)
    site.key, site.players = json.loads(done.stdout.splitlines()[-1])


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def answers(site: Site, path: str) -> bool:
    try:
        return site.ask("GET", path, timeout=5)[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def connect(site: Site) -> Any:
    import psycopg

    return psycopg.connect(site.environment["DATABASE_URL"], autocommit=True)


def can_connect(site: Site) -> bool:
    try:
        connect(site).close()
    except Exception:  # noqa: BLE001 - whatever it is, it cannot
        return False
    return True


def get_file(site: Site) -> Path:
    return Path(site.environment["DATABASE_URL"].removeprefix("sqlite:///"))
