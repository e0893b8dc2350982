"""The shapes of numbers: now, at past times, over time, and what is behind them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from deltacrown.api.shapes import DateTime, PageOf, Shown, Text, Value
from deltacrown.api.shapes.players import (
    AchievementLine,
    DisputeLine,
    EntryLine,
    ExperienceLine,
    MatchLine,
    OfficialResult,
    Precision,
    SeriesLine,
    StatLine,
)

AsOf = Annotated[
    DateTime | None,
    Field(description="By what happened up to this time: of a date, its end. Null for all that happened."),
]
KnownAt = Annotated[
    DateTime | None,
    Field(description="By what this site knew at this time: of a date, its end. Null for what it knows now."),
]
HistoryOrder = Literal["happened", "known"]
SeriesLength = Literal["day", "week", "month", "season"]


class StatValues(Shown):
    """A player's numbers, now or as they were, and by which times."""

    as_of: AsOf
    known_at: KnownAt
    stats: list[StatLine]
    hidden: list[str] = Field(
        description="Numbers whose past values the caller may not see, at a time within a day also those "
        "that are told by the day only; empty for the present."
    )


class StatValue(StatLine):
    """One number, now or as it was, and by which times."""

    game: str | None
    as_of: AsOf
    known_at: KnownAt


class Evidence(Shown):
    """What all rows behind a number come to, over all pages."""

    rows: int
    total: int
    won: int
    value: Value
    sentence: str


RowKind = Literal["matches", "series", "tournaments", "results", "achievements", "disputes", "experience"]
ROWS: dict[str, type[Shown]] = {
    "matches": MatchLine,
    "series": SeriesLine,
    "tournaments": EntryLine,
    "results": OfficialResult,
    "achievements": AchievementLine,
    "disputes": DisputeLine,
    "experience": ExperienceLine,
}
AnyRow = MatchLine | SeriesLine | EntryLine | OfficialResult | AchievementLine | DisputeLine | ExperienceLine


class StatRows(PageOf[AnyRow]):
    """The rows behind a number."""

    stat: StatLine
    kind: RowKind = Field(description="What the items are.")
    game: str | None
    evidence: Evidence
    adds_up: bool = Field(
        description="Whether the rows come to the number; always true when filters leave some out."
    )


class StatChange(Shown):
    """One change of a number, or of a part it is computed from; by the day, all changes of one together."""

    happened_at: DateTime | None = Field(
        description="When what the row tells of happened; null where no row is left to say so. "
        "As exact as `precision` says."
    )
    is_time_known: bool = Field(
        description="Whether `happened_at` is a time; else it is the midnight, in UTC, of its day."
    )
    known_at: DateTime | None = Field(
        description="When this site learnt of the change; null where the caller may know the day of "
        "happening only. As exact as `precision` says."
    )
    precision: Precision
    part: str
    delta: int
    value: Value = Field(description="What the number was from then on, in the order of the list.")
    subject: Text
    what: str
    actor: str
    reason: str


class StatHistory(PageOf[StatChange]):
    """The changes of a number, the latest first: by when they happened, or by when they became known."""

    stat: StatLine
    game: str | None
    order: Annotated[HistoryOrder, BeforeValidator(str)]


class Omission(Shown):
    """A row a number does not count, and why not."""

    subject: str
    why: str


class StatExplanation(Shown):
    """A number, accounted for."""

    stat: StatLine
    game: str | None
    sentence: str
    adds_up: bool
    omitted: list[Omission]
    changes: list[StatChange] = Field(description="What last moved it on this site, the latest known first.")


class StatPoint(Shown):
    """A number in one period."""

    name: str = Field(
        description="`2021-06-12`, `2021-W23`, `2021-06`, or the slug of a season.", examples=["2025-06"]
    )
    label: str = Field(description="The same for people.", examples=["Jun 2025"])
    starts_at: DateTime
    ends_at: DateTime = Field(description="The midnight after its last day.")
    value: Value = Field(description="The number at the end of the period.")
    change: int | None = Field(description="What the period added; null for a computed number.")
    within: Value = Field(
        description="The number over the period alone; null for a computed one of an empty period."
    )
    rolling: Value = Field(
        description="The number over the last matches or days, if asked for; null for a computed one of none."
    )
    is_empty: bool = Field(description="Whether nothing that the number counts happened in it.")


class StatSeries(Shown):
    """A number over time."""

    stat: StatLine = Field(description="The number as it is now, of all rows.")
    game: str | None
    by: SeriesLength = Field(examples=["month"])
    as_of: AsOf
    known_at: KnownAt
    rolling: str | None = Field(description="As asked for: `20m`, `90d`.", examples=["20m"])
    precision: Precision
    reaches_present: bool = Field(
        description="Whether the value of the last point is the number itself, within the filters and as "
        "known at `known_at`. By season it is while one is running, otherwise when `end` is left out."
    )
    points: list[StatPoint]
