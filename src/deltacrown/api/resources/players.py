"""Players: of each the profile, histories and stats."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query
from pydantic import BaseModel, Field

from deltacrown.api.access import PUBLIC, SHARED, caller_of
from deltacrown.api.answers import Writer, answer_json
from deltacrown.api.resource import Resource
from deltacrown.api.shapes import MatchKind, PageOf, Paging, PagingByTen, Result, TournamentStatus, page_of
from deltacrown.api.shapes.players import (
    ActivityLine,
    EntryLine,
    GameLine,
    HeadToHead,
    MatchLine,
    Player,
    SeriesLine,
)
from deltacrown.api.shapes.stats import (
    ROWS,
    HistoryOrder,
    StatExplanation,
    StatHistory,
    StatRows,
    StatValue,
    StatValues,
)
from deltacrown.core.clock import now
from deltacrown.pages import cached, players, stats, versus
from deltacrown.pages.players import ProfilePage

resource = Resource("players")
_PLAYER = Writer(Player)

PlayerPath = Annotated[
    str, Path(description="A player's public id.", examples={"player": {"value": "DC-25-000042"}})
]
StatPath = Annotated[
    str, Path(description="The name of a number.", examples={"stat": {"value": "matches_won"}})
]
PLAYED_FROM = "The earliest datetime, or a date: from its start, UTC."
PLAYED_TO = "The datetime before which, or a date: to its end, UTC."
REGISTERED_FROM = "The earliest datetime of registration, or a date: from its start, UTC."
REGISTERED_TO = "The datetime of registration before which, or a date: to its end, UTC."
REPORTED = "A name and what the game reported under it, in words."
SEASON_PLAYED = "A season's slug: what was played on its days, in its game where it is of one."
SEASON_OF_ROWS = (
    "A season's slug: matches and series played on its days, tournaments that start on them; "
    "in its game where it is of one."
)
SEASON_HELD = "A season's slug: tournaments that start on its days, in its game where it is of one."


class MatchFilterQuery(BaseModel):
    """Narrows match rows."""

    game: str | None = Field(None, description="A game's slug.")
    kind: MatchKind | None = None
    result: Result | None = None
    played_from: str | None = Field(None, description=PLAYED_FROM, examples=["2025-06-01"])
    played_to: str | None = Field(None, description=PLAYED_TO, examples=["2025-06-30"])
    tournament: str | None = Field(None, description="A tournament's slug.")
    opponent: str | None = Field(None, description="Public id of a player, slug of a team, or a name.")
    season: str | None = Field(None, description=SEASON_PLAYED)
    reported: str | None = Field(None, description=REPORTED, examples=["agent:Jett"])


class MatchQuery(MatchFilterQuery, PagingByTen):
    """Narrows match rows, a page at a time."""


class SeriesFilterQuery(BaseModel):
    """Narrows series, whose time is that of their last game."""

    game: str | None = Field(None, description="A game's slug.")
    result: Result | None = None
    played_from: str | None = Field(None, description=PLAYED_FROM, examples=["2025-06-01"])
    played_to: str | None = Field(None, description=PLAYED_TO, examples=["2025-06-30"])
    tournament: str | None = Field(None, description="A tournament's slug.")
    opponent: str | None = Field(None, description="Public id of a player, slug of a team, or a name.")
    season: str | None = Field(None, description=SEASON_PLAYED)


class SeriesQuery(SeriesFilterQuery, PagingByTen):
    """Narrows series, a page at a time."""


class TournamentFilterQuery(BaseModel):
    """Narrows the tournaments a player entered."""

    game: str | None = Field(None, description="A game's slug.")
    status: TournamentStatus | None = None
    placement: int | None = Field(None, ge=1, le=2**31 - 1, description="The player's placement.")
    tournament: str | None = Field(None, description="A tournament's slug.")
    registered_from: str | None = Field(None, description=REGISTERED_FROM, examples=["2025-06-01"])
    registered_to: str | None = Field(None, description=REGISTERED_TO, examples=["2025-06-30"])
    season: str | None = Field(None, description=SEASON_HELD)


class TournamentQuery(TournamentFilterQuery, Paging):
    """Narrows the tournaments a player entered, a page at a time."""


class RowQuery(MatchQuery):
    """Narrows the rows of a number, as the history of the same rows is narrowed."""

    season: str | None = Field(None, description=SEASON_OF_ROWS)
    status: TournamentStatus | None = None
    placement: int | None = Field(None, ge=1, le=2**31 - 1, description="The player's placement.")
    registered_from: str | None = Field(None, description=REGISTERED_FROM, examples=["2025-06-01"])
    registered_to: str | None = Field(None, description=REGISTERED_TO, examples=["2025-06-30"])


class ChangeQuery(Paging):
    """Which changes of a number."""

    game: str | None = Field(None, description="A game's slug: the player's number in that game.")
    order: HistoryOrder = Field(
        "happened",
        description="By when what each row tells of happened: the rows that count now. Or by when this site "
        "learnt of it: every recording, correction, void and repair.",
    )


class AsOfQuery(BaseModel):
    """When, by what happened and by what was known."""

    as_of: str | None = Field(
        None,
        description="By what happened up to this time, as this site knows it now: a match counts from when "
        "it was played, also if it was recorded later. A datetime, or a date, which means the end of that "
        "day in UTC; today at the latest. Leave it out for all that happened. Where the player hides a "
        "history that a number follows from, dates only.",
        examples=["2025-06-30"],
    )
    known_at: str | None = Field(
        None,
        description="By what this site knew at this time: a match counts from when it was recorded, whenever "
        "it was played. Alone it gives what the profile showed then; with `as_of` what was known then of "
        "what had happened by `as_of`. Written as `as_of`; leave it out for what is known now.",
        examples=["2025-06-30T12:00:00Z"],
    )


class StatQuery(AsOfQuery):
    """Which value of a number."""

    game: str | None = Field(None, description="A game's slug: the player's number in that game.")


class ExplainQuery(BaseModel):
    """What to account for."""

    game: str | None = Field(None, description="A game's slug: the player's number in that game.")


@resource.read("/players/{public_id}", answers=Player, access=PUBLIC, refuses=[404, 410])
def get_player(request: HttpRequest, public_id: PlayerPath) -> Any:
    """A player at a glance.

    410 when the account is closed, on this address and all below it.
    """
    viewer = caller_of(request).viewer
    if viewer is None:
        return answer_json(cached.get_profile_body(public_id, _write_player, now=now()))
    return _describe_player(cached.get_profile_page(public_id, viewer=viewer))


def _write_player(page: ProfilePage) -> bytes:
    return _PLAYER.write(_describe_player(page))


def _describe_player(shown: ProfilePage) -> dict[str, Any]:
    profile = shown.profile
    return {
        "public_id": profile.public_id,
        "name": profile.name,
        "country": profile.country,
        "picture": profile.picture,
        "bio": profile.bio,
        "links": profile.links,
        "joined_at": profile.user.date_joined,
        "standing": shown.standing,
        "visible": shown.visibility,
        "stats": shown.stats,
        "games": shown.games,
        "teams": shown.teams,
        "achievements": shown.achievements,
        "recent_matches": shown.matches,
        "recent_tournaments": shown.tournaments,
    }


@resource.read(
    "/players/{public_id}/matches", answers=PageOf[MatchLine], access=PUBLIC, refuses=[403, 404, 410]
)
def list_player_matches(request: HttpRequest, public_id: PlayerPath, query: Query[MatchQuery]) -> Any:
    """A player's matches, newest first, voided ones marked.

    403 when the player hides them.
    """
    viewer = caller_of(request).viewer
    found = cached.list_matches(public_id, _filters(query), query.page, limit=query.limit, viewer=viewer)
    return page_of(found)


@resource.read(
    "/players/{public_id}/series", answers=PageOf[SeriesLine], access=PUBLIC, refuses=[403, 404, 410]
)
def list_player_series(request: HttpRequest, public_id: PlayerPath, query: Query[SeriesQuery]) -> Any:
    """A player's series, each one result over its games; those played last first.

    403 when the player hides their matches.
    """
    viewer = caller_of(request).viewer
    found = players.list_series(public_id, _filters(query), query.page, limit=query.limit, viewer=viewer)
    return page_of(found)


@resource.read(
    "/players/{public_id}/versus/{other}", answers=HeadToHead, access=PUBLIC, refuses=[403, 404, 410]
)
def get_head_to_head(request: HttpRequest, public_id: PlayerPath, other: PlayerPath) -> Any:
    """A player head to head with another, from the first one's view.

    403 when either hides their matches. The rows are those of `/players/{public_id}/matches?opponent=`.
    """
    profile, rival, numbers = versus.get_versus(public_id, other, viewer=caller_of(request).viewer)
    return {
        "player": profile,
        "other": rival,
        "against": versus.sum_up(numbers.against),
        "against_by_game": numbers.against,
        "together": versus.sum_up(numbers.together),
        "together_by_game": numbers.together,
        "series": numbers.series,
    }


@resource.read(
    "/players/{public_id}/tournaments", answers=PageOf[EntryLine], access=PUBLIC, refuses=[403, 404, 410]
)
def list_player_tournaments(
    request: HttpRequest, public_id: PlayerPath, query: Query[TournamentQuery]
) -> Any:
    """The tournaments a player entered, latest registration first.

    403 when the player hides them.
    """
    viewer = caller_of(request).viewer
    shown = players.get_tournaments_page(
        public_id,
        _filters(query),
        query.page,
        limit=query.limit,
        viewer=viewer,
    )
    return page_of(shown.history)


@resource.read(
    "/players/{public_id}/activity", answers=PageOf[ActivityLine], access=PUBLIC, refuses=[404, 410]
)
def list_player_activity(request: HttpRequest, public_id: PlayerPath, query: Query[PagingByTen]) -> Any:
    """A player's timeline, as far as the caller may see it, latest first."""
    viewer = caller_of(request).viewer
    shown = cached.get_activity_page(public_id, query.page, limit=query.limit, viewer=viewer)
    return page_of(shown.timeline)


