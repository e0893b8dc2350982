"""Break each server of a running site, and see what its clients saw: ``python -m tests.chaos.faults``.

A site of production is started: PostgreSQL, Redis, the web server of ``deploy/serve``, a worker and a beat of
Celery; and then one on SQLite. It is supervised as by systemd: what ends is started again after a second.
Game servers record matches and repeat each until it is acknowledged, people read pages, and a supervisor asks
``/healthz`` and ``/readyz``. Then one thing breaks. In the end each acknowledged match must be there once,
and each number be right.

It prints one row of the table in docs/explanation/faults.md for each fault. A full disk needs a small file
system and therefore root; the table says when it was left out.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.chaos.breaking import FAULTS, fill_disk, kill_redis, kill_worker, stop_redis
from tests.chaos.clients import Clients
from tests.chaos.site import Site, answers, connect, get_file, running_site, wait_until
from tests.docs.pages import ROOT

#: How long everything is whole before and after a fault, and how long recovery may take.
CALM_SECONDS, RECOVERY_SECONDS = 3.0, 60.0
DISK_BYTES = 400 * 1024 * 1024


def run_fault(site: Site, fault: Callable[[Site], None]) -> dict[str, Any]:
    """Break one thing under load, wait for recovery, and return the figures."""
    clients = Clients(site, fault.__name__)
    starts = {name: service.starts for name, service in site.services.items()}
    clients.start()
    time.sleep(CALM_SECONDS)
    fault(site)
    broken_until = time.monotonic()
    recovered = wait_until(
        lambda: clients.successes[-1] > broken_until and answers(site, "/readyz"), RECOVERY_SECONDS
    )
    recovery = time.monotonic() - broken_until
    time.sleep(CALM_SECONDS)
    clients.stop()

    gaps = [later - earlier for earlier, later in zip(clients.successes, clients.successes[1:], strict=False)]
    lost, doubled, half = compare(site, clients)
    drift = site.manage("reconcile_stats", "--dry-run", check=False).returncode
    jobs = run_job_by_worker(site) if fault in {kill_worker, kill_redis, stop_redis} else ""
    return {
        "fault": (fault.__doc__ or "").strip(),
        "writes": show(clients.written),
        "reads": show(getattr(fault, "seen", clients.read)),
        "503 without Retry-After": clients.without_retry_after,
        "readyz": sorted({said for _, said in clients.ready}),
        "slowest readyz": round(max(seconds for seconds, _ in clients.ready), 2),
        "slowest healthz": round(max(seconds for seconds, _ in clients.alive), 2),
        "acknowledged": len(clients.acknowledged),
        "lost": lost,
        "doubled": doubled,
        "half": half,
        "drift": drift,
        "longest gap": round(max(gaps), 1),
        "recovery": round(recovery, 1) if recovered else "none",
        "restarted": [name for name, service in site.services.items() if service.starts > starts[name]],
        **({"job after": jobs} if jobs else {}),
    }


def show(seen: Counter[str]) -> str:
    return ", ".join(f"{number} × {what}" for what, number in sorted(seen.items()))


def compare(site: Site, clients: Clients) -> tuple[int, int, int]:
    """Count acknowledged matches that are not there, matches that are there twice, and half ones."""
    where = f"match_key LIKE '{clients.run}-%'"
    count = f"SELECT match_key, count(*) FROM games_match WHERE {where} GROUP BY match_key"
    is_sqlite = site.environment["DATABASE_URL"].startswith("sqlite")
    with closing(sqlite3.connect(get_file(site)) if is_sqlite else connect(site)) as connection:
        lines = dict(connection.execute(count).fetchall())
    lost = sum(lines.get(key, 0) == 0 for key in clients.acknowledged)
    doubled = sum(number > 2 for number in lines.values())
    return lost, doubled, sum(number == 1 for number in lines.values())


def run_job_by_worker(site: Site) -> str:
    """Send a task, and say whether the worker did it."""
    log = site.directory / "worker.log"
    said = "succeeded in"
    before = log.read_text(errors="replace").count(said)
    celery = [sys.executable, "-m", "celery", "--app", "deltacrown.config.celery"]
    subprocess.run(
        [*celery, "call", "jobs.reconcile"],
        cwd=ROOT,
        env=site.environment,
        check=False,
        capture_output=True,
        timeout=120,
    )
    done = wait_until(lambda: log.read_text(errors="replace").count(said) > before, 60)
    return "sent after it was done" if done else "sent after it was NOT done"


def as_row(figures: dict[str, Any]) -> str:
    ready = "; ".join(figures["readyz"])
    state = "0 lost, 0 doubled" + (f"; a job {figures['job after']}" if "job after" in figures else "")
    if figures["lost"] or figures["doubled"] or figures["half"] or figures["drift"]:
        state = ", ".join(f"{figures[name]} {name}" for name in ("lost", "doubled", "half", "drift"))
    cells = [
        figures["fault"],
        figures["writes"],
        figures["reads"],
        f"{ready} (≤ {figures['slowest readyz']} s)",
        f"≤ {figures['slowest healthz']} s",
        f"{figures['acknowledged']} acknowledged: {state}",
        f"{figures['longest gap']} s",
        f"{figures['recovery']} s",
    ]
    return "| " + " | ".join(cells) + " |"


HEAD = (
    "| Fault | Writes saw | Reads saw | `/readyz` said | `/healthz` | Matches | Longest gap between writes "
    "| Whole again, after the cause ended |\n|---|---|---|---|---|---|---|---|"
)


def run_faults(database: str, chosen: list[str]) -> list[dict[str, Any]]:
    """Run the faults of one database, each printed when it is over."""
    faults = [fault for fault in FAULTS[database] if not chosen or fault.__name__ in chosen]
    if not faults:
        return []

    figures = []
    print(f"\n{database}\n\n{HEAD}", flush=True)  # noqa: T201 - this is what it is run for
    with running_site(database, DISK_BYTES) as site:
        for fault in faults:
            if fault is fill_disk and site.disk is None:
                print(f"| {fault.__doc__} | left out: no file system may be mounted here |")  # noqa: T201
                continue
            figures.append(run_fault(site, fault))
            print(as_row(figures[-1]), flush=True)  # noqa: T201
            if figures[-1]["recovery"] == "none":
                print((site.directory / "web.log").read_text()[-3000:], file=sys.stderr)  # noqa: T201
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = sorted({fault.__name__ for faults in FAULTS.values() for fault in faults})
    parser.add_argument("--fault", choices=names, action="append", help="only this; may be given again")
    parser.add_argument("--database", choices=sorted(FAULTS), action="append", help="only on this one")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    options = parser.parse_args()

    figures = []
    for database in options.database or FAULTS:
        figures += run_faults(database, options.fault or [])
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))
    is_faulty = any(each[name] for each in figures for name in ("lost", "doubled", "half", "drift"))
    sys.exit(1 if is_faulty or any(each["recovery"] == "none" for each in figures) else 0)


if __name__ == "__main__":
    main()
