"""What the engine remembers: what it installed, what it verified, what it repaired."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from django_tally.database_clock import DatabaseNow

WHO = "Who; empty when the write did not say."
WHY = "Why; empty when the write did not say."


class Installation(models.Model):
    """The definitions whose triggers are in this database."""

    name = models.CharField(max_length=60, primary_key=True)
    fingerprint = models.CharField(max_length=64)
    installed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.fingerprint[:12]}"


class Recording(models.Model):
    """What one statement wrote to a source, as its triggers saw it, and when its transaction was committed.

    A row whose ``recorded_at`` and key are in one of these was recorded by this database, or by the one it
    was restored from. One written while the triggers were off is in none.
    """

    source = models.CharField(max_length=100)
    written_at = models.DateTimeField()
    transaction_id = models.BigIntegerField(
        default=0, db_default=0, help_text="PostgreSQL's number of the transaction; on SQLite of its context."
    )
    first_row = models.BigIntegerField(null=True, help_text="Empty for a statement that recorded no row.")
    last_row = models.BigIntegerField(null=True)
    committed_at = models.DateTimeField(null=True, help_text="Empty where the database cannot say.")
    is_late = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Whether it may have been committed much later than written.",
    )
    actor = models.CharField(max_length=150, blank=True, default="", db_default="", help_text=WHO)
    reason = models.CharField(max_length=500, blank=True, default="", db_default="", help_text=WHY)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["written_at", "source", "transaction_id"], name="tally_recording_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["source", "written_at"], name="tally_recording_late", condition=Q(is_late=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} at {self.written_at}"


class Revision(models.Model):
    """A change to a source row that moved somebody's number: what the row itself no longer shows.

    One per row changed and owner concerned. The images are of the row before and after, without
    its JSON columns; no image before means that it came back, or was written while no trigger
    watched, none after that it was deleted.
    """

    source = models.CharField(
        max_length=100, help_text="The source model; a live table's name for its archive too."
    )
    row = models.BigIntegerField(help_text="The row's primary key.")
    owner = models.BigIntegerField(help_text="The first key of the holder concerned.")
    recorded_at = models.DateTimeField(help_text="When the row was recorded.")
    changed_at = models.DateTimeField()
    is_first = models.BooleanField(
        help_text="The row's first for this owner: its image before is how it was recorded."
    )
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    actor = models.CharField(max_length=150, blank=True, help_text=WHO)
    reason = models.CharField(max_length=500, blank=True, help_text=WHY)
    run = models.ForeignKey(
        "Run",
        models.SET_NULL,
        null=True,
        db_index=False,
        related_name="revisions",
        help_text="The run that found the change, where no trigger had seen it.",
    )

    class Meta:
        indexes = [
            models.Index(fields=["run"], name="tally_revision_found", condition=Q(run__isnull=False)),
            models.Index(
                "owner", "source", F("changed_at").desc(), F("id").desc(), name="tally_revision_changes"
            ),
            models.Index(
                "owner",
                "source",
                F("recorded_at").desc(),
                F("row").desc(),
                name="tally_revision_firsts",
                condition=Q(is_first=True),
            ),
            models.Index(fields=["row", "owner", "source"], name="tally_revision_of_row"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.row} of {self.owner} at {self.changed_at}"


class ChangeContext(models.Model):
    """Who writes and why, for triggers of databases without session settings; empty between transactions."""

    actor = models.CharField(max_length=150)
    reason = models.CharField(max_length=500)

    def __str__(self) -> str:
        return f"{self.actor}: {self.reason}"


class Run(models.Model):
    """One verification, with or without repair."""

    class Status(models.TextChoices):
        RUNNING = "RUNNING", "Running"
        CLEAN = "CLEAN", "Clean"
        DRIFTED = "DRIFTED", "Drift found"
        FAILED = "FAILED", "Failed"

    cause = models.CharField(max_length=60, help_text="What asked for it: a command, a schedule, a deploy.")
    scope = models.CharField(
        max_length=60, blank=True, default="", help_text="Whose numbers; empty for everybody's."
    )
    dry_run = models.BooleanField(default=False)
    status = models.CharField(max_length=8, choices=Status, default=Status.RUNNING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    numbers_checked = models.BigIntegerField(default=0)
    numbers_drifted = models.BigIntegerField(default=0)
    numbers_repaired = models.BigIntegerField(default=0)
    faults = models.JSONField(
        default=list, db_default=[], blank=True, help_text="Why numbers are, or can become, wrong: sentences."
    )
    error = models.TextField(blank=True, default="")

    class Meta:
        indexes = [models.Index(F("started_at").desc(), F("id").desc(), name="tally_run_newest")]

    def __str__(self) -> str:
        return f"Run {self.pk}: {self.status}"


class Repair(models.Model):
    """One number that had drifted and what it was set to.

    ``keys`` are the holder's key columns and values, since holders differ in their keys. Where the rows do
    not tell what the repair changed, history tells ``unexplained`` twice: against it at ``since``, the last
    time the number is known to have been right, and for it at ``changed_at``.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="repairs")
    holder = models.CharField(max_length=100)
    stat = models.CharField(max_length=100)
    keys = models.JSONField()
    was = models.BigIntegerField(null=True, help_text="Empty where the row itself was missing.")
    now = models.BigIntegerField()
    repaired_at = models.DateTimeField()
    owner = models.BigIntegerField(null=True, help_text="The value of the holder's first key.")
    unexplained = models.BigIntegerField(
        default=0, db_default=0, help_text="What of the difference no source row accounts for."
    )
    reason = models.CharField(max_length=500, blank=True, default="", db_default="")
    since = models.DateTimeField(null=True, help_text="When the number was last known to be right.")
    changed_at = models.DateTimeField(db_default=DatabaseNow(), help_text="By the database's clock.")

    class Meta:
        indexes = [
            models.Index(fields=["holder", "stat"], name="tally_repair_of_stat"),
            models.Index(
                fields=["owner", "holder", "stat"], name="tally_repair_told", condition=~Q(unexplained=0)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(was__isnull=True) | ~Q(was=F("now")), name="tally_repair_changes"
            )
        ]

    def __str__(self) -> str:
        return f"{self.holder}.{self.stat} {self.keys}: {self.was} → {self.now}"
