"""``make prod-local``: start a whole site of production here, put a load on it, and keep serving it."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

from deploy.local import machine, pgbouncer, report
from deploy.local.load import Ground, Load
from deploy.local.parts import DidNotStart
from deploy.local.site import ROLE, Site

CLONE = Path(__file__).resolve().parents[2]
#: Clients at a time, one stage after the other.
STAGES = (1, 2, 4, 8, 16, 32)
#: The share of requests that record, of the mixed load; of the other one all do.
WRITES = 0.05
KEYS = 60
INTERRUPTED = 130
PREPARE = f"""
import json
from deltacrown.accounts.models import ApiKey, User
from deltacrown.accounts.services import create_key
from deltacrown.games.models import Game, Match
ApiKey.objects.filter(owner__username__startswith="prod-local").delete()  # of the run before
rights, scopes, keys = dict(is_staff=True, is_superuser=True), ["read", "matches:write"], []
for number in range({KEYS}):
    staff, _ = User.objects.get_or_create(username=f"prod-local-{{number}}", defaults=rights)
    keys.append(create_key(owner=staff, name="load", scopes=scopes, by=staff).secret)
shown = Match.objects.filter(user__privacy_settings__show_match_history=True)
shown = shown.filter(user__profile__standing="ACTIVE")
players = list(shown.values_list("user__profile__public_id", flat=True).distinct()[:500])
print(json.dumps(dict(keys=keys, players=players, game=Game.objects.first().slug)))
"""
COUNT = """
from deltacrown.games.models import Match
print(Match.objects.filter(match_key__startswith={run!r}).count())
"""


def read_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Return the options of the call."""
    parser = argparse.ArgumentParser(prog="make prod-local", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the load: 0 when all was well, or 1")
    parser.add_argument("--folder", type=Path, default=CLONE / "var" / "prod-local", help="where it is kept")
    parser.add_argument("--port", type=int, default=8443, help="of nginx with TLS, by default 8443")
    parser.add_argument("--plain-port", type=int, default=8080, help="of nginx without, by default 8080")
    parser.add_argument("--seconds", type=float, default=10, help="of each stage of the load, by default 10")
    parser.add_argument("--matches", type=int, default=20_000, help="of the season, by default 20000")
    parser.add_argument("--players", type=int, default=300, help="of the season, by default 300")
    parser.add_argument(
        "--pgbouncer", action="store_true", help="PgBouncer in transaction mode before PostgreSQL"
    )
    return parser.parse_args(arguments)


def main() -> int:
    """Run it; return the exit code."""
    options = read_options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C
    try:
        site = prepare(options)
    except machine.CannotRun as refusal:
        print(refusal, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return INTERRUPTED
    try:
        is_well = bring_up(site, options) and try_it(site, options)
        if not options.once:
            print(f"\nServing https://localhost:{site.port}/ (stop with Ctrl-C); its logs: {site.folder}/log")
            threading.Event().wait()
        return 0 if is_well else 1
    except KeyboardInterrupt:
        return INTERRUPTED if options.once else 0
    except (machine.CannotRun, DidNotStart) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        tell("Stopping: the proxy first, the database last")
        for name in site.stop():
            print(f"    {name} had to be killed")


def tell(text: str) -> None:
    """Print what is done now, with the time since the start."""
    print(f"[{time.monotonic() - BEGAN:6.1f} s] {text} …", flush=True)


BEGAN = time.monotonic()


def prepare(options: argparse.Namespace) -> Site:
    """Install what is missing and the package, and make the folder of the site.

    :raises CannotRun: this machine cannot run it.
    """
    besides = ["pgbouncer"] if options.pgbouncer else []
    if missing := machine.list_missing(*besides):
        tell(f"Installing {', '.join(missing)}")
    machine.install_missing(*besides)
    folder = machine.choose_folder(options.folder.absolute())
    folder.mkdir(parents=True, exist_ok=True)
    tell(f"Building the wheel and installing it into {folder}/venv")
    python = machine.install_package(CLONE, folder)
    ports = {"port": options.port, "plain_port": options.plain_port}
    site = Site(folder, python, **ports, is_behind_pgbouncer=options.pgbouncer)
    tell("Making PostgreSQL's cluster and the configuration of nginx")
    site.make()
    return site


def bring_up(site: Site, options: argparse.Namespace) -> bool:
    """Start everything, with a season in it; return whether the site is ready.

    :raises CannotRun: a command of the site fails.
    :raises DidNotStart: a server does not become ready.
    """
    tell("Starting postgresql and redis")
    site.start("postgresql", "redis")
    site.make_database()
    tell("Making tables and collecting static files")
    site.manage("migrate", "--verbosity", "0")
    site.manage("collectstatic", "--noinput", "--verbosity", "0")
    tell(f"Loading a season of {options.matches} matches, once")
    # This site is on the loopback only. The demo is refused where BEHIND_TLS says that it is a real one.
    size = ["--players", str(options.players), "--matches", str(options.matches)]
    site.manage("load_demo", *size, DEMO="1", BEHIND_TLS="", SECRET_KEY="")
    for name in site.parts:
        if name not in {"postgresql", "redis"}:
            tell(f"Starting {name}")
            site.start(name)
    status, body = site.ask("/readyz")
    print(f"    /readyz: {status} {body.decode()}")
    return status == 200


def try_it(site: Site, options: argparse.Namespace) -> bool:
    """Put the load on the site; return whether nothing failed, was lost, or drifted."""
    told = json.loads(site.manage("shell", "--command", PREPARE).stdout.splitlines()[-1])
    ground = Ground(site.port, site.make_context(), **told)
    if len(ground.players) < 2 or not ground.keys:
        raise machine.CannotRun("There is nobody to read of: load the season, or take another --folder.")
    run = f"load{int(time.time())}"
    load = Load(ground, run)
    tell("Load: 95 % reads, then recording alone, by TLS through nginx, each client from its own address")
    print(report.HEAD)
    load.run_stage(4, min(3.0, options.seconds), writes=WRITES)  # compiles what is compiled once
    stages = [
        run_stage(site, load, "95 % reads", clients=clients, seconds=options.seconds, writes=WRITES)
        for clients in STAGES
    ]
    stages += [
        run_stage(site, load, "recording", clients=clients, seconds=options.seconds, writes=1.0)
        for clients in STAGES
    ]
    (site.folder / "load.json").write_text(json.dumps([stage.as_json() for stage in stages], indent=1))
    for name in ("95 % reads", "recording"):
        say_best(name, [stage for stage in stages if stage.name == name])
    return check_facts(site, run, stages)


def run_stage(
    site: Site, load: Load, name: str, *, clients: int, seconds: float, writes: float
) -> report.Stage:
    """Run a stage and print its line."""
    before = report.read_usage(site)
    seen = load.run_stage(clients, seconds, writes=writes)
    cores, idle = report.compare(before, report.read_usage(site), seen.seconds)
    stage = report.Stage(name, clients, seen, cores, idle)
    print(stage.say(), flush=True)
    for failure, times in seen.failures.items():
        print(f"    {times} × {failure}")
    return stage


def say_best(name: str, stages: list[report.Stage]) -> None:
    """Print the highest rate that was sustained, and what held it back."""
    sustained = [stage for stage in stages if stage.is_sustained]
    if not sustained:
        print(f"\n{name}: no stage was sustained.")
        return
    best = max(sustained, key=lambda stage: stage.seen.rate)
    print(f"\n{name}: {best.seen.rate:.0f} a second sustained, with {best.clients} clients.")
    print(report.find_bottleneck(best, os.cpu_count() or 1))


def check_facts(site: Site, run: str, stages: list[report.Stage]) -> bool:
    """Print and return whether all was answered, every recorded match is there, and no number drifted."""
    failures = sum(sum(stage.seen.failures.values()) for stage in stages)
    recorded = sum(len(stage.seen.recorded) for stage in stages)
    lines = int(site.manage("shell", "--command", COUNT.format(run=run)).stdout.split()[-1])
    tell("Recounting every number: reconcile_stats --dry-run")
    verified = site.manage("reconcile_stats", "--dry-run", check=False)
    # A match has two lines. Those of the warm-up were recorded too, and are counted by nobody here.
    is_kept, is_right = lines >= 2 * recorded, verified.returncode == 0
    read_again = sum(stage.seen.read_again for stage in stages)
    print(f"    failed requests: {failures}; matches acknowledged: {recorded}, lines kept: {lines}")
    print(f"    looked for by whoever had just recorded them, and found: {read_again}")
    if site.pooled:
        print(f"    {pgbouncer.say(site.pooled, ROLE)}")
    print(f"    {verified.stdout.strip().splitlines()[-1] if verified.stdout.strip() else verified.stderr}")
    return not failures and is_kept and is_right


if __name__ == "__main__":
    sys.exit(main())
