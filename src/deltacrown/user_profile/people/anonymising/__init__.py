"""Anonymise players: who they were goes, what they played stays. It cannot be undone.

The account is done in one transaction: its name, addresses, ids, keys, timeline, follows. Texts elsewhere
that name the player follow in batches. Until they are done the names are kept in a ``PendingAnonymisation``,
and running again goes on where the last run stopped. See ``docs/explanation/farewells.md``.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.core.errors import DomainError
from deltacrown.core.inputs import check_datetime, check_text
from deltacrown.freshness import cache_store, keeping
from deltacrown.user_profile.models import PendingAnonymisation, Standing, UserProfile
from deltacrown.user_profile.people.anonymising.account import (
    CannotAnonymise,
    OwnDataNotExported,
    take_account_out,
)
from deltacrown.user_profile.people.anonymising.elsewhere import (
    Progress,
    list_titles,
    replace_elsewhere,
)
from django_tally.transactions import atomic_service

__all__ = [
    "CANNOT_BE_UNDONE",
    "Anonymised",
    "CannotAnonymise",
    "MayNotAnonymise",
    "OwnDataNotExported",
    "anonymise_due_accounts",
    "anonymise_player",
    "finish_anonymisation",
]

logger = logging.getLogger(__name__)

LONGEST_REASON = 500
CANNOT_BE_UNDONE = (
    "This cannot be undone. The name, the addresses, the keys, the timeline and the follows of the player "
    "are deleted, and every text that names them is changed. Matches and results stay, under a name that "
    "says nothing."
)


class MayNotAnonymise(DomainError):
    """The person has not the right to."""

    code = "forbidden"


@dataclass(frozen=True)
class Anonymised:
    """The outcome.

    :param is_new: False for a player who was anonymised before.
    :param texts: in how many rows elsewhere a name was replaced.
    :param titles: teams, tournaments and the like that are named after the player, by table and key: they
        keep their names until whoever owns them changes them.
    """

    public_id: str
    username: str
    is_new: bool
    texts: int = 0
    titles: list[str] = field(default_factory=list)


def anonymise_player(
    *,
    user: User,
    by: User | None,
    now: datetime,
    reason: str = "",
    without_export: bool = False,
    progress: Progress | None = None,
) -> Anonymised:
    """Take everything from a player that says who they were; their matches and results stay.

    Doing so again finishes a run that was stopped, and else changes nothing.

    :param by: who has the right to; None for an operator at the machine, and for the job.
    :param without_export: the player does not want a copy of what is kept of them, or has been offered one.
    :param progress: called with the rows looked at so far and how many there are.
    :raises MayNotAnonymise: ``by`` has not the right to.
    :raises InvalidInput: the reason is too long, or ``now`` has no time zone.
    :raises CannotAnonymise: the account is staff's or was merged, or its player runs a tournament.
    :raises OwnDataNotExported: no export of own data was made lately, and none was said to be unwanted.
    """
    # not atomic: the account in one transaction, texts elsewhere in batches
    check_datetime(now, field="now")
    check_text(reason, field="reason", limit=LONGEST_REASON, multiline=True)
    if by is not None and not has_right(by, Right.ANONYMISE_PLAYERS):
        message = _("Anonymising players takes the permission %(right)s.")
        raise MayNotAnonymise(message % {"right": Right.ANONYMISE_PLAYERS}, field="by")

    is_new = take_account_out(user=user, by=by, now=now, reason=reason, without_export=without_export)
    return finish_anonymisation(user=user, is_new=is_new, progress=progress)


def finish_anonymisation(*, user: User, is_new: bool = False, progress: Progress | None = None) -> Anonymised:
    """Do what is left to do of an anonymisation: nothing, if it is done."""
    # not atomic: commits in batches
    pending = PendingAnonymisation.objects.filter(owner=user.pk).first()
    texts, titles = 0, []
    if pending is not None:
        # What was kept under an older token is shown to nobody; here it is deleted, too.
        cache_store.forget(keeping.PREFIX)
        texts = replace_elsewhere(pending, progress=progress)
        titles = list_titles(pending)
        cache_store.forget(keeping.PREFIX)
        _forget_pending(owner=user.pk)
    profile = UserProfile.objects.select_related("user").get(user=user.pk)
    return Anonymised(profile.public_id, profile.user.username, is_new, texts, titles)


def anonymise_due_accounts(*, now: datetime) -> int:
    """Anonymise the accounts that their players closed so long ago that they cannot reopen them.

    The time they had is the offer of an export. What earlier runs left is finished first. An account that
    cannot be anonymised yet is left for the next run, with a warning.

    :return: how many were anonymised.
    """
    # not atomic: each account by itself
    check_datetime(now, field="now")
    for owner in list(PendingAnonymisation.objects.order_by("owner").values_list("owner", flat=True)):
        finish_anonymisation(user=User(pk=owner))

    due = UserProfile.objects.filter(standing=Standing.CLOSED, standing_until__lte=now)
    done = 0
    for profile in list(due.select_related("user").order_by("standing_until", "user_id")):
        try:
            anonymise_player(user=profile.user, by=None, now=now, without_export=True)
        except CannotAnonymise:
            # Not with the message: a log must not have the name.
            logger.warning("user %s cannot be anonymised yet: anonymise_player says why", profile.user_id)
        else:
            done += 1
    return done


@atomic_service
def _forget_pending(*, owner: int) -> None:
    """Delete the last place that has the names."""
    PendingAnonymisation.objects.filter(owner=owner).delete()
