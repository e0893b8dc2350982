"""A day in production, in minutes: ``python -m tests.chaos.day``.

A primary of PostgreSQL with a streaming replica, Redis, nginx, two web servers, two workers and a beat, as
``deploy/`` starts them, with clients that record and read all the time, and a receiver of webhooks. In turn,
each is killed, frozen and stopped, the disk of the primary is filled, connections are cut, and a new release
is rolled out with a migration. After each fault every acknowledged match must be there once, and each number
be right; at the end every webhook must have come, in each player's order, none under two ids.

It prints a row for each fault and the figures of the whole. It needs nginx; the full disk needs root.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.chaos.breaking import fill_disk, list_children
from tests.chaos.cluster import ROLLED, WEB, Cluster, describe, make_release, running_cluster
from tests.chaos.faults import DISK_BYTES, HEAD, as_row, run_fault
from tests.chaos.site import Site, connect, wait_until
from tests.chaos.webhooks import check_webhooks, subscribe

MACHINES = ("web-1", "web-2", "nginx", "redis", "worker-1", "worker-2", "beat")
KILLED = (*MACHINES, "postgresql-replica", "postgresql")
FROZEN = ("web-1", "redis", "worker-2", "postgresql-replica", "postgresql")
STOPPED = ("web-2", "postgresql-replica", "redis", "postgresql")
FROZEN_SECONDS, STOPPED_SECONDS = 12, 8


def list_faults() -> Iterator[Callable[[Site], None]]:
    """Yield everything that breaks, in turn."""
    yield from (make_fault(kill, name, f"`kill -9` of {name}") for name in KILLED)
    words = f"frozen for {FROZEN_SECONDS} seconds (`SIGSTOP`)"
    yield from (make_fault(freeze, name, f"{name} {words}") for name in FROZEN)
    words = f"stopped for {STOPPED_SECONDS} seconds"
    yield from (make_fault(stop, name, f"{name} {words}") for name in STOPPED)
    yield cut_connections
    yield fill_disk
    yield roll_out


def make_fault(act: Callable[[Cluster, str], None], name: str, words: str) -> Callable[[Site], None]:
    """Return a fault of one service, named and described."""

    def fault(site: Site) -> None:
        assert isinstance(site, Cluster)
        act(site, name)

    fault.__name__ = f"{act.__name__}_{name.replace('-', '_')}"
    fault.__doc__ = words
    return fault


def kill(site: Cluster, name: str) -> None:
    """Kill the main process; its supervisor starts it again."""
    site.services[name].kill()
    time.sleep(3)


def freeze(site: Cluster, name: str) -> None:
    """Freeze a process and all below it, and let them go on."""
    pids = list_tree(site.services[name].pid)
    send(pids, signal.SIGSTOP)
    time.sleep(FROZEN_SECONDS)
    send(pids, signal.SIGCONT)


def stop(site: Cluster, name: str) -> None:
    """Stop a service as an operator does, and start it later."""
    service = site.services[name]
    service.stop()
    time.sleep(STOPPED_SECONDS)
    service.resume()


def cut_connections(site: Site) -> None:
    """Every connection to the database cut, five times in ten seconds"""
    for _ in range(5):
        with connect(site) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
        time.sleep(2)


def roll_out(site: Site) -> None:
    """A new release with a migration, each server started anew in turn"""
    assert isinstance(site, Cluster)
    release = make_release(site)
    for name in ROLLED:
        site.services[name].command, site.services[name].options = describe(site, name, release)
    site.manage("migrate", "--verbosity", "0", release=release)
    for name in ROLLED:
        service = site.services[name]
        starts = service.starts
        os.kill(service.pid, signal.SIGTERM)
        wait_until(lambda service=service, starts=starts: service.starts > starts)  # type: ignore[misc]
        if name in WEB:
            wait_until(lambda name=name: site.is_ready(name))  # type: ignore[misc]


def list_tree(pid: int) -> list[int]:
    """Return a process and all below it."""
    below: list[int] = []
    with suppress(OSError):
        below = list_children(pid)
    return [pid, *(each for child in below for each in list_tree(child))]


def send(pids: list[int], number: int) -> None:
    """Send a signal to whichever of these processes is there."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def run_day(chosen: list[str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Break everything in turn; return the figures of each fault, and of all webhooks."""
    figures = []
    with running_cluster(DISK_BYTES) as site:
        subscribe(site)
        print(HEAD, flush=True)  # noqa: T201 - this is what it is run for
        for fault in list_faults():
            if chosen and fault.__name__ not in chosen:
                continue
            if fault is fill_disk and site.disk is None:
                print(f"| {fault.__doc__} | left out: no file system may be mounted here |")  # noqa: T201
                continue
            figures.append(run_fault(site, fault))
            print(as_row(figures[-1]), flush=True)  # noqa: T201
            if figures[-1]["recovery"] == "none":
                for name in (*WEB, "nginx"):
                    log = (site.directory / f"{name}.log").read_text(errors="replace")
                    print(f"{name}: {log[-2000:]}", file=sys.stderr)  # noqa: T201
        return figures, check_webhooks(site)


def main() -> None:
    names = [fault.__name__ for fault in list_faults()]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fault", choices=names, action="append", help="only this; may be given again")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    options = parser.parse_args()

    figures, webhooks = run_day(options.fault or [])
    print(f"\nWebhooks: {json.dumps(webhooks)}")  # noqa: T201
    if options.json:
        options.json.write_text(json.dumps({"faults": figures, "webhooks": webhooks}, indent=1))
    is_wrong = any(each[name] for each in figures for name in ("lost", "doubled", "half", "drift"))
    is_wrong = is_wrong or any(each["recovery"] == "none" for each in figures)
    sys.exit(1 if is_wrong or webhooks["wrong"] else 0)


if __name__ == "__main__":
    main()
