from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from deltacrown.core.minutes import DatabaseMinute
from django_tally.database_clock import DatabaseNow


class JobRun(models.Model):
    """One run of a scheduled job. A constraint allows one RUNNING row per job, so runs never overlap."""

    class Status(models.TextChoices):
        RUNNING = "RUNNING", "Running"
        DONE = "DONE", "Done"
        FAILED = "FAILED", "Failed"

    job = models.CharField(max_length=60, help_text="Its name in the schedule.")
    cause = models.CharField(max_length=60, help_text="What started it: a command, or beat.")
    status = models.CharField(max_length=7, choices=Status, default=Status.RUNNING, db_default=Status.RUNNING)
    started_at = models.DateTimeField()
    alive_at = models.DateTimeField(null=True, help_text="When it last said that it is running.")
    finished_at = models.DateTimeField(null=True)
    summary = models.JSONField(default=dict, db_default={}, help_text="What it did, in numbers.")
    error = models.TextField(blank=True, default="", db_default="", help_text="Why it failed.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["job"], condition=Q(status="RUNNING"), name="core_jobrun_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["RUNNING", "DONE", "FAILED"]), name="core_jobrun_status"
            ),
            models.CheckConstraint(
                condition=Q(status="RUNNING") ^ Q(finished_at__isnull=False), name="core_jobrun_finished"
            ),
        ]
        indexes = [models.Index("job", F("started_at").desc(), name="core_jobrun_latest")]

    def __str__(self) -> str:
        return f"{self.job} at {self.started_at:%Y-%m-%d %H:%M}: {self.status}"


class ToldProblem(models.Model):
    """A problem of a job that operators were told of by mail, for as long as it lasts."""

    job = models.CharField(max_length=60, unique=True, help_text="Its name in the schedule.")
    problem = models.TextField(help_text="The sentence that was mailed.")
    told_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.job}, told at {self.told_at:%Y-%m-%d %H:%M}"


class AuditEntry(models.Model):
    """One deed of the audit log: what somebody read by a permission, decided or changed. It never changes.

    People are named by their keys, which stay when an account is deleted: there is no constraint, so that
    neither a deletion changes an entry, nor an entry waits for somebody who has an account locked.
    """

    class Kind(models.TextChoices):
        READ = "READ", "Read"
        RULING = "RULING", "Ruling"
        CHANGE = "CHANGE", "Change"

    actor_id: int | None
    subject_id: int | None

    at = models.DateTimeField(db_default=DatabaseNow())
    kind = models.CharField(max_length=6, choices=Kind)
    deed = models.CharField(max_length=40, help_text="Its code in the catalogue.")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, blank=True, related_name="+",
        db_index=False, db_constraint=False, help_text="Who did it; nobody for a command or a job.",
    )  # fmt: skip
    subject = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, blank=True, related_name="+",
        db_index=False, db_constraint=False, help_text="The player it is about, if it is about one.",
    )  # fmt: skip
    about = models.CharField(
        max_length=200, blank=True, default="", help_text="What it is about, as kind:key; never a name."
    )
    reason = models.TextField(blank=True, default="", help_text="Why, as whoever did it wrote it.")
    sameness = models.CharField(max_length=64, null=True, help_text="The same for the same read.")
    minute = models.BigIntegerField(
        null=True,
        db_default=DatabaseMinute(),
        help_text="In which minute of the database's clock it was read.",
    )

    objects: ClassVar[models.Manager[AuditEntry]] = models.Manager()

    class Meta:
        verbose_name_plural = "audit entries"
        constraints = [
            models.UniqueConstraint(fields=["sameness", "minute"], name="core_auditentry_read_once_a_minute"),
            models.CheckConstraint(
                condition=Q(kind__in=["READ", "RULING", "CHANGE"]), name="core_auditentry_kind"
            ),
        ]
        indexes = [
            models.Index(F("at").desc(), F("id").desc(), name="core_auditentry_latest"),
            models.Index("kind", F("at").desc(), F("id").desc(), name="core_auditentry_of_kind"),
            models.Index("actor", F("at").desc(), F("id").desc(), name="core_auditentry_by"),
            models.Index("subject", F("at").desc(), F("id").desc(), name="core_auditentry_of"),
            models.Index("about", "kind", F("at").desc(), F("id").desc(), name="core_auditentry_about"),
        ]

    def __str__(self) -> str:
        return f"{self.deed} at {self.at:%Y-%m-%d %H:%M}"