@resource.read("/players/{public_id}/games", answers=list[GameLine], access=SHARED, refuses=[404, 410])
def list_player_games(request: HttpRequest, public_id: PlayerPath) -> Any:
    """A player's numbers in every game played, the most played first."""
    return stats.list_games_of(public_id)


@resource.read("/players/{public_id}/stats", answers=StatValues, access=PUBLIC, refuses=[404, 410])
def list_player_stats(request: HttpRequest, public_id: PlayerPath, query: Query[AsOfQuery]) -> Any:
    """A player's numbers, now or as of a past time: by what happened, by what was known, or by both."""
    viewer = caller_of(request).viewer
    return stats.get_stat_values(
        public_id, as_of=query.as_of, known_at=query.known_at, viewer=viewer, now=now()
    )


@resource.read("/players/{public_id}/stats/{stat}", answers=StatValue, access=PUBLIC, refuses=[403, 404, 410])
def get_player_stat(
    request: HttpRequest, public_id: PlayerPath, stat: StatPath, query: Query[StatQuery]
) -> Any:
    """One number of a player, now or as of a past time: by what happened, by what was known, or by both.

    The present value is always visible; 403 for a past one when the player hides the rows behind it. The
    value at the end of a day is told of numbers with public rows, also where these bear days only.
    """
    viewer, game = caller_of(request).viewer, query.game or None
    shown = stats.get_stat_value(
        public_id,
        stat,
        game=game,
        as_of=query.as_of,
        known_at=query.known_at,
        viewer=viewer,
        now=now(),
    )
    return {**asdict(shown.stat), "game": game, "as_of": shown.as_of, "known_at": shown.known_at}


