"""The columns of a kind of file, and the message when one is missing or misspelt."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from deltacrown.interchange.lines import FileRefused

#: Most unknown columns that are named, each with the known one it is nearest to.
MOST_NAMED = 10


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The columns of one kind of file.

    :param key: the column whose equal values make a group of lines, or the columns that do so together.
    :param group: what such a group is: ``match`` or ``tournament``.
    """

    key: str | tuple[str, ...]
    group: Literal["match", "tournament"]
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    #: Any column that starts with this is taken; ``None``: no such columns; ``""``: every column is taken.
    prefix: str | None = None
    #: An object of what else stands in the columns with ``prefix``; in a CSV file as JSON.
    nested: str = ""
    #: Columns whose quoted values may contain line ends, besides those with ``prefix``.
    free_text: tuple[str, ...] = ()
    #: What separates the values of a CSV file.
    delimiter: str = ","
    #: Each line is a whole group: one that cannot be read concerns no other, two with one key are refused.
    one_line: bool = False

    @property
    def example(self) -> str:
        """Return the shortest header."""
        return self.delimiter.join(self.required)

    @property
    def key_columns(self) -> tuple[str, ...]:
        """Return the columns that name the group."""
        return (self.key,) if isinstance(self.key, str) else self.key

    @property
    def key_name(self) -> str:
        """Return what to call the key in the file of rejected lines."""
        return self.key if isinstance(self.key, str) else self.group

    @property
    def delimiter_name(self) -> str:
        """Return what to call the delimiter in a message."""
        return {",": "comma", "\t": "tab"}.get(self.delimiter, f"“{self.delimiter}”")

    def key_of(self, values: dict[str, Any]) -> str:
        """Return the name of the group that a row belongs to, ``""`` when it names none.

        The values of several columns are joined by blanks.
        """
        if isinstance(self.key, str):
            return _key_part(values.get(self.key))
        parts = [_key_part(values.get(column)) for column in self.key_columns]
        return " ".join(parts) if all(parts) else ""

    def runs_over_lines(self, values: dict[str, str]) -> bool:
        """Return whether a column that cannot contain a line end does: a quote was never closed."""
        fixed = [name for name in (*self.required, *self.optional) if name not in self.free_text]
        return any("\n" in values.get(name, "") for name in fixed)

    def check_header(self, cells: Sequence[str], *, where: str) -> list[str]:
        """Return the column names of a CSV header, tidied.

        :raises FileRefused: when one is missing, unknown or there twice.
        """
        names = [self._tidied(cell) for cell in cells]
        if len(names) == 1 and len(self.required) > 1:
            raise FileRefused(
                f"{where}: only one column, “{names[0]}”; "
                f"separate columns by a {self.delimiter_name}: {self.example}."
            )
        if problem := self.unknown(names):
            raise FileRefused(f"{where}: {problem}.")
        if missing := [name for name in self.required if name not in names]:
            raise FileRefused(
                f"{where}: missing {listed('column', missing)}; a header is at least {self.example}."
            )
        if twice := sorted(name for name, number in Counter(names).items() if number > 1):
            raise FileRefused(f"{where}: {listed('column', twice)} there twice; keep one.")
        return names

    def unknown(self, names: Sequence[str]) -> str:
        """Return which of ``names`` are no columns of such a file, with the nearest; ``""`` when all are."""
        if self.prefix == "":
            return ""
        known = (*self.required, *self.optional, *filter(None, [self.nested]))
        strange = [name for name in names if name not in known and not self._is_prefixed(name)]
        if not strange:
            return ""
        also = f", and {self.prefix}NAME for anything else" if self.prefix else ""
        unknown = listed("column", [self._with_nearest(name[:60]) for name in strange[:MOST_NAMED]])
        if len(strange) > MOST_NAMED:
            unknown += f" and {len(strange) - MOST_NAMED:,} more"
        return f"unknown {unknown}; known are {', '.join(known)}{also}"

    def _with_nearest(self, name: str) -> str:
        near = difflib.get_close_matches(name.lower(), (*self.required, *self.optional), n=1)
        return f"{name} (did you mean {near[0]}?)" if near else name

    def _is_prefixed(self, name: str) -> bool:
        return bool(self.prefix) and name.startswith(str(self.prefix)) and name != self.prefix

    def _tidied(self, cell: str) -> str:
        name = cell.strip()
        return name if self._is_prefixed(name) else name.lower()


def _key_part(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def listed(noun: str, names: Sequence[str]) -> str:
    """Return ``column a``, or ``columns a, b``."""
    return f"{noun}{'s' * (len(names) > 1)} {', '.join(names)}"
