"""How players want to be told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.notifications.kinds import KINDS
from deltacrown.notifications.models import NotificationChoice
from django_tally.transactions import atomic_service


class UnknownKind(InvalidInput):
    """There is no such kind of notification."""


@dataclass(frozen=True)
class Choice:
    """How a player is told of a kind."""

    kind: str
    label: str
    on_site: bool
    by_mail: bool


def list_choices(user: User) -> list[Choice]:
    """Return how a player is told of each kind."""
    chosen = {row.kind: row for row in NotificationChoice.objects.filter(user=user)}
    found = []
    for name, kind in KINDS.items():
        row = chosen.get(name)
        by_mail = row is not None and row.mail_since is not None
        found.append(Choice(name, str(kind.label), on_site=row is None or row.on_site, by_mail=by_mail))
    return found


@atomic_service
def set_choices(*, user: User, on_site: Collection[str], by_mail: Collection[str], now: datetime) -> None:
    """Set of which kinds a player is told on the site, and of which by mail; of the others not.

    What is mailed already keeps its beginning, so that nothing is mailed that was told before.

    :raises UnknownKind: one of the names is no kind.
    """
    if unknown := sorted({*on_site, *by_mail} - KINDS.keys()):
        message = _("There is no kind of notification %(kind)s.")
        raise UnknownKind(message % {"kind": repr(unknown[0][:40])}, field="kinds")

    User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk").first()
    since = dict(NotificationChoice.objects.filter(user=user).values_list("kind", "mail_since"))
    rows = [
        NotificationChoice(
            user=user,
            kind=kind,
            on_site=kind in on_site,
            mail_since=(since.get(kind) or now) if kind in by_mail else None,
        )
        for kind in KINDS
    ]
    NotificationChoice.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["user", "kind"],
        update_fields=["on_site", "mail_since"],
    )
