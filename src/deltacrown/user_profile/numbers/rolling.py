"""A number over the last so many matches or days."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from deltacrown.core.errors import InvalidInput
from deltacrown.core.numerals import write_whole
from deltacrown.user_profile.numbers.catalogue import PlayerNumber
from deltacrown.user_profile.numbers.row_sources import Filters, RowSource
from deltacrown.user_profile.privacy import Viewer
from django_tally.feeds import Model, get_stats
from django_tally.fields import Stat
from django_tally.last_rows import LastRows, read_last_rows
from django_tally.numbers import list_components
from django_tally.recounting import list_rows_behind
from django_tally.rows import get_counted_stat

#: What a rolling number may go over at most.
MOST_MATCHES, MOST_DAYS = 1_000, 36_500
#: Rows that a series may read for it: so many matches for each of its periods.
MOST_ROWS = 100_000
WRITTEN = re.compile(r"([1-9][0-9]{0,5})([md])")


@dataclass(frozen=True)
class Rolling:
    """Over how much a rolling number goes: the last so many matches that count, or days.

    Of numbers of series, ``matches`` are series.

    :raises InvalidInput: for anything but one of them, or too many.
    """

    matches: int | None = None
    days: int | None = None

    def __post_init__(self) -> None:
        matches, days = self.matches, self.days
        is_one = (matches is None) != (days is None)
        if not (is_one and 1 <= (matches or 1) <= MOST_MATCHES and 1 <= (days or 1) <= MOST_DAYS):
            raise InvalidInput(
                _refuse(str(self)),
                field="rolling",
            )

    def __str__(self) -> str:
        return f"{self.days}d" if self.matches is None else f"{self.matches}m"

    @classmethod
    def read(cls, text: str) -> Rolling:
        """Return what ``20m`` or ``90d`` says.

        :raises InvalidInput: for anything else.
        """
        found = WRITTEN.fullmatch(text)
        if found is None:
            raise InvalidInput(
                _refuse(repr(text)),
                field="rolling",
            )

        count = int(found[1])
        return cls(matches=count) if found[2] == "m" else cls(days=count)


def check_rolling(rolling: Rolling, source: RowSource, known_at: datetime | None, periods: int) -> None:
    """Check that a number of these rows can be told over the last so many matches.

    :raises InvalidInput: when it cannot.
    """
    if rolling.matches is None:
        return

    if source.kind not in {"matches", "series"}:
        message = gettext("Only numbers of matches can go over the last matches: ask for days, as in 90d.")
        raise InvalidInput(message, field="rolling")
    if known_at:
        message = gettext(
            "The last matches are told as they are now, not as they were known earlier: leave"
            " out known_at, or ask for days, as in 90d."
        )
        raise InvalidInput(message, field="rolling")
    if periods * rolling.matches > MOST_ROWS:
        message = gettext(
            "%(matches)s matches for each of %(periods)s periods are too many to read: ask "
            "for longer periods, fewer of them, or fewer matches."
        ) % {"matches": write_whole(rolling.matches), "periods": write_whole(periods)}
        raise InvalidInput(message, field="rolling")


def read_over_last_matches(
    number: PlayerNumber,
    source: RowSource,
    filters: Filters,
    ends: Sequence[datetime | None],
    *,
    count: int,
    viewer: Viewer,
) -> list[LastRows]:
    """Return the number over the last ``count`` matches that count before each of ``ends``.

    These are all that were played, whatever the number counts of them: of the matches won, it is how many of
    the last were. Those of one time are in the order of their facts.
    """
    played = _find_widest(number.holder, number.column)
    rows = list_rows_behind(number.holder, played.name, **number.keys)
    return read_last_rows(
        number.holder,
        number.column,
        number.keys,
        ends,
        source.narrow(rows, filters, viewer),
        order=source.order,
        count=count,
    )


def _refuse(asked: str) -> str:
    """Return why nothing goes over what is asked for, and what does."""
    return gettext(
        "%(asked)s is nothing to go over: write 20m for the last 20 matches (up to %(matches)s), or 90d "
        "for the last 90 days (up to %(days)s)."
    ) % {"asked": asked, "matches": write_whole(MOST_MATCHES), "days": write_whole(MOST_DAYS)}


def _find_widest(holder: Model, name: str) -> Stat:
    """Return the count with the fewest rules among those of the same rows, which all of these meet."""
    behind = list_components(holder, name)
    models = {each.model for stat in behind for each in stat.contributions}
    rules = [set(each.rules) for stat in behind for each in stat.contributions]

    def counts_all(stat: Stat) -> bool:
        is_same = {each.model for each in stat.contributions} == models
        is_count = all(each.value == 1 for each in stat.contributions)
        return (
            is_same
            and is_count
            and all(set(each.rules) <= some for each in stat.contributions for some in rules)
        )

    wider = [stat for stat in get_stats(holder) if counts_all(stat)]
    fewest = min(wider, key=_count_rules, default=None)
    return fewest or get_counted_stat(holder, name)


def _count_rules(stat: Stat) -> int:
    return max(len(each.rules) for each in stat.contributions)
