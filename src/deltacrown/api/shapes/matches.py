"""The shapes of matches: in answers, and in deliveries of game servers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import FailFast, Field

from deltacrown.api.shapes import DateTime, Given, GivenDateTime, MatchKind, Result, Shown
from deltacrown.api.shapes.players import MatchLine, PlayerLine, TournamentPart

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
    played_at: DateTime
    tournament: TournamentPart | None
    rows: list[EncounterRow] = Field(description="By side, winners first.")
    leaves_out: bool = Field(
        description="True when rows of players who hide their match history are missing."
    )


class GivenLine(Given):
    """One player's part in a match."""

    player: str = Field(description="A public id.", examples=["DC-25-000042"])
    result: Result
    side: str = Field(
        "", description="The team or side; the players of one side share it and their result.", max_length=120
    )
    score: int | None = Field(None, description="The score of the side.", ge=-(2**31), le=2**31 - 1)
    stats: dict[str, Any] = Field(
        default_factory=dict, description="What the game reported of the player.", examples=[{"kills": 12}]
    )


class GivenMatch(Given):
    """One match as a game server delivers it: taken whole or refused whole."""

    match_key: str = Field(
        description="Names the match within its game; the key of every retry.", min_length=1, max_length=100
    )
    game: str = Field(description="A game's slug.", examples=["rocket"])
    played_at: GivenDateTime
    #: The first faulty line of a match is named, not each: 1,000 matches could have 200,000 of them.
    players: Annotated[list[GivenLine], FailFast()] = Field(min_length=1, max_length=MOST_PLAYERS)
    tournament: str | None = Field(
        None, description="A tournament's slug; its matches are of the kind TOURNAMENT."
    )
    round: str = Field("", max_length=100)
    series: str = Field("", description="Names the series within the tournament.", max_length=100)
    map_name: str = Field("", max_length=100)
    details: dict[str, Any] = Field(
        default_factory=dict, description="What describes the match of a tournament: mode, duration."
    )
    void_reason: str = Field(
        "", description="Record it as void: it is kept and counts nowhere.", max_length=500
    )


class GivenMatches(Given):
    """A batch of matches."""

    matches: list[GivenMatch] = Field(min_length=1, max_length=MOST_MATCHES)


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
    status: Literal["accepted", "unchanged", "refused"]
    refusal: Refusal | None


class Outcomes(Shown):
    """What became of a batch."""

    accepted: int = Field(description="Recorded now.")
    unchanged: int = Field(description="Recorded before, with the same content.")
    refused: int = Field(description="Against the rules, or recorded before with other content.")
    outcomes: list[Outcome]


class MatchName(Given):
    """Which match."""

    game: str = Field(description="A game's slug.", examples=["rocket"])
    match_key: str = Field(min_length=1, max_length=100)


class GivenVoid(MatchName):
    """Which match is made void, or counts again, and why."""

    reason: str = Field(max_length=500, examples=["Server crash."])


class GivenMatchCorrection(GivenVoid):
    """What a match really was; what is left out stays. Players are named as they are recorded now."""

    results: dict[str, Result] = Field(
        default_factory=dict,
        description="Public id → result; name everybody whose result changes.",
        examples=[{"DC-25-000042": "WIN"}],
    )
    scores: dict[str, int | None] = Field(
        default_factory=dict, description="Public id → score of their side, or null for none."
    )
    sides: dict[str, str] = Field(default_factory=dict, description="Public id → side.")
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
    kind: MatchKind | None = Field(
        None, description="A match that is casual now is no longer one of a tournament."
    )


class MatchState(Shown):
    """A match after it was changed."""

    game_slug: str
    match_key: str
    voided_at: DateTime | None
    void_reason: str
    results: dict[str, Result] = Field(description="Public id → result.")
    scores: dict[str, int | None]
