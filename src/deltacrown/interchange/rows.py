"""Rows out of lines: one record of a CSV or NDJSON file, with the line it starts on."""

from __future__ import annotations

import csv
import json
import re
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from deltacrown.core.inputs import find_json_fault
from deltacrown.interchange.cells import restore_cell
from deltacrown.interchange.columns import Columns
from deltacrown.interchange.lines import FileRefused, Line, SourceFile

#: A quoted value may run over line ends, but no further: a quote never closed would swallow the file.
LINES_PER_RECORD = 200
UNCLOSED = "a quote is opened in it and not closed"


@dataclass(slots=True)
class Row:
    """One record: ``values`` by column (text in CSV, JSON values in NDJSON), or why it cannot be read.

    ``key`` names the group it belongs to, ``""`` when that is unclear. ``raw``: the text of a broken line.
    """

    line: int
    key: str
    values: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    raw: str = ""

    @property
    def content(self) -> Any:
        """Return the content of the line, for the file of rejected lines."""
        return self.raw if self.problem else self.values


class Lookahead:
    """Lines that can be given back."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._given_back: deque[Line] = deque()

    def __iter__(self) -> Iterator[Line]:
        return self

    def __next__(self) -> Line:
        return self._given_back.popleft() if self._given_back else next(self._lines)

    def give_back(self, lines: list[Line]) -> None:
        """Have these lines come next, again."""
        self._given_back.extendleft(reversed(lines))


class RowReader(ABC):
    """Reads the rows of one file; make a new one for each pass."""

    def __init__(self, source: SourceFile, columns: Columns, report: Callable[[int], None]) -> None:
        self.source = source
        self.columns = columns
        self.lines = Lookahead(source.lines(report))

    @abstractmethod
    def rows(self) -> Iterator[Row]:
        """Yield every row of the file in order, broken ones too.

        :raises FileRefused: when nothing in the file can be taken.
        """

    def row(self, line: int, values: dict[str, Any]) -> Row:
        """Make the row of ``values``; a row that names no group is a broken one."""
        key = self.columns.key_of(values)
        if key:
            return Row(line, key, values)
        empty = " or ".join(self.columns.key_columns)
        problem = f"{empty} is empty; every line must name its {self.columns.group}"
        return Row(line, "", problem=problem, raw=json.dumps(values, ensure_ascii=False))


class CsvReader(RowReader):
    """Rows of values under a header; quoted values may contain the delimiter and line ends."""

    def rows(self) -> Iterator[Row]:
        header = self._header()
        width = len(header)
        delimiter = self.columns.delimiter
        blank = f"{delimiter} \t"  # what a line without any value consists of
        for line in self.lines:
            if line.problem:
                yield self._broken(line, line.problem, header)
            elif '"' in line.text:
                yield self._quoted(line, header)
            elif (cells := line.text.split(delimiter)) and len(cells) == width:
                # Only what has an apostrophe was protected.
                is_plain = "'" not in line.text
                named = dict(zip(header, cells, strict=True)) if is_plain else _name_cells(header, cells)
                row = self.row(line.number, named)
                if row.key or line.text.strip(blank):
                    yield row
            elif line.text.strip(blank):
                yield self._broken(line, self._miscounted(len(cells), width), header)

    def _header(self) -> list[str]:
        for line in self.lines:
            if line.problem:
                where = f"line {line.number}, where the column names belong"
                raise FileRefused(f"{self.source.path}: {where}, cannot be read: {line.problem}.")
            if line.text.strip():
                cells = next(csv.reader([line.text], delimiter=self.columns.delimiter))
                return self.columns.check_header(cells, where=f"{self.source.path}, line {line.number}")
        raise FileRefused(
            f"{self.source.path}: the file is empty; "
            f"its first line must name the columns: {self.columns.example}."
        )

    def _quoted(self, first: Line, header: list[str]) -> Row:
        taken = [first]
        try:
            cells = next(csv.reader(self._record(taken), delimiter=self.columns.delimiter, strict=True))
        except csv.Error as error:
            self.lines.give_back(taken[1:])
            is_open = len(taken) > 1 or "unexpected end" in str(error)
            return self._broken(
                first,
                UNCLOSED if is_open else "its quotes do not match; write a quote inside a quoted value twice",
                header,
            )
        values = _name_cells(header, cells)
        if len(cells) != len(header) or (len(taken) > 1 and self.columns.runs_over_lines(values)):
            self.lines.give_back(taken[1:])
            problem = self._miscounted(len(cells), len(header)) if len(taken) == 1 else UNCLOSED
            return self._broken(first, problem, header)
        return self.row(first.number, values)

    def _record(self, taken: list[Line]) -> Iterator[str]:
        """Yield the first line's text and, while the record is open, the next ones; add them to ``taken``."""
        yield taken[0].text + "\n"
        for line in self.lines:
            taken.append(line)
            if line.problem or len(taken) > LINES_PER_RECORD:
                return
            yield line.text + "\n"

    def _broken(self, line: Line, problem: str, header: list[str]) -> Row:
        return Row(line.number, self._plain_key(line.text, header), problem=problem, raw=line.text)

    def _miscounted(self, found: int, expected: int) -> str:
        """Return the problem of a row that has not as many values as the header has columns."""
        delimiter = self.columns.delimiter_name
        short, long = (
            f"it is cut off or a {delimiter} is missing",
            f"quote a value that contains a {delimiter}",
        )
        hint = short if found < expected else long
        return f"it has {found} value{'s' * (found != 1)} where the header names {expected} columns; {hint}"

    def _plain_key(self, text: str, header: list[str]) -> str:
        """Return the group a broken line names, when the value is surely whole and surely in its column."""
        try:
            cells = next(csv.reader([text], delimiter=self.columns.delimiter), [])
        except csv.Error:
            return ""
        if not isinstance(self.columns.key, str):
            return ""
        place = header.index(self.columns.key)
        in_place = len(cells) > place + 1 and (place == 0 or len(cells) <= len(header))
        is_whole = in_place and not {'"', "\ufffd"} & set(cells[place])
        return restore_cell(cells[place]).strip() if is_whole else ""


