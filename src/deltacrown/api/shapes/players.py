"""The shapes of players: identity, numbers, histories."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from deltacrown.accounts.models import User
from deltacrown.api.shapes import (
    Amount,
    AvatarUrl,
    DateTime,
    DisputeStatus,
    EndedBy,
    EntryStatus,
    Given,
    GivenDateTime,
    MatchKind,
    PublicId,
    Reported,
    Result,
    Shown,
    TournamentStatus,
    Value,
    Word,
    avatar_url,
)


def _get_public_id(user: Any) -> Any:
    return user.profile.public_id if isinstance(user, User) else user


#: Beside a time that follows from matches or registrations.
Precision = Annotated[
    Literal["exact", "day"],
    BeforeValidator(str),
    Field(
        description="`day` where the caller may not see the history that the time follows from: the time "
        "is then the midnight in UTC at which its day began, and items of a day are in no order of time."
    ),
]


class PlayerLine(Shown):
    """A player in a list."""

    public_id: PublicId
    name: str = Field(description="The display name, or the username when there is none.")
    country: str = Field(description="Two letters of ISO 3166-1, or empty.")
    avatar_url: AvatarUrl = avatar_url()


class FoundPlayer(PlayerLine):
    """A player that a search found."""

    formerly: str = Field(description="The former name by which the player was found; else empty.")


class StatLine(Shown):
    """One number of a player."""

    name: str = Field(examples=["matches_won"])
    label: str
    meaning: str
    unit: str = Field(description="`%`, or empty.")
    value: Value


class GameLine(Shown):
    """A player's numbers in one game."""

    game_slug: str
    game_name: str
    stats: list[StatLine]


class TeamSpell(Shown):
    """A period in a team."""

    slug: str = Field(description="Of the team.")
    name: str
    joined_at: DateTime
    left_at: DateTime | None


class AchievementLine(Shown):
    """An achievement a player holds."""

    slug: str
    name: str
    description: str
    tier: Word = Field(description="MINOR or MAJOR.")
    fact: str = Field(description="What earned it; empty where the caller may not know.")
    earned_at: DateTime = Field(description="As exact as `precision` says.")
    precision: Precision


class TournamentPart(Shown):
    """What a tournament adds to a match of one player."""

    slug: str
    name: str
    round: str
    series: str
    map_name: str
    team: str
    opponent: str
    opponent_public_id: str
    stats: Reported


class Opponent(Shown):
    """A player on another side of a match."""

    public_id: PublicId
    name: str


class MatchLine(Shown):
    """One match of a player. One with a `void_reason` or an `uncounted_reason` counts nowhere."""

    match_key: str
    game_slug: str
    game_name: str
    kind: MatchKind
    side: str
    result: Result
    score: str = Field(description="As the game writes it, of the side; empty for none.")
    placement: int | None = Field(description="The place among all of the match: 5 for the fifth of 60.")
    ended_by: EndedBy = Field(description="How the match ended for the player.")
    stats: Reported
    played_at: DateTime = Field(description="The start of the day in UTC where `is_time_known` is false.")
    is_time_known: bool = Field(description="False where the day alone is known.")
    sequence: int | None = Field(description="Its place among matches of the same time, if one was given.")
    recorded_at: DateTime
    voided_at: DateTime | None
    void_reason: str
    uncounted_reason: str = Field(
        description="Why it counts nowhere though it is not void: a bye, a friendly; else empty."
    )
    tournament: TournamentPart | None
    opponents: list[Opponent] | None = Field(
        None,
        description="The players on other sides, as far as the caller may see their lines. Null for a lobby "
        "of more than 24 lines, and in the answer about one match, which has all of them.",
    )
    opposing_side: str = Field(
        "", description="The name of the other side where there is one, of several players; else empty."
    )
    opponent_score: str = Field(
        "",
        description="Of the other side, where there is one of which the caller may see a line.",
    )


class Record(Shown):
    """How a player fared; won, lost and drawn are those that count."""

    played: int = Field(description="Those that count.")
    won: int
    lost: int
    drawn: int
    uncounted: int = Field(description="Void ones, and those that count nowhere for another reason.")
    win_rate: Value = Field(description="Of those that count, in percent; null where none does.")


class GameRecord(Shown):
    """How a player fared in the matches of one kind in one game."""

    game_slug: str
    game_name: str
    kind: MatchKind
    record: Record


class HeadToHead(Shown):
    """What one player made of another: their matches on different sides and on one side, and their series."""

    player: PlayerLine
    other: PlayerLine
    against: Record = Field(description="Of matches on different sides, or without sides.")
    against_by_game: list[GameRecord]
    together: Record = Field(description="Of matches on one side.")
    together_by_game: list[GameRecord]
    series: Record = Field(description="Of series against each other.")


