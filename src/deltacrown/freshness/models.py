from __future__ import annotations

from django.db import models


class ContentVersion(models.Model):
    """A random number per owner, replaced with every change to what is shown of them; see ``tokens``.

    No foreign key: the engine knows no user, and a row must not hold up the writer who deletes one.
    """

    owner = models.BigIntegerField(primary_key=True, help_text="The first key of the holders: the user.")
    token = models.BigIntegerField()

    class Meta:
        # The table is older than this app: it was the engine's.
        db_table = "tally_contentversion"

    def __str__(self) -> str:
        return f"{self.owner}: {self.token}"
