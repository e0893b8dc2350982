"""Streamed answers: NDJSON, and CSV in which spreadsheets find no formulas."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from django.http import StreamingHttpResponse

from deltacrown.core.dates import write_iso
from deltacrown.interchange.cells import BYTE_ORDER_MARK, write_cells

Format = Literal["ndjson", "csv"]
MEDIA_TYPES: dict[str, str] = {"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}
#: Rows sent at a time.
ROWS_PER_CHUNK = 500


def describe_stream(ndjson: str, csv: str) -> dict[str, Any]:
    """Return the part of an operation's description about its two stream formats, each with an example."""
    examples = {"application/x-ndjson": ndjson, "text/csv": csv}
    return {
        "responses": {
            200: {
                "content": {
                    kind: {"schema": {"type": "string"}, "example": example}
                    for kind, example in examples.items()
                }
            }
        }
    }


class _Line:
    """A file for the CSV writer that returns each line instead of storing it."""

    def write(self, line: str) -> str:
        return line


def stream_ndjson(records: Iterable[Mapping[str, Any]], *, name: str) -> StreamingHttpResponse:
    """Return a response with one JSON object per line."""
    return _stream((_encode(record) + "\n" for record in records), "ndjson", name)


def stream_csv(columns: list[str], rows: Iterable[Iterable[Any]], *, name: str) -> StreamingHttpResponse:
    """Return a response with a header and one line per row, in UTF-8 as spreadsheets recognise it.

    Nested values are JSON. Text that begins like a formula gets an apostrophe in front.
    """
    write: Callable[[Iterable[Any]], Any] = csv.writer(_Line()).writerow

    def lines() -> Iterator[str]:
        yield BYTE_ORDER_MARK + write(columns)
        for row in rows:
            yield write(write_cells(row))

    return _stream(lines(), "csv", name)


def _stream(lines: Iterable[str], form: Format, name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_chunks(lines), content_type=MEDIA_TYPES[form])
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response


def _chunks(lines: Iterable[str]) -> Iterator[bytes]:
    held: list[str] = []
    for line in lines:
        held.append(line)
        if len(held) >= ROWS_PER_CHUNK:
            yield "".join(held).encode()
            held = []
    if held:
        yield "".join(held).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return write_iso(value)
    return float(value) if isinstance(value, Decimal) else str(value)


#: Made once: ``json.dumps`` with options makes one for each record. No record holds itself.
_encode = json.JSONEncoder(default=_plain, ensure_ascii=False, check_circular=False).encode
