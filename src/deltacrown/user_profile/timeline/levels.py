"""When players reached the levels worth telling, from their experience awards in order of their dates."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from deltacrown.user_profile.models import ExperienceAward, UserProfile
from deltacrown.user_profile.stats import get_level_start
from deltacrown.user_profile.timeline.records import TOLD_EVERY, ActivityRecord
from deltacrown.user_profile.timeline.wording import describe_level
from django_tally.batches import in_batches


def list_levels_reached(users: Collection[int]) -> list[ActivityRecord]:
    """What the timelines of ``users`` should say of levels, in two queries for up to 500 players who reached any."""
    return [record for batch in in_batches(sorted(set(users))) for record in _iterate_levels(batch)]


def _iterate_levels(users: Collection[int]) -> Iterator[ActivityRecord]:
    high = list(UserProfile.objects.filter(user__in=users, experience_points__gte=get_level_start(TOLD_EVERY)).values_list("pk", flat=True))
    if not high:
        return
    awards = ExperienceAward.objects.filter(user__in=high).order_by("user_id", "awarded_at", "id")
    current, points, level = 0, 0, TOLD_EVERY
    for user, more, at in awards.values_list("user_id", "points", "awarded_at"):
        if user != current:
            current, points, level = user, 0, TOLD_EVERY
        points += more
        while points >= get_level_start(level):
            yield describe_level(user, level, at)
            level += TOLD_EVERY
