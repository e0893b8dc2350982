"""The number a series is asked of: of which rows, and as known when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from deltacrown.core.days import Precision
from deltacrown.core.errors import InvalidInput
from deltacrown.games.models import Game
from deltacrown.user_profile.histories.filters import (
    GivenMatchFilters,
    GivenTournamentFilters,
    get_game,
    is_narrowing,
)
from deltacrown.user_profile.numbers.access import list_revealed
from deltacrown.user_profile.numbers.catalogue import PlayerNumber, get_stat_field
from deltacrown.user_profile.numbers.row_sources import SOURCES, Filters, RowSource
from deltacrown.user_profile.numbers.rows import choose_number, narrow_rows_behind
from deltacrown.user_profile.numbers.series_kept import MANY_ROWS, LongCareer
from deltacrown.user_profile.privacy import Viewer, get_visibility, require_time
from deltacrown.user_profile.stat_fields import Stat
from django_tally.first_fact import find_first_fact
from django_tally.narrowing import Among
from django_tally.periods import Period, PeriodValue, read_periods
from django_tally.rows import rows_of

Value = int | Decimal | None


@dataclass(frozen=True)
class AskedSeries:
    """The number and the rows of it that a series is of.

    :param source: how its rows are read.
    :param filters: those left to apply, once the number is that of a game.
    :param among: the rows that filters leave; ``None`` for all.
    :param long: what is kept of its rows, where they are many, all, and as known now.
    """

    number: PlayerNumber
    source: RowSource
    filters: Filters
    known_at: datetime | None
    among: Among | None
    viewer: Viewer
    long: LongCareer | None = None

    @property
    def game(self) -> Game | None:
        """Return the game that all its facts are of, if they are of one."""
        slug = getattr(self.filters, "game", None)
        return get_game(slug) if slug else self.number.game

    @property
    def is_counted(self) -> bool:
        """Return whether it is a count or a sum, not computed from some."""
        return isinstance(get_stat_field(self.number.holder, self.number.column), Stat)

    @property
    def is_whole(self) -> bool:
        """Return whether it is of all that counts, as known now."""
        return self.among is None and self.known_at is None

    def value_of(self, found: PeriodValue) -> Value:
        """Return the value over a period; of a computed number ``None`` where nothing happened in it."""
        return found.value if self.is_counted or any(found.parts.values()) else None

    def find_first_fact(self) -> datetime | None:
        """Return when the first of the facts happened."""
        number = self.number
        if self.long:
            return self.long.find_first_fact()
        return find_first_fact(
            number.holder, number.column, number.keys, known_at=self.known_at, among=self.among
        )

    def read_periods(self, periods: Sequence[Period]) -> list[PeriodValue]:
        """Return what the number comes to over each of ``periods``."""
        number = self.number
        if self.long:
            return self.long.read_periods(periods)
        return read_periods(
            number.holder, number.column, periods, number.keys, known_at=self.known_at, among=self.among
        )

    def know_rows(self, rows: int) -> AskedSeries:
        """Return the same, knowing that it has so many rows, or at least as many as a part of it says."""
        if rows < MANY_ROWS or not self.is_whole:
            return self
        return replace(self, long=LongCareer(self.number))

    def read_again(self) -> AskedSeries:
        """Return the same, as of now."""
        return replace(self, long=LongCareer(self.number)) if self.long else self


def read_request(
    number: PlayerNumber,
    given: GivenMatchFilters | GivenTournamentFilters,
    known_at: datetime | None,
    viewer: Viewer,
) -> AskedSeries:
    """Check the filters for a number, and return what is then asked for: with a game, its number there.

    :raises InvalidInput: for a filter that cannot be taken, also of what was known earlier.
    """
    source = SOURCES[rows_of(number.holder, number.column, **number.keys)[0].model]
    filters: Any = source.read_filters(given)
    named = getattr(filters, "game", None)
    if number.game and named and named != number.game.slug:
        message = gettext("Two games are asked for, %(game)s and %(named)s: name one.") % {
            "game": repr(number.game.slug),
            "named": repr(named),
        }
        raise InvalidInput(message, field="game")

    number, filters = choose_number(number, filters)
    if not is_narrowing(filters):
        return AskedSeries(number, source, filters, known_at, None, viewer)
    if known_at:
        message = gettext(
            "Rows are filtered as they are now, not as they were known earlier: leave out one of the two."
        )
        raise InvalidInput(message, field="known_at")

    narrowed = {rows.model: rows for rows in narrow_rows_behind(number, source, filters, viewer)}
    return AskedSeries(number, source, filters, None, narrowed, viewer)


def check_known_at(asked: AskedSeries, now: datetime) -> Precision:
    """Check that the viewer may ask for what was known then, and return how exactly the number is told."""
    known_at, user = asked.known_at, asked.number.user
    if known_at and known_at.tzinfo is None:
        message = gettext("The datetime needs a timezone: end it with Z, or with an offset like +02:00.")
        raise InvalidInput(message, field="known_at")

    revealed = list_revealed(asked.number.name)
    if not revealed:
        return Precision.EXACT

    visibility = get_visibility(user, asked.viewer)
    if known_at and known_at != now:
        require_time(known_at, revealed, visibility, user, field="known_at")
    return Precision.EXACT if visibility.shows(revealed) else Precision.DAY
