"""Distributions as an installer leaves them: a module and its metadata in a folder on the path."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def installed(folder: Path, name: str, *, modules: dict[str, str], formats: dict[str, str]) -> Iterator[None]:
    """Install a distribution with ``modules`` (name → source) that declares import ``formats``."""
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    declared = "".join(f"{key} = {value}\n" for key, value in formats.items())
    (metadata / "entry_points.txt").write_text(f"[deltacrown.formats]\n{declared}")
    for module, source in modules.items():
        (folder / f"{module}.py").write_text(source, encoding="utf-8")

    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        try:
            yield
        finally:
            for module in modules:
                sys.modules.pop(module, None)
