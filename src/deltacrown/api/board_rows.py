"""The rows of a board in JSON, written by a function: the same bytes as by their shape.

A board of a hundred is one of the answers that are asked for most, and to check and write its rows by their
shape took as long as to read them. What is not of the usual kind is left to the shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from json.encoder import encode_basestring

from deltacrown.api.answers import Writer
from deltacrown.api.shapes import write_avatar_url
from deltacrown.api.shapes.leaderboards import RankedPlayer
from deltacrown.user_profile.numbers.leaderboards import LeaderboardEntry

#: Beyond these, Python and the shape write a number with another exponent.
LEAST, MOST = Decimal("0.001"), 10**15

_ROWS = Writer(list[RankedPlayer])
#: Writes a text in JSON, without escaping what is not ASCII.
_text = encode_basestring


class _Unusual(Exception):
    """A value is left to the shape."""


def write_board_rows(entries: Sequence[LeaderboardEntry]) -> bytes:
    """Return the rows as a list in JSON.

    :raises ValidationError: of pydantic: a row does not fit the shape.
    """
    try:
        written = [
            f'{{"rank":{rank},"public_id":{_text(public_id)},"name":{_text(name)},"country":{_text(country)},'
            f'"value":{value if type(value) is int else _write_value(value)},'
            f'"avatar_url":{_text(picture and write_avatar_url(picture))}}}'
            for rank, public_id, name, country, value, _, _, picture in entries
        ]
        return f"[{','.join(written)}]".encode()
    except (TypeError, UnicodeEncodeError, _Unusual):
        return _ROWS.write(list(entries))


def _write_value(value: object) -> str:
    if type(value) is Decimal and value.is_finite() and (not value or LEAST <= abs(value) < MOST):
        return repr(float(value))
    raise _Unusual
