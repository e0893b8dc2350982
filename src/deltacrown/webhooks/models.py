from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from deltacrown.webhooks.kinds import Kind
from django_tally.database_clock import DatabaseNow

LONGEST_NAME, LONGEST_URL, LONGEST_ERROR = 80, 500, 200


def make_message_id() -> str:
    """Return a random id: one that was counted would show how many events a receiver is not told of."""
    return f"msg_{uuid.uuid4().hex}"


class WebhookEndpoint(models.Model):
    """Where events are sent. The secret is stored sealed, as each message is signed with it."""

    name = models.CharField(max_length=LONGEST_NAME, help_text="What it is for.")
    url = models.CharField(max_length=LONGEST_URL, help_text="Where to: an address of https.")
    kinds = models.JSONField(default=list, blank=True, help_text="Which events; none for all of them.")
    is_active = models.BooleanField(
        default=True, db_default=True, help_text="Nothing is sent while it is off, and nothing new waits."
    )
    starts_at = models.DateTimeField(help_text="It is told what was written from then on.")
    sealed_secret = models.TextField()
    sealed_former = models.TextField(
        blank=True, default="", db_default="", help_text="Signs too for a day after the secret was replaced."
    )
    rotated_at = models.DateTimeField(null=True, blank=True)
    stopped_because = models.CharField(max_length=LONGEST_ERROR, blank=True, default="", db_default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=True
    )
    created_at = models.DateTimeField(db_default=DatabaseNow(), editable=False)
    claimed_by = models.CharField(
        max_length=32, blank=True, default="", db_default="", help_text="The worker that delivers to it."
    )
    claimed_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name="") & ~Q(url=""), name="webhooks_endpoint_named"),
        ]

    def __str__(self) -> str:
        return self.name


class WebhookEvent(models.Model):
    """Something that happened, written in the transaction of the fact: both are there, or neither.

    It holds keys of rows, and no word of them. What is told, and whether, is decided when it is delivered.
    """

    message_id = models.CharField(max_length=40, unique=True, default=make_message_id)
    kind = models.CharField(max_length=30, choices=[(kind.value, kind.value) for kind in Kind])
    players = models.JSONField(help_text="The keys of the players whose events keep their order.")
    facts = models.JSONField(default=dict)
    occurred_at = models.DateTimeField()
    written_at = models.DateTimeField(db_default=DatabaseNow(), editable=False)
    is_planned = models.BooleanField(
        default=False, db_default=False, help_text="Whether it was decided who is told."
    )

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="webhooks_unplanned", condition=Q(is_planned=False)),
            models.Index(fields=["written_at"], name="webhooks_event_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id}"


class WebhookDelivery(models.Model):
    """An event on its way to an endpoint, and what became of it; what was told is kept nowhere."""

    class Status(models.TextChoices):
        PENDING = "PENDING", "Pending"
        DELIVERED = "DELIVERED", "Delivered"
        SKIPPED = "SKIPPED", "Not told: hidden, or gone"
        DEAD = "DEAD", "Given up"

    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries", db_index=False)
    event = models.ForeignKey(WebhookEvent, models.CASCADE, related_name="deliveries", db_index=True)
    status = models.CharField(
        max_length=10, choices=Status.choices, default=Status.PENDING, db_default=Status.PENDING
    )
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    due_at = models.DateTimeField(help_text="From when on it is tried, or tried again.")
    attempted_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    response_code = models.PositiveSmallIntegerField(null=True, blank=True)
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    error = models.CharField(max_length=LONGEST_ERROR, blank=True, default="", db_default="")

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="webhooks_delivered_once"),
            models.CheckConstraint(
                condition=Q(status="PENDING", finished_at__isnull=True)
                | (~Q(status="PENDING") & Q(finished_at__isnull=False)),
                name="webhooks_delivery_finished",
            ),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "event"], name="webhooks_waiting", condition=Q(status="PENDING")
            ),
            models.Index(
                fields=["endpoint", "finished_at"], name="webhooks_dead", condition=Q(status="DEAD")
            ),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk} of event {self.event_id}"
