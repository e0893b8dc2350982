"""How many players have which value on the leaderboards of all time, so that a place need not be counted.

Kept by ``numbers.rank_folding``, read by ``numbers.rank_counts``; decision 0065 says why it is right at every
moment. No foreign keys: a row here must not hold up the writer who deletes a player.
"""

from __future__ import annotations

from django.db import models


class RankChange(models.Model):
    """One write to what ranks a player. Triggers insert it in the writer's transaction; none is ever updated.

    Two writers insert two rows, so neither waits for the other.
    """

    owner = models.BigIntegerField(null=True, help_text="The user; empty: anybody's may have changed.")

    def __str__(self) -> str:
        return f"a change to {self.owner or 'anybody'}"


class RankedPlayer(models.Model):
    """What a player is counted with in ``RankCount``, which may be older than their numbers are."""

    owner = models.BigIntegerField(primary_key=True, help_text="The user.")
    counted = models.JSONField(help_text="Name of a board → the value on it, as a whole number.")

    def __str__(self) -> str:
        return f"{self.owner} on {len(self.counted)} boards"


class RankCount(models.Model):
    """How many of the ranked players have a value in a range.

    A range of level L begins at ``bucket`` times 64 to the power of L, and is as long as that power.
    """

    board = models.CharField(max_length=80)
    level = models.SmallIntegerField()
    bucket = models.BigIntegerField()
    players = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["board", "level", "bucket"], name="user_profile_rankcount_once")
        ]

    def __str__(self) -> str:
        return f"{self.players} on {self.board} in {self.bucket} of level {self.level}"


class RankFold(models.Model):
    """That the ranked players were counted, and by which declarations; nothing is read before."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    fingerprint = models.CharField(max_length=64, help_text="Of the boards that were counted.")

    def __str__(self) -> str:
        return self.fingerprint
