"""Cells of CSV files in which spreadsheets find no formulas, and their way back.

A text that a spreadsheet would calculate gets an apostrophe in front. So does one that already has
apostrophes before such a character: taking one apostrophe away always gives the text back.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from deltacrown.core.dates import write_iso

#: What opens a file that spreadsheets must read as UTF-8.
BYTE_ORDER_MARK = "\ufeff"

#: The characters that begin a formula, in some spreadsheet or other.
BEGINS_FORMULA = "=+\\-@\t\r\n＝＋－＠"
_SUSPECT = frozenset(f"'{BEGINS_FORMULA}")
FORMULA = re.compile(rf"'*[{BEGINS_FORMULA}]")
PROTECTED = re.compile(rf"'+[{BEGINS_FORMULA}]")
#: A number is no formula, whatever its sign: a score of −1.
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)

_NUMBERS_OR_NONE = {int, float, type(None)}


def write_header(columns: Sequence[str]) -> str:
    """Return the first line of a CSV file, in UTF-8 as spreadsheets recognise it."""
    return BYTE_ORDER_MARK + write_csv([[column] for column in columns])


def write_csv(columns: Sequence[Sequence[Any]]) -> str:
    """Return the lines of a CSV file whose values are given by column, each as ``write_cell`` writes it.

    Most columns need nothing: a look at each as a whole takes a fraction of a call for each value.

    :param columns: of one length.
    """
    lines = io.StringIO(newline="")
    csv.writer(lines).writerows(zip(*map(_write_column, columns), strict=True))
    return lines.getvalue()


def _write_column(values: Sequence[Any]) -> Sequence[Any]:
    kinds = set(map(type, values))
    if kinds <= _NUMBERS_OR_NONE or (kinds == {str} and _SUSPECT.isdisjoint({text[:1] for text in values})):
        return values
    return list(map(write_cell, values))


def write_cell(value: Any) -> Any:
    """Return a value as a cell: text that no spreadsheet calculates, nested values as JSON."""
    if isinstance(value, str):
        return protect_cell(str(value))
    if isinstance(value, datetime):
        return write_iso(value)
    if isinstance(value, bool | dict | list):
        return json.dumps(value, ensure_ascii=False)

    return value


def protect_cell(text: str) -> str:
    """Return a text as a cell that no spreadsheet calculates."""
    if text[:1] not in _SUSPECT:  # cheaper asked
        return text
    return f"'{text}" if FORMULA.match(text) and not NUMBER.fullmatch(text) else text


def restore_cell(cell: str) -> str:
    """Return the text that ``protect_cell`` made a cell of."""
    return cell[1:] if PROTECTED.match(cell) else cell
