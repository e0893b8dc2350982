"""Try the wheel with each Python and each Django that are meant to work: ``make test-versions``.

Each pair has an environment of its own. With Django 5.2 it holds the packages of ``requirements/base.txt``,
by their hashes; with another one what the index has for it. What is not on this machine is named.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.docs.pages import ROOT
from tests.installed import Site, build_wheel, look_at_pages

PYTHONS = [(3, 11), (3, 12), (3, 13), (3, 14)]
#: A series of Django → the oldest Python that it runs on.
DJANGOS = {"5.2": (3, 10), "6": (3, 12)}
#: The one whose packages are pinned.
PINNED = "5.2"
UV = str(Path(sys.executable).with_name("uv"))


@dataclass(frozen=True)
class Pair:
    """A Python, by the path of its interpreter, and a series of Django."""

    python: tuple[int, int]
    interpreter: str
    django: str

    def __str__(self) -> str:
        return f"Python {name_python(self.python)} with Django {self.django}"


def name_python(version: tuple[int, int]) -> str:
    """Return ``3.11``."""
    return ".".join(str(part) for part in version)


def find_interpreters() -> dict[tuple[int, int], str]:
    """Return each Python that is on this machine, and where."""
    found = {version: find_interpreter(name_python(version)) for version in PYTHONS}
    return {version: path for version, path in found.items() if path} | {sys.version_info[:2]: sys.executable}


def find_interpreter(version: str) -> str:
    """Return where a Python is that runs: in the path, or kept by pyenv. Empty if there is none.

    Pyenv has a file of that name in the path for each Python that it keeps; most only say what to set.
    """
    name = f"python{version}"
    places = [*os.get_exec_path(), *sorted(find_pyenv().glob(f"versions/{version}.*/bin"), reverse=True)]
    for candidate in [Path(place, name) for place in places]:
        if candidate.is_file():
            asked = [str(candidate), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
            told = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=60)
            if told.stdout.strip() == version:
                return str(candidate)
    return ""


def find_pyenv() -> Path:
    """Return the folder of pyenv, which need not be there."""
    return Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")


def list_pairs(interpreters: dict[tuple[int, int], str]) -> list[Pair]:
    """Return what is to be tried, the oldest first."""
    return [
        Pair(version, path, django)
        for version, path in sorted(interpreters.items())
        for django, oldest in DJANGOS.items()
        if version >= oldest
    ]


def list_missing(interpreters: Iterable[tuple[int, int]]) -> list[str]:
    """Return a sentence for each Python that is not on this machine."""
    missing = [version for version in PYTHONS if version not in interpreters]
    return [f"Python {name_python(version)} is not on this machine: not tried." for version in missing]


def is_tried_by_suite(pair: Pair) -> bool:
    """Return whether the suite itself runs on this pair."""
    return pair.python == sys.version_info[:2] and pair.django == PINNED


def try_pair(pair: Pair, wheel: Path, folder: Path) -> str:
    """Install the wheel, run a small site of it, and return what was seen.

    Raises ``CalledProcessError`` or ``AssertionError`` where something is wrong.
    """
    python = str(folder / "venv/bin/python")
    run(UV, "venv", "--python", pair.interpreter, str(folder / "venv"))
    install = [UV, "pip", "install", "--python", python]
    if pair.django == PINNED:
        run(*install, "--require-hashes", "--requirement", str(ROOT / "requirements/base.txt"))
    else:
        override = folder / "override.txt"
        override.write_text(f"Django>={pair.django},<{int(pair.django.partition('.')[0]) + 1}\n")
        asked = [str(ROOT / "requirements" / f"{name}.in") for name in ("base", "postgres", "redis")]
        run(
            *install,
            "--override",
            str(override),
            *(word for name in asked for word in ("--requirement", name)),
        )
    # A Python that the wheel does not claim yet is tried as well: that is how one comes to claim it.
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps"]
    run(*pip, "--ignore-requires-python", "--disable-pip-version-check", str(wheel))

    site = Site(folder, python=python)
    site.home.mkdir()
    version = site.run("version").strip()
    site.run("makemigrations", "--check", "--dry-run")
    site.load_season()
    with site.serve_demo() as port:
        opened = look_at_pages(port)
    verdict = site.run("reconcile_stats", "--dry-run")
    assert "all right" in verdict, verdict
    return f"Django {version}, {len(opened)} pages, every number recounted"


def run(*words: str) -> None:
    """Run a program. Raises ``CalledProcessError`` with what it wrote if it fails."""
    # What a clone puts into the path of modules is not to be taken for what is installed.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, words, done.stdout, done.stderr)


def tell(line: str) -> None:
    """Write a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Try each pair, and say how it went. Returns 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--others", action="store_true", help="leave out what the suite itself runs on")
    options = parser.parse_args()

    interpreters, failed = find_interpreters(), 0
    pairs = [pair for pair in list_pairs(interpreters) if not (options.others and is_tried_by_suite(pair))]
    with tempfile.TemporaryDirectory(prefix="deltacrown-versions-") as name:
        folder = Path(name)
        wheel = build_wheel(folder) if pairs else None
        for number, pair in enumerate(pairs):
            place = folder / str(number)
            place.mkdir()
            try:
                tell(f"{pair}: {try_pair(pair, wheel, place)}")
            except (subprocess.SubprocessError, AssertionError) as error:
                failed += 1
                tell(f"{pair}: FAILED\n{error}\n{getattr(error, 'stderr', '') or ''}")
            shutil.rmtree(place)
    for sentence in list_missing(interpreters):
        tell(sentence)
    if not pairs:
        tell("Nothing but what the suite runs on is here.")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
