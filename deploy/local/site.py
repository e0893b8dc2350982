"""The site: its folder, its servers, and how each is started, asked and stopped."""

from __future__ import annotations

import http.client
import os
import secrets
import signal
import socket
import ssl
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from deploy.local import pgbouncer, proxy
from deploy.local.machine import CannotRun, can_reach, find_account, get_program, own
from deploy.local.parts import Part, find_rights

#: PostgreSQL as in production: what was acknowledged outlives a crash.
POSTGRESQL = {"shared_buffers": "256MB", "max_connections": "100", "listen_addresses": "", "jit": "off"}
#: Only cached pages have a lifetime: they alone are evicted, and never the queue.
REDIS = ("--maxmemory", "256mb", "--maxmemory-policy", "volatile-lru", "--appendonly", "yes", "--save", "")
ROLE = "deltacrown"
#: Of the web server behind PgBouncer: it has the limits of a request, and may all that the first one may.
WEB_ROLE = "deltacrown_web"


class Site:
    """A whole site in ``folder``: ``parts`` by name, in the order in which they are started.

    :param python: where the package is installed.
    :param servers: web servers, each on a socket of its own.
    :param processes: of each web server.
    :param settings: variables of the environment in place of the usual ones.
    :param is_behind_pgbouncer: PgBouncer in transaction mode stands between the servers of the site and
        PostgreSQL; commands are run against PostgreSQL itself.
    """

    def __init__(
        self,
        folder: Path,
        python: Path,
        *,
        port: int = 8443,
        plain_port: int = 8080,
        servers: int = 1,
        processes: int = 2,
        workers: int = 1,
        settings: Mapping[str, str] | None = None,
        is_behind_pgbouncer: bool = False,
    ) -> None:
        self.folder, self.python, self.port, self.plain_port = folder, python, port, plain_port
        self.owner = find_account()
        # An interpreter in the home of root is closed to that account: all but PostgreSQL, which refuses
        # root, then run as who called.
        self.account = self.owner if can_reach(python.resolve()) else None
        self.home, self.run = folder / "home", folder / "run"
        self.pooled = folder / "pgbouncer" if is_behind_pgbouncer else None
        self.sockets = [self.run / f"web-{number}.sock" for number in range(1, servers + 1)]
        self.environment = {**self._read_environment(processes), **(settings or {})}
        self.parts: dict[str, Part] = {}
        self._define_stores()
        self._define_web()
        for number in range(1, workers + 1):
            self._define_worker(f"worker-{number}")
        self._define("beat", ["beat"], lambda: any(self.home.glob("beat*")))
        self._define_proxy()

    def _read_environment(self, processes: int) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in {"LANG", "PATH", "TZ"}}
        return kept | {
            "HOME": str(self.home),
            "DELTACROWN_HOME": str(self.home),
            "DATABASE_URL": f"postgres://{ROLE}:@/{ROLE}?host={self.run}",
            "REDIS_URL": f"unix://{self.run}/redis.sock?db=0",
            "CELERY_BROKER_URL": f"redis+socket://{self.run}/redis.sock",
            "SECRET_KEY": self._read_secret(),
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "CSRF_TRUSTED_ORIGINS": f"https://localhost:{self.port},https://127.0.0.1:{self.port}",
            "SITE_URL": f"https://localhost:{self.port}",
            "BEHIND_TLS": "1",
            "TRUST_FORWARDED_PROTO": "1",
            "API_TRUSTED_PROXIES": "1",
            "WORKERS": str(processes),
            "CONCURRENCY": "1",
        }

    def _read_secret(self) -> str:
        path = self.folder / "secret"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(60))
        return path.read_text()

    def _define_stores(self) -> None:
        data = self.folder / "postgresql"
        postgres = [get_program("postgres"), "-D", str(data), "-k", str(self.run)]
        postgres += [word for name, value in POSTGRESQL.items() for word in ("-c", f"{name}={value}")]
        ready = [get_program("pg_isready"), "-q", "-h", str(self.run)]
        # A fast stop: those who are connected are sent away, what was committed is kept.
        self._add(
            "postgresql", postgres, lambda: not subprocess.run(ready, check=False).returncode, signal.SIGINT
        )
        redis = [get_program("redis-server"), "--port", "0", "--unixsocket", str(self.run / "redis.sock")]
        redis += ["--dir", str(self.folder / "redis"), *REDIS]
        self._add("redis", redis, lambda: is_listening(self.run / "redis.sock"))
        if self.pooled:
            there = [get_program("pg_isready"), "-q", "-h", str(self.pooled)]
            command = pgbouncer.command(self.pooled / "pgbouncer.ini")
            self._add("pgbouncer", command, lambda: not subprocess.run(there, check=False).returncode)

    def _define_web(self) -> None:
        for number, path in enumerate(self.sockets, 1):
            self._define(
                f"web-{number}",
                ["serve", "--socket", str(path)],
                lambda path=path: is_serving(path),
                **self._pool(WEB_ROLE),
            )

    def _define_worker(self, name: str) -> None:
        def is_ready() -> bool:
            part = self.parts[name]
            return part.log.read_text(errors="replace").count(" ready.") >= part.starts

        command = ["worker", "--", "--hostname", f"{name}@%h"]
        self._define(name, command, is_ready, LOG_LEVEL="INFO", **self._pool(ROLE))

    def _pool(self, role: str) -> dict[str, str]:
        """Return the settings of a process that goes through PgBouncer, where there is one."""
        if self.pooled is None:
            return {}
        return {"DATABASE_URL": f"postgres://{role}:@/{ROLE}?host={self.pooled}", "DATABASE_PGBOUNCER": "1"}

    def _define_proxy(self) -> None:
        folder = self.folder / "nginx"
        command = [get_program("nginx"), "-p", str(folder), "-e", str(folder / "error.log")]
        command += ["-c", str(folder / "nginx.conf")]
        self._add("nginx", command, lambda: self.is_answering("/healthz"), signal.SIGQUIT)

    def _define(self, name: str, command: list[str], is_ready, **settings: str) -> None:
        self._add(name, [str(self.python), "-m", "deltacrown", *command], is_ready, **settings)

    def _add(
        self, name: str, command: list[str], is_ready, stop_signal: int = signal.SIGTERM, **settings: str
    ) -> None:
        self.parts[name] = Part(
            name,
            command,
            log=self.folder / "log" / f"{name}.log",
            environment={**self.environment, **settings},
            is_ready=is_ready,
            account=self.owner if name in {"postgresql", "pgbouncer"} else self.account,
            stop_signal=stop_signal,
        )

    def make(self) -> None:
        """Make what must be there before anything starts: folders, the cluster, the configuration of nginx.

        :raises CannotRun: PostgreSQL's cluster cannot be made.
        """
        folders = [self.folder / name for name in ("home", "run", "log", "redis", "nginx", "postgresql")]
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
        for log in (self.folder / "log").glob("*.log"):
            log.unlink()
        where = {"folder": self.folder / "nginx", "static": self.home / "static"}
        site = proxy.derive(self.sockets, **where, port=self.port, plain_port=self.plain_port)
        proxy.write(self.folder / "nginx", site, as_root=self.account is None and os.getuid() == 0)
        own([*folders, *(self.folder / "nginx").iterdir()], self.account)
        own([self.run, self.home, self.folder / "postgresql"], self.owner)
        if self.pooled:
            self.pooled.mkdir(exist_ok=True)
            pgbouncer.write(self.pooled, server=self.run, roles=(ROLE, WEB_ROLE))
            own([self.pooled, *self.pooled.glob("*.*")], self.owner)
        if not (self.folder / "postgresql" / "PG_VERSION").exists():
            self._make_cluster()

    def _make_cluster(self) -> None:
        command = [str(Path(get_program("postgres")).resolve().with_name("initdb")), "--username", "postgres"]
        command += ["--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"]
        done = self.call([*command, "--pgdata", str(self.folder / "postgresql")], account=self.owner)
        if done.returncode != 0:
            raise CannotRun(f"PostgreSQL's cluster was not made: {done.stderr[-1000:]}")

    def make_database(self) -> None:
        """Make the database and its role, once, and behind PgBouncer the role of the web server."""
        psql = [
            get_program("psql"),
            "--host",
            str(self.run),
            "--username",
            "postgres",
        ]
        statements = [f"CREATE ROLE {ROLE} LOGIN", f"CREATE DATABASE {ROLE} OWNER {ROLE}"]
        if self.pooled:
            statements += [f"CREATE ROLE {WEB_ROLE} LOGIN IN ROLE {ROLE}", *pgbouncer.limit(WEB_ROLE)]
        for statement in statements:
            self.call([*psql, "--command", statement])  # one that is there already stays

    def start(self, *names: str) -> None:
        """Start parts, by default all that do not run, each when the one before is ready.

        :raises DidNotStart: one is not ready in time.
        """
        for name in names or self.parts:
            if not self.parts[name].list_pids():
                self.parts[name].start()

    def stop(self) -> list[str]:
        """Stop everything, the proxy first and the stores last; return who had to be killed."""
        return [name for name in reversed(self.parts) if not self.parts[name].stop()]

    def manage(
        self, *arguments: str, check: bool = True, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the site.

        :raises CannotRun: it fails, unless ``check`` is off.
        """
        command = [str(self.python), "-m", "deltacrown", *arguments]
        done = self.call(command, {**self.environment, **settings})
        if check and done.returncode != 0:
            raise CannotRun(f"deltacrown {arguments[0]} failed:\n{done.stdout[-1000:]}{done.stderr[-2000:]}")
        return done

    def call(
        self,
        command: list[str],
        environment: Mapping[str, str] | None = None,
        account: str | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, with the rights of the site, or of another account."""
        return subprocess.run(
            command,
            env=dict(environment or self.environment),
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
            **find_rights(account or self.account),
        )

    def make_context(self) -> ssl.SSLContext:
        """Return what a client needs to believe the certificate of this site."""
        return ssl.create_default_context(cafile=str(self.folder / "nginx" / "certificate.pem"))

    def ask(self, path: str, *, timeout: float = 10) -> tuple[int, bytes]:
        """Return the status and the body of an answer, through nginx."""
        client = http.client.HTTPSConnection(
            "localhost", self.port, timeout=timeout, context=self.make_context()
        )
        try:
            client.request("GET", path)
            answer = client.getresponse()
            return answer.status, answer.read()
        finally:
            client.close()

    def is_answering(self, path: str) -> bool:
        """Return whether a path is answered with 200, through nginx."""
        with suppress(OSError, http.client.HTTPException):
            return self.ask(path)[0] == 200
        return False


def is_listening(path: Path) -> bool:
    """Return whether somebody listens on a socket of Unix."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


def is_serving(path: Path) -> bool:
    """Return whether a web server answers on a socket of Unix."""
    question = (
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n"
    )
    with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(path))
        client.sendall(question)
        return client.recv(64).startswith(b"HTTP/1.1 200")
    return False
