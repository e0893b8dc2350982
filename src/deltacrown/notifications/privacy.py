"""Which notifications a player is shown: their own, of what they may see today, of the kinds they want.

Lists, the number in the head of pages and mails all ask here, before they count or paginate.
"""

from __future__ import annotations

from functools import cache

from django.db.models import Exists, IntegerField, OuterRef, Q, QuerySet, Subquery

from deltacrown.notifications.kinds import KINDS
from deltacrown.notifications.models import Notification, NotificationChoice

#: So many unread ones are counted; of more it is said that there are more.
MOST_COUNTED = 100


def filter_visible(rows: QuerySet[Notification]) -> QuerySet[Notification]:
    """Return the rows whose player may see today what they tell; of kinds that are gone, none."""
    shown = Q()
    plain = []
    for name, kind in KINDS.items():
        condition = kind.is_shown()
        if condition:
            shown |= Q(kind=name) & condition
        else:
            plain.append(name)
    return rows.filter(Q(kind__in=plain) | shown)


def filter_on_site(rows: QuerySet[Notification]) -> QuerySet[Notification]:
    """Return the rows that are shown on the site."""
    unwanted = _choices().filter(on_site=False)
    return filter_visible(rows).filter(~Exists(unwanted))


def filter_by_mail(rows: QuerySet[Notification]) -> QuerySet[Notification]:
    """Return the rows that are wanted by mail, told since that was chosen."""
    wanted = _choices().filter(mail_since__lte=OuterRef("told_at"))
    return filter_visible(rows).filter(Exists(wanted))


def list_shown(user_id: int) -> QuerySet[Notification]:
    """Return what a player is shown of their own."""
    return filter_on_site(Notification.objects.filter(user=user_id))


class _BoundedCount(Subquery):
    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


@cache
def build_unread_count() -> Subquery:
    """Return how many unread ones a user is shown, as part of a statement that reads users; 100 at most."""
    unread = Notification.objects.filter(user=OuterRef("pk"), read_at__isnull=True)
    return _BoundedCount(filter_on_site(unread).order_by().values("pk")[:MOST_COUNTED])


def _choices() -> QuerySet[NotificationChoice]:
    return NotificationChoice.objects.filter(user=OuterRef("user"), kind=OuterRef("kind"))
