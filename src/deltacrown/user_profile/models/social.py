from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from deltacrown.core.deletion import refuse_deletion
from django_tally.database_clock import DatabaseNow


class Follow(models.Model):
    """One player follows another."""

    follower = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="following", db_index=False
    )
    followed = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="followers", db_index=False
    )
    created_at = models.DateTimeField(db_default=DatabaseNow(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["follower", "followed"], name="user_profile_follow_once"),
            models.CheckConstraint(condition=~Q(follower=F("followed")), name="user_profile_follow_not_self"),
        ]
        indexes = [
            models.Index("followed", F("created_at").desc(), F("id").desc(), name="follow_followers"),
            models.Index("follower", F("created_at").desc(), F("id").desc(), name="follow_following"),
        ]

    def __str__(self) -> str:
        return f"{self.follower_id} follows {self.followed_id}"


class Block(models.Model):
    """One player blocks another: neither follows the other. Database triggers see to it."""

    blocker = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="blocking", db_index=False
    )
    blocked = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="blocked_by", db_index=False
    )
    created_at = models.DateTimeField(db_default=DatabaseNow(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["blocker", "blocked"], name="user_profile_block_once"),
            models.CheckConstraint(condition=~Q(blocker=F("blocked")), name="user_profile_block_not_self"),
        ]
        indexes = [
            models.Index("blocker", F("created_at").desc(), F("id").desc(), name="block_blocking"),
            models.Index(fields=["blocked"], name="block_blocked"),
        ]

    def __str__(self) -> str:
        return f"{self.blocker_id} blocks {self.blocked_id}"


class KycVerification(models.Model):
    """The state of a player's identity verification. No documents are stored."""

    class Status(models.TextChoices):
        PENDING = "PENDING", pgettext_lazy("status of a verification", "Pending")
        VERIFIED = "VERIFIED", pgettext_lazy("status of a verification", "Verified")
        REJECTED = "REJECTED", pgettext_lazy("status of a verification", "Rejected")

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="kyc_verification")
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING, db_default=Status.PENDING)
    requested_at = models.DateTimeField(db_default=DatabaseNow(), editable=False)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, refuse_deletion, null=True, blank=True, related_name="kyc_reviews"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status="PENDING", reviewed_at__isnull=True)
                | Q(status__in=["VERIFIED", "REJECTED"], reviewed_at__isnull=False),
                name="user_profile_kyc_reviewed",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.status}"
