"""What a player is shown of their notifications, and that they have read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.signing import BadSignature
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import NotFound
from deltacrown.core.pagination import Order, Page, paginate
from deltacrown.core.sealing import seal, unseal
from deltacrown.games.models import MatchRow, list_match_sources
from deltacrown.notifications.kinds import KINDS, Told
from deltacrown.notifications.models import Notification
from deltacrown.notifications.privacy import MOST_COUNTED, list_shown
from django_tally.transactions import atomic_service

LATEST_FIRST: Order = ("-told_at", "-id")
#: What is fetched along with rows of any kind.
RELATED = sorted({name for kind in KINDS.values() for name in kind.related})
_HANDLE = "notification"


class NotificationNotFound(NotFound):
    """There is no such notification, or it is another player's, or it is not shown any more."""


@dataclass(frozen=True)
class ShownNotification:
    """A notification as its player reads it.

    :param kind: a key of ``KINDS``.
    :param handle: names it in addresses and forms.
    """

    told: Told
    happened_at: datetime
    is_read: bool
    handle: str
    kind: str


def list_notifications(user: User, page: str | None = None, *, limit: int = 20) -> Page[ShownNotification]:
    """Return a page of what a player is told, the latest first."""
    rows = list_shown(user.pk).select_related(*RELATED)
    listing = f"notifications/{user.pk}"
    found = paginate(rows, listing=listing, order=LATEST_FIRST, cursor=page, limit=limit)
    return found.with_items(show_rows)


def show_rows(rows: Sequence[Notification]) -> list[ShownNotification]:
    """Return what rows say, ``RELATED`` fetched along; two queries where some are about matches."""
    matches = _find_matches(rows)
    return [
        ShownNotification(
            told=KINDS[row.kind].tell(row, matches.get((row.match_id, row.user_id))),
            happened_at=row.happened_at,
            is_read=row.read_at is not None,
            handle=seal(row.pk, name=_HANDLE),
            kind=row.kind,
        )
        for row in rows
    ]


def count_unread(user: User) -> int:
    """Return how many unread ones a player is shown; ``MOST_COUNTED`` at most. One query."""
    unread = list_shown(user.pk).filter(read_at__isnull=True)
    return unread.order_by()[:MOST_COUNTED].count()


@atomic_service
def open_notification(*, user: User, handle: str, now: datetime) -> Told:
    """Record that a player opened a notification, and return what it says and leads to.

    :raises NotificationNotFound: they are not shown such a one.
    """
    row = list_shown(user.pk).select_related(*RELATED).filter(pk=_read_handle(handle)).first()
    if row is None:
        raise NotificationNotFound(_("This notification is not there any more."), field="notification")
    if row.read_at is None:
        Notification.objects.filter(pk=row.pk, read_at__isnull=True).update(read_at=now)
    return show_rows([row])[0].told


@atomic_service
def mark_all_read(*, user: User, now: datetime) -> int:
    """Record that a player has read everything told up to ``now``. Return how much of it was unread."""
    unread = Notification.objects.filter(user=user, read_at__isnull=True, told_at__lte=now)
    return unread.update(read_at=now)


def _read_handle(handle: str) -> int:
    """Return the key of the row; 0, which no row has, of what was not sealed here."""
    try:
        return int(unseal(handle, name=_HANDLE))
    except BadSignature:
        return 0


def _find_matches(rows: Sequence[Notification]) -> dict[tuple[int | None, int], MatchRow]:
    """Return the lines that rows are about, by line and player: one that is another's now is not found."""
    keys = {row.match_id for row in rows if row.match_id is not None}
    if not keys:
        return {}
    found = [line for source in list_match_sources(pk__in=keys) for line in source.select_related("game")]
    return {(line.pk, line.user_id): line for line in found}
