"""The shapes of matches: in answers, and in deliveries of game servers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import FailFast, Field

from deltacrown.api.shapes import (
    DateTime,
    EndedBy,
    Given,
    GivenDateTime,
    GivenPlacement,
    GivenPlayedAt,
    GivenScore,
    GivenSequence,
    MatchKind,
    PublicId,
    Result,
    Shown,
)
from deltacrown.api.shapes.players import MatchLine, PlayerLine, TournamentPart
from deltacrown.api.shapes.tournaments import GameOfSeries

MOST_MATCHES, MOST_PLAYERS = 1000, 200


class EncounterRow(Shown):
    """One player's line of a match."""

    player: PlayerLine
    match: MatchLine


class Encounter(Shown):
    """A match, as the caller may see it."""

    game_slug: str
    match_key: str
    kind: MatchKind
    played_at: DateTime = Field(description="The start of the day in UTC where `is_time_known` is false.")
    is_time_known: bool = Field(description="False where the day alone is known.")
    sequence: int | None = Field(description="Its place among matches of the same time, if one was given.")
    tournament: TournamentPart | None
    series: GameOfSeries | None = Field(description="The series that it is a game of.")
    rows: list[EncounterRow] = Field(description="By placement, then by side, winners first.")
    leaves_out: bool = Field(
        description="True when rows of players who hide their match history are missing."
    )


class GivenLine(Given):
    """One player's part in a match."""

    player: str = Field(description="A public id.", examples=["DC-25-000042"])
    result: Result = Field(description="`NONE` where there is no result; the line counts nowhere then.")
    side: str = Field("", description="The team or side, the same for all of its players.", max_length=120)
    score: GivenScore = Field(None, description="The score of the side, as the game writes it.")
    placement: GivenPlacement = Field(None, description="The place among all: 5 for the fifth of 60.")
    ended_by: EndedBy = Field("PLAY", description="How it ended for the player. A bye counts nowhere.")
    uncounted_reason: str = Field(
        "",
        description="Why the line counts nowhere, for another reason than `result` and `ended_by` give.",
        max_length=500,
    )
    stats: dict[str, Any] = Field(
        default_factory=dict, description="What the game reported of the player.", examples=[{"kills": 12}]
    )


class DeliveredLine(GivenLine):
    """One player's part in a match that is recorded."""

    player: str = Field(
        description="A public id, a username, also a former one, or an external id: "
        "`steam:76561198000000042`.",
        examples=["DC-25-000042"],
    )
    name: str = Field(
        "",
        description="What a player who is created with `create_missing` is called; of others nothing "
        "changes. Who is named by external id has it as the username, too, if it is free.",
        max_length=240,
    )
    country: str = Field(
        "",
        description="The country of a player who is created: two letters of ISO 3166-1.",
        max_length=60,
    )
    team: str = Field(
        "",
        description="The slug, name or external id of the team played for, which is the side where none is "
        "given. Needed in a tournament only where it is not the team registered with.",
        max_length=120,
    )
    void_reason: str = Field(
        "", description="Record the line as void: it is kept and counts nowhere.", max_length=500
    )


class GivenMatch(Given):
    """One match as a game server delivers it: taken whole or refused whole."""

    match_key: str = Field(
        description="Names the match within its game; the key of every retry.", min_length=1, max_length=100
    )
    game: str = Field(description="A game's slug.", examples=["rocket"])
    played_at: GivenPlayedAt = Field(description="A datetime, or a date where the time is not known.")
    sequence: GivenSequence = Field(
        None, description="Its place among matches of the same time; numbers of their own go by the key."
    )
    #: The first faulty line of a match is named, not each: 1,000 matches could have 200,000 of them.
    players: Annotated[list[DeliveredLine], FailFast()] = Field(min_length=1, max_length=MOST_PLAYERS)
    tournament: str | None = Field(
        None, description="A tournament's slug; its matches are of the kind TOURNAMENT."
    )
    round: str = Field("", max_length=100)
    series: str = Field("", description="Names the series within the tournament.", max_length=100)
    best_of: int | None = Field(
        None, description="The most games the series is set for; it says when it is decided.", ge=1, le=1000
    )
    map_name: str = Field("", max_length=100)
    details: dict[str, Any] = Field(
        default_factory=dict, description="What describes the match of a tournament: mode, duration."
    )
    void_reason: str = Field(
        "", description="Record it as void: it is kept and counts nowhere.", max_length=500
    )
    replaces_void: bool = Field(
        False,
        description="Where the key is recorded with other content, and all of that is void, record this in "
        "its place. It never revives a void match with the same content.",
    )


class GivenMatches(Given):
    """A batch of matches."""

    matches: list[GivenMatch] = Field(min_length=1, max_length=MOST_MATCHES)
    create_missing: bool = Field(
        False,
        description="Create the players and teams that are unknown. It takes the permission "
        "`accounts.create_players`, or a key with the scope `players:create`.",
    )


