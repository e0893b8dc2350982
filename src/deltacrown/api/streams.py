"""Streamed answers: NDJSON, and CSV in which spreadsheets find no formulas."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import chain, islice
from typing import Any, Literal, TypeVar

from django.http import StreamingHttpResponse

from deltacrown.core.dates import write_iso
from deltacrown.interchange.cells import write_csv, write_header

Item = TypeVar("Item")
Format = Literal["ndjson", "csv"]
MEDIA_TYPES: dict[str, str] = {"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}
#: Rows sent at a time.
ROWS_PER_PIECE = 500


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


def stream(pieces: Iterable[str], form: Format, *, name: str) -> StreamingHttpResponse:
    """Return a response with a file that is given in pieces."""
    response = StreamingHttpResponse(map(str.encode, pieces), content_type=MEDIA_TYPES[form])
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response


def stream_ndjson(records: Iterable[Mapping[str, Any]], *, name: str) -> StreamingHttpResponse:
    """Return a response with one JSON object per line."""
    pieces = ("".join([f"{_encode(record)}\n" for record in some]) for some in _divide(records))
    return stream(pieces, "ndjson", name=name)


def stream_csv(columns: list[str], rows: Iterable[Sequence[Any]], *, name: str) -> StreamingHttpResponse:
    """Return a response with a header and one line per row, in UTF-8 as spreadsheets recognise it.

    Nested values are JSON. Text that begins like a formula gets an apostrophe in front.
    """
    pieces = (write_csv(list(zip(*some, strict=True))) for some in _divide(rows))
    return stream(chain([write_header(columns)], pieces), "csv", name=name)


def _divide(items: Iterable[Item]) -> Iterator[list[Item]]:
    left = iter(items)
    while some := list(islice(left, ROWS_PER_PIECE)):
        yield some


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return write_iso(value)
    return float(value) if isinstance(value, Decimal) else str(value)


#: Made once: ``json.dumps`` with options makes one for each record. No record holds itself.
_encode = json.JSONEncoder(default=_plain, ensure_ascii=False, check_circular=False).encode
