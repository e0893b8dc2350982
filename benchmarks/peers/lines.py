"""The rows that every peer has: a player's lines of matches. What is kept of them is each peer's own."""

from __future__ import annotations

from django.db import models


class Line(models.Model):
    """One player's line of a match, of one player and of one of the player's games."""

    player = models.ForeignKey("Player", models.CASCADE, related_name="lines")
    player_game = models.ForeignKey("PlayerGame", models.CASCADE, related_name="lines")
    match_key = models.CharField(max_length=100)
    result = models.CharField(max_length=4)
    played_at = models.DateTimeField()

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(fields=["player_game", "match_key"], name="%(app_label)s_line_once")
        ]
        indexes = [models.Index("player", models.F("played_at").desc(), name="%(app_label)s_history")]

    def __str__(self) -> str:
        return f"{self.match_key}: {self.result}"


class OfGame(models.Model):
    """What says whose numbers, and in which game, a row has."""

    player = models.ForeignKey("Player", models.CASCADE, related_name="games", db_index=False)
    game = models.BigIntegerField()

    class Meta:
        abstract = True
        constraints = [models.UniqueConstraint(fields=["player", "game"], name="%(app_label)s_game_once")]

    def __str__(self) -> str:
        return f"{self.player_id} in {self.game}"
