"""The files that an import writes beside its file: every line that was not taken, and what looks odd."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from deltacrown.interchange.lines import FileRefused
from deltacrown.interchange.rows import Row


class NotesFile:
    """Collects notes under a temporary name; takes the final name at the end of the import.

    So a file with the final name is always complete: one of an earlier run is removed at the start,
    and an import that is killed leaves only a file that ends in ``.part``.
    """

    #: What is added to the name of the file that is imported.
    ending: str
    #: What is in it, for messages.
    what: str

    def __init__(self, source: Path) -> None:
        self.path = source.with_name(source.name + self.ending)
        self.part = source.with_name(self.path.name + ".part")
        self._stream: IO[str] | None = None

    def __enter__(self) -> Self:
        try:
            self.path.unlink(missing_ok=True)
            self.part.unlink(missing_ok=True)
        except OSError as error:
            raise FileRefused(
                f"{self.path}: the {self.what} of an earlier run cannot be removed: {error.strerror}."
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is None:
            return
        if kind is None:
            self._stream.flush()
            os.fsync(self._stream.fileno())
        self._stream.close()
        if kind is None:
            self.part.replace(self.path)

    def write(self, note: Mapping[str, Any]) -> None:
        """Add a note, as a line of its own."""
        stream = self._stream or self._open()
        stream.write(json.dumps(note, ensure_ascii=False) + "\n")

    def _open(self) -> IO[str]:
        try:
            self._stream = self.part.open("w", encoding="utf-8")
        except OSError as error:
            raise FileRefused(
                f"{self.path}: {self.what} cannot be written here: {error.strerror}. "
                "Copy the file to a folder you may write to."
            ) from error
        return self._stream


class RejectsFile(NotesFile):
    """``FILE.rejected.ndjson``: every line that was not taken, and why."""

    ending = ".rejected.ndjson"
    what = "rejected lines"

    def __init__(self, source: Path) -> None:
        super().__init__(source)
        #: Lines in it.
        self.count = 0

    def add(self, key_name: str, key: str, rows: Sequence[Row], reason: str) -> None:
        """Add ``rows``, all of the group ``key``, with the reason of their refusal."""
        for row in rows:
            self.write({"line": row.line, key_name: key or None, "reason": reason, "content": row.content})
        self.count += len(rows)


class WarningsFile(NotesFile):
    """``FILE.warnings.ndjson``: what was taken though it looks odd."""

    ending = ".warnings.ndjson"
    what = "warnings"

    def __init__(self, source: Path) -> None:
        super().__init__(source)
        #: Warnings in it.
        self.count = 0

    def add(self, key_name: str, key: str, rows: Sequence[Row], warning: str) -> None:
        """Add a warning of the group ``key``, which was read from ``rows``."""
        self.write({key_name: key, "lines": [row.line for row in rows], "warning": warning})
        self.count += 1
