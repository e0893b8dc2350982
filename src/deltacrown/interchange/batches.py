"""Lines of a file that is written, many at a time and by column.

A call for each line, or for each value of it, takes several times as long.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from json.encoder import encode_basestring
from typing import Any

from deltacrown.interchange.cells import write_csv

#: Made once: ``json.dumps`` makes an encoder for every call.
_write_json = json.JSONEncoder(ensure_ascii=False).encode


class Batch:
    """Some lines of a file, in either form.

    :param values: by the names of columns, in the order of an NDJSON line; all of one length. The first has
        one in every line.
    :param written: the columns whose values are JSON documents already, or empty.
    """

    def __init__(self, values: Mapping[str, Sequence[Any]], *, written: Collection[str] = ()) -> None:
        self._values, self._written = values, written

    def __len__(self) -> int:
        return len(next(iter(self._values.values())))

    def write_ndjson(self) -> str:
        """Return the lines of an NDJSON file, without what is empty."""
        written = [self._write_members(name, values) for name, values in self._values.items()]
        lines = map("".join, zip(*filter(None, written), strict=True))
        return "".join([f"{{{line[2:]}}}\n" for line in lines])

    def write_csv(self, columns: Sequence[str]) -> str:
        """Return the lines of a CSV file with these columns; what is not there is blank."""
        none = [None] * len(self)
        return write_csv([self._values.get(name, none) for name in columns])

    def _write_members(self, name: str, values: Sequence[Any]) -> Iterable[str] | None:
        """Return what each line has of a column: ``, "name": value``, or nothing. None: no line has any."""
        start = f", {encode_basestring(name)}: "
        if name in self._written:
            return [start + text if text else "" for text in values]
        kinds = set(map(type, values))
        if kinds != {str}:
            if kinds == {type(None)}:
                return None
            return [start + _write_json(value) if value or value == 0 else "" for value in values]
        different = set(values)
        if different == {""}:
            return None
        if len(different) * 2 < len(values):
            members = {text: start + encode_basestring(text) if text else "" for text in different}
            return map(members.__getitem__, values)
        return [start + encode_basestring(text) if text else "" for text in values]
