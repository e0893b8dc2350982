"""Say which versions of the documentation there are: ``python docs/_site/versions.py build/docs``.

Writes ``versions.json``, from which pages offer the others, and an ``index.html`` that leads to one.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

LATEST = "latest"
VERSION = re.compile(r"v?\d+(\.\d+)*\w*")


def list_versions(folder: Path) -> list[str]:
    """Return the versions that are built, ``latest`` before all releases, the newest of these first."""
    built = {path.parent.name for path in folder.glob("*/index.html")}
    releases = [name for name in built if VERSION.fullmatch(name)]
    newest_first = sorted(
        releases, key=lambda name: [int(part) for part in re.findall(r"\d+", name)], reverse=True
    )
    return [LATEST] * (LATEST in built) + newest_first


def write_versions(folder: Path) -> None:
    """Write ``versions.json`` and the ``index.html`` above the versions of ``folder``.

    Raises ``ValueError`` where there is none.
    """
    versions = list_versions(folder)
    if not versions:
        raise ValueError(f"no version is built in {folder}")
    first = next((name for name in versions if name != LATEST), LATEST)
    told = {"versions": versions, "first": first}
    (folder / "versions.json").write_text(json.dumps(told) + "\n", encoding="utf-8")
    (folder / "index.html").write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>DeltaCrown</title>'
        f'<meta http-equiv="refresh" content="0; url={first}/index.html">'
        f'<p><a href="{first}/index.html">Documentation of DeltaCrown</a></p></html>\n',
        encoding="utf-8",
    )


if __name__ == "__main__":
    write_versions(Path(sys.argv[1]))
