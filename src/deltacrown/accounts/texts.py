"""What the texts of every table say of players, and what becomes of them when a player is anonymised.

Each app declares its own in ``belongings.py``. A test fails for a column of text or JSON that nobody
declared, so that an anonymisation cannot forget one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from django.db import models


class Text(Enum):
    """What a column of text or JSON says of players."""

    #: It names nobody: a choice, a code, a digest, a number in digits.
    NAMELESS = "nameless"
    #: Somebody wrote it, and may have named anybody: names are replaced.
    FREE = "free"
    #: It says something of a fact: a round, a side, the stats of a match. Names are replaced; one that is an
    #: ordinary word only where the player took part.
    FACT = "fact"
    #: A label of a game, such as a map. Only names that are no ordinary word are replaced.
    LABEL = "label"
    #: The key of a match, the same in all its lines. As FACT, and all lines are changed together.
    KEY = "key"
    #: The images of rows of another table, which ``source`` names: each column as it is declared there.
    IMAGE = "image"
    #: The name of something that is no player: a team, a tournament. It stays, and whoever owns it is told.
    TITLE = "title"
    #: A name, an address or an id of the player whose row it is. It goes, and is looked for everywhere else.
    NAME = "name"
    #: It goes with its row, or is emptied.
    GONE = "gone"


#: The columns that are read when a player is anonymised.
REPLACED = frozenset({Text.FREE, Text.FACT, Text.LABEL, Text.KEY, Text.IMAGE})


@dataclass(frozen=True)
class Texts:
    """The texts of a table.

    :param columns: column → what it says of players.
    :param owner: the foreign key that says whose names those of ``Text.NAME`` are; ``pk`` for the row itself.
    """

    model: type[models.Model]
    columns: Mapping[str, Text] = field(default_factory=dict)
    owner: str = ""

    @property
    def label(self) -> str:
        """Return the label of the model."""
        return str(self.model._meta.label)

    def list_columns(self, *kinds: Text) -> list[str]:
        """Return the columns of these kinds, in the order of the table."""
        return [each.name for each in list_text_fields(self.model) if self.columns.get(each.name) in kinds]


_texts: dict[str, Texts] = {}


def describe(model: type[models.Model], *, owner: str = "", **columns: str) -> Texts:
    """Return the texts of a table: ``describe(Dispute, nameless="status", free="reason resolution")``."""
    kinds = {name: Text(kind) for kind, names in columns.items() for name in names.split()}
    return Texts(model, kinds, owner)


def register_texts(texts: Iterable[Texts]) -> None:
    """Declare the texts of tables; declaring a table again replaces it."""
    _texts.update({each.label: each for each in texts})


def list_texts() -> list[Texts]:
    """Return all that was declared, by table."""
    return [_texts[label] for label in sorted(_texts)]


def find_texts(label: str) -> Texts | None:
    """Return the texts of the table with this label."""
    return _texts.get(label)


def list_text_fields(model: type[models.Model]) -> list[models.Field[object, object]]:
    """Return the columns of a table that hold text or JSON."""
    kinds = (models.CharField, models.TextField, models.JSONField)
    return [each for each in model._meta.concrete_fields if isinstance(each, kinds)]


def list_own_texts() -> list[Texts]:
    """Return the texts of this app's tables, of django-allauth's, of Django's and of what is below."""
    from allauth.account.models import EmailAddress, EmailConfirmation  # noqa: PLC0415 - not loaded yet
    from allauth.mfa.models import Authenticator  # noqa: PLC0415
    from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken  # noqa: PLC0415
    from allauth.usersessions.models import UserSession  # noqa: PLC0415
    from django.contrib.admin.models import LogEntry  # noqa: PLC0415
    from django.contrib.auth.models import Group, Permission  # noqa: PLC0415
    from django.contrib.contenttypes.models import ContentType  # noqa: PLC0415
    from django.contrib.sessions.models import Session  # noqa: PLC0415

    from deltacrown.accounts.models import (  # noqa: PLC0415
        AnsweredRequest,
        ApiKey,
        ExternalId,
        FormerUsername,
        PlayerMerge,
        User,
    )
    from deltacrown.core.models import AuditEntry, JobRun, ToldProblem  # noqa: PLC0415
    from django_tally.models import ChangeContext, Installation, Recording, Repair, Revision, Run  # noqa: PLC0415

    return [
        describe(
            User,
            owner="pk",
            name="username first_name last_name email",
            gone="password username_key username_skeleton search_key",
        ),
        describe(FormerUsername, owner="owner", name="name", gone="key search_key"),
        # Rows that were set aside may name anybody; those of the player go with the account.
        describe(ExternalId, owner="user", name="value key", nameless="provider"),
        describe(PlayerMerge, free="reason set_aside record", nameless="moved"),
        describe(ApiKey, owner="owner", name="prefix", free="name", nameless="digest scopes"),
        describe(AnsweredRequest, free="body", nameless="caller digest", fact="idempotency_key"),
        describe(LogEntry, free="object_repr change_message", nameless="object_id"),
        # The sessions of the player are deleted.
        describe(Session, nameless="session_key session_data"),
        describe(EmailAddress, owner="user", name="email"),
        describe(EmailConfirmation, nameless="key"),
        describe(Authenticator, nameless="type", gone="data"),
        describe(SocialAccount, owner="user", name="uid", nameless="provider", gone="extra_data"),
        # Both are empty: providers are named in the settings, and no token is kept.
        describe(SocialApp, nameless="provider provider_id name client_id secret key settings"),
        describe(SocialToken, gone="token token_secret"),
        describe(UserSession, nameless="session_key", gone="user_agent data"),
        describe(Group, title="name"),
        describe(Permission, nameless="name codename"),
        describe(ContentType, nameless="app_label model"),
        describe(AuditEntry, nameless="kind deed about sameness", free="reason"),
        describe(JobRun, nameless="job cause status", free="summary error"),
        describe(ToldProblem, nameless="job problem"),
        describe(Revision, nameless="source", free="actor reason", image="old new"),
        describe(ChangeContext, free="actor reason"),
        describe(Run, nameless="cause status", free="scope faults error"),
        describe(Repair, nameless="holder stat keys", free="reason"),
        describe(Recording, nameless="source", free="actor reason"),
        describe(Installation, nameless="name fingerprint"),
    ]