@resource.read(
    "/players/{public_id}/stats/{stat}/rows", answers=StatRows, access=PUBLIC, refuses=[403, 404, 410]
)
def list_stat_rows(
    request: HttpRequest, public_id: PlayerPath, stat: StatPath, query: Query[RowQuery]
) -> Any:
    """Exactly the rows a number counts, latest first.

    403 when the caller may not see such rows of the player.
    """
    viewer = caller_of(request).viewer
    shown = stats.get_stat_page(
        public_id,
        stat,
        _filters(query),
        query.page,
        limit=query.limit,
        viewer=viewer,
        now=now(),
    )
    found = shown.rows
    shape = ROWS[found.kind]
    return {
        "items": [shape.model_validate(item) for item in found.items],
        "next_page": found.next_cursor,
        "stat": found.stat,
        "kind": found.kind,
        "game": found.game and found.game.slug,
        "evidence": found.evidence,
        "adds_up": found.adds_up,
    }


@resource.read(
    "/players/{public_id}/stats/{stat}/history", answers=StatHistory, access=PUBLIC, refuses=[403, 404, 410]
)
def list_stat_changes(
    request: HttpRequest, public_id: PlayerPath, stat: StatPath, query: Query[ChangeQuery]
) -> Any:
    """The changes that made a number what it is, the latest first, with their causes.

    403 when the caller may not see the rows behind it. Where the rows are public and bear days only, the
    changes of a day are one, without its causes.
    """
    shown = stats.get_stat_history_page(
        public_id,
        stat,
        query.page,
        game=query.game or None,
        order=query.order,
        limit=query.limit,
        viewer=caller_of(request).viewer,
        now=now(),
    )
    found = shown.history
    return page_of(found, stat=found.stat, game=found.game and found.game.slug, order=found.order)


@resource.read(
    "/players/{public_id}/stats/{stat}/explanation",
    answers=StatExplanation,
    access=PUBLIC,
    refuses=[403, 404, 410],
)
def explain_stat(
    request: HttpRequest, public_id: PlayerPath, stat: StatPath, query: Query[ExplainQuery]
) -> Any:
    """Why a number is what it is: what it counts, what it leaves out, what last changed it."""
    found = stats.get_explanation(public_id, stat, game=query.game, viewer=caller_of(request).viewer)
    return {
        "stat": found.stat,
        "game": found.game and found.game.slug,
        "sentence": found.sentence,
        "adds_up": found.adds_up,
        "omitted": found.omitted,
        "changes": found.changes,
    }


def _filters(query: BaseModel) -> dict[str, Any]:
    """Return the fields of a query that filter the list."""
    return query.model_dump(exclude={"page", "limit"}, exclude_none=True)
