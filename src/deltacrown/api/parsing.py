"""Parse JSON bodies, and refuse at once what no database can store."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

from deltacrown.api.problems import INVALID, MALFORMED, Refused
from deltacrown.core.inputs import find_json_fault

#: How deep in a delivery of matches the stats of a player begin.
ENVELOPE = 6


class StrictParser(Parser):
    """Parses JSON strictly.

    It refuses NaN, duplicate names, NUL characters, and numbers or nesting that cannot be stored.
    """

    def parse_body(self, request: HttpRequest) -> Any:
        body = read_json(request.body)
        request.api_body = body  # type: ignore[attr-defined]
        return body


def read_json(raw: bytes) -> Any:
    """Return the value of a JSON text.

    :raises Refused: it is not JSON, or contains what cannot be stored.
    """
    try:
        text = raw.decode("utf-8")
        value = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_read_object)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        raise Refused(MALFORMED, f"The body is not JSON: {reason}.") from error
    if fault := find_json_fault(value, 1 - ENVELOPE):
        raise Refused(INVALID, f"The body{fault}")
    return value


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):  # readers disagree on which of the two counts
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r:.60} is named twice in one object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
