"""Numbers in plain columns: the receivers of signals add to them, or a loop of the ORM counts them anew."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F
from django.db.models.signals import post_save
from django.dispatch import receiver

from benchmarks.peers import lines


class Player(models.Model):
    matches_played = models.IntegerField(default=0)
    matches_won = models.IntegerField(default=0)

    def __str__(self) -> str:
        return str(self.pk)


class PlayerGame(lines.OfGame):
    matches_played = models.IntegerField(default=0)
    matches_won = models.IntegerField(default=0)

    class Meta(lines.OfGame.Meta):
        pass


class Line(lines.Line):
    class Meta(lines.Line.Meta):
        pass


@receiver(post_save, sender=Line)
def count_line(instance: Line, created: bool, **_: Any) -> None:
    """Add a new line to the numbers of its player."""
    if not created:
        return
    won = int(instance.result == "WIN")
    for holder, pk in ((Player, instance.player_id), (PlayerGame, instance.player_game_id)):
        holder.objects.filter(pk=pk).update(
            matches_played=F("matches_played") + 1, matches_won=F("matches_won") + won
        )
