"""One file from its first line to its last: read in groups, recorded in batches, refusals written down."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from deltacrown.interchange.ahead import read_ahead
from deltacrown.interchange.drafts import Draft
from deltacrown.interchange.fields import GroupRefused
from deltacrown.interchange.format import FileReader
from deltacrown.interchange.groups import Group, GroupedFile, Position
from deltacrown.interchange.lines import SourceFile
from deltacrown.interchange.notes import RejectsFile, WarningsFile
from deltacrown.interchange.progress import ImportProgress
from deltacrown.interchange.rows import Row

#: So many refusals are shown; the rest is in the file of rejected lines.
REFUSALS_SHOWN = 20
#: Lines after which a batch is recorded, however few matches or tournaments it has: memory stays flat.
LINES_AT_ONCE = 5_000
SPLIT = "The key is used in {number} games, and names a match in each; if it is one match, mend the game."
PLURALS = {"match": "matches", "tournament": "tournaments"}


D = TypeVar("D", bound=Draft)


@dataclass
class Recorded(Generic[D]):
    """What became of a batch, after its transaction was committed.

    :param refused: what was not taken, each with the reason.
    :param warned: what was taken though it looks odd, each with a warning; several for one draft are fine.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[tuple[D, str]] = field(default_factory=list)
    warned: list[tuple[D, str]] = field(default_factory=list)


class Recorder(Protocol[D]):
    """Records the drafts of one kind, whatever format they come from."""

    def record(self, drafts: list[D], *, now: datetime) -> Recorded[D]:
        """Record a batch in one transaction."""


@dataclass
class ImportReport:
    """What was done with a file. Nothing is counted here before it was committed."""

    path: Path
    noun: str
    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    rejected_lines: int = 0
    #: How many of those that were taken look odd.
    warned: int = 0
    seconds: float = 0.0
    rejects: Path | None = None
    warnings: Path | None = None

    @property
    def recorded(self) -> int:
        """Return how many are in the database as the file has them, from now or from before."""
        return self.created + self.updated + self.unchanged

    @property
    def summary(self) -> str:
        """Return one line with all counts."""
        counts = {
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "refused": self.refused,
        }
        shown = ", ".join(f"{count} {what}" for what, count in counts.items() if count or what != "updated")
        shown += f", {self.warned} with warnings" if self.warned else ""
        return f"{self.path.name}: {PLURALS[self.noun]}: {shown}; {self.rows} lines in {self.seconds:.1f} s."


@dataclass(slots=True)
class _Part(Generic[D]):
    """What was read of one match or tournament: its draft, or why there is none.

    :param split: the group that it is the first part of, where that was several.
    """

    group: Group
    draft: D | None = None
    refusal: str = ""
    split: tuple[Group, int] | None = None


