"""A team asks a player to join."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import CharField, Exists, OuterRef, Q
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deltacrown.games.models import MatchRow
from deltacrown.notifications.kinds.kind import Event, News, NotificationKind, Told
from deltacrown.notifications.models import Notification
from deltacrown.teams import signals
from deltacrown.teams.models import TeamInvitation
from deltacrown.user_profile.standing import is_listed


class InvitedToTeam(NotificationKind):
    """A captain of a team invites a player; it is shown while the invitation is open."""

    kind = "TEAM_INVITATION"
    label = gettext_lazy("A team asks you to join")
    related = ("other__profile",)

    def list_events(self) -> Iterable[Event]:
        """Return a new invitation."""
        return [Event(signals.player_invited, self._list)]

    def _list(self, announced: Mapping[str, Any], now: datetime) -> Iterable[News]:
        invitation: TeamInvitation = announced["invitation"]
        yield News(
            user_id=invitation.user_id,
            kind=self.kind,
            fact=str(invitation.pk),
            happened_at=invitation.invited_at,
            other_id=invitation.invited_by_id,
        )

    def is_shown(self) -> Q:
        """Return whether the invitation is open, and nobody is named who is not listed any more.

        Of one that was sent by the site itself, or by who is gone, the list of invitations tells alone.
        """
        # The fact of another kind is no number: what is read as text here is the key.
        invitations = TeamInvitation.objects.filter(
            is_listed("invited_by__profile"), user=OuterRef("user"), answer=""
        )
        named = invitations.annotate(named=Cast("pk", CharField())).filter(named=OuterRef("fact"))
        return Q(Exists(named))

    def tell(self, row: Notification, match: MatchRow | None) -> Told:
        """Return who asks; the page of invitations says which team."""
        # ``is_shown`` leaves out those without a profile.
        profile = row.other.profile if row.other else row.user.profile
        return Told(
            _("%(player)s asks you to join a team."), ("own-invitations", ()), {"player": profile.name}
        )
