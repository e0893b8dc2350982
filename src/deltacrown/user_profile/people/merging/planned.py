"""The words of a plan: what a merge does to rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db import models

from deltacrown.accounts.belongings import Belonging
from deltacrown.accounts.models import User
from deltacrown.games.models import MATCH_TABLES
from deltacrown.teams.services import Lasting

Model = type[models.Model]
Period = tuple[datetime, datetime | None]


@dataclass(frozen=True)
class Clash:
    """Two rows of which one account can have one only.

    :param stays: the key of the row that stays, 0 where the other is only in the way.
    :param words: the columns in which they are the same.
    """

    stays: int
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Repointed:
    """A row that names a row set aside, and names the one that stays instead."""

    model: Model
    column: str
    key: int
    old: int
    new: int


@dataclass(frozen=True)
class JoinedPeriod:
    """A membership or a role that lasts as long as several did together.

    :param becomes: when it begins and ends; ``was``: when it did.
    """

    model: type[Lasting]
    key: int
    becomes: Period
    was: Period


@dataclass
class Plan:
    """All that a merge does to rows.

    :param clashes: table → the rows that are set aside.
    :param moved: table and column → the rows that become the other's.
    :param series_times: since when the merged account has a row of a series that both have.
    :param emptied: table and column → rows of one account that name the other as their opponent.
    """

    kept: User
    merged: User
    clashes: dict[Model, dict[int, Clash]] = field(default_factory=dict)
    moved: dict[Belonging, list[int]] = field(default_factory=dict)
    emptied: dict[Belonging, list[int]] = field(default_factory=dict)
    repointed: list[Repointed] = field(default_factory=list)
    periods: list[JoinedPeriod] = field(default_factory=list)
    series_times: dict[tuple[int, str], datetime] = field(default_factory=dict)

    @property
    def pair(self) -> tuple[int, int]:
        return self.kept.pk, self.merged.pk

    @property
    def met(self) -> int:
        """Return in how many matches both have a line."""
        return sum(len(self.clashes.get(table, {})) for table in MATCH_TABLES)

    def set_aside(self, model: Model, key: int, clash: Clash) -> None:
        self.clashes.setdefault(model, {}).setdefault(key, clash)

    def is_aside(self, model: Model, key: int) -> bool:
        return key in self.clashes.get(model, {})
