"""The shapes of tournaments: in answers, and in requests of organisers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

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

DecisionKind = Annotated[Literal["ANNULLED", "ANNULMENT_LIFTED", "REOPENED"], BeforeValidator(str)]


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
    formerly: str = Field("", description="The former name by which a search found it; else empty.")


class OfficialLine(Shown):
    """One official result; of a team with its roster, or of a player."""

    entrant: Entrant
    roster: list[Entrant]
    placement: int | None = Field(description="Null of who is unranked or disqualified.")
    placement_to: int | None = Field(description="The last place of a range: 8 for 5 to 8.")
    unplaced_reason: str = Field(description="Why an unranked entrant has no placement, if that is known.")
    is_tied: bool
    prize_amount: Amount
    prize_currency: str = Field(description="As in ISO 4217; empty where it is not known.")
    disqualified_reason: str
    uncounted_reason: str = Field(description="Why the result counts nowhere, though it is kept; else empty.")


class Registration(Shown):
    """One player's registration."""

    player: Entrant
    team: str
    status: EntryStatus = Field(description="Of a player who left the roster: WITHDRAWN.")
    registered_at: DateTime
    joined_on: date | None = Field(description="Of a substitute: the day of joining the roster, in UTC.")
    left_on: date | None = Field(description="The day on which the player left the roster, in UTC.")


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
    score: str
    result: Result


class EncounterLine(Shown):
    """One match of a tournament."""

    game_slug: str
    match_key: str
    round: str
    series: str = Field(description="Names the series that it is a game of; empty for none.")
    map_name: str
    played_at: DateTime = Field(description="The start of the day in UTC where `is_time_known` is false.")
    is_time_known: bool = Field(description="False where the day alone is known.")
    void_reason: str = Field(description="Of a match that is void whole.")
    why_uncounted: str = Field(
        description="Why none of it counts; empty where a line counts.",
        examples=["Voided: Server crash.", "Not counted: a bye"],
    )
    sides: list[Side]


class SeriesSide(Shown):
    """One side of a series."""

    entrant: Entrant
    games_won: int
    result: Result


class Series(Shown):
    """One series of a tournament: one result over its games, from which it follows."""

    slug: str = Field(description="The tournament's.")
    game_slug: str
    series: str = Field(description="Its name, unique within the tournament.")
    round: str
    best_of: int | None = Field(description="The most games it was set for; null where nobody said.")
    sides: list[SeriesSide] = Field(description="The winner first.")
    games_drawn: int = Field(description="Games that nobody, or both sides, won.")
    games: int = Field(description="Games recorded of it, void ones too.")
    uncounted_reason: str = Field(
        description="Why it counts for nobody, as one that is undecided; empty when it counts."
    )
    started_at: DateTime = Field(description="When its first game was played.")
    played_at: DateTime = Field(description="When its last game was played.")
    is_time_known: bool = Field(description="False where only the day is known.")


class SeriesPage(PageOf[EncounterLine]):
    """A series with its games, latest first."""

    series: Series


class GameOfSeries(Shown):
    """A match as a game of its series."""

    series: Series
    number: int = Field(description="Its place in the order of play, from 1 on.")


class Summary(Shown):
    """What the matches of a tournament add up to."""

    matches: int
    players: int = Field(description="Players who played: with a line in a match that counts.")
    teams: int = Field(description="Teams that played.")
    totals: dict[str, int]


class Decision(Shown):
    """What was decided about a tournament as a whole."""

    kind: DecisionKind
    reason: str
    decided_at: DateTime


class Tournament(Shown):
    """A tournament at a glance."""

    slug: str
    name: str
    game_slug: str
    game_name: str
    entrant_kind: EntrantKind
    status: TournamentStatus
    capacity: int | None
    counts_forfeits: bool | None = Field(
        description="Whether matches count that a forfeit decided; null for the rule of the game."
    )
    organiser: PublicId | None
    starts_at: DateTime
    ends_at: DateTime | None
    created_at: DateTime
    prize_currency: str = Field(description="Of all its prizes, as in ISO 4217; empty where it is not known.")
    prize_pool: Amount | None = Field(description="The sum of all prizes as announced; null where none was.")
    registration_closes_at: DateTime | None = Field(
        description="Until when players and captains register; null for the start."
    )
    rules: str = Field(description="Plain text; a line stays a line.")
    decision: Decision | None = Field(description="Why it is annulled, or runs again after its end.")


