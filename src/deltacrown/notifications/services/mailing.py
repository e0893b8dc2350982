"""Mail players what is new: one mail each, in the language of the site.

What a mail will tell is claimed before it is sent, in a transaction, and marked as mailed after. So two runs
at once send it once, and a run that is killed between the two leaves the one mail it was at in doubt: after
an hour it is sent again, and may come twice. A mail that the server does not take is tried again as well.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from deltacrown.accounts.entrance.mails import Mail, build_message
from deltacrown.accounts.models import User
from deltacrown.notifications.models import Notification
from deltacrown.notifications.privacy import filter_by_mail
from deltacrown.notifications.services.reading import RELATED, ShownNotification, show_rows
from django_tally.transactions import atomic_service

logger = logging.getLogger(__name__)

#: What is older is no news any more, as after a long time without the job.
NEWS_FOR = timedelta(days=7)
#: After so long a claim is one of a run that was killed.
CLAIMED_FOR = timedelta(hours=1)
#: The most that one mail lists.
MOST_LISTED = 20
PLAYERS_AT_ONCE = 500


@dataclass(frozen=True)
class Mailing:
    """What a run did."""

    mails: int
    notifications: int
    failed: int


def send_mails(*, clock: Callable[[], datetime]) -> Mailing:
    """Mail each player what they want by mail and have not read, to their confirmed address.

    :return: how much was sent, and how many mails the server did not take.
    """
    mails = told = failed = 0
    position = 0
    while addresses := _list_addresses(clock(), position):
        position = addresses[-1].user_id
        for address in addresses:
            claimed = claim_news(user_id=address.user_id, now=clock())
            if not claimed:
                continue
            try:
                _send(address.email, claimed)
            except (OSError, SMTPException):
                logger.exception("a mail of notifications was not sent")
                failed += 1
                continue
            mark_mailed(rows=claimed, now=clock())
            mails, told = mails + 1, told + len(claimed)
    return Mailing(mails, told, failed)


def get_mail_address(user: User) -> str:
    """Return the confirmed address that mails to a player go to; ``""`` where there is none."""
    found = EmailAddress.objects.filter(user=user, verified=True, primary=True).first()
    return found.email if found else ""


@atomic_service
def claim_news(*, user_id: int, now: datetime) -> list[Notification]:
    """Claim what a player is to be mailed, so that no other run mails it. Return it, the latest first."""
    waiting = _list_waiting(now).filter(user=user_id).order_by("pk")
    keys = list(waiting.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))
    if not keys:
        return []
    Notification.objects.filter(pk__in=keys).update(mail_claimed_at=now)
    rows = Notification.objects.filter(pk__in=keys).select_related(*RELATED)
    return list(rows.order_by("-told_at", "-pk"))


@atomic_service
def mark_mailed(*, rows: Sequence[Notification], now: datetime) -> None:
    """Record that notifications were mailed."""
    Notification.objects.filter(pk__in=[row.pk for row in rows]).update(mailed_at=now)


def _list_waiting(now: datetime) -> QuerySet[Notification]:
    unclaimed = Q(mail_claimed_at__isnull=True) | Q(mail_claimed_at__lt=now - CLAIMED_FOR)
    waiting = Notification.objects.filter(
        unclaimed, read_at__isnull=True, mailed_at__isnull=True, told_at__gte=now - NEWS_FOR
    )
    return filter_by_mail(waiting)


def _list_addresses(now: datetime, after: int) -> list[EmailAddress]:
    """Return the confirmed addresses of active players after a position with something to be told."""
    found = EmailAddress.objects.filter(
        verified=True,
        primary=True,
        user__is_active=True,
        user__gt=after,
        user__in=_list_waiting(now).order_by().values("user"),
    )
    return list(found.order_by("user")[:PLAYERS_AT_ONCE])


def _send(address: str, rows: Sequence[Notification]) -> None:
    with override(settings.LANGUAGE_CODE):
        build_message(_write_mail(show_rows(rows)), to=[address]).send()


def _write_mail(shown: Sequence[ShownNotification]) -> Mail:
    count = len(shown)
    subject = ngettext("%(count)s notification", "%(count)s notifications", count) % {"count": count}
    listed = shown[:MOST_LISTED]
    links = [(each.told.text, _address(*each.told.page)) for each in listed]
    if count > len(listed):
        links.append((_("All of them"), _address("notifications")))
    links.append((_("Choose what is mailed to you, or stop it"), _address("notification-settings")))
    end = _("You get this mail because you asked for it in your settings.")
    return Mail(subject, [_("New for you:")], links=links, end=end)


def _address(name: str, needs: Sequence[str] = ()) -> str:
    return settings.SITE_URL + reverse(name, args=needs)
