"""A player reached a level: every fifth appears."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from django.utils.translation import gettext_noop

from deltacrown.user_profile.models import ExperienceAward, Standing, UserProfile
from deltacrown.user_profile.stats import get_level_start
from deltacrown.user_profile.timeline.kind import FactId, Kind, Limit
from deltacrown.user_profile.timeline.records import ActivityRecord

#: Levels from one that appears to the next.
STEP = 5


class LevelUp(Kind):
    """A level is reached by the award that brings the experience to its start, in order of their dates."""

    type = "LEVEL_UP"
    label = "Level up"
    sentence = gettext_noop("Reached level %(level)s")
    order = 6
    fact = "level"
    limits = {"level": Limit(range(STEP, 10**6, STEP), f"every {STEP}th does")}

    def list_wanted(
        self,
        users: Collection[int],
        facts: Collection[FactId] | None,
    ) -> Iterator[ActivityRecord]:
        """Yield the levels reached; in two queries, in one where nobody reached any."""
        high = UserProfile.objects.filter(user__in=users, experience_points__gte=get_level_start(STEP))
        keys = list(high.exclude(standing=Standing.ANONYMISED).values_list("pk", flat=True))
        if not keys:
            return

        awards = ExperienceAward.objects.filter(user__in=keys).order_by("user_id", "awarded_at", "id")
        current, points, level = 0, 0, STEP
        for user, more, awarded_at in awards.values_list("user_id", "points", "awarded_at"):
            if user != current:
                current, points, level = user, 0, STEP
            points += more

            while points >= get_level_start(level):
                yield self.make_record(
                    user_id=user,
                    fact_id=level,
                    created_at=awarded_at,
                    metadata={"level": level},
                )
                level += STEP
