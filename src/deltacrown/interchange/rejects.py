"""``FILE.rejected.ndjson``: every line that was not taken, and why."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from deltacrown.interchange.lines import FileRefused
from deltacrown.interchange.rows import Row


class RejectsFile:
    """Collects refused lines under a temporary name; takes the final name at the end of the import.

    So a file with the final name is always complete: one of an earlier run is removed at the start,
    and an import that is killed leaves only ``….rejected.ndjson.part``.
    """

    def __init__(self, source: Path) -> None:
        self.path = source.with_name(source.name + ".rejected.ndjson")
        self.part = source.with_name(source.name + ".rejected.ndjson.part")
        self.count = 0
        self._stream: IO[str] | None = None

    def __enter__(self) -> Self:
        try:
            self.path.unlink(missing_ok=True)
            self.part.unlink(missing_ok=True)
        except OSError as error:
            raise FileRefused(
                f"{self.path}: the rejected lines of an earlier run cannot be removed: {error.strerror}."
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

    def add(self, key_name: str, key: str, rows: Sequence[Row], reason: str) -> None:
        """Add ``rows``, all of the group ``key``, with the reason of their refusal."""
        stream = self._stream or self._open()
        for row in rows:
            entry = {"line": row.line, key_name: key or None, "reason": reason, "content": row.content}
            stream.write(json.dumps(entry, ensure_ascii=False) + "\n")
        self.count += len(rows)

    def _open(self) -> IO[str]:
        try:
            self._stream = self.part.open("w", encoding="utf-8")
        except OSError as error:
            raise FileRefused(
                f"{self.path}: rejected lines cannot be written here: {error.strerror}. "
                "Copy the file to a folder you may write to."
            ) from error
        return self._stream
