from __future__ import annotations

from django.db import models
from django.db.models import F, Q


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
