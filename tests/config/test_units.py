"""The units of systemd in ``deploy/``: systemd takes them, they are sealed, and stop gently."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from itertools import pairwise

import pytest
from django.core.management import get_commands

from deltacrown.core.server import LIMITS
from tests.docs.pages import ROOT, page

pytestmark = pytest.mark.once

DEPLOY = ROOT / "deploy"
GUIDE = "docs/how-to/run-in-production.md"
SERVICES = sorted(path.name for path in DEPLOY.glob("*.service"))
LASTING = [name for name in SERVICES if name != "deltacrown-jobs.service"]
UNITS = [*SERVICES, "deltacrown-jobs.timer"]
#: Of systemd's own measure, from 0 (sealed) to 10: it calls below 2 "OK".
MOST_EXPOSED = 2.0


def read_unit(name):
    """``{key: [values]}`` of a unit, whatever the section."""
    found = {}
    for key, value in re.findall(r"^([A-Za-z]+)=(.*)$", (DEPLOY / name).read_text(), re.MULTILINE):
        found.setdefault(key, []).append(value)
    return found


def copy_units(folder, change=lambda text: text):
    """The units as they would be on a machine where the command is installed."""
    units = folder / "units"
    # What Python compiles there is written, and renamed, by others meanwhile.
    shutil.copytree(DEPLOY, units, ignore=shutil.ignore_patterns("__pycache__"))
    for path in [*units.glob("*.service"), *units.glob("*.d/*.conf")]:
        path.write_text(
            change(path.read_text().replace("/srv/deltacrown/.venv/bin/deltacrown", sys.executable))
        )
    return units


def ask_systemd(units, *command):
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:", "LANG": "C"}
    return subprocess.run(
        ["systemd-analyze", *command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture
def systemd():
    """systemd's own check, which needs no systemd that runs."""
    if shutil.which("systemd-analyze") is None:
        assert not os.environ.get("CI"), "no systemd-analyze: install Debian's package systemd"
        pytest.skip("no systemd-analyze on this machine")


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_takes_the_unit(systemd, tmp_path, unit):
    units = copy_units(tmp_path)

    run = ask_systemd(units, "verify", "--man=no", str(units / unit))

    assert (run.returncode, run.stderr) == (0, "")


def test_a_unit_that_is_wrong_is_found(systemd, tmp_path):
    units = copy_units(tmp_path, lambda text: text.replace("ProtectHome=", "ProtectHouse="))

    run = ask_systemd(units, "verify", "--man=no", str(units / "deltacrown-web.service"))

    assert "Unknown key" in run.stderr


@pytest.mark.parametrize("unit", SERVICES)
def test_the_unit_is_sealed(systemd, tmp_path, unit):
    units = copy_units(tmp_path)

    run = ask_systemd(units, "security", "--offline=true", "--no-pager", str(units / unit))

    level = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", run.stdout)[1])
    assert level <= MOST_EXPOSED


@pytest.mark.parametrize(
    "line",
    [
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "PrivateTmp=yes",
        "CapabilityBoundingSet=",
        "SystemCallFilter=@system-service",
    ],
)
def test_all_units_are_sealed_alike(line):
    assert line in (DEPLOY / "deltacrown-.service.d" / "sealed.conf").read_text().splitlines()


@pytest.mark.parametrize("unit", SERVICES)
def test_every_unit_runs_a_command_of_ours_as_nobody_in_particular_and_says_how_much_it_may_take(unit):
    told = read_unit(unit)
    [command] = told["ExecStart"]

    assert command.split()[0] == "/srv/deltacrown/.venv/bin/deltacrown"
    assert command.split()[1] in get_commands()
    assert told["User"] == told["Group"] == ["deltacrown"]
    assert told["EnvironmentFile"] == ["/etc/deltacrown.env"]
    assert "DELTACROWN_HOME=/var/lib/deltacrown" in told["Environment"]
    assert told["StateDirectory"] == ["deltacrown"]
    assert told["MemoryMax"]


@pytest.mark.parametrize("unit", LASTING)
def test_every_server_is_started_again_and_stopped_gently(unit):
    told = read_unit(unit)

    assert told["Restart"] == ["always"]
    assert told["RestartSec"] == ["1"]
    assert told["StartLimitBurst"]
    # Celery's processes drop what they are at when they are sent the signal too; granian's pass for dead.
    assert told["KillMode"] == ["mixed"]
    assert told["KillSignal"] == ["SIGTERM"]


def test_systemd_waits_longer_for_the_server_than_the_server_for_its_workers():
    limits = dict(pairwise(LIMITS))
    told = read_unit("deltacrown-web.service")
    [workers] = [int(found) for found in re.findall(r"WORKERS=(\d+)", " ".join(told["Environment"]))]

    reload_seconds = workers * float(limits["--respawn-interval"])
    assert int(told["TimeoutStopSec"][0]) > float(limits["--workers-kill-timeout"]) + reload_seconds


def test_the_server_is_where_the_proxy_looks_for_it():
    told = " ".join(read_unit("deltacrown-web.service")["Environment"])
    proxy = (DEPLOY / "nginx.conf").read_text()

    [path] = re.findall(r"SOCKET=(\S+)", told)
    assert set(re.findall(r"server unix:(\S+) [^;]*;", proxy)) == {path}
    assert read_unit("deltacrown-web.service")["RuntimeDirectory"] == [path.split("/")[2]]
    assert "alias /var/lib/deltacrown/static/;" in proxy


def test_the_timer_starts_the_jobs_that_are_due():
    assert (DEPLOY / "deltacrown-jobs.service").read_text().count("deltacrown run_job --due\n") == 1
    assert read_unit("deltacrown-jobs.timer")["OnCalendar"] == ["*:0/2"]


@pytest.mark.parametrize("name", [*UNITS, "sealed.conf", "deltacrown-in-a-clone.conf"])
def test_the_guide_names_every_file(name):
    assert name in page(GUIDE).text
