"""The scoreboard of a match: its lines by side, and what of the reported stats has a column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import pgettext

from deltacrown.pages.match_sides import MatchSide, get_place, list_sides
from deltacrown.user_profile.histories.match_words import is_number, list_texts, word_stat
from deltacrown.user_profile.histories.matches import MatchEntry
from deltacrown.user_profile.models import UserProfile

#: Databases keep the stats of a match in no order: these come first, the others by name.
LEADING_COLUMNS = ("kills", "deaths", "assists")
#: How the name of a stat ends → the unit of its numbers.
UNITS = {"_percent": "%", "_pct": "%", "_seconds": "s", "_minutes": "min", "_ms": "ms"}
RATIO = "kills/deaths"


@dataclass(frozen=True)
class Column:
    """One stat that lines of a match have.

    :param name: as it is reported; ``RATIO`` for kills per death, which is computed.
    :param is_number: whether any line has a number in it.
    """

    name: str
    is_number: bool = True

    @property
    def unit(self) -> str:
        """Return what its numbers are measured in, where its name says so."""
        return next((unit for ending, unit in UNITS.items() if self.name.endswith(ending)), "")

    @property
    def label(self) -> str:
        """Return the words for its name, without the unit."""
        if self.name == RATIO:
            return pgettext("kills/deaths", "K/D")
        ending = next((ending for ending in UNITS if self.name.endswith(ending)), "")
        return word_stat(self.name.removesuffix(ending))


@dataclass(frozen=True)
class MatchLine:
    """One player's line of a match.

    :param is_own: whether it is the reader's.
    """

    profile: UserProfile
    match: MatchEntry
    is_own: bool = False

    @property
    def side(self) -> str:
        """Return the name of the side, or of the player who is alone on one."""
        return self.match.side or self.profile.name

    @property
    def ratio(self) -> Decimal | None:
        """Return kills per death to two decimals; without a death, the kills. None where one is unknown."""
        kills, deaths = (self.match.stats.get(name) for name in ("kills", "deaths"))
        if not is_number(kills) or not is_number(deaths):
            return None
        return (Decimal(str(kills)) / Decimal(str(deaths or 1))).quantize(Decimal("0.01"), ROUND_HALF_UP)

    def get_value(self, column: Column) -> Any:
        """Return what stands in a column: a number or a text; ``None`` where neither was reported."""
        if column.name == RATIO:
            return self.ratio
        value = self.match.stats.get(column.name)
        return value if is_number(value) or isinstance(value, str) else None


@dataclass(frozen=True)
class SideOfBoard:
    """One side of a match with its lines."""

    side: MatchSide
    rows: list[MatchLine]

    @property
    def team_slug(self) -> str:
        """Return the slug of the team that it is, where a tournament says so; else empty."""
        told = [row.match.tournament for row in self.rows if row.match.tournament]
        return next((each.team_slug for each in told if each.team == self.side.name), "")

    @property
    def is_named(self) -> bool:
        """Return whether its lines have a side, which is not the player alone."""
        return bool(self.rows[0].match.side)


def group_by_side(lines: Sequence[MatchLine]) -> list[SideOfBoard]:
    """Return the sides, the best placed or the winner first; lines by placement, result and public id."""
    board = []
    for side in list_sides((line.side, line.match) for line in lines):
        rows = [line for line in lines if line.side == side.name]
        rows.sort(key=lambda line: (*get_place(line.match), line.profile.public_id))
        board.append(SideOfBoard(side, rows))
    return board


def list_columns(entries: Sequence[MatchEntry]) -> list[Column]:
    """Return the columns for what lines have: texts, then kills per death and other numbers."""
    texts, numbers = dict[str, None](), set[str]()
    for entry in entries:
        texts |= dict.fromkeys(list_texts(entry.stats))
        numbers |= {name for name, value in entry.stats.items() if is_number(value)}

    leading = [name for name in LEADING_COLUMNS if name in numbers]
    ratio = [RATIO] if {"kills", "deaths"} <= numbers else []
    names = [*leading, *ratio, *sorted(numbers.difference(leading))]
    words = [Column(name, is_number=False) for name in texts if name not in numbers]
    return words + [Column(name) for name in names]
