"""A dispute that a player filed was answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deltacrown.games.models import MatchRow
from deltacrown.moderation import signals
from deltacrown.moderation.models import Dispute
from deltacrown.notifications.kinds.kind import Event, News, NotificationKind, Told
from deltacrown.notifications.models import Notification


class DisputeAnswered(NotificationKind):
    """A moderator upheld or rejected it."""

    kind = "DISPUTE_ANSWERED"
    label = gettext_lazy("A dispute of yours was answered")
    related = ("dispute",)

    def list_events(self) -> Iterable[Event]:
        """Return both answers."""
        return [Event(each, self._list) for each in (signals.dispute_upheld, signals.dispute_rejected)]

    def _list(self, announced: Mapping[str, Any], now: datetime) -> Iterable[News]:
        dispute: Dispute = announced["dispute"]
        yield News(
            user_id=dispute.reporter_id,
            kind=self.kind,
            fact=str(dispute.pk),
            happened_at=dispute.resolved_at or now,
            dispute_id=dispute.pk,
        )

    def tell(self, row: Notification, match: MatchRow | None) -> Told:
        """Return which answer it was; what the moderator wrote is on the page of one's disputes."""
        if row.dispute is not None and row.dispute.status == Dispute.Status.UPHELD:
            return Told(_("Your dispute was upheld. Read the answer."), ("disputes", ()))
        return Told(_("Your dispute was rejected. Read the answer."), ("disputes", ()))