class RuledTournament(Tournament):
    """A tournament after its completion, or after a ruling about an entrant."""

    warnings: list[str] = Field(description="What is odd about the standings now; nothing of it is refused.")


class TournamentPage(Tournament):
    """A tournament with what was played in it."""

    registered: int = Field(description="Players registered, without those who withdrew.")
    summary: Summary
    results: list[OfficialLine] = Field(description="The first sixteen; `/results` has all.")
    disqualified: list[OfficialLine]


class ResultsPage(PageOf[OfficialLine]):
    """Official results, best first."""


CURRENCY_TEXT = "Of all prizes, as in ISO 4217; empty where it is not known."
PLACEMENT_TO = Field(None, description="The last place of a range: 8 for 5 to 8.")
UNPLACED_REASON = Field("", description="Why it has no placement: not classified, did not start.")

Slug = Annotated[str, Field(examples=["spring-cup"])]


class GivenAnnouncement(Given):
    """What is announced of a tournament."""

    prize_pool: GivenAmount | None = Field(None, description="The sum of all prizes, in whole cents.")
    registration_closes_at: GivenDateTime | None = Field(
        None, description="Until when players and captains register; null for the start."
    )
    rules: str = Field("", description="Plain text; a line stays a line.", max_length=10_000)


class NewTournament(GivenAnnouncement):
    """A tournament to create, as a draft."""

    slug: Slug = Field(max_length=100)
    name: str = Field(max_length=160, examples=["Spring Cup"])
    game: str = Field(description="A game's slug.", examples=["rocket"])
    starts_at: GivenDateTime
    ends_at: GivenDateTime | None = None
    entrant_kind: EntrantKind = "SOLO"
    counts_forfeits: bool | None = Field(
        None, description="Whether matches count that a forfeit decided; null for the rule of the game."
    )
    capacity: int | None = Field(None, description="Most entrants; null for no limit.", ge=1, le=2**31 - 1)
    prize_currency: str = Field("", description=CURRENCY_TEXT, max_length=3, examples=["EUR"])


class GivenEntrant(Given):
    """Who: a player by public id in a solo event, or a team by slug; neither means the caller."""

    player: str | None = Field(None, description="A public id.")
    team: str | None = Field(None, description="A team's slug.")


class GivenStanding(Given):
    """Where an entrant ended."""

    player: str | None = Field(None, description="A public id.")
    team: str | None = Field(None, description="A team's slug.")
    placement: int | None = Field(
        None, description="1 is the winner; ties share one; null when unranked or disqualified."
    )
    placement_to: int | None = PLACEMENT_TO
    unplaced_reason: str = UNPLACED_REASON
    prize: GivenAmount = Field(Decimal(0), description="The entrant's whole prize, in whole cents.")
    disqualified_reason: str = Field("", description="Why it is out.")


class Standings(Given):
    """The official results."""

    standings: list[GivenStanding] = Field(max_length=10_000)


class GivenCorrection(GivenEntrant):
    """Another placement for an entrant, or none."""

    placement: int | None = Field(description="Null takes it away: the entrant is unranked then.")
    placement_to: int | None = PLACEMENT_TO
    unplaced_reason: str = UNPLACED_REASON
    prize: GivenAmount | None = None
    reason: str


class GivenDisqualification(GivenEntrant):
    """Whose placement is taken away or given back, and why."""

    reason: str


class GivenCurrency(Given):
    """The currency of the prizes of a tournament."""

    prize_currency: str = Field(description=CURRENCY_TEXT, max_length=3, examples=["EUR"])


class GivenReason(Given):
    """Why."""

    reason: str = Field(examples=["Server crash."])
