"""Whole groups of rows (a match, a tournament), however they lie in the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from deltacrown.interchange.columns import Columns
from deltacrown.interchange.lines import FileRefused, SourceFile
from deltacrown.interchange.rows import Row, open_rows

#: Called with the number of bytes read so far.
Position = Callable[[int], None]


@dataclass(slots=True)
class Group:
    """All rows of the file with one key; with a ``refusal`` when they cannot be taken as they are."""

    key: str
    rows: list[Row]
    refusal: str = ""


class GroupedFile:
    """A file read twice, so that memory holds only the groups that are begun and not yet complete.

    ``survey`` counts the rows of each key and finds the rows that cannot be read. ``groups`` then
    gives a group as soon as its last row was read. A row that cannot be read makes its group
    refused; one that does not plainly say which group it is of, makes those of its neighbours
    refused, since it may be the missing part of either.
    """

    def __init__(
        self,
        source: SourceFile,
        columns: Columns,
        rows: Callable[[SourceFile, Position], Iterator[Row]] | None = None,
    ) -> None:
        self.source = source
        self.columns = columns
        self._open_rows = rows or (lambda source, report: open_rows(source, columns, report).rows())
        self.row_count = 0
        self.broken_count = 0
        self.warnings: list[str] = []
        self._sizes: Counter[str] = Counter()
        self._doubts: dict[str, str] = {}

    @property
    def is_sound(self) -> bool:
        """Return whether every row could be read to the end of the file."""
        return not self._doubts and not self.broken_count

    def survey(self, report: Position, look: Callable[[Row], None] | None = None) -> None:
        """Read the file once; ``look`` is shown every row that can be read.

        :raises FileRefused: when nothing in it can be taken.
        """
        last: Row | None = None
        last_key = ""
        nameless: Row | None = None
        for row in self._open_rows(self.source, report):
            self.row_count += 1
            if row.problem:
                self.broken_count += 1
                self._doubt(row, row.key or last_key)
            else:
                self._sizes[row.key] += 1
                if look:
                    look(row)
            if nameless is not None and row.key:
                self._doubt(nameless, row.key)
            nameless = row if row.problem and not row.key else None if row.key else nameless
            last, last_key = row, row.key or last_key
        self._check_end(last, last_key)

    def groups(self, report: Position) -> Iterator[Group]:
        """Read the file again and yield its groups; a row that cannot be read comes as a group of its own.

        :raises FileRefused: when the file was written to since ``survey``.
        """
        begun: dict[str, Group] = {}
        for row in self._open_rows(self.source, report):
            if row.problem:
                yield Group(row.key, [row], f"line {row.line}: {row.problem}")
                continue
            group = begun.get(row.key)
            if group is None:
                group = begun[row.key] = Group(row.key, [])
            group.rows.append(row)
            if len(group.rows) == self._sizes[row.key]:
                del begun[row.key]
                group.refusal = self._doubts.get(row.key, "") or self._find_repetition(group)
                yield group
        if begun or self.source.has_changed():
            what = "the file was changed while it was read; run the import again when it is complete"
            raise FileRefused(f"{self.source.path}: {what}.")

    def _doubt(self, row: Row, key: str) -> None:
        if key and not self.columns.one_line:
            why = f"line {row.line} cannot be read: {row.problem}; mend that line"
            self._doubts.setdefault(key, f"the {self.columns.group} may be incomplete, as {why}")

    def _find_repetition(self, group: Group) -> str:
        if not self.columns.one_line or len(group.rows) == 1:
            return ""
        lines = " and ".join(str(row.line) for row in group.rows)
        return f"lines {lines} are of the same {self.columns.group}; keep one line"

    def _check_end(self, last: Row | None, last_key: str) -> None:
        if last is None:
            if self.source.was_cut_off:
                raise FileRefused(
                    f"{self.source.path}: the gzip data stops before the first line; fetch the file again."
                )
            self.warnings.append("there is no line to import in it")
        elif self.source.was_cut_off:
            end = f"the gzip data stops in the middle, at line {last.line}; fetch the file again"
            self._doubts[last_key] = f"the {self.columns.group} may be incomplete, as {end}"
            self.warnings.append(f"{end} and import the rest")
        elif self.source.lacks_final_newline and not last.problem:
            what = "is not ended by a newline; if the file was cut off there, check that line"
            self.warnings.append(f"line {last.line}, the last one, {what}")
