"""A player earned a major achievement."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from deltacrown.core.words import translate_stored
from deltacrown.user_profile.models import Achievement, UserAchievement
from deltacrown.user_profile.timeline.kind import RowKind
from deltacrown.user_profile.timeline.records import Metadata, name_things


class AchievementUnlocked(RowKind[UserAchievement]):
    """An achievement is held; minor ones do not appear. The text leaves out its fact, which may be hidden."""

    type = "ACHIEVEMENT_UNLOCKED"
    label = "Achievement unlocked"
    sentence = gettext_noop("Earned %(achievement_name)s")
    order = 2
    fact = "achievement"
    fact_id = "achievement__slug"
    fact_type = str
    dated_by = "earned_at"
    related = ("achievement",)
    requires = ("achievement",)
    follows_deletion = False

    def find_fault(self, metadata: Metadata) -> str:
        """Return a sentence about an achievement that is unknown, or MINOR."""
        columns = {"achievement_id": "pk", "achievement_slug": "slug", "achievement_name": "name"}
        asked = {columns[name]: value for name, value in metadata.items() if name in columns}

        tiers = Achievement.objects.filter(**asked).values_list("tier", flat=True)
        if not tiers:
            named = ", ".join(f"{column} {value!r}" for column, value in asked.items())
            return f"there is no achievement of {named}; define it first."
        if Achievement.Tier.MAJOR not in tiers:
            return "a MINOR achievement does not appear on a timeline; only MAJOR ones do."
        return ""

    def list_rows(self) -> QuerySet[UserAchievement]:
        return UserAchievement.objects.filter(achievement__tier=Achievement.Tier.MAJOR)

    def word(self, metadata: Metadata) -> str:
        """Return the text; the name of an achievement of the site is in the reader's language, too."""
        name = translate_stored(str(metadata["achievement_name"]))
        return super().word({**metadata, "achievement_name": name})

    def list_metadata(self, row: UserAchievement) -> Metadata:
        return name_things(achievement=row.achievement)
