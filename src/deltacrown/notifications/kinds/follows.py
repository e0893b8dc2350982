"""Somebody follows a player."""

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
from deltacrown.user_profile import signals
from deltacrown.user_profile.models import Follow
from deltacrown.user_profile.standing import is_listed


class Followed(NotificationKind):
    """A player has a new follower, told once for each: who leaves and comes back is no news."""

    kind = "FOLLOWED"
    label = gettext_lazy("Somebody follows you")
    related = ("other__profile",)

    def list_events(self) -> Iterable[Event]:
        """Return a new follower."""
        return [Event(signals.player_followed, self._list)]

    def _list(self, announced: Mapping[str, Any], now: datetime) -> Iterable[News]:
        follow: Follow = announced["follow"]
        yield News(
            user_id=follow.followed_id,
            kind=self.kind,
            fact=str(follow.follower_id),
            happened_at=follow.created_at,
            other_id=follow.follower_id,
        )

    def is_shown(self) -> Q:
        """Return whether they are still among the followers that the player is shown.

        Who unfollowed, is blocked, closed the account, was suspended or anonymised is not.
        """
        follows = Follow.objects.filter(
            is_listed("follower__profile"), follower=OuterRef("other"), followed=OuterRef("user")
        )
        return Q(Exists(follows))

    def tell(self, row: Notification, match: MatchRow | None) -> Told:
        """Return who it is."""
        # ``is_shown`` leaves out those without a profile.
        profile = row.other.profile if row.other else row.user.profile
        return Told(_("%(player)s follows you."), ("player", (profile.public_id,)), {"player": profile.name})
