"""A dispute that a player filed was answered, or somebody disputes what is theirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deltacrown.core.dates import write_day
from deltacrown.games.models import MatchRow
from deltacrown.moderation import signals
from deltacrown.moderation.models import Dispute
from deltacrown.moderation.services import find_question, write_statement_handle
from deltacrown.notifications.kinds.kind import Event, News, NotificationKind, PageName, Told
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


class Disputed(NotificationKind):
    """Somebody disputes a match or a result of the player, who may say their side; it never tells who."""

    kind = "DISPUTED"
    label = gettext_lazy("A match or a result of yours is disputed, and you can say your side")
    related = ("dispute", "tournament", "user__profile")

    def list_events(self) -> Iterable[Event]:
        """Return the filing."""
        return [Event(signals.dispute_filed, self._list)]

    def _list(self, announced: Mapping[str, Any], now: datetime) -> Iterable[News]:
        dispute: Dispute = announced["dispute"]
        question = find_question(dispute)
        if question is None:
            return
        for user, line in question.told.items():
            yield News(
                user_id=user,
                kind=self.kind,
                fact=question.name,
                happened_at=dispute.filed_at,
                match_id=line,
                tournament_id=dispute.result.tournament_id if dispute.result else None,
                dispute_id=dispute.pk,
            )

    def tell(self, row: Notification, match: MatchRow | None) -> Told:
        """Return what is disputed, and where one says one's side; once it is decided, what became of it."""
        dispute, event = row.dispute, row.tournament
        asked = dispute if dispute is not None and dispute.status == Dispute.Status.OPEN else None
        if event is not None:
            names = {"tournament": event.name}
            known = _("Your official result in %(tournament)s is disputed. Say your side.")
            over = _("Your official result in %(tournament)s was disputed. It is decided.")
            page: PageName = ("tournament-results", (event.slug,))
        elif match is not None:
            names = {"game": match.game.name, "day": write_day(match.played_at)}
            known = _("A match of yours is disputed: %(game)s, %(day)s. Say your side.")
            over = _("A match of yours was disputed: %(game)s, %(day)s. It is decided.")
            page = ("match", (match.game.slug, match.match_key))
        else:
            matches = ("player-matches", (row.user.profile.public_id,))
            return Told(_("A match was disputed, and you are not in it any more."), matches)
        if asked is None:
            return Told(over, page, names)
        return Told(known, ("dispute-statement", (write_statement_handle(asked),)), names)
