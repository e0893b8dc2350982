from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from deltacrown.core.deletion import refuse_deletion
from deltacrown.games.models import Match
from deltacrown.tournaments.models import TournamentResult
from django_tally.database_clock import DatabaseNow
from django_tally.fields import RecordedAt


class Dispute(models.Model):
    """A player's objection to a match or a result, and the decision about it.

    The foreign key to the match has no database constraint, so that it stays valid when the row moves
    into the archive.
    """

    class Status(models.TextChoices):
        OPEN = "OPEN", pgettext_lazy("status of a dispute", "Open")
        UPHELD = "UPHELD", pgettext_lazy("status of a dispute", "Upheld")
        REJECTED = "REJECTED", pgettext_lazy("status of a dispute", "Rejected")

    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, refuse_deletion, related_name="disputes_filed", db_index=False
    )
    match = models.ForeignKey(
        Match, refuse_deletion, null=True, blank=True, related_name="disputes", db_constraint=False
    )
    result = models.ForeignKey(
        TournamentResult, refuse_deletion, null=True, blank=True, related_name="disputes"
    )
    reason = models.TextField(max_length=2000)
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN, db_default=Status.OPEN)
    filed_at = models.DateTimeField(db_default=DatabaseNow())
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, refuse_deletion, null=True, blank=True, related_name="disputes_resolved"
    )
    resolution = models.TextField(max_length=2000, blank=True, default="", db_default="")
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        refuse_deletion,
        null=True,
        blank=True,
        related_name="disputes_assigned",
        db_index=False,
    )
    assigned_at = models.DateTimeField(null=True, blank=True)
    recorded_at = RecordedAt()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(match__isnull=False, result__isnull=True)
                | Q(match__isnull=True, result__isnull=False),
                name="moderation_dispute_one_subject",
            ),
            models.CheckConstraint(
                condition=Q(status="OPEN", resolved_at__isnull=True)
                | (Q(status__in=["UPHELD", "REJECTED"], resolved_at__isnull=False) & ~Q(resolution="")),
                name="moderation_dispute_resolution",
            ),
            models.CheckConstraint(
                condition=Q(assigned_to=None, assigned_at=None)
                | Q(assigned_to__isnull=False, assigned_at__isnull=False),
                name="moderation_dispute_assigned",
            ),
            models.UniqueConstraint(
                fields=["reporter", "match"],
                condition=Q(status="OPEN"),
                name="moderation_dispute_one_open_match",
            ),
            models.UniqueConstraint(
                fields=["reporter", "result"],
                condition=Q(status="OPEN"),
                name="moderation_dispute_one_open_result",
            ),
        ]
        indexes = [
            models.Index("reporter", F("filed_at").desc(), F("id").desc(), name="moderation_dispute_of_user"),
            models.Index("reporter", F("recorded_at").desc(), F("id").desc(), name="dispute_recorded"),
            models.Index(fields=["status", "filed_at", "id"], name="moderation_dispute_queue"),
            models.Index(
                fields=["assigned_to", "status", "filed_at", "id"], name="moderation_dispute_assignee"
            ),
            models.Index(F("filed_at").desc(), F("id").desc(), name="moderation_dispute_newest"),
        ]

    def __str__(self) -> str:
        return f"Dispute {self.pk} ({self.status})"


class DisputeStatement(models.Model):
    """What another party of a disputed match or result says of it. Only who may decide it reads that."""

    dispute = models.ForeignKey(Dispute, refuse_deletion, related_name="statements", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, refuse_deletion, related_name="dispute_statements")
    words = models.TextField(max_length=2000)
    written_at = models.DateTimeField(db_default=DatabaseNow())
    changed_at = models.DateTimeField(null=True, blank=True)
    former = models.JSONField(
        default=list,
        db_default=[],
        blank=True,
        help_text="What it said before, oldest first, and since when: moderators may have read it.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dispute", "author"], name="moderation_statement_once"),
            models.CheckConstraint(condition=~Q(words=""), name="moderation_statement_words"),
        ]
        indexes = [
            models.Index(fields=["dispute", "written_at", "id"], name="moderation_statement_list"),
        ]

    def __str__(self) -> str:
        return f"Statement {self.pk} on dispute {self.dispute_id}"