class Refusal(Shown):
    """Why a match was not taken."""

    code: str
    field: str
    pointer: str = Field(
        description="JSON Pointer into the body: to the match, or into it.", examples=["/matches/3/game"]
    )
    detail: str


class Outcome(Shown):
    """What became of one match of a batch."""

    index: int = Field(description="Its place in the batch, from 0.")
    match_key: str
    game: str
    status: Literal["accepted", "completed", "unchanged", "refused"]
    refusal: Refusal | None
    warnings: list[str] = Field(
        description="What looks odd about it; it is recorded all the same. A retry is told the same, but for "
        "names and countries that could not be given to players who were created."
    )


class Created(Shown):
    """The players and teams that a batch created, by the names it gave."""

    players: dict[str, PublicId] = Field(description="Name → public id.")
    teams: dict[str, str] = Field(description="Name → slug.")


class Outcomes(Shown):
    """What became of a batch."""

    accepted: int = Field(description="Recorded now.")
    completed: int = Field(
        description="Recorded before in part; players, or what its tournament says of it, were added now."
    )
    unchanged: int = Field(description="Recorded before, with the same content.")
    refused: int = Field(description="Against the rules, or recorded before with other content.")
    warned: int = Field(description="Matches with warnings, whatever their status.")
    created: Created
    outcomes: list[Outcome]


class MatchName(Given):
    """Which match."""

    game: str = Field(description="A game's slug.", examples=["rocket"])
    match_key: str = Field(min_length=1, max_length=100)


REASON = Field(max_length=500, examples=["Server crash."])


class GivenVoid(MatchName):
    """Which match is made void, or counts again, or which line of it, and why."""

    reason: str = REASON
    player: str | None = Field(
        None, description="A public id: only the line of this player; the whole match when left out."
    )


class GivenMatchCorrection(MatchName):
    """What a match really was; what is left out stays. Players are named as they are recorded now."""

    reason: str = REASON
    results: dict[str, Result] = Field(
        default_factory=dict,
        description="Public id → result; name everybody whose result changes.",
        examples=[{"DC-25-000042": "WIN"}],
    )
    scores: dict[str, GivenScore] = Field(
        default_factory=dict, description="Public id → score of their side, or null for none."
    )
    sides: dict[str, str] = Field(default_factory=dict, description="Public id → side.")
    placements: dict[str, Annotated[int, Field(ge=1, le=2**31 - 1)] | None] = Field(
        default_factory=dict, description="Public id → place among all of the match, or null for none."
    )
    ended_by: dict[str, EndedBy] = Field(
        default_factory=dict, description="Public id → how it ended for the player."
    )
    uncounted: dict[str, Annotated[str, Field(max_length=500)]] = Field(
        default_factory=dict,
        description="Public id → why the line counts nowhere; empty to take such a reason away.",
    )
    stats: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="Public id → all that the game reported of the player."
    )
    moved: dict[str, str] = Field(
        default_factory=dict, description="Public id → public id of the player whose line it really is."
    )
    added: list[GivenLine] = Field(
        default_factory=list, description="Lines of players who are missing.", max_length=MOST_PLAYERS
    )
    removed: list[str] = Field(
        default_factory=list,
        description="Public ids of players who were not in the match.",
        max_length=MOST_PLAYERS,
    )
    played_at: GivenDateTime | None = None
    is_time_known: bool | None = Field(
        None, description="False where the day alone is known: `played_at` is its start in UTC then."
    )
    sequence: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = Field(
        None, description="Its place among matches of the same time; null, when given, takes it away."
    )
    kind: MatchKind | None = Field(
        None, description="A match that is casual now is no longer one of a tournament."
    )


class LineState(Shown):
    """One player's line of a match after it was changed."""

    result: Result
    score: str
    side: str
    placement: int | None
    ended_by: EndedBy
    voided_at: DateTime | None
    void_reason: str
    uncounted_reason: str = Field(description="Why it counts nowhere though it is not void; else empty.")


class MatchState(Shown):
    """A match after it was changed, as far as the caller may see it.

    Where `leaves_out` is true, lines of players who hide their match history are missing; of a match with no
    line that the caller may see, nothing is told but its game and its key.
    """

    game_slug: str
    match_key: str
    leaves_out: bool = Field(description="Whether lines are missing that the caller may not see.")
    kind: MatchKind | None
    played_at: DateTime | None = Field(
        description="The start of the day in UTC where `is_time_known` is false."
    )
    is_time_known: bool | None
    sequence: int | None
    voided_at: DateTime | None = Field(description="Null while any of the lines told is not void.")
    void_reason: str
    results: dict[str, Result] = Field(description="Public id → result.")
    scores: dict[str, str]
    voided: dict[str, str] = Field(description="Public id → why the line is void, of those that are.")
    warnings: list[str] = Field(description="What looks odd about it after a correction.")
    lines: dict[str, LineState] = Field(description="Public id → line.")
