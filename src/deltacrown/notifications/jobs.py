"""The scheduled jobs of notifications (``config/schedule.py``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from deltacrown.notifications.services import delete_old_notifications, send_mails


class MailsRefused(RuntimeError):
    """The server for mail took none of the mails of a run."""


def send_notifications(*, clock: Callable[[], datetime]) -> dict[str, object]:
    """Mail players what is new and they want by mail; return the figures.

    :raises MailsRefused: the server took none, so that somebody looks.
    """
    mailing = send_mails(clock=clock)
    if mailing.failed and not mailing.mails:
        raise MailsRefused(f"{mailing.failed} mails were not sent, and none was")
    return asdict(mailing)


def prune_notifications(*, clock: Callable[[], datetime]) -> dict[str, object]:
    """Delete notifications that were read long ago; return how many."""
    return {"deleted": delete_old_notifications(now=clock())}
