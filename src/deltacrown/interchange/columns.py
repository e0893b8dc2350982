"""Which columns a kind of file has, and what to say when one is missing or misspelt."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from deltacrown.interchange.lines import FileRefused


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The columns of one kind of file; ``key`` is the one whose equal values make a ``group`` of lines."""

    key: str
    group: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    #: Any column that starts with this is taken; ``None``: no such columns; ``""``: every column is taken.
    prefix: str | None = None
    #: A key of NDJSON lines alone, that holds what a CSV file spreads over the columns with ``prefix``.
    nested: str = ""
    #: Columns whose quoted values may contain line ends, besides those with ``prefix``.
    free_text: tuple[str, ...] = ()

    @property
    def example(self) -> str:
        return ",".join(self.required)

    def key_of(self, values: dict[str, Any]) -> str:
        """Return the name of the group that a row belongs to, ``""`` when it names none."""
        value = values.get(self.key)
        if isinstance(value, str):
            return value.strip()
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""

    def runs_over_lines(self, values: dict[str, str]) -> bool:
        """Say whether a column that cannot contain a line end does: the mark of a quote that was never closed."""
        fixed = [name for name in (*self.required, *self.optional) if name not in self.free_text]
        return any("\n" in values.get(name, "") for name in fixed)

    def check_header(self, cells: Sequence[str], *, where: str) -> list[str]:
        """Return the column names of a CSV header, tidied.

        :raises FileRefused: when one is missing, unknown or there twice.
        """
        names = [self._tidied(cell) for cell in cells]
        if len(names) == 1 and len(self.required) > 1:
            raise FileRefused(f"{where}: only one column, “{names[0]}”; separate columns by commas: {self.example}.")
        if problem := self.unknown(names):
            raise FileRefused(f"{where}: {problem}.")
        if missing := [name for name in self.required if name not in names]:
            raise FileRefused(f"{where}: missing {listed('column', missing)}; a header is at least {self.example}.")
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise FileRefused(f"{where}: {listed('column', twice)} there twice; keep one.")
        return names

    def unknown(self, names: Sequence[str]) -> str:
        """Say which of ``names`` are no columns of such a file, and what may have been meant; ``""`` when all are."""
        if self.prefix == "":
            return ""
        known = (*self.required, *self.optional)
        strange = [name for name in names if name not in known and not self._is_prefixed(name)]
        if not strange:
            return ""
        also = f", and {self.prefix}NAME for anything else" if self.prefix else ""
        return f"unknown {listed('column', [self._with_nearest(name) for name in strange])}; known are {', '.join(known)}{also}"

    def _with_nearest(self, name: str) -> str:
        near = difflib.get_close_matches(name.lower(), (*self.required, *self.optional), n=1)
        return f"{name} (did you mean {near[0]}?)" if near else name

    def _is_prefixed(self, name: str) -> bool:
        return bool(self.prefix) and name.startswith(str(self.prefix)) and name != self.prefix

    def _tidied(self, cell: str) -> str:
        name = cell.strip()
        return name if self._is_prefixed(name) else name.lower()


def listed(noun: str, names: Sequence[str]) -> str:
    """``column a``, or ``columns a, b``."""
    return f"{noun}{'s' * (len(names) > 1)} {', '.join(names)}"