def _name_cells(header: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """Return column → value: what an export protected from spreadsheets is as it was."""
    return {name: restore_cell(cell) for name, cell in zip(header, cells, strict=False)}


class NdjsonReader(RowReader):
    """A JSON object per line."""

    def rows(self) -> Iterator[Row]:
        for line in self.lines:
            if line.problem:
                yield self._broken(line, line.problem)
            elif line.text.strip():
                yield self._parsed(line)

    def _parsed(self, line: Line) -> Row:
        try:
            values = json.loads(line.text, parse_constant=refuse_constant)
        except (ValueError, RecursionError) as error:
            return self._broken(line, f"it is not valid JSON: {error}")
        if not isinstance(values, dict):
            return self._broken(line, "it is not a JSON object; write one {…} per line")
        if "\\u" in line.text and (fault := find_json_fault(values)):
            return self._broken(line, fault.describe("the object").rstrip("."))
        if problem := self.columns.unknown(list(values)):
            return self._broken(line, problem)
        return self.row(line.number, values)

    def _broken(self, line: Line, problem: str) -> Row:
        return Row(line.number, self._plain_key(line.text), problem=problem, raw=line.text)

    def _plain_key(self, text: str) -> str:
        """Return the group a broken line names, when the value is surely whole."""
        if not isinstance(self.columns.key, str):
            return ""
        named = re.search(rf'"{re.escape(self.columns.key)}"\s*:\s*"([^"\\\ufffd]+)"', text)
        return named.group(1).strip() if named else ""


def refuse_constant(name: str) -> NoReturn:
    """Refuse what Python's parser takes and JSON does not know."""
    raise ValueError(f"{name} is not a JSON value")


def open_rows(source: SourceFile, columns: Columns, report: Callable[[int], None]) -> RowReader:
    """Return the reader of rows for a file: NDJSON or CSV, by its name."""
    return (NdjsonReader if source.is_ndjson else CsvReader)(source, columns, report)
