"""Files that are written as a whole: CSV or NDJSON by the name, gzipped by ``.gz``."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from deltacrown.core.errors import InvalidInput
from deltacrown.interchange.batches import Batch
from deltacrown.interchange.cells import write_header

#: Name endings → whether the file is CSV; each may be followed by ``.gz``.
ENDINGS = {".csv": True, ".ndjson": False, ".jsonl": False}
#: A file that is being written; it gets its name when it is whole.
PART = ".part"


def write_file(
    *,
    path: Path,
    replace: bool,
    columns: Callable[[], Sequence[str]],
    batches: Callable[[], Iterator[Batch]],
    progress: Callable[[int], object],
) -> int:
    """Write lines to a file that gets its name when it is whole; return how many there are.

    :param replace: overwrite a file that is there.
    :param columns: returns those of a CSV file; not called for an NDJSON file.
    :param batches: returns the lines; called once the name is found to be possible.
    :param progress: called with the number of lines written since the last call.
    :raises InvalidInput: the name has another ending, or the file is there.
    """
    is_csv = _check_path(path, replace=replace)

    written = 0
    with _open_part(path) as file:
        write = _start_csv(file, columns()) if is_csv else Batch.write_ndjson
        for lines in batches():
            file.write(write(lines))
            written += len(lines)
            progress(len(lines))

    return written


def _check_path(path: Path, *, replace: bool) -> bool:
    """Return whether the file is to be CSV."""
    ending = Path(path.name.removesuffix(".gz")).suffix
    if ending not in ENDINGS:
        raise InvalidInput(f"{path.name}: end the name in .csv, .ndjson or .jsonl, with or without .gz.")
    if path.exists() and not replace:
        raise InvalidInput(f"{path} is there already: give another name, or --replace.")
    if not path.parent.is_dir():
        raise InvalidInput(f"{path.parent} is no folder: make it first.")

    return ENDINGS[ending]


@contextmanager
def _open_part(path: Path) -> Iterator[TextIO]:
    """Open a file beside ``path``, which takes its place when everything was written."""
    part = path.with_name(path.name + PART)
    try:
        with part.open("wb") as raw:
            # No time and no name in it: the same lines give the same file.
            packed = gzip.GzipFile("", "wb", fileobj=raw, mtime=0) if path.suffix == ".gz" else raw
            with io.TextIOWrapper(packed, encoding="utf-8", newline="") as file:
                yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _start_csv(file: TextIO, columns: Sequence[str]) -> Callable[[Batch], str]:
    file.write(write_header(columns))
    return lambda lines: lines.write_csv(columns)
