"""What goes in and out of the API: the shapes every resource shares.

Moments are ISO 8601 in UTC with ``Z``; decimals are numbers with at most two decimals; people are public ids.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from deltacrown.core.pagination import MAX_LIMIT, Page

Item = TypeVar("Item")

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


class Shown(BaseModel):
    """A shape that is answered, filled from the attributes of what a service returns."""

    model_config = ConfigDict(from_attributes=True)


class Given(BaseModel):
    """A shape that is asked for: exactly its fields, exactly their types."""

    model_config = ConfigDict(extra="forbid", strict=True)


def moment_text(moment: datetime) -> str:
    """A moment as every answer writes it."""
    text = moment.astimezone(UTC).isoformat(timespec="microseconds" if moment.microsecond else "seconds")
    return text.replace("+00:00", "Z")


def _read_moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        if isinstance(value, str) and RFC_3339.fullmatch(value):
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise PydanticCustomError("moment", "No moment in time: write it as 2025-01-31T18:00:00Z, with a time zone.")


def _read_amount(value: Any) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(str(value))
    raise PydanticCustomError("amount", "No amount: write it as a number, as in 250.5.")


def _number(value: int | Decimal | None) -> int | float | None:
    return float(value) if isinstance(value, Decimal) else value


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


#: A moment going out.
Moment = Annotated[
    datetime,
    PlainSerializer(moment_text, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2025-06-01T12:00:00Z"]}),
]
#: A moment coming in, with its time zone.
GivenMoment = Annotated[
    datetime,
    BeforeValidator(_read_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2025-06-01T12:00:00Z"]}),
]
#: A number of two decimals at most.
Amount = Annotated[Decimal, PlainSerializer(_number, return_type=float), WithJsonSchema({"type": "number", "examples": [66.67]})]
GivenAmount = Annotated[Decimal, BeforeValidator(_read_amount), WithJsonSchema({"type": "number", "examples": [250.5]})]
#: A stat's value: whole, or with two decimals, or null where there is nothing to average.
Value = Annotated[
    int | Decimal | None,
    PlainSerializer(_number, return_type=int | float | None),
    WithJsonSchema({"type": ["number", "null"], "examples": [12, 66.67]}),
]
#: What a game reported.
Reported = Annotated[dict[str, Any], Field(description="What the game reported, as it did.", examples=[{"kills": 12, "deaths": 4}])]
Result = Annotated[Literal["WIN", "LOSS", "DRAW"], BeforeValidator(_text)]
MatchKind = Annotated[Literal["CASUAL", "TOURNAMENT"], BeforeValidator(_text)]
TournamentStatus = Annotated[Literal["DRAFT", "OPEN", "RUNNING", "COMPLETED", "CANCELLED"], BeforeValidator(_text)]
EntrantKind = Annotated[Literal["SOLO", "TEAM"], BeforeValidator(_text)]
EntryStatus = Annotated[Literal["REGISTERED", "CHECKED_IN", "WITHDRAWN", "DISQUALIFIED"], BeforeValidator(_text)]
DisputeStatus = Annotated[Literal["OPEN", "UPHELD", "REJECTED"], BeforeValidator(_text)]
Word = Annotated[str, BeforeValidator(_text)]
#: Whatever says itself in words.
Text = Annotated[str, BeforeValidator(str)]
PublicId = Annotated[str, Field(description="A player's public id.", examples=["DC-25-000042"])]


class PageOf(Shown, Generic[Item]):
    """Some consecutive items of a list."""

    items: list[Item]
    next_page: str | None = Field(description="What to ask the following page with, as `page`; null on the last one.")


class Paging(BaseModel):
    """Which part of a list."""

    page: str | None = Field(None, description="The `next_page` of the page before; leave it out for the first.")
    limit: int = Field(20, ge=1, le=MAX_LIMIT, description="Items per page.")


def page_of(found: Page[Any], **more: Any) -> dict[str, Any]:
    """A page of a service as ``PageOf`` has it, with what else the answer holds."""
    return {"items": found.items, "next_page": found.next_cursor, **more}
