"""Numbers as counts of django-denorm-iplweb, which its triggers keep."""

from __future__ import annotations

from denorm import CountField
from django.db import models

from benchmarks.peers import lines


class Player(models.Model):
    matches_played = CountField("lines")
    matches_won = CountField("lines", filter={"result": "WIN"})

    def __str__(self) -> str:
        return str(self.pk)


class PlayerGame(lines.OfGame):
    matches_played = CountField("lines")
    matches_won = CountField("lines", filter={"result": "WIN"})

    class Meta(lines.OfGame.Meta):
        pass


class Line(lines.Line):
    class Meta(lines.Line.Meta):
        pass
