"""A number of a player over time."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query
from pydantic import BaseModel, Field

from deltacrown.api.access import PUBLIC, caller_of
from deltacrown.api.resources.players import (
    PLAYED_FROM,
    PLAYED_TO,
    REGISTERED_FROM,
    REGISTERED_TO,
    SEASON_OF_ROWS,
    PlayerPath,
    StatPath,
    resource,
)
from deltacrown.api.shapes import MatchKind, Result, TournamentStatus
from deltacrown.api.shapes.stats import SeriesLength, StatSeries
from deltacrown.core.clock import now
from deltacrown.pages import stats


class OverTimeQuery(BaseModel):
    """Which periods of a number, and of which rows."""

    by: SeriesLength = "month"
    start: str | None = Field(
        None,
        description="A datetime or date in the first period; that of the first fact when left out.",
        examples=["2025-01-01"],
    )
    end: str | None = Field(
        None,
        description="A datetime or date in the last period. Leave it out for the present: the last value is "
        "then the number itself.",
        examples=["2025-06-30"],
    )
    known_at: str | None = Field(
        None,
        description="As this site knew it at this time: a past datetime, or a date, which means the end of "
        "that day in UTC. Leave it out for what is known now. Not together with filters of rows. Where the "
        "player hides a history that a number follows from, dates only.",
        examples=["2025-06-30T12:00:00Z"],
    )
    rolling: str | None = Field(
        None,
        description="Also the number over the last matches that count (`20m`, up to 1,000) or days (`90d`, "
        "up to 36,500) at the end of each period. Matches are for numbers of matches and of series, and at "
        "most 100,000 for all periods together.",
        examples=["20m"],
    )
    game: str | None = Field(None, description="A game's slug: the player's number in that game.")
    kind: MatchKind | None = None
    result: Result | None = None
    played_from: str | None = Field(None, description=PLAYED_FROM, examples=["2025-06-01"])
    played_to: str | None = Field(None, description=PLAYED_TO, examples=["2025-06-30"])
    season: str | None = Field(None, description=SEASON_OF_ROWS)
    tournament: str | None = Field(None, description="A tournament's slug.")
    opponent: str | None = Field(None, description="Public id of a player, slug of a team, or a name.")
    status: TournamentStatus | None = None
    placement: int | None = Field(None, ge=1, le=2**31 - 1, description="The player's placement.")
    registered_from: str | None = Field(None, description=REGISTERED_FROM, examples=["2025-06-01"])
    registered_to: str | None = Field(None, description=REGISTERED_TO, examples=["2025-06-30"])


@resource.read(
    "/players/{public_id}/stats/{stat}/series", answers=StatSeries, access=PUBLIC, refuses=[403, 404, 410]
)
def get_stat_series(
    request: HttpRequest, public_id: PlayerPath, stat: StatPath, query: Query[OverTimeQuery]
) -> Any:
    """A number over time: what it was at the end of each day, ISO week, month or season.

    Facts count in the period in which they happened, in UTC, whenever they were recorded; periods without one
    are told too. Seasons are those of all games, and for a number in one game also that game's: they may
    overlap or leave gaps, and come in the order in which they end. At most 10,000 periods. 403 when the
    caller may not see the rows behind the number.
    """
    found = stats.get_stat_series(
        public_id,
        stat,
        query.model_dump(exclude={"by", "start", "end", "known_at", "rolling"}, exclude_none=True),
        by=query.by,
        start=query.start,
        end=query.end,
        known_at=query.known_at,
        rolling=query.rolling,
        viewer=caller_of(request).viewer,
        now=now(),
    )
    return {
        "stat": found.stat,
        "game": found.game and found.game.slug,
        "by": found.by,
        "as_of": found.as_of,
        "known_at": found.known_at,
        "rolling": found.rolling and str(found.rolling),
        "precision": found.precision,
        "reaches_present": found.reaches_present,
        "points": found.points,
    }
