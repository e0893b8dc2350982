"""Numbers as computed fields of django-computedfields, which are counted anew when a line changes."""

from __future__ import annotations

from computedfields.models import ComputedFieldsModel, computed
from django.db import models

from benchmarks.peers import lines

OF_LINES = [("lines", ["result"])]


class Player(ComputedFieldsModel):
    @computed(models.IntegerField(default=0), depends=OF_LINES)
    def matches_played(self) -> int:
        return self.lines.count() if self.pk else 0

    @computed(models.IntegerField(default=0), depends=OF_LINES)
    def matches_won(self) -> int:
        return self.lines.filter(result="WIN").count() if self.pk else 0

    def __str__(self) -> str:
        return str(self.pk)


class PlayerGame(lines.OfGame, ComputedFieldsModel):
    @computed(models.IntegerField(default=0), depends=OF_LINES)
    def matches_played(self) -> int:
        return self.lines.count() if self.pk else 0

    @computed(models.IntegerField(default=0), depends=OF_LINES)
    def matches_won(self) -> int:
        return self.lines.filter(result="WIN").count() if self.pk else 0

    class Meta(lines.OfGame.Meta):
        pass


class Line(lines.Line):
    class Meta(lines.Line.Meta):
        pass
