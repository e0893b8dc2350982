"""Keeping the timelines as the facts are: told what was touched, each function makes the entries of it right."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from deltacrown.accounts.models import User
from deltacrown.teams.models import TeamMembership
from deltacrown.tournaments.models import Tournament, TournamentParticipation, TournamentResult
from deltacrown.user_profile.models import Achievement, KycVerification, UserAchievement
from deltacrown.user_profile.timeline import wording
from deltacrown.user_profile.timeline.entering import ActivityChanges, enter_activities, replace_activities, withdraw_activities
from deltacrown.user_profile.timeline.levels import list_levels_reached
from deltacrown.user_profile.timeline.records import ActivityRecord, Type
from django_tally.transactions import atomic_service


@atomic_service
def keep_arrivals(*, users: Sequence[User]) -> ActivityChanges:
    """Enter that players joined."""
    return enter_activities(records=[wording.describe_arrival(user) for user in users])


@atomic_service
def keep_registrations(*, tournament: Tournament, users: Collection[int]) -> ActivityChanges:
    """Make the timelines of ``users`` say of a tournament whether they registered; one who did so again is told at the new date."""
    rows = TournamentParticipation.objects.filter(tournament=tournament, user__in=users).select_related("tournament", "team")
    return replace_activities(
        records=[wording.describe_registration(row) for row in rows],
        users=users,
        types={Type.TOURNAMENT_REGISTERED},
        keys={wording.tournament_key(tournament.pk)},
    )


@atomic_service
def keep_memberships(*, memberships: Sequence[TeamMembership]) -> ActivityChanges:
    """Make the timelines of those concerned say of some memberships what the tables say now."""
    keys = [row.pk for row in memberships]
    return replace_activities(
        records=[wording.describe_membership(row) for row in TeamMembership.objects.filter(pk__in=keys).select_related("team")],
        users={row.user_id for row in memberships},
        types={Type.TEAM_JOINED},
        keys={wording.membership_key(pk) for pk in keys},
    )


@atomic_service
def keep_podiums(*, tournament: Tournament, users: Collection[int]) -> ActivityChanges:
    """Make the timelines of ``users`` say of a tournament's podium what its results say now."""
    rows = TournamentResult.objects.on_podium().filter(tournament=tournament, user__in=users).select_related("tournament", "team")
    return replace_activities(
        records=[wording.describe_podium(row) for row in rows],
        users=users,
        types={Type.TOURNAMENT_WON},
        keys={wording.tournament_key(tournament.pk)},
    )


@atomic_service
def keep_tournament(*, tournament: Tournament, users: Collection[int]) -> ActivityChanges:
    """Make the timelines of ``users`` say of a tournament what the tables say now; also when rows, or all of it, were deleted."""
    entered = TournamentParticipation.objects.filter(tournament=tournament.pk, user__in=users).select_related("tournament", "team")
    placed = TournamentResult.objects.on_podium().filter(tournament=tournament.pk, user__in=users)
    podiums = placed.select_related("tournament", "team")
    return replace_activities(
        records=[*map(wording.describe_registration, entered), *map(wording.describe_podium, podiums)],
        users=users,
        types={Type.TOURNAMENT_REGISTERED, Type.TOURNAMENT_WON},
        keys={wording.tournament_key(tournament.pk)},
    )


@atomic_service
def drop_membership(*, membership: TeamMembership) -> int:
    """Withdraw a membership that was deleted."""
    return withdraw_activities(keys=[(membership.user_id, Type.TEAM_JOINED, wording.membership_key(membership.pk))])


@atomic_service
def drop_verification(*, verification: KycVerification) -> int:
    """Withdraw a verification that was deleted."""
    return withdraw_activities(keys=[(verification.user_id, Type.KYC_VERIFIED, wording.VERIFICATION_KEY)])


@atomic_service
def keep_achievements(*, awards: Sequence[UserAchievement]) -> ActivityChanges:
    """Make timelines say who of those concerned holds some achievements now, ``achievement`` fetched along; minor ones do not appear."""
    told = [award for award in awards if is_told(award)]
    users, achievements = {award.user_id for award in told}, {award.achievement for award in told}
    held = UserAchievement.objects.filter(user__in=users, achievement__in=achievements).select_related("achievement")
    return replace_activities(
        records=[wording.describe_achievement(row) for row in held] if told else [],
        users=users,
        types={Type.ACHIEVEMENT_UNLOCKED},
        keys={wording.achievement_key(achievement.slug) for achievement in achievements},
    )


@atomic_service
def keep_levels(*, users: Collection[int]) -> ActivityChanges:
    """Make the timelines of ``users`` say of levels what their experience says now."""
    return replace_activities(records=list_levels_reached(users), users=users, types={Type.LEVEL_UP})


@atomic_service
def keep_verification(*, user: int) -> ActivityChanges:
    """Make a player's timeline say, to the player, whether they are verified."""
    rows = KycVerification.objects.filter(user=user, status=KycVerification.Status.VERIFIED)
    return replace_activities(
        records=[wording.describe_verification(row) for row in rows],
        users=[user],
        types={Type.KYC_VERIFIED},
        keys={wording.VERIFICATION_KEY},
    )


@atomic_service
def rebuild_timelines(*, users: Sequence[User]) -> ActivityChanges:
    """Make whole timelines say what the tables say, in a constant number of queries for up to 500 players."""
    keys = [user.pk for user in users]
    return replace_activities(records=[*map(wording.describe_arrival, users), *_list_records(keys)], users=keys, types=Type.values)


def is_told(award: UserAchievement) -> bool:
    """Say whether an achievement appears on the timeline: only major ones do."""
    return award.achievement.tier == Achievement.Tier.MAJOR


def _list_records(users: Collection[int]) -> list[ActivityRecord]:
    """What the tables say of ``users``, beyond that they joined."""
    registrations = TournamentParticipation.objects.filter(user__in=users).select_related("tournament", "team")
    results = TournamentResult.objects.on_podium().filter(user__in=users).select_related("tournament", "team")
    memberships = TeamMembership.objects.filter(user__in=users).select_related("team")
    achievements = UserAchievement.objects.filter(user__in=users, achievement__tier=Achievement.Tier.MAJOR).select_related("achievement")
    verified = KycVerification.objects.filter(user__in=users, status=KycVerification.Status.VERIFIED)
    return [
        *map(wording.describe_registration, registrations),
        *map(wording.describe_podium, results),
        *map(wording.describe_membership, memberships),
        *map(wording.describe_achievement, achievements),
        *map(wording.describe_verification, verified),
        *list_levels_reached(users),
    ]
