"""What becomes of the rows that name a player, when accounts are merged and when a player is anonymised.

Each app declares its own in ``belongings.py``, beside its models. A test fails for a foreign key to users
that nobody declared, so that neither a merge nor an anonymisation can forget a table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from django.db import models


class OnMerge(Enum):
    """What becomes of a row of the account that is merged into another."""

    #: It becomes the other's. Where a unique constraint forbids that, one of the two rows is set aside.
    MOVE = "move"
    #: It stays with the merged account, which nobody sees.
    KEEP = "keep"
    #: It follows from other rows, and is synced with them.
    SYNC = "sync"


class OnAnonymise(Enum):
    """What becomes of a row of a player who is anonymised."""

    #: It stays: others need it, and it names nobody once the account has no name.
    KEEP = "keep"
    #: It is deleted.
    DELETE = "delete"


@dataclass(frozen=True)
class Belonging:
    """The rows of a table that name a player by a foreign key.

    :param column: the name of the foreign key.
    :param apart_from: the column of the row's player, who cannot be this one: nobody is their own opponent.
        After a merge of the two, this one is empty.
    """

    model: type[models.Model]
    column: str
    on_merge: OnMerge
    on_anonymise: OnAnonymise
    apart_from: str = ""

    @property
    def label(self) -> str:
        """Return its name: ``games.Match.user``."""
        return f"{self.model._meta.label}.{self.column}"


_belongings: dict[str, Belonging] = {}


def register_belongings(belongings: Iterable[Belonging]) -> None:
    """Declare what becomes of rows; declaring it again replaces it."""
    _belongings.update({each.label: each for each in belongings})


def list_belongings() -> list[Belonging]:
    """Return all that was declared, by name, so that two writers lock tables in one order."""
    return [_belongings[label] for label in sorted(_belongings)]


def list_own() -> list[Belonging]:
    """Return what is declared of this app's own tables, of django-allauth's, and of the admin's log."""
    from allauth.account.models import EmailAddress  # noqa: PLC0415 - models are not loaded yet
    from allauth.mfa.models import Authenticator  # noqa: PLC0415
    from allauth.socialaccount.models import SocialAccount  # noqa: PLC0415
    from allauth.usersessions.models import UserSession  # noqa: PLC0415
    from django.contrib.admin.models import LogEntry  # noqa: PLC0415

    from deltacrown.accounts.models import (  # noqa: PLC0415
        AnsweredRequest,
        ApiKey,
        ExternalId,
        FormerUsername,
        PlayerMerge,
        User,
    )
    from deltacrown.core.models import AuditEntry  # noqa: PLC0415

    return [
        # Entries of the audit log name people by key, and never change.
        Belonging(AuditEntry, "actor", OnMerge.KEEP, OnAnonymise.KEEP),
        Belonging(AuditEntry, "subject", OnMerge.KEEP, OnAnonymise.KEEP),
        Belonging(User, "merged_into", OnMerge.KEEP, OnAnonymise.KEEP),
        Belonging(LogEntry, "user", OnMerge.KEEP, OnAnonymise.KEEP),
        # Names of the merged account find the other through merged_into.
        Belonging(FormerUsername, "owner", OnMerge.KEEP, OnAnonymise.DELETE),
        Belonging(ExternalId, "user", OnMerge.MOVE, OnAnonymise.DELETE),
        Belonging(ApiKey, "owner", OnMerge.KEEP, OnAnonymise.DELETE),
        Belonging(ApiKey, "made_by", OnMerge.MOVE, OnAnonymise.KEEP),
        Belonging(AnsweredRequest, "owner", OnMerge.KEEP, OnAnonymise.DELETE),
        # Nobody signs in to a merged account; its ways in wait for the merge to be undone.
        Belonging(EmailAddress, "user", OnMerge.KEEP, OnAnonymise.DELETE),
        Belonging(Authenticator, "user", OnMerge.KEEP, OnAnonymise.DELETE),
        Belonging(SocialAccount, "user", OnMerge.KEEP, OnAnonymise.DELETE),
        Belonging(UserSession, "user", OnMerge.KEEP, OnAnonymise.DELETE),
        *(
            Belonging(PlayerMerge, column, OnMerge.KEEP, OnAnonymise.KEEP)
            for column in ("kept", "merged", "decided_by", "undone_by")
        ),
    ]
