"""How players rename themselves, how often, and the names that they had."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import ngettext

from deltacrown.accounts.models import FormerUsername, User
from deltacrown.accounts.services.players import check_username, rename_player
from deltacrown.core.dates import write_iso_minute
from deltacrown.core.errors import Conflict
from deltacrown.freshness.rates import Rate
from django_tally.transactions import atomic_service


class TooManyRenames(Conflict):
    """The player has changed the username too often lately."""


@dataclass(frozen=True)
class RenameAllowance:
    """How often a player may change the username still.

    :param most: how often in all, per ``period``.
    :param left: how often now.
    :param next_at: from when on again; None while something is left.
    """

    most: int
    period: timedelta
    left: int
    next_at: datetime | None


def get_rename_allowance(user: User, *, now: datetime) -> RenameAllowance:
    """Return how often ``user`` may change the username still: see ``USERNAME_CHANGE_RATE``. One query."""
    rate = Rate.read("username", settings.USERNAME_CHANGE_RATE)
    period = timedelta(seconds=rate.seconds)
    given_up = FormerUsername.objects.filter(owner=user, given_up_at__gt=now - period)
    times = list(given_up.order_by("-given_up_at").values_list("given_up_at", flat=True)[: rate.limit])
    left = rate.limit - len(times)
    return RenameAllowance(rate.limit, period, left, None if left else times[-1] + period)


@atomic_service
def rename_oneself(*, user: User, username: str, now: datetime) -> User:
    """Change a username at the wish of its player, as often as ``USERNAME_CHANGE_RATE`` allows.

    The same name again changes nothing.

    :raises InvalidInput: the name is empty, too long or holds control characters.
    :raises InvalidUsername: the name breaks the rules for usernames.
    :raises NameTaken: the name is another player's, or looks like another's.
    :raises TooManyRenames: the player has changed it too often lately.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    allowance = get_rename_allowance(user, now=now)
    if allowance.next_at is not None and check_username(username) != user.username:
        sentence = ngettext(
            "You have changed your username %(count)s time lately; you can again from %(time)s on.",
            "You have changed your username %(count)s times lately; you can again from %(time)s on.",
            allowance.most,
        )
        words = {"count": allowance.most, "time": write_iso_minute(allowance.next_at)}
        raise TooManyRenames(sentence % words, field="username")
    return rename_player(user=user, username=username)


def list_former_usernames(user: User) -> QuerySet[FormerUsername]:
    """Return the names that a player had and has no more: for the player, and for staff."""
    return FormerUsername.objects.filter(owner=user).exclude(name=user.username)
