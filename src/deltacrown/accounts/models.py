from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F

from deltacrown.core.errors import DomainError
from deltacrown.core.former_names import FormerName, Rename
from deltacrown.core.name_keys import NamedModel, NamedQuerySet, NameKeyField
from deltacrown.core.names import clean_username, make_name_key, make_search_key, make_skeleton
from deltacrown.core.namesakes import find_taken
from django_tally.database_clock import DatabaseNow

if TYPE_CHECKING:
    BaseUserManager = DjangoUserManager["User"]
else:
    BaseUserManager = DjangoUserManager.from_queryset(NamedQuerySet)

LONGEST_USERNAME = 150


def validate_username(username: str) -> None:
    """Check a username, as a validator of the column."""
    try:
        clean_username(username, field="username", limit=LONGEST_USERNAME)
    except DomainError as error:
        raise ValidationError(error.message, code=error.code) from error


class UserManager(BaseUserManager):
    """Creates users by the rules for names, and finds them by name as every other door does."""

    use_in_migrations = False

    def create_user(self, username: str, *args: Any, **fields: Any) -> User:
        _check_new_name(username)
        return super().create_user(username, *args, **fields)

    def create_superuser(self, username: str, *args: Any, **fields: Any) -> User:
        _check_new_name(username)
        return super().create_superuser(username, *args, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the user of this name, whatever its case."""
        # Nothing longer is a username, and folding it takes time by the square of its length.
        if username is None or len(username) > LONGEST_USERNAME:
            raise self.model.DoesNotExist("No user has such a name.")

        return self.get(username_key=make_name_key(username))


def _check_new_name(username: str) -> None:
    validate_username(username)
    if taken := find_taken("player", [clean_username(username, field="username", limit=LONGEST_USERNAME)]):
        raise ValidationError({"username": list(taken.values())})


class User(NamedModel, AbstractUser):
    """A person who can sign in. What other people see of them is on ``user_profile.UserProfile``."""

    instead_of_deletion = "Deactivate the account instead: set is_active to False."

    username = models.CharField(
        max_length=LONGEST_USERNAME,
        unique=True,
        validators=[validate_username],
        help_text="150 characters or fewer: letters, digits and @ . + - _",
        error_messages={"unique": "A user with that username already exists."},
    )
    username_key = NameKeyField(
        of="username",
        compute=make_name_key,
        null=True,
        unique=True,
        help_text="Equal for all spellings of the username.",
        error_messages={"unique": "A user with that username already exists."},
    )
    username_skeleton = NameKeyField(
        of="username",
        compute=make_skeleton,
        default="",
        db_default="",
        help_text="Equal for usernames that look alike.",
    )
    search_key = NameKeyField(
        of="username",
        compute=make_search_key,
        max_length=500,
        default="",
        db_default="",
        help_text="The username in ASCII, in each way people write it.",
    )

    objects = UserManager()  # type: ignore[misc]

    class Meta(AbstractUser.Meta):
        indexes = [models.Index(fields=["username_skeleton"], name="accounts_user_look_alikes")]

    def clean(self) -> None:
        """Refuse a username that is another's, or looks like it; forms of the admin call this."""
        super().clean()
        if not self.username:
            return  # the form has refused it already
        if User.objects.filter(username_key=make_name_key(self.username)).exclude(pk=self.pk).exists():
            raise ValidationError({"username": "A user with that username already exists."})
        if taken := find_taken("player", [self.username], owners={self.username: self.pk}):
            raise ValidationError({"username": list(taken.values())})

    @property
    def shown_name(self) -> str:
        """Return the name that pages show, for messages that other people read.

        The login name is part of it only where a player has no other name.
        """
        profile = getattr(self, "profile", None)
        return self.username if profile is None else profile.name


class FormerUsername(FormerName):
    """A username that a user had. It finds them as long as nobody else has it."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="former_usernames", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "key", "name"], name="accounts_formerusername_once")
        ]
        indexes = [models.Index(fields=["key"], name="accounts_formerusername_key")]


#: The names that are looked up after they were given up.
RENAMES = [Rename(FormerUsername, "username", key="username_key", search_key="search_key")]


class ApiKey(models.Model):
    """A credential with which a program acts for its owner.

    The secret is shown once, when the key is created; the database stores only its digest.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_keys", db_index=False
    )
    name = models.CharField(max_length=60, help_text="What it is for.")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.RESTRICT,  # who acted for somebody stays known; a person's own keys go with them
        null=True,
        related_name="made_api_keys",
        db_index=False,
        help_text="Who made it: its owner, or a member of staff. Not known of the oldest keys.",
    )
    prefix = models.CharField(
        max_length=12, unique=True, help_text="Names the key; the public part of the secret."
    )
    digest = models.CharField(max_length=64, editable=False, help_text="SHA-256 of the whole secret.")
    scopes = models.JSONField(help_text="What it may do: read, matches:write and others of SCOPES.")
    created_at = models.DateTimeField(db_default=DatabaseNow(), editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute.")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index("owner", F("created_at").desc(), F("id").desc(), name="accounts_apikey_of_owner"),
            models.Index(fields=["made_by"], name="accounts_apikey_made_by"),
        ]
        permissions = [
            ("act_for_player", "Can make and use API keys in the name of another player"),
            ("grant_recording", "Can grant API keys the scope matches:write"),
            ("create_players", "Can create players by recording, and grant API keys players:create"),
        ]

    def __str__(self) -> str:
        return self.prefix


class AnsweredRequest(models.Model):
    """The stored answer to a request with an ``Idempotency-Key``; a repeated request gets it again."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="answered_requests", db_index=False
    )
    caller = models.CharField(max_length=40, help_text="The key or the person whose keys these are.")
    idempotency_key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64, help_text="SHA-256 of what was asked.")
    body = models.JSONField(null=True, help_text="What was answered.")
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["caller", "idempotency_key"], name="accounts_answeredrequest_once"
            )
        ]
        indexes = [models.Index(fields=["owner", "answered_at"], name="accounts_answered_of_owner")]

    def __str__(self) -> str:
        return f"{self.caller}: {self.idempotency_key}"
