"""One file from its first line to its last: read in groups, recorded in batches, refusals written down."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from deltacrown.interchange.columns import Columns
from deltacrown.interchange.fields import GroupRefused
from deltacrown.interchange.groups import Group, GroupedFile
from deltacrown.interchange.lines import SourceFile
from deltacrown.interchange.progress import Progress
from deltacrown.interchange.rejects import RejectsFile
from deltacrown.interchange.rows import Row

#: So many refusals are told at once; the rest is in the file of rejected lines.
REFUSALS_TOLD = 20
PLURALS = {"match": "matches", "tournament": "tournaments"}


class Draft(Protocol):
    """What a group of lines says, before it is recorded."""

    key: str
    rows: list[Row]


D = TypeVar("D", bound=Draft)


@dataclass
class Recorded(Generic[D]):
    """What became of a batch, after its transaction was committed."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[tuple[D, str]] = field(default_factory=list)


class Intake(Protocol[D]):
    """What one kind of file is: its columns, how to read a group of lines, and how to record many."""

    columns: Columns

    def look(self, row: Row) -> None:
        """See a row in the first pass."""

    def begin(self, *, whole: bool, now: datetime) -> None:
        """Record what must be there before the first group is; ``whole`` when every line could be read."""

    def read(self, group: Group) -> D:
        """Make a draft of a group.

        :raises GroupRefused: when the lines cannot be taken.
        """

    def record(self, drafts: list[D], *, now: datetime) -> Recorded[D]:
        """Record a batch in one transaction."""

    def finish(self, *, whole: bool, now: datetime) -> list[str]:
        """Record what can only be known at the end; ``whole`` when nothing was refused. Returns remarks."""


@dataclass
class Report:
    """What was done with a file. Nothing is counted here before it was committed."""

    path: Path
    noun: str
    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    rejected_lines: int = 0
    seconds: float = 0.0
    rejects: Path | None = None

    @property
    def recorded(self) -> int:
        """How many stand in the database as the file says, from now or from before."""
        return self.created + self.updated + self.unchanged

    @property
    def summary(self) -> str:
        counts = {"created": self.created, "updated": self.updated, "unchanged": self.unchanged, "refused": self.refused}
        told = ", ".join(f"{count} {what}" for what, count in counts.items() if count or what != "updated")
        return f"{self.path.name}: {PLURALS[self.noun]}: {told}; {self.rows} lines in {self.seconds:.1f} s."


class FileImport(Generic[D]):
    """Imports one file; ``report`` tells at any time what is committed so far."""

    def __init__(self, path: Path, intake: Intake[D], *, batch_size: int, progress: Progress, now: datetime) -> None:
        self.source = SourceFile(path)
        self.intake = intake
        self.batch_size = batch_size
        self.progress = progress
        self.now = now
        self.report = Report(path, intake.columns.group)
        self._file = GroupedFile(self.source, intake.columns)
        self._rejects = RejectsFile(path)
        self._refused: set[str] = set()

    def run(self) -> Report:
        """Import the file.

        :raises FileRefused: when nothing of it can be taken, or it changed while it was read.
        """
        started = time.monotonic()
        try:
            with self._rejects:
                self._survey()
                self.intake.begin(whole=self._file.is_sound, now=self.now)
                self._record_groups()
                self._tell(self.intake.finish(whole=not self._rejects.count, now=self.now))
        finally:
            self.report.seconds = time.monotonic() - started
        if self._rejects.count:
            self.report.rejects = self._rejects.path
        return self.report

    def _survey(self) -> None:
        with self.progress.reading(self.source.path, self.source.size, "checking") as position:
            self._file.survey(position, self.intake.look)
        self.report.rows = self._file.row_count
        self._tell(self._file.warnings)

    def _record_groups(self) -> None:
        drafts: list[D] = []
        with self.progress.reading(self.source.path, self.source.size, "importing") as position:
            for group in self._file.groups(position):
                try:
                    drafts.append(self._read(group))
                except GroupRefused as refusal:
                    self._refuse(group.key, group.rows, refusal.message)
                if len(drafts) >= self.batch_size:
                    self._record(drafts)
                    drafts = []
            self._record(drafts)

    def _read(self, group: Group) -> D:
        if group.refusal:
            raise GroupRefused(group.refusal)
        return self.intake.read(group)

    def _record(self, drafts: list[D]) -> None:
        if not drafts:
            return
        recorded = self.intake.record(drafts, now=self.now)
        self.report.created += recorded.created
        self.report.updated += recorded.updated
        self.report.unchanged += recorded.unchanged
        for draft, reason in recorded.refused:
            self._refuse(draft.key, draft.rows, reason)

    def _refuse(self, key: str, rows: list[Row], reason: str) -> None:
        self._rejects.add(self.intake.columns.key, key, rows, reason)
        self.report.rejected_lines += len(rows)
        if key not in self._refused:
            self._refused.add(key)
            self._tell_refusal(key, reason)
        self.report.refused = len(self._refused) - ("" in self._refused)

    def _tell_refusal(self, key: str, reason: str) -> None:
        what = f"{self.intake.columns.group} {key} is refused" if key else "a line is refused"
        if len(self._refused) <= REFUSALS_TOLD:
            self.progress.note(f"{self.source.path.name}: {what}: {reason}.")
        elif len(self._refused) == REFUSALS_TOLD + 1:
            self.progress.note(f"{self.source.path.name}: more is refused; {self._rejects.path.name} will name it all.")

    def _tell(self, remarks: list[str]) -> None:
        for remark in remarks:
            self.progress.note(f"{self.source.path.name}: {remark}.")