class FileImport(Generic[D]):
    """Imports one file; ``report`` has at any time what is committed so far."""

    def __init__(
        self,
        path: Path,
        reader: FileReader[D],
        recorder: Recorder[D],
        *,
        batch_size: int,
        progress: ImportProgress,
        now: datetime,
    ) -> None:
        self.source = SourceFile(path)
        self.reader = reader
        self.recorder = recorder
        self.batch_size = batch_size
        self.progress = progress
        self.now = now
        self.report = ImportReport(path, reader.columns.group)
        self._file = GroupedFile(self.source, reader.columns, reader.rows)
        self._rejects = RejectsFile(path)
        self._warnings = WarningsFile(path)
        self._refused: set[str] = set()
        #: The first line of whatever has a warning.
        self._warned: set[int] = set()

    def run(self) -> ImportReport:
        """Import the file.

        :raises FileRefused: when nothing of it can be taken, or it changed while it was read.
        """
        started = time.monotonic()
        try:
            with self._rejects, self._warnings:
                self._survey()
                self.reader.begin(whole=self._file.is_sound, now=self.now)
                self._record_groups()
                self._note(self.reader.finish(whole=not self._rejects.count, now=self.now))
        finally:
            self.report.seconds = time.monotonic() - started
        self.report.rejects = self._rejects.path if self._rejects.count else None
        self.report.warnings = self._warnings.path if self._warnings.count else None
        return self.report

    def _survey(self) -> None:
        with self.progress.reading(self.source.path, self.source.size, "checking") as position:
            self._file.survey(position, self.reader.look)
        self.report.rows = self._file.row_count
        self._note(self._file.warnings)

    def _record_groups(self) -> None:
        with self.progress.reading(self.source.path, self.source.size, "importing") as position:
            for batch in read_ahead(self._read_batches(position)):
                self._record([draft for part in batch if (draft := self._take(part)) is not None])

    def _read_batches(self, position: Position) -> Iterator[list[_Part[D]]]:
        """Yield what is recorded together. This runs ahead of the recording, in a thread of its own."""
        batch: list[_Part[D]] = []
        drafts = lines = 0
        for group in self._file.groups(position):
            lines += len(group.rows)
            read = self._read_all(group)
            drafts += sum(part.draft is not None for part in read)
            batch += read
            if drafts >= self.batch_size or lines >= LINES_AT_ONCE:
                yield batch
                batch, drafts, lines = [], 0, 0
        yield batch

    def _read_all(self, group: Group) -> list[_Part[D]]:
        """Return the drafts of a group of rows with one key, and why others cannot be read."""
        parts = self.reader.split(group)
        read = []
        for part in parts:
            try:
                read.append(_Part(part, draft=self._read(part)))
            except GroupRefused as refusal:
                read.append(_Part(part, refusal=refusal.message))
        if len(parts) > 1:
            read[0].split = group, len(parts)
        return read

    def _take(self, part: _Part[D]) -> D | None:
        """Note what is to be said of a part of the file; return its draft, None where it is refused."""
        if part.split:
            whole, number = part.split
            self._warn(whole.key, whole.rows, SPLIT.format(number=number))
        if part.draft is None:
            self._refuse(part.group.key, part.group.rows, part.refusal)
        return part.draft

    def _read(self, group: Group) -> D:
        if group.refusal:
            raise GroupRefused(group.refusal)
        return self.reader.read(group)

    def _record(self, drafts: list[D]) -> None:
        if not drafts:
            return
        recorded = self.recorder.record(drafts, now=self.now)
        self.report.created += recorded.created
        self.report.updated += recorded.updated
        self.report.unchanged += recorded.unchanged
        for draft, reason in recorded.refused:
            self._refuse(draft.key, draft.rows, reason)
        refused = {draft for draft, _ in recorded.refused}
        read = [(draft, warning) for draft in drafts if draft not in refused for warning in draft.warnings]
        for draft, warning in [*read, *recorded.warned]:
            self._warn(draft.key, draft.rows, warning)

    def _warn(self, key: str, rows: list[Row], warning: str) -> None:
        self._warnings.add(self.reader.columns.key_name, key, rows, warning)
        self._warned.add(rows[0].line)
        self.report.warned = len(self._warned)

    def _refuse(self, key: str, rows: list[Row], reason: str) -> None:
        self._rejects.add(self.reader.columns.key_name, key, rows, reason)
        self.report.rejected_lines += len(rows)
        if key not in self._refused:
            self._refused.add(key)
            self._note_refusal(key, reason)
        self.report.refused = len(self._refused) - ("" in self._refused)

    def _note_refusal(self, key: str, reason: str) -> None:
        what = f"{self.reader.columns.group} {key} is refused" if key else "a line is refused"
        if len(self._refused) <= REFUSALS_SHOWN:
            self.progress.note(f"{self.source.path.name}: {what}: {reason}.")
        elif len(self._refused) == REFUSALS_SHOWN + 1:
            self.progress.note(
                f"{self.source.path.name}: more is refused; {self._rejects.path.name} will name it all."
            )

    def _note(self, remarks: list[str]) -> None:
        for remark in remarks:
            self.progress.note(f"{self.source.path.name}: {remark}.")
