"""A player, or a team they act for, is invited to a tournament."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deltacrown.games.models import MatchRow
from deltacrown.notifications.kinds.kind import Event, News, NotificationKind, Told
from deltacrown.notifications.models import Notification
from deltacrown.teams.services import list_leading
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import Tournament, TournamentInvitation
from deltacrown.user_profile.models import Block
from django_tally.database_clock import DatabaseNow


class Invited(NotificationKind):
    """Told to who answers: the player, or those who act for the team. Shown until it is answered."""

    kind = "INVITED"
    label = gettext_lazy("You, or a team you lead, are invited to a tournament")
    related = ("tournament",)

    def list_events(self) -> Iterable[Event]:
        """Return that somebody was invited."""
        return [Event(signals.entrants_invited, self._list)]

    def _list(self, announced: Mapping[str, Any], now: datetime) -> Iterable[News]:
        by, tournament, at = announced["by"], announced["tournament"], announced["now"]
        for user in announced["told"]:
            if user != by.pk:
                fact = f"{tournament.pk}:{at.isoformat()}"
                yield News(
                    user_id=user, kind=self.kind, fact=fact, happened_at=at, tournament_id=tournament.pk
                )

    def is_shown(self) -> Q:
        """Return whether an invitation of then still waits for the player.

        One that was answered or taken back does not, nor one to a tournament that takes no entries any more,
        nor one by somebody whom the player blocks; nor one to a team for which they do not act any more.
        """
        blocked = Block.objects.filter(blocker=OuterRef(OuterRef("user")), blocked=OuterRef("invited_by"))
        rows = TournamentInvitation.objects.open(DatabaseNow()).filter(
            ~Exists(blocked), tournament=OuterRef("tournament"), invited_at=OuterRef("happened_at")
        )
        leading = list_leading(DatabaseNow()).filter(team=OuterRef("team"), user=OuterRef(OuterRef("user")))
        return Q(Exists(rows.filter(user=OuterRef("user")))) | Q(Exists(rows.filter(Exists(leading))))

    def tell(self, row: Notification, match: MatchRow | None) -> Told:
        """Return who is invited to what; both are answered on the page of one's invitations."""
        name = row.tournament.name if row.tournament else ""
        is_team = row.tournament is not None and row.tournament.entrant_kind == Tournament.EntrantKind.TEAM
        sentence = _("You are invited to %(tournament)s.")
        if is_team:
            sentence = _("Your team is invited to %(tournament)s.")
        return Told(sentence, ("invitations", ()), {"tournament": name})
