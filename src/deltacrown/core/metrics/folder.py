"""The counts of several processes, in files of a folder: one process answers for all of them.

Each process writes numbers to files of its own that are mapped into its memory, so what was counted is there
although the process was killed. Each is named by the machine and the process id: containers that share the
folder have ids in common. Files of processes that ended are added up into one, or the folder would
grow with every restart; that happens when somebody asks, under a lock, so nothing is told twice.
"""

from __future__ import annotations

import fcntl
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import values
from prometheus_client.metrics_core import Metric
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
#: Files of another machine tell nobody here whether its process lives. Unwritten for so long, it does not.
FORSAKEN_SECONDS = 24 * 3600
ENDED = "ended"

_NODE = re.sub(r"[^A-Za-z0-9.]", ".", socket.gethostname()) or "machine"


class _Kept:
    """Where the counts of this process are; in its memory if nowhere."""

    folder: Path | None = None


def _name_process() -> str:
    return f"{_NODE}-{os.getpid()}"


def keep_counts_in(folder: Path) -> None:
    """Keep what is counted from now on in files of ``folder``, which is made if it is not there.

    :raises OSError: it cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ[VARIABLE] = str(folder)  # read by the library, whenever a file is opened
    values.ValueClass = values.MultiProcessValue(_name_process)  # type: ignore[no-untyped-call]
    _Kept.folder = folder


def is_kept() -> bool:
    """Return whether counts are kept in a folder."""
    return _Kept.folder is not None


def keep_in_memory() -> None:
    """Keep what is counted from now on in the memory of this process."""
    os.environ.pop(VARIABLE, None)
    values.ValueClass = values.MutexValue
    _Kept.folder = None


def collect_all(*, now: float) -> list[Metric]:
    """Return what all processes have counted, those that ended included.

    :param now: seconds since 1970.
    """
    folder = _Kept.folder
    if folder is None:
        raise RuntimeError("Counts are kept in the memory of this process: call keep_counts_in first.")
    with _locked(folder):
        _add_up_ended(folder, now)
        return _merge(sorted(folder.glob("*.db")), accumulate=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _add_up_ended(folder: Path, now: float) -> None:
    """Move what processes that ended have counted into one file of each kind, and forget their levels."""
    ended: dict[str, list[Path]] = {}
    for path in folder.glob("*.db"):
        kind, _, process = path.stem.rpartition("_")
        if process != ENDED and not _is_alive(path, process, now):
            ended.setdefault(kind, []).append(path)
    for kind, paths in ended.items():
        if not kind.startswith("gauge"):
            _add_up(folder / f"{kind}_{ENDED}.db", paths)
        for path in paths:
            path.unlink(missing_ok=True)


def _is_alive(path: Path, process: str, now: float) -> bool:
    node, _, number = process.rpartition("-")
    if node != _NODE:
        return now - path.stat().st_mtime < FORSAKEN_SECONDS
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's, so it lives
        return True
    return True


def _add_up(total: Path, paths: list[Path]) -> None:
    made = total.with_suffix(".new")
    made.unlink(missing_ok=True)
    written = MmapedDict(str(made))  # type: ignore[no-untyped-call]
    for metric in _merge([path for path in (total, *paths) if path.exists()], accumulate=False):
        for sample in metric.samples:
            labels = dict(sample.labels)
            key = mmap_key(
                metric.name, sample.name, list(labels), list(labels.values()), metric.documentation
            )
            written.write_value(key, sample.value, 0.0)  # type: ignore[no-untyped-call]
    written.close()  # type: ignore[no-untyped-call]
    made.replace(total)


def _merge(paths: list[Path], *, accumulate: bool) -> list[Metric]:
    """Add up what is in files.

    One that is empty was made this moment, or by a process that was killed then: nothing was counted in it.
    """
    files = [str(path) for path in paths if path.stat().st_size]
    return list(MultiProcessCollector.merge(files, accumulate=accumulate))  # type: ignore[no-untyped-call]
