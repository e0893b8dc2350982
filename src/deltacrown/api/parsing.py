"""Parse JSON bodies, and refuse at once what no database can store."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

from deltacrown.api.problems import INVALID, MALFORMED, TOO_LARGE, Refused
from deltacrown.core.inputs import find_json_fault

#: How deep in a delivery of matches the stats of a player begin.
ENVELOPE = 6
#: Most names of one object. The largest that makes sense names the players of a match, or stats of one.
MOST_NAMES = 1_000
#: Most values of one body: a batch of 1,000 matches with ten players and ten stats each has 150,000.
MOST_VALUES = 500_000


class StrictParser(Parser):
    """Parses JSON strictly.

    It refuses NaN, duplicate names, NUL characters, and numbers or nesting that cannot be stored. What is out
    of all proportion is refused before it is looked at closely.
    """

    def parse_body(self, request: HttpRequest) -> Any:
        body = read_json(request.body)
        request.api_body = body  # type: ignore[attr-defined]
        return body


def read_json(raw: bytes) -> Any:
    """Return the value of a JSON text, in time proportional to its length.

    :raises Refused: it is not JSON, or contains what cannot be stored, or too much.
    """
    if sum(map(raw.count, (b",", b"[", b"{"))) > MOST_VALUES:  # commas in texts count too: it is a bound
        raise Refused(TOO_LARGE, f"The body holds more than {MOST_VALUES:,} values.")
    try:
        text = raw.decode("utf-8")
        value = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=read_object)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        raise Refused(MALFORMED, f"The body is not JSON: {reason}.") from error
    if fault := find_json_fault(value, 1 - ENVELOPE):
        raise Refused(INVALID, fault.describe("The body"))
    return value


def read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object, each of whose names is there once.

    :raises ValueError: a name is there twice: readers disagree on which of the two counts.
    :raises Refused: it has more names than ``MOST_NAMES``.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"{_find_twice(pairs)!r:.60} is named twice in one object")
    if len(found) > MOST_NAMES:
        raise Refused(INVALID, f"An object in the body has {len(found):,} names; {MOST_NAMES:,} are taken.")
    return found


def _find_twice(pairs: list[tuple[str, Any]]) -> str:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            return name
        seen.add(name)
    raise AssertionError("unreachable")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
