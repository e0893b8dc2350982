"""What is told of a player: names, numbers, achievements. Only of players who are listed."""

from __future__ import annotations

from pydantic import Field

from deltacrown.api.answers import Writer
from deltacrown.api.shapes import PublicId, Shown
from deltacrown.api.shapes.players import AchievementLine, GameLine, PlayerLine, StatLine
from deltacrown.core.errors import DomainError
from deltacrown.pages import cached
from deltacrown.user_profile.achievements.catalogue import get_revealed_histories
from deltacrown.user_profile.models import Achievement, UserAchievement, UserProfile
from deltacrown.user_profile.numbers.row_sources import describe_achievements, tell_achievement_times
from deltacrown.user_profile.privacy import Visibility, get_visibility
from deltacrown.user_profile.standing import is_listed
from deltacrown.webhooks.models import WebhookEvent


class NumbersEvent(Shown):
    """The numbers of a player after a correction."""

    player: PlayerLine
    cause: str = Field(description="`match`, `result`: a ruling. `repair`: a number had drifted.")
    corrected: list[str] = Field(description="The numbers that were repaired; empty after a ruling.")
    stats: list[StatLine]
    games: list[GameLine]


class AchievementEvent(Shown):
    """An achievement and who earned it."""

    player: PlayerLine
    achievement: AchievementLine


class RevokedEvent(Shown):
    """An achievement that a player does not hold any more."""

    player: PlayerLine
    slug: str
    name: str = Field(description="Empty where the achievement itself is gone.")


class RenameEvent(Shown):
    """A player as they are called now."""

    player: PlayerLine


class MergeEvent(Shown):
    """An account that is, or is no more, part of another."""

    player: PlayerLine
    merged: PublicId


_NUMBERS, _ACHIEVEMENT, _REVOKED = Writer(NumbersEvent), Writer(AchievementEvent), Writer(RevokedEvent)
_RENAME, _MERGE = Writer(RenameEvent), Writer(MergeEvent)


def tell_numbers(event: WebhookEvent) -> bytes | None:
    """Return all numbers of the player, which are public.

    That a match was ruled on is not: after such a ruling, they are told where matches are shown.
    """
    profile = _find_listed(event.players[0])
    cause = event.facts["cause"]
    if profile is None or (cause == "match" and not _see(profile).match_history):
        return None
    try:
        page = cached.get_profile_page(profile.public_id, viewer=None)
    except DomainError:  # gone since it was looked for
        return None
    corrected = event.facts.get("stats", [])
    return _NUMBERS.write(
        {"player": profile, "cause": cause, "corrected": corrected, "stats": page.stats, "games": page.games}
    )


def tell_achievement(event: WebhookEvent) -> bytes | None:
    """Return the achievement as it is held now.

    One bears the time of what earned it. Where a visitor is told only the day of that, a message, which comes
    at once, would tell more: none is sent.
    """
    profile, slug = _find_listed(event.players[0]), event.facts["achievement"]
    if profile is None or not (seen := _see(profile)).shows(get_revealed_histories(slug)):
        return None
    held = UserAchievement.objects.filter(user=profile.user_id, achievement__slug=slug)
    told, _ = tell_achievement_times(held.select_related("achievement"), seen)
    entries = describe_achievements(told)
    return _ACHIEVEMENT.write({"player": profile, "achievement": entries[0]}) if entries else None


def tell_revoked(event: WebhookEvent) -> bytes | None:
    """Return what was taken back, unless the player holds it again; see ``tell_achievement``."""
    profile, slug = _find_listed(event.players[0]), event.facts["achievement"]
    if profile is None or not _see(profile).shows(get_revealed_histories(slug)):
        return None
    if UserAchievement.objects.filter(user=profile.user_id, achievement__slug=slug).exists():
        return None
    name = Achievement.objects.filter(slug=slug).values_list("name", flat=True).first()
    return _REVOKED.write({"player": profile, "slug": slug, "name": name or ""})


def tell_rename(event: WebhookEvent) -> bytes | None:
    """Return what the player is called now. Former names are for the player and for staff."""
    profile = _find_listed(event.players[0])
    return None if profile is None else _RENAME.write({"player": profile})


def tell_merge(event: WebhookEvent) -> bytes | None:
    """Return the account that stands for both, if it still does."""
    kept, merged = _find_listed(event.facts["kept"]), _find(event.facts["merged"])
    if kept is None or merged is None or merged.user.merged_into_id != kept.user_id:
        return None
    return _MERGE.write({"player": kept, "merged": merged.public_id})


def tell_parting(event: WebhookEvent) -> bytes | None:
    """Return both accounts, if they are two and a visitor sees both."""
    kept, merged = _find_listed(event.facts["kept"]), _find_listed(event.facts["merged"])
    if kept is None or merged is None:
        return None
    return _MERGE.write({"player": kept, "merged": merged.public_id})


def _see(profile: UserProfile) -> Visibility:
    return get_visibility(profile.user, None)


def _find_listed(user: int) -> UserProfile | None:
    return UserProfile.objects.filter(is_listed(), user=user).select_related("user").first()


def _find(user: int) -> UserProfile | None:
    return UserProfile.objects.filter(user=user).select_related("user").first()
