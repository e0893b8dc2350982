"""The shapes of requests and answers: those that every resource shares.

Datetimes are ISO 8601 in UTC with ``Z``. Decimals are numbers with at most two decimals. People are public
ids.

The name of a shape's class is its name in the OpenAPI description too, and clients read it there. So a shape
may have the name of a service or a model, and keeps it when those are renamed.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from deltacrown.core.dates import write_iso
from deltacrown.core.pagination import MAX_LIMIT, Page

Item = TypeVar("Item")

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


class Shown(BaseModel):
    """A shape of answers, filled from the attributes of what a service or page returns."""

    model_config = ConfigDict(from_attributes=True)


class Given(BaseModel):
    """A shape of requests: no other fields, and no conversion of types."""

    model_config = ConfigDict(extra="forbid", strict=True)


def _read_datetime(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        if isinstance(value, str) and RFC_3339.fullmatch(value):
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise PydanticCustomError(
        "datetime", "Not a datetime: write it as 2025-01-31T18:00:00Z, with a time zone."
    )


def _read_amount(value: Any) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(str(value))
    raise PydanticCustomError("amount", "Not an amount: write it as a number, as in 250.5.")


def _number(value: int | Decimal | None) -> int | float | None:
    return float(value) if isinstance(value, Decimal) else value


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


#: A datetime in an answer.
DateTime = Annotated[
    datetime,
    PlainSerializer(write_iso, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2025-06-01T12:00:00Z"]}),
]
#: A datetime in a request, with its time zone.
GivenDateTime = Annotated[
    datetime,
    BeforeValidator(_read_datetime),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2025-06-01T12:00:00Z"]}),
]
#: A number of two decimals at most.
Amount = Annotated[
    Decimal,
    PlainSerializer(_number, return_type=float),
    WithJsonSchema({"type": "number", "examples": [66.67]}),
]
GivenAmount = Annotated[
    Decimal,
    BeforeValidator(_read_amount),
    WithJsonSchema({"type": "number", "examples": [250.5]}),
]
#: A stat's value: whole, or with two decimals, or null where there is nothing to average.
Value = Annotated[
    int | Decimal | None,
    PlainSerializer(_number, return_type=int | float | None),
    WithJsonSchema({"type": ["number", "null"], "examples": [12, 66.67]}),
]
#: The stats of a match as the game reported them.
Reported = Annotated[
    dict[str, Any],
    Field(description="What the game reported, as it did.", examples=[{"kills": 12, "deaths": 4}]),
]
Result = Annotated[Literal["WIN", "LOSS", "DRAW"], BeforeValidator(_text)]
MatchKind = Annotated[Literal["CASUAL", "TOURNAMENT"], BeforeValidator(_text)]
TournamentStatus = Annotated[
    Literal["DRAFT", "OPEN", "RUNNING", "COMPLETED", "CANCELLED"],
    BeforeValidator(_text),
]
EntrantKind = Annotated[Literal["SOLO", "TEAM"], BeforeValidator(_text)]
EntryStatus = Annotated[
    Literal["REGISTERED", "CHECKED_IN", "WITHDRAWN", "DISQUALIFIED"],
    BeforeValidator(_text),
]
DisputeStatus = Annotated[Literal["OPEN", "UPHELD", "REJECTED"], BeforeValidator(_text)]
Word = Annotated[str, BeforeValidator(_text)]
#: Anything that has a text of its own.
Text = Annotated[str, BeforeValidator(str)]
PublicId = Annotated[str, Field(description="A player's public id.", examples=["DC-25-000042"])]


class PageOf(Shown, Generic[Item]):
    """Some consecutive items of a list."""

    items: list[Item]
    next_page: str | None = Field(
        description="What to ask the following page with, as `page`; null on the last one."
    )


class Paging(BaseModel):
    """Which part of a list."""

    page: str | None = Field(
        None, description="The `next_page` of the page before; leave it out for the first."
    )
    limit: int = Field(20, ge=1, le=MAX_LIMIT, description="Items per page.")


class PagingByTen(Paging):
    """Which part of a list of matches or of a timeline, whose pages have ten items (SPEC section 6)."""

    limit: int = Field(10, ge=1, le=MAX_LIMIT, description="Items per page.")


def page_of(found: Page[Any], **more: Any) -> dict[str, Any]:
    """Return a page with the fields of ``PageOf``, and the further fields of the answer."""
    return {"items": found.items, "next_page": found.next_cursor, **more}
