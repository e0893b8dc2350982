"""What the machine must have, and how what is missing is installed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

#: Program → Debian's package with it.
PROGRAMS = {
    "postgres": "postgresql",
    "redis-server": "redis-server",
    "nginx": "nginx-light",
    "openssl": "openssl",
}
#: What is needed only where it is asked for.
ON_DEMAND = {"pgbouncer": "pgbouncer"}
#: Where Debian keeps what is not on the path of everybody.
FOLDERS = ("/usr/sbin", "/usr/lib/postgresql/*/bin", "/usr/local/sbin")
#: Servers must not have the rights of root: when root calls, they run as this account, which owns nothing.
ACCOUNT = "nobody"
#: Asked by Debian's packages before they start a service: 101 is no.
POLICY = Path("/usr/sbin/policy-rc.d")


class CannotRun(Exception):
    """This machine cannot run the site; the message says what to do."""


def find_program(name: str) -> Path | None:
    """Return the path of a program, of the newest version there is; None when it is not installed."""
    found = shutil.which(name)
    if found:
        return Path(found)
    places = [Path(folder) for folder in FOLDERS if "*" not in folder]
    places += sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]), reverse=True
    )
    return next((place / name for place in places if os.access(place / name, os.X_OK)), None)


def get_program(name: str) -> str:
    """Return the path of a program.

    :raises CannotRun: it is not installed.
    """
    found = find_program(name)
    if found is None:
        package = {**PROGRAMS, **ON_DEMAND}.get(name, name)
        raise CannotRun(f"There is no program {name}: install Debian's package {package}.")
    return str(found)


def list_missing(*besides: str) -> list[str]:
    """Return the packages whose programs are not installed.

    :param besides: programs of :data:`ON_DEMAND` that are needed, too.
    """
    wanted = PROGRAMS | {program: ON_DEMAND[program] for program in besides}
    return [package for program, package in wanted.items() if find_program(program) is None]


def install_missing(*besides: str) -> None:
    """Install what is missing with apt, without having Debian start the services of it.

    :raises CannotRun: it cannot be installed here.
    """
    missing = list_missing(*besides)
    if not missing:
        return
    wanted = " ".join(missing)
    if shutil.which("apt-get") is None:
        raise CannotRun(
            f"Not installed here: {wanted}. There is no apt-get to install it with: install it by hand."
        )
    if os.getuid() != 0:
        raise CannotRun(
            f"Not installed here: {wanted}. Only root can install it: run `apt install {wanted}` as root."
        )
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with services_not_started():
        for command in (["update", "-qq"], ["install", "--yes", "-qq", "--no-install-recommends", *missing]):
            done = subprocess.run(
                ["apt-get", *command], env=environment, stdout=subprocess.DEVNULL, check=False
            )
            if done.returncode != 0:
                raise CannotRun(f"apt-get {command[0]} failed, see above: install {wanted} by hand.")


@contextmanager
def services_not_started() -> Iterator[None]:
    """Within, the services of installed packages are not started: this site has servers of its own."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


def find_account() -> str | None:
    """Return the account that servers run as, when another than the caller's; None for the caller's own."""
    return ACCOUNT if os.getuid() == 0 else None


def choose_folder(wanted: Path) -> Path:
    """Return ``wanted``, or a folder outside of the clone where other accounts cannot come to it.

    A clone in the home of root is closed to the account that the servers run as.
    """
    if find_account() is None or can_reach(wanted):
        return wanted
    return Path("/var/tmp/deltacrown-prod-local")  # noqa: S108 - owned by root, and made with its own rights


def can_reach(path: Path) -> bool:
    """Return whether accounts that own nothing can come to ``path``."""
    there = [parent for parent in path.absolute().parents if parent.exists()]
    return all(parent.stat().st_mode & 0o001 for parent in there)


def own(paths: Iterable[Path], account: str | None) -> None:
    """Make folders that are there already the account's own."""
    if account is None:
        return
    entry = pwd.getpwnam(account)
    for path in paths:
        os.chown(path, entry.pw_uid, entry.pw_gid)


def install_package(clone: Path, folder: Path) -> Path:
    """Build the wheel of ``clone``, install it with its pinned packages in its own place; return its Python.

    What is installed already is kept; the wheel is always built anew.

    :raises CannotRun: it cannot be built or installed.
    """
    there, wheels = folder / "venv", folder / "wheels"
    shutil.rmtree(wheels, ignore_errors=True)
    wheels.mkdir(parents=True)
    if not (there / "bin" / "python").exists():
        run_step("the environment", [sys.executable, "-m", "venv", str(there)])
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    run_step("the wheel", [*build, "--wheel-dir", str(wheels), str(clone)])
    [wheel] = wheels.glob("*.whl")
    python = str(there / "bin" / "python")
    pins = str(clone / "requirements" / "base.txt")
    install_pinned(python, ["--require-hashes", "--requirement", pins])
    install_pinned(python, ["--no-deps", "--force-reinstall", str(wheel)])
    return Path(python)


def install_pinned(python: str, what: list[str]) -> None:
    """Install with uv, which takes seconds, or else with pip.

    :raises CannotRun: neither can.
    """
    uv = Path(sys.executable).with_name("uv")
    quick = [str(uv), "pip", "install", "--quiet", "--python", python, *what]
    if uv.exists() and subprocess.run(quick, check=False, capture_output=True).returncode == 0:
        return
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run_step("the packages", [*pip, *what])


def run_step(what: str, command: list[str]) -> None:
    """Run a command of the installation.

    :raises CannotRun: it fails.
    """
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise CannotRun(f"Not made: {what}.\n{done.stdout[-1000:]}{done.stderr[-2000:]}")
