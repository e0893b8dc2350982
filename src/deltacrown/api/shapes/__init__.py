"""The shapes of requests and answers: those that every resource shares.

Datetimes are ISO 8601 in UTC with ``Z``; of a match whose time is not known, the start of its day. Decimals
are numbers with at most two decimals. People are public ids.

The name of a shape's class is its name in the OpenAPI description too, and clients read it there. So a shape
may have the name of a service or a model, and keeps it when those are renamed.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar

from django.urls import reverse
from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from deltacrown.core.dates import write_iso
from deltacrown.core.pagination import MAX_LIMIT, Page

Item = TypeVar("Item")

#: The longest score, in characters.
LONGEST_SCORE = 100

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Shown(BaseModel):
    """A shape of answers, filled from the attributes of what a service or page returns."""

    model_config = ConfigDict(from_attributes=True)


def write_avatar_url(name: Any) -> Any:
    """Return the address of a player's picture, of the name of its file; an address is left as it is."""
    return reverse("avatar", args=[name]) if name and "/" not in name else name or ""


#: The address of a player's picture, of the name of its file, which services and pages have as ``picture``.
AvatarUrl = Annotated[str, BeforeValidator(write_avatar_url)]


def avatar_url() -> Any:
    """Return the field of a shape that says where the picture of a player is."""
    return Field(
        validation_alias=AliasChoices("picture", "avatar_url"),
        description="The path of the picture on this site, a WebP of 256 by 256; empty without one. "
        "Another picture has another path.",
        examples=["/avatars/5f0c3b1e9a7d4c2f8e6b0a1d3c5e7f90.webp"],
    )


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


class PlayedAt(NamedTuple):
    """When a match was played: a time, or the start of a day in UTC where the time is not known."""

    at: datetime
    is_time_known: bool


def _read_played_at(value: Any) -> PlayedAt:
    if isinstance(value, PlayedAt):
        return value
    try:
        if isinstance(value, str) and DAY.fullmatch(value):
            return PlayedAt(datetime.combine(date.fromisoformat(value), time(), UTC), is_time_known=False)
        return PlayedAt(_read_datetime(value), is_time_known=True)
    except ValueError as error:
        raise PydanticCustomError(
            "datetime",
            "Neither a datetime nor a date: write it as 2025-01-31T18:00:00Z, with a time zone, "
            "or as 2025-01-31 where the time is not known.",
        ) from error


def _read_amount(value: Any) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(str(value))
    raise PydanticCustomError("amount", "Not an amount: write it as a number, as in 250.5.")


def _read_score(value: Any) -> str | None:
    if value is None:
        return None
    is_score = isinstance(value, str | int) and not isinstance(value, bool)
    if is_score and len(str(value)) <= LONGEST_SCORE:
        return str(value)
    raise PydanticCustomError(
        "score", "Not a score: write it as text of at most 100 characters, or a number."
    )


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
#: When a match was played, in a request.
GivenPlayedAt = Annotated[
    PlayedAt,
    PlainValidator(_read_played_at),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}],
            "examples": ["2025-06-01T12:00:00Z", "2025-06-01"],
        }
    ),
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
Result = Annotated[Literal["WIN", "LOSS", "DRAW", "NONE"], BeforeValidator(_text)]
EndedBy = Annotated[
    Literal["PLAY", "FORFEIT", "BYE", "RETIRED", "DISQUALIFIED", "ABANDONED"],
    BeforeValidator(_text),
]
#: A score in a request: as the game writes it, or a whole number; null for none.
GivenScore = Annotated[
    str | None,
    BeforeValidator(_read_score),
    WithJsonSchema({"type": ["string", "integer", "null"], "maxLength": 100, "examples": ["6-1 7-5", 13]}),
]
#: A place among the players of a match.
GivenPlacement = Annotated[int, Field(ge=1, le=2**31 - 1)] | None
#: A place in an order; null for none.
GivenSequence = Annotated[int, Field(ge=0, le=2**31 - 1)] | None
MatchKind = Annotated[Literal["CASUAL", "TOURNAMENT"], BeforeValidator(_text)]
TournamentStatus = Annotated[
    Literal["DRAFT", "OPEN", "RUNNING", "COMPLETED", "CANCELLED", "ANNULLED"],
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
