"""A site of several machines, on one: primary and replica, a proxy, two web servers and two workers."""

from __future__ import annotations

import http.client
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from secrets import token_hex

from deploy.local import proxy
from deploy.local.load import REQUESTS_OF_A_CLIENT, list_addresses
from deploy.local.machine import get_program
from deploy.local.site import is_serving

from tests.chaos.receiver import Receiver
from tests.chaos.site import (
    Service,
    Site,
    answers,
    can_connect,
    prepare,
    small_disk,
    start_postgresql,
    start_redis,
    wait_until,
)
from tests.docs.pages import ROOT
from tests.ports import take_port

WEB, WORKERS = ("web-1", "web-2"), ("worker-1", "worker-2")
#: What is started anew for a new release, in turn.
ROLLED = (*WEB, *WORKERS, "beat")
#: What the second release brings: a column that the code of the first knows nothing of.
MIGRATION = """from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("games", "{before}")]
    operations = [
        migrations.AddField(
            "match", "rehearsal", models.CharField(max_length=8, default="", db_default="", editable=False)
        )
    ]
"""


class Sources:
    """Addresses of the loopback, each for so many requests as one may ask within the proxy's limits."""

    def __init__(self) -> None:
        self._addresses, self._lock = list_addresses(), threading.Lock()
        self._address, self._left = "", 0

    def take(self) -> str:
        """Return where the next request comes from."""
        with self._lock:
            if not self._left:
                self._address, self._left = next(self._addresses), REQUESTS_OF_A_CLIENT
            self._left -= 1
            return self._address


@dataclass
class Cluster(Site):
    """The running site; ``port`` is the proxy's with TLS, the web servers are on sockets."""

    receiver: Receiver | None = None
    sources: Sources = field(default_factory=Sources)

    def open_connection(self, timeout: float) -> http.client.HTTPConnection:
        """Return a connection to the proxy by TLS, from an address that may still ask."""
        return http.client.HTTPSConnection(
            "127.0.0.1",
            self.port,
            timeout=timeout,
            context=self.trust,
            source_address=(self.sources.take(), 0),
        )

    @cached_property
    def trust(self) -> ssl.SSLContext:
        """What believes the certificate of the proxy, and no other."""
        return ssl.create_default_context(cafile=str(self.directory / "nginx" / "certificate.pem"))

    def get_socket(self, name: str) -> Path:
        """Return where a web server listens."""
        return self.directory / f"{name}.sock"

    def is_ready(self, name: str) -> bool:
        """Return whether a web server itself, without the proxy, answers."""
        return is_serving(self.get_socket(name))


@contextmanager
def running_cluster(disk_bytes: int) -> Iterator[Cluster]:
    """A migrated site of several servers with players, a game, a key and a receiver of webhooks."""
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="deltacrown-cluster-"))
        directory.chmod(0o755)
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        disk = stack.enter_context(small_disk(directory / "disk", disk_bytes))
        services: dict[str, Service] = {}
        stack.callback(lambda: [service.stop() for service in [*services.values()][::-1]])

        url = start_postgresql(services, directory, disk or directory)
        services["redis"] = start_redis(directory)
        environment = {
            **os.environ,
            "DATABASE_URL": url,
            "DATABASE_REPLICA_URL": url.replace(str((disk or directory) / "pg"), str(directory / "replica")),
            "REDIS_URL": f"unix://{directory}/redis.sock?db=0",
            "CELERY_BROKER_URL": f"redis+socket://{directory}/redis.sock",
            "API_RATE_PER_KEY": "1000000/60",
            "API_TRUSTED_PROXIES": "1",
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "BEHIND_TLS": "1",
            "TRUST_FORWARDED_PROTO": "1",
            "SECRET_KEY": token_hex(40),
            "DELTACROWN_HOME": str(directory / "home"),
            "STATIC_ROOT": str(directory / "static"),
            "WEBHOOKS_ALLOW_PRIVATE": "1",
            "PYTHONPATH": str(ROOT / "src"),
            "DEBUG": "",
        }
        (directory / "home").mkdir()
        site = Cluster(directory, take_port(), environment, services, disk)
        wait_until(lambda: can_connect(site))
        site.manage("migrate", "--verbosity", "0")
        site.manage("collectstatic", "--noinput", "--verbosity", "0")
        prepare(site)
        services["postgresql-replica"] = start_replica(directory, services["postgresql"])
        site.receiver = stack.enter_context(Receiver.listening())
        for name in ROLLED:
            command, options = describe(site, name, ROOT)
            services[name] = Service(name, command, directory / f"{name}.log", **options)
        services["nginx"] = start_proxy(site)
        wait_until(lambda: all(site.is_ready(name) for name in WEB) and answers(site, "/readyz"))
        yield site


def describe(site: Cluster, name: str, release: Path) -> tuple[list[str], dict[str, object]]:
    """Return the command of a service out of a release, and with what it is started."""
    environment = {**site.environment, "PYTHONPATH": str(release / "src")}
    options: dict[str, object] = {"cwd": release, "env": environment}
    deltacrown = [sys.executable, "-m", "deltacrown"]
    if name in WEB:
        sized = ["--socket", str(site.get_socket(name)), "--workers", "1", "--threads", "16"]
        return [*deltacrown, "serve", *sized], options
    environment["LOG_LEVEL"] = "INFO"
    if name == "beat":
        return [*deltacrown, "beat", "--schedule", str(site.directory / "beat")], options
    of_celery = ["--", "--hostname", f"{name}@%h"]
    return [*deltacrown, "worker", "--concurrency", "1", *of_celery], options


def start_replica(directory: Path, primary: Service) -> Service:
    """Copy the primary as it is, and follow it."""
    binaries, data = Path(primary.command[0]).parent, Path(primary.command[2])
    folder = directory / "replica"
    folder.mkdir(mode=0o700)
    owner = data.stat().st_uid
    os.chown(folder, owner, -1)
    as_owner = {"user": owner} if os.getuid() == 0 else {}
    copy = [str(binaries / "pg_basebackup"), "-h", str(data), "-U", "postgres", "-D", str(folder)]
    subprocess.run([*copy, "-R", "-X", "stream", "-c", "fast"], check=True, **as_owner)
    # The lock of the primary's socket, which is in the folder that was copied.
    for lock in folder.glob(".s.PGSQL.*"):
        lock.unlink()
    command = [str(binaries / "postgres"), "-D", str(folder), "-h", "", "-k", str(folder)]
    return Service("postgresql-replica", command, directory / "replica.log", **as_owner)


def start_proxy(site: Cluster) -> Service:
    """Start nginx with the site's own configuration: with TLS, and with the limits of one address."""
    folder = site.directory / "nginx"
    folder.mkdir()
    sockets = [site.get_socket(name) for name in WEB]
    where = {"folder": folder, "static": site.directory / "static"}
    text = proxy.derive(sockets, **where, port=site.port, plain_port=take_port())
    main = proxy.write(folder, text, as_root=os.getuid() == 0)  # the folder is nobody else's
    command = [get_program("nginx"), "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(main)]
    return Service("nginx", command, site.directory / "nginx.log")


def make_release(site: Cluster) -> Path:
    """Return a copy of the code with one migration more."""
    release = site.directory / "release-2"
    for name in ("src", "deploy"):
        shutil.copytree(
            ROOT / name, release / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )
    shutil.copy(ROOT / "manage.py", release)
    folder = release / "src" / "deltacrown" / "games" / "migrations"
    before = sorted(folder.glob("0*.py"))[-1].stem
    (folder / "9999_rehearsal.py").write_text(MIGRATION.format(before=before), encoding="utf-8")
    return release
