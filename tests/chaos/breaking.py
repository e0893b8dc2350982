"""Ways to break a site. Each breaks one thing for a while, and mends only what no supervisor would."""

from __future__ import annotations

import http.client
import os
import signal
import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from tests.chaos.site import Site, connect, get_file


def list_children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


def kill_web_worker(site: Site) -> None:
    """`kill -9` of one process of the web server"""
    os.kill(list_children(site.services["web"].pid)[0], signal.SIGKILL)
    time.sleep(3)


def kill_web_server(site: Site) -> None:
    """`kill -9` of the web server's main process"""
    site.services["web"].kill()
    time.sleep(3)


def kill_postgresql(site: Site) -> None:
    """`kill -9` of PostgreSQL's main process"""
    site.services["postgresql"].kill()
    time.sleep(3)


def kill_backend(site: Site) -> None:
    """`kill -9` of one PostgreSQL backend, whereupon PostgreSQL restarts all"""
    for pid in list_children(site.services["postgresql"].pid):
        if b"postgres postgres" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
            break
    time.sleep(3)


def freeze_postgresql(site: Site) -> None:
    """PostgreSQL frozen for 20 seconds (`SIGSTOP`)"""
    pids = [site.services["postgresql"].pid, *list_children(site.services["postgresql"].pid)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(20)
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def stop_postgresql(site: Site) -> None:
    """PostgreSQL stopped for 10 seconds"""
    service = site.services["postgresql"]
    service.stop()
    time.sleep(10)
    service.resume()


def lock_table(site: Site) -> None:
    """The table of matches locked for 12 seconds"""
    with connect(site) as connection, connection.transaction():
        connection.execute("LOCK TABLE games_match IN ACCESS EXCLUSIVE MODE")
        time.sleep(12)


def take_connections(site: Site) -> None:
    """All connections of PostgreSQL taken by others for 10 seconds, the site's own ended"""
    with connect(site) as first:
        taken = take_all(site)
        for _ in range(100):  # whoever is faster has what becomes free
            own = [each.info.backend_pid for each in (first, *taken)]
            first.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE backend_type = 'client backend' AND NOT (pid = ANY(%s))",
                (own,),
            )
            taken += take_all(site)
            time.sleep(0.1)
    for each in taken:
        each.close()


def forget_migration(site: Site) -> None:
    """The record of a migration missing for 5 seconds"""
    with connect(site) as connection:
        where = "WHERE app = 'games' AND name LIKE '0001%'"
        connection.execute(f"CREATE TABLE kept AS SELECT * FROM django_migrations {where}")
        connection.execute(f"DELETE FROM django_migrations {where}")
        time.sleep(5)
        connection.execute("INSERT INTO django_migrations SELECT * FROM kept")
        connection.execute("DROP TABLE kept")


def take_all(site: Site) -> list[Any]:
    taken: list[Any] = []
    with suppress(Exception):
        while True:
            taken.append(connect(site))
    return taken


def exhaust_pool(site: Site) -> None:
    """180 readers at once"""
    seen: Counter[str] = Counter()

    def read() -> None:
        try:
            seen[str(site.ask("GET", f"/players/{site.players[0]}/", timeout=60)[0])] += 1
        except (OSError, http.client.HTTPException) as error:
            seen[type(error).__name__] += 1

    threads = [threading.Thread(target=read) for _ in range(180)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    exhaust_pool.seen = seen  # type: ignore[attr-defined]


def make_read_only(site: Site) -> None:
    """PostgreSQL read-only for 8 seconds"""
    with connect(site) as connection:
        connection.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        connection.execute("SELECT pg_reload_conf()")
        time.sleep(8)
        connection.execute("SET default_transaction_read_only = off")
        connection.execute("ALTER SYSTEM RESET default_transaction_read_only")
        connection.execute("SELECT pg_reload_conf()")


def fill_disk(site: Site) -> None:
    """The database's disk full for 10 seconds"""
    assert site.disk is not None
    ballast = site.disk / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 16))
    time.sleep(10)
    ballast.unlink()


def hold_file(site: Site) -> None:
    """SQLite's one lock held for 8 seconds"""
    with closing(sqlite3.connect(get_file(site), isolation_level=None, timeout=60)) as other:
        other.execute("BEGIN IMMEDIATE")
        time.sleep(8)


def take_file(site: Site) -> None:
    """SQLite's file missing for 8 seconds"""
    path = get_file(site)
    path.rename(path.with_suffix(".gone"))
    time.sleep(8)
    path.with_suffix(".gone").rename(path)


def kill_redis(site: Site) -> None:
    """`kill -9` of Redis"""
    site.services["redis"].kill()
    time.sleep(3)


def stop_redis(site: Site) -> None:
    """Redis frozen for 10 seconds (`SIGSTOP`)"""
    os.kill(site.services["redis"].pid, signal.SIGSTOP)
    time.sleep(10)
    os.kill(site.services["redis"].pid, signal.SIGCONT)


def kill_worker(site: Site) -> None:
    """`kill -9` of the Celery worker"""
    site.services["worker"].kill()
    time.sleep(3)


def kill_beat(site: Site) -> None:
    """`kill -9` of Celery's beat"""
    site.services["beat"].kill()
    time.sleep(3)


FAULTS = {
    "postgresql": [
        kill_web_worker,
        kill_web_server,
        kill_postgresql,
        kill_backend,
        stop_postgresql,
        freeze_postgresql,
        lock_table,
        take_connections,
        exhaust_pool,
        make_read_only,
        forget_migration,
        fill_disk,
        kill_redis,
        stop_redis,
        kill_worker,
        kill_beat,
    ],
    "sqlite": [kill_web_worker, kill_web_server, exhaust_pool, hold_file, take_file, fill_disk],
}