class SeriesLine(Shown):
    """One series of a player: one result over its games. One that counts nowhere says why."""

    slug: str = Field(description="The tournament's.")
    name: str = Field(description="The tournament's.")
    game_slug: str
    game_name: str
    series: str = Field(description="Its name, unique within the tournament.")
    round: str
    team: str
    opponent: str
    opponent_public_id: str
    best_of: int | None = Field(description="The most games it was set for; null where nobody said.")
    result: Result = Field(description="Of the player's side.")
    score: str = Field(description="Games as the player's side has them.", examples=["3–1"])
    games_won: int
    games_lost: int
    games_drawn: int = Field(description="Games that nobody, or both sides, won.")
    games_played: int = Field(description="Games that the player was in: fewer for a substitute.")
    uncounted_reason: str
    started_at: DateTime = Field(description="When its first game was played.")
    played_at: DateTime = Field(description="When its last game was played.")
    is_time_known: bool = Field(description="False where only the day is known.")


class EntryLine(Shown):
    """A tournament a player entered, and what became of it."""

    slug: str
    name: str
    game_slug: str
    game_name: str
    status: TournamentStatus
    entry_status: EntryStatus
    team: str
    starts_at: DateTime
    registered_at: DateTime
    placement: int | None
    placement_to: int | None = Field(description="The last place of a range: 8 for 5 to 8.")
    unplaced_reason: str = Field(description="Why a result has no placement, if that is known.")
    prize_amount: Amount | None
    prize_currency: str = Field(description="As in ISO 4217; empty where it is not known.")
    disqualified_reason: str
    uncounted_reason: str = Field(description="Why the result counts nowhere, though it is kept; else empty.")


class OfficialResult(Shown):
    """An official result of a player."""

    slug: str
    name: str
    game_slug: str
    game_name: str
    team: str
    placement: int | None
    placement_to: int | None = Field(description="The last place of a range: 8 for 5 to 8.")
    unplaced_reason: str = Field(description="Why a result has no placement, if that is known.")
    prize_amount: Amount
    prize_currency: str = Field(description="As in ISO 4217; empty where it is not known.")
    disqualified_reason: str
    uncounted_reason: str = Field(description="Why the result counts nowhere, though it is kept; else empty.")
    decided_at: DateTime


class DisputeLine(Shown):
    """A dispute a player filed."""

    status: DisputeStatus
    reason: str
    resolution: str
    about_match: bool
    filed_at: DateTime
    resolved_at: DateTime | None


class ExperienceLine(Shown):
    """An award of experience."""

    points: int
    reason: str
    awarded_at: DateTime


class ActivityLine(Shown):
    """One event of a timeline."""

    activity_type: Word = Field(examples=["TOURNAMENT_WON"])
    description: str
    metadata: dict[str, Any] = Field(description="Slugs, public ids and names of what it is about.")
    visibility: Word = Field(description="PUBLIC, FOLLOWERS or PRIVATE.")
    created_at: DateTime = Field(description="As exact as `precision` says.")
    precision: Precision
    hidden: bool = Field(False, description="Its player has hidden it.")
    handle: str = Field(
        "", description="What its player hides it by, or shows it again; empty for everybody else."
    )


class FeedLine(Shown):
    """What happened to a player one follows."""

    player: PlayerLine
    entry: ActivityLine


class FollowLine(Shown):
    """A player who follows, or is followed."""

    player: PlayerLine
    since: DateTime


class FollowState(Shown):
    """Whether the caller follows a player."""

    public_id: PublicId
    follows: bool


class BlockState(Shown):
    """Whether the caller blocks a player."""

    public_id: PublicId
    blocks: bool


class Visibility(Shown):
    """What the caller may see of the player."""

    match_history: bool
    tournaments: bool


class ToldStanding(Shown):
    """A player's standing, as the player and staff are told it."""

    standing: Literal["ACTIVE", "SUSPENDED", "CLOSED", "MERGED", "ANONYMISED"]
    until: DateTime | None = Field(
        description="When a suspension ends, or a closed account is anonymised; null for never."
    )
    reason: str
    changed_at: DateTime | None
    decided_by: Annotated[PublicId | None, BeforeValidator(_get_public_id)] = Field(
        description="Who decided; null for what happened by itself, and to the player."
    )


class GivenSuspension(Given):
    """Until when, and why, to suspend a player."""

    until: GivenDateTime | None = Field(None, description="When it ends by itself; leave it out for never.")
    reason: str = Field(min_length=1, max_length=500, description="Told to the player and to staff.")


class ProfileLink(Shown):
    """A link that a player shows. Nobody has looked at what is behind it."""

    url: str = Field(examples=["https://example.org/me"])
    label: str = Field(description="What the player calls it; may be empty.")


class Player(PlayerLine):
    """A player at a glance."""

    bio: str
    links: list[ProfileLink]
    joined_at: DateTime
    standing: ToldStanding | None = Field(description="Told to the player and to staff; null to others.")
    visible: Visibility
    stats: list[StatLine]
    games: list[GameLine]
    teams: list[TeamSpell]
    achievements: list[AchievementLine] = Field(description="The latest, a dozen at most.")
    recent_matches: list[MatchLine] | None = Field(
        description="The latest few; null when the player hides them."
    )
    recent_tournaments: list[EntryLine] | None = Field(
        description="The latest few; null when the player hides them."
    )
