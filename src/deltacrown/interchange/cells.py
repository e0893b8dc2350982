"""Cells of CSV files in which spreadsheets find no formulas, and their way back.

A text that a spreadsheet would calculate gets an apostrophe in front. So does one that already has
apostrophes before such a character: taking one apostrophe away always gives the text back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
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


def write_cells(values: Iterable[Any]) -> list[Any]:
    """Return the values of a row as cells, as ``write_cell`` does."""
    # Nearly every cell is one of these, and a file has as many cells as calls to be saved.
    return [
        value
        if value is None or (kind := type(value)) is int or (kind is str and value[:1] not in _SUSPECT)
        else write_cell(value)
        for value in values
    ]


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
