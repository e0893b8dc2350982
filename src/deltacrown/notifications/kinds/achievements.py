"""A player earned an achievement, by something that happened lately."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deltacrown.core.words import translate_stored
from deltacrown.games.models import MatchRow
from deltacrown.notifications.kinds.kind import Event, News, NotificationKind, Told
from deltacrown.notifications.models import Notification
from deltacrown.user_profile import signals
from deltacrown.user_profile.models import UserAchievement

#: What was earned longer ago is no news: an import of past seasons, a backfill or a new entry of the
#: catalogue tells nobody, however many players it is about, and costs no statement.
LATELY = timedelta(days=7)


class AchievementEarned(NotificationKind):
    """One of the catalogue, minor or major."""

    kind = "ACHIEVEMENT_EARNED"
    label = gettext_lazy("You earned an achievement")
    related = ("achievement", "user__profile")

    def list_events(self) -> Iterable[Event]:
        """Return new awards."""
        return [Event(signals.achievements_awarded, self._list)]

    def _list(self, announced: Mapping[str, Any], now: datetime) -> Iterable[News]:
        for award in announced["awards"]:
            if award.earned_at >= now - LATELY:
                yield News(
                    user_id=award.user_id,
                    kind=self.kind,
                    fact=str(award.achievement_id),
                    happened_at=award.earned_at,
                    achievement_id=award.achievement_id,
                )

    def is_shown(self) -> Q:
        """Return whether it is still held: a correction may have taken it back."""
        held = UserAchievement.objects.filter(user=OuterRef("user"), achievement=OuterRef("achievement"))
        return Q(Exists(held))

    def tell(self, row: Notification, match: MatchRow | None) -> Told:
        """Return which it is, and lead to the list of one's own."""
        name = translate_stored(row.achievement.name) if row.achievement else ""
        page = ("player-stat", (row.user.profile.public_id, "achievement_count"))
        return Told(_("You earned the achievement %(achievement)s."), page, {"achievement": name})
