"""The shapes of tournaments: in answers, and in requests of organisers."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from deltacrown.api.shapes import (
    Amount,
    DateTime,
    EntrantKind,
    EntryStatus,
    Given,
    GivenAmount,
    GivenDateTime,
    PageOf,
    PublicId,
    Result,
    Shown,
    TournamentStatus,
)


class Entrant(Shown):
    """Who a result or an entry belongs to: a team, or a player."""

    name: str
    public_id: str = Field(description="Of a player; empty for a team.")


class TournamentLine(Shown):
    """A tournament in a list."""

    slug: str
    name: str
    game_slug: str
    game_name: str
    entrant_kind: EntrantKind
    status: TournamentStatus
    starts_at: DateTime
    ends_at: DateTime | None
    registered: int = Field(description="Players registered, without those who withdrew.")
    winners: list[Entrant]


class OfficialLine(Shown):
    """One official result; of a team with its roster, or of a player."""

    entrant: Entrant
    roster: list[Entrant]
    placement: int | None
    is_tied: bool
    prize_amount: Amount
    disqualified_reason: str


class Registration(Shown):
    """One player's registration."""

    player: Entrant
    team: str
    status: EntryStatus
    registered_at: DateTime


class PlayerTotals(Shown):
    """One player's numbers over a tournament; voided matches count nowhere."""

    name: str
    public_id: PublicId
    games: int
    wins: int
    kills: int | None
    deaths: int | None
    ratio: Amount | None


class Side(Shown):
    """One side of a match."""

    name: str
    score: int | None
    result: Result


class EncounterLine(Shown):
    """One match of a tournament."""

    game_slug: str
    match_key: str
    round: str
    map_name: str
    played_at: DateTime
    void_reason: str
    sides: list[Side]


class Summary(Shown):
    """What the matches of a tournament add up to."""

    matches: int
    players: int = Field(description="Players who played: with a line in a match that counts.")
    teams: int = Field(description="Teams that played.")
    totals: dict[str, int]


class Tournament(Shown):
    """A tournament at a glance."""

    slug: str
    name: str
    game_slug: str
    game_name: str
    entrant_kind: EntrantKind
    status: TournamentStatus
    capacity: int | None
    organiser: PublicId | None
    starts_at: DateTime
    ends_at: DateTime | None
    created_at: DateTime


class RuledTournament(Tournament):
    """A tournament after a ruling about an entrant."""

    warnings: list[str] = Field(description="What is odd about the standings now; nothing of it is refused.")


class TournamentPage(Tournament):
    """A tournament with what was played in it."""

    registered: int = Field(description="Players registered, without those who withdrew.")
    summary: Summary
    results: list[OfficialLine] = Field(description="The first sixteen; `/results` has all.")
    disqualified: list[OfficialLine]


class ResultsPage(PageOf[OfficialLine]):
    """Official results, best first."""


Slug = Annotated[str, Field(examples=["spring-cup"])]


class NewTournament(Given):
    """A tournament to create, as a draft."""

    slug: Slug = Field(max_length=100)
    name: str = Field(max_length=160, examples=["Spring Cup"])
    game: str = Field(description="A game's slug.", examples=["rocket"])
    starts_at: GivenDateTime
    ends_at: GivenDateTime | None = None
    entrant_kind: EntrantKind = "SOLO"
    capacity: int | None = Field(None, description="Most entrants; null for no limit.", ge=1, le=2**31 - 1)


class GivenEntrant(Given):
    """Who: a player by public id in a solo event, or a team by slug; neither means the caller."""

    player: str | None = Field(None, description="A public id.")
    team: str | None = Field(None, description="A team's slug.")


class NewEntrant(GivenEntrant):
    """Who enters."""

    roster: list[str] | None = Field(
        None, description="The team's players; its present members when left out.", max_length=100
    )


class GivenStanding(Given):
    """Where an entrant ended."""

    player: str | None = Field(None, description="A public id.")
    team: str | None = Field(None, description="A team's slug.")
    placement: int | None = Field(
        None, description="1 is the winner; ties share one; null when disqualified."
    )
    prize: GivenAmount = Field(Decimal(0), description="The entrant's whole prize, in whole cents.")
    disqualified_reason: str = Field("", description="Why it has no placement.")


class Standings(Given):
    """The official results."""

    standings: list[GivenStanding] = Field(max_length=10_000)


class GivenCorrection(GivenEntrant):
    """Another placement for an entrant."""

    placement: int
    prize: GivenAmount | None = None
    reason: str


class GivenDisqualification(GivenEntrant):
    """Whose placement is taken away or given back, and why."""

    reason: str


class GivenReason(Given):
    """Why."""

    reason: str = Field(examples=["Server crash."])
