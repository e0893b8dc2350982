from __future__ import annotations

from django.db import models

from django_tally.database_clock import DatabaseNow


class PendingAnonymisation(models.Model):
    """An anonymisation that is not done: the one place that still has the names, deleted at its end.

    No foreign key: the row is no fact about a user, and must not hold up whoever writes one.
    """

    owner = models.BigIntegerField(primary_key=True, help_text="The user's key.")
    names = models.JSONField(help_text="Former names, addresses and ids, and what stands in their place.")
    stage = models.CharField(
        max_length=100, blank=True, default="", db_default="", help_text="The table being looked through."
    )
    last_row = models.BigIntegerField(
        default=0, db_default=0, help_text="The key of its last row that was looked at."
    )
    started_at = models.DateTimeField(db_default=DatabaseNow(), editable=False)

    def __str__(self) -> str:
        return f"{self.owner}: {self.stage}"
