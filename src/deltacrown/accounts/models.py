from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F
from django.db.models.functions import Lower

from django_tally.database_clock import DatabaseNow


class User(AbstractUser):
    """A person who can sign in. What other people see of them is on ``user_profile.UserProfile``."""

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="accounts_user_username_ci",
                violation_error_message="A user with that username already exists.",
            )
        ]


class ApiKey(models.Model):
    """A credential with which a program acts for its owner.

    The secret is shown once, when the key is created; the database stores only its digest.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_keys", db_index=False
    )
    name = models.CharField(max_length=60, help_text="What it is for.")
    prefix = models.CharField(
        max_length=12, unique=True, help_text="Names the key; the public part of the secret."
    )
    digest = models.CharField(max_length=64, editable=False, help_text="SHA-256 of the whole secret.")
    scopes = models.JSONField(help_text="What it may do: read, matches:write, tournaments:write.")
    created_at = models.DateTimeField(db_default=DatabaseNow(), editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute.")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index("owner", F("created_at").desc(), F("id").desc(), name="accounts_apikey_of_owner")
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
