from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from deltacrown.core.deletion import refuse_deletion
from deltacrown.core.errors import DomainError
from deltacrown.core.external_ids import LONGEST_KEY, LONGEST_PROVIDER, LONGEST_VALUE, list_constraints
from deltacrown.core.former_names import FormerName, Rename
from deltacrown.core.name_keys import NamedModel, NamedQuerySet, NameKeyField
from deltacrown.core.names import clean_username, make_name_key, make_search_key, make_skeleton
from deltacrown.core.namesakes import find_taken
from deltacrown.core.told_json import ToldJSONField
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
    if username != username.strip() or "  " in username:
        raise ValidationError("Write single spaces between words, and none at the ends.", code="invalid")


class UserManager(BaseUserManager):
    """Creates users by the rules for names, and finds them by name as every other door does."""

    use_in_migrations = False

    def create_user(self, username: str, *args: Any, **fields: Any) -> User:
        return super().create_user(_check_new_name(username), *args, **fields)

    def create_superuser(self, username: str, *args: Any, **fields: Any) -> User:
        return super().create_superuser(_check_new_name(username), *args, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the user of this name, whatever its case."""
        # Nothing longer is a username, and folding it takes time by the square of its length.
        if username is None or len(username) > LONGEST_USERNAME:
            raise self.model.DoesNotExist("No user has such a name.")

        return self.get(username_key=make_name_key(username))


def _check_new_name(username: str) -> str:
    """Return a new user's name as it is stored."""
    validate_username(username)
    cleaned = clean_username(username, field="username", limit=LONGEST_USERNAME)
    if taken := find_taken("player", [cleaned]):
        raise ValidationError({"username": list(taken.values())})
    return cleaned


class User(NamedModel, AbstractUser):
    """A person who can sign in. What other people see of them is on ``user_profile.UserProfile``."""

    instead_of_deletion = "Deactivate the account instead: set is_active to False."

    username = models.CharField(
        max_length=LONGEST_USERNAME,
        unique=True,
        validators=[validate_username],
        help_text="150 characters or fewer: letters, digits, signs and single spaces, but no “:”.",
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

    merged_into = models.ForeignKey(
        "self",
        models.RESTRICT,
        null=True,
        blank=True,
        editable=False,
        related_name="merged_accounts",
        db_index=False,
        help_text="The account that this one was merged into: names and addresses of this one find that one.",
    )

    closings = models.PositiveIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text="How often the account was closed. A database trigger counts; each ends all sessions.",
    )

    objects = UserManager()  # type: ignore[misc]

    class Meta(AbstractUser.Meta):
        indexes = [
            models.Index(fields=["username_skeleton"], name="accounts_user_look_alikes"),
            models.Index(
                fields=["merged_into"], name="accounts_user_merged", condition=Q(merged_into__isnull=False)
            ),
        ]

    def clean(self) -> None:
        """Refuse a username that is another's, or looks like it; forms of the admin call this."""
        super().clean()
        if not self.username:
            return  # the form has refused it already
        if User.objects.filter(username_key=make_name_key(self.username)).exclude(pk=self.pk).exists():
            raise ValidationError({"username": "A user with that username already exists."})
        if taken := find_taken("player", [self.username], owners={self.username: self.pk}):
            raise ValidationError({"username": list(taken.values())})

    def get_session_auth_hash(self) -> str:
        """Return what a session must have: another after each change of password, and each closing."""
        return self._add_closings(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """Yield what a session may have that began under an earlier secret key of the site."""
        yield from map(self._add_closings, super().get_session_auth_fallback_hash())

    def _add_closings(self, digest: str) -> str:
        return f"{digest}-{self.closings}" if self.closings else digest

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


class ExternalId(models.Model):
    """An id of a player at a provider such as Steam, by which files and requests name the player.

    A player may have several of one provider. Only the player and staff see them.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="external_ids", db_index=False
    )
    provider = models.CharField(max_length=LONGEST_PROVIDER)
    value = models.CharField(max_length=LONGEST_VALUE)
    key = models.CharField(max_length=LONGEST_KEY, editable=False, help_text="Equal for all spellings.")
    is_confirmed = models.BooleanField(
        default=True,
        db_default=True,
        help_text="Staff or an import said so. What a player alone says finds nobody.",
    )
    added_at = models.DateTimeField(db_default=DatabaseNow(), editable=False)

    class Meta:
        constraints = list_constraints("user", "accounts_externalid")
        indexes = [models.Index(fields=["key"], name="accounts_externalid_key")]

    def __str__(self) -> str:
        return f"{self.provider}:{self.value}"


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
    body = ToldJSONField(null=True, help_text="What was answered.")
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


class PlayerMergeQuerySet(models.QuerySet["PlayerMerge"]):
    """Filters for merges."""

    def standing(self) -> PlayerMergeQuerySet:
        """Keep the merges that were not undone."""
        return self.filter(undone_at__isnull=True)


class PlayerMerge(models.Model):
    """Two accounts of one person were made one: which, why, by whom, and what it takes to undo it."""

    kept = models.ForeignKey(User, refuse_deletion, related_name="merges", db_index=False)
    merged = models.ForeignKey(User, refuse_deletion, related_name="merges_into_others", db_index=False)
    decided_by = models.ForeignKey(User, refuse_deletion, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=500)
    merged_at = models.DateTimeField()
    undo_until = models.DateTimeField(help_text="Until when it can be undone.")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(User, refuse_deletion, null=True, blank=True, related_name="+")
    moved = models.JSONField(default=dict, help_text="Table and column → the rows that moved.")
    set_aside = models.JSONField(
        default=list, help_text="Rows that the other account had too: whole, with their history."
    )
    record = models.JSONField(default=dict, help_text="What else it takes to undo it.")

    objects = PlayerMergeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(kept=F("merged")), name="accounts_merge_of_two"),
            models.CheckConstraint(condition=~Q(reason=""), name="accounts_merge_reason"),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=False) | Q(undone_by__isnull=True), name="accounts_merge_undone"
            ),
            models.UniqueConstraint(
                fields=["merged"], condition=Q(undone_at__isnull=True), name="accounts_merged_once"
            ),
        ]
        indexes = [
            models.Index("kept", F("merged_at").desc(), F("id").desc(), name="accounts_merges_of_kept"),
            models.Index("merged", F("merged_at").desc(), F("id").desc(), name="accounts_merges_of_merged"),
        ]

    def __str__(self) -> str:
        return f"{self.merged_id} into {self.kept_id}"
