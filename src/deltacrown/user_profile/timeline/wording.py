"""What a timeline says of each kind of fact. The row that is the fact comes with what it names fetched along."""

from __future__ import annotations

from datetime import datetime

from deltacrown.accounts.models import User
from deltacrown.teams.models import Team, TeamMembership
from deltacrown.tournaments.models import Tournament, TournamentParticipation, TournamentResult
from deltacrown.user_profile.models import KycVerification, UserAchievement
from deltacrown.user_profile.timeline.records import ActivityRecord, Type, Visibility

#: What is said of each place of the podium.
PODIUM = {1: "\N{TROPHY} Won {}", 2: "Took second place in {}", 3: "Took third place in {}"}

PROFILE_KEY, VERIFICATION_KEY = "profile", "kyc"


def tournament_key(tournament_id: int) -> str:
    """Name the fact of entering a tournament, and that of being placed in it."""
    return f"tournament:{tournament_id}"


def membership_key(membership_id: int) -> str:
    """Name the fact of joining a team."""
    return f"membership:{membership_id}"


def achievement_key(slug: str) -> str:
    """Name the fact of earning an achievement."""
    return f"achievement:{slug}"


def describe_arrival(user: User) -> ActivityRecord:
    """A player joined the site."""
    return ActivityRecord(
        user_id=user.pk,
        activity_type=Type.PROFILE_CREATED,
        description="Joined DeltaCrown",
        dedupe_key=PROFILE_KEY,
        created_at=user.date_joined,
    )


def describe_registration(row: TournamentParticipation) -> ActivityRecord:
    """A player, or their team, entered a tournament; also one that was cancelled, or that they withdrew from."""
    return ActivityRecord(
        user_id=row.user_id,
        activity_type=Type.TOURNAMENT_REGISTERED,
        description=f"Registered for {row.tournament.name}",
        metadata=_tournament(row.tournament) | _team(row.team),
        dedupe_key=tournament_key(row.tournament_id),
        created_at=row.registered_at,
    )


def describe_podium(row: TournamentResult) -> ActivityRecord:
    """A player, or their team, came first, second or third; those who tie are told the same."""
    placement = row.placement or 0
    return ActivityRecord(
        user_id=row.user_id or 0,
        activity_type=Type.TOURNAMENT_WON,
        description=PODIUM[placement].format(row.tournament.name),
        metadata={**_tournament(row.tournament), "placement": placement} | _team(row.team),
        dedupe_key=tournament_key(row.tournament_id),
        created_at=row.decided_at,
    )


def describe_membership(row: TeamMembership) -> ActivityRecord:
    """A player joined a team."""
    return ActivityRecord(
        user_id=row.user_id,
        activity_type=Type.TEAM_JOINED,
        description=f"Joined team {row.team.name}",
        metadata=_team(row.team),
        dedupe_key=membership_key(row.pk),
        created_at=row.joined_at,
    )


def describe_achievement(row: UserAchievement) -> ActivityRecord:
    """A player earned a major achievement. What earned it is not said: it may be something the player hides."""
    return ActivityRecord(
        user_id=row.user_id,
        activity_type=Type.ACHIEVEMENT_UNLOCKED,
        description=f"Earned {row.achievement.name}",
        metadata={"achievement_slug": row.achievement.slug, "achievement_name": row.achievement.name},
        dedupe_key=achievement_key(row.achievement.slug),
        created_at=row.earned_at,
    )


def describe_level(user_id: int, level: int, reached_at: datetime) -> ActivityRecord:
    """A player reached a level worth telling."""
    return ActivityRecord(
        user_id=user_id,
        activity_type=Type.LEVEL_UP,
        description=f"Reached level {level}",
        metadata={"level": level},
        dedupe_key=f"level:{level}",
        created_at=reached_at,
    )


def describe_verification(row: KycVerification) -> ActivityRecord:
    """A player's identity was verified; told to the player alone."""
    if row.reviewed_at is None:
        raise ValueError(f"the verification of user {row.user_id} was not reviewed")
    return ActivityRecord(
        user_id=row.user_id,
        activity_type=Type.KYC_VERIFIED,
        description="Completed verification",
        dedupe_key=VERIFICATION_KEY,
        created_at=row.reviewed_at,
        visibility=Visibility.PRIVATE,
    )


def _tournament(tournament: Tournament) -> dict[str, str | int]:
    return {"tournament_slug": tournament.slug, "tournament_name": tournament.name}


def _team(team: Team | None) -> dict[str, str | int]:
    return {"team_slug": team.slug, "team_name": team.name} if team else {}
