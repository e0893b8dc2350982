"""A stat of a player over time, as a page draws it: periods of a size that fits, and the way to others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from django.utils.dateparse import parse_date

from deltacrown.core.days import ONE_DAY
from deltacrown.core.errors import InvalidInput
from deltacrown.games.models import Game
from deltacrown.games.services import list_seasons
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.catalogue import PlayerNumber, get_stat_field
from deltacrown.user_profile.numbers.rolling import Rolling
from deltacrown.user_profile.numbers.series import SeriesPoint, StatSeries, read_stat_series
from deltacrown.user_profile.numbers.time_axis import By
from deltacrown.user_profile.privacy import Viewer
from deltacrown.user_profile.stat_fields import Stat
from django_tally.first_fact import find_first_fact

#: How many periods a page draws at most.
MOST_PERIODS = 120
#: The longest that a period of each size is, in days.
LONGEST = {By.DAY: 1, By.WEEK: 7, By.MONTH: 31}
#: The numbers that can be drawn over the last of what they go over, what that is, and how it is asked for.
ROLLING_STATS = {"overall_win_rate": "matches", "series_win_rate": "series"}
ROLLING, ROLLING_NAME = Rolling(matches=20), "20m"


@dataclass(frozen=True)
class ChartChoice:
    """What a reader asks of a chart; everything may be left out.

    :param by: the size of the periods; chosen by the length of the career when left out.
    :param rolling: over the last matches or series: ``20m``.
    :param until: a day of the last period, as ``2021-06-30``; the present when left out.
    """

    by: str | None = None
    rolling: str | None = None
    until: str | None = None


@dataclass(frozen=True)
class StatChart:
    """A stat over time, as much of it as a page draws.

    :param series: at most ``MOST_PERIODS`` periods, none before anything happened.
    :param sizes: those of periods to choose from.
    :param rolling: what can be asked for as ``rolling``; empty where nothing can.
    :param rolled: what that is the last of: ``matches`` or ``series``.
    :param earlier: the last day before the periods, if anything happened before.
    :param later: the last day of the periods that follow them; ``None`` where these reach the present.
    :param is_latest: whether the last period reaches the present.
    """

    series: StatSeries
    sizes: list[By]
    rolling: str
    rolled: str
    earlier: date | None
    later: date | None
    is_latest: bool

    @property
    def is_counted(self) -> bool:
        """Return whether the number is a count or a sum, to which each period adds."""
        return isinstance(get_stat_field(UserProfile, self.series.stat.name), Stat)

    @property
    def lowest_first(self) -> bool:
        """Return whether the smallest value is the best."""
        board = get_stat_field(UserProfile, self.series.stat.name).leaderboard
        return board is not None and board.lowest_first


def get_stat_chart(number: PlayerNumber, choice: ChartChoice, *, viewer: Viewer, now: datetime) -> StatChart:
    """Return a stat of a player over time, by when it happened and as it is known now.

    :param number: one whose rows ``viewer`` may read; the caller must have checked it.
    :raises InvalidInput: for a size of periods, ``rolling`` or day that cannot be taken.
    """
    today = now.astimezone(UTC).date()
    until = _read_until(choice.until, today)
    last = until or today

    stat, game = number.name, number.game
    found = find_first_fact(number.holder, number.column, number.keys)
    first = min(found.astimezone(UTC).date() if found else last, last)

    by = By.read(choice.by) if choice.by else _choose_size(first, last)
    series = read_stat_series(
        number,
        by=by,
        start=_find_start(by, first, last),
        end=until,
        rolling=_read_rolling(choice.rolling, stat),
        viewer=viewer,
        now=now,
    )
    shown = series.points[-MOST_PERIODS:] if found else []
    return StatChart(
        series=replace(series, points=shown),
        sizes=[size for size in By if size is not By.SEASON or by is size or _has_seasons(game)],
        rolling=ROLLING_NAME if stat in ROLLING_STATS else "",
        rolled=ROLLING_STATS.get(stat, ""),
        earlier=_find_earlier(by, shown, first),
        later=_find_later(by, until, today),
        is_latest=until is None,
    )


def _read_until(text: str | None, today: date) -> date | None:
    """Return the day asked for; ``None`` for today and for what is later."""
    try:
        found = parse_date(text) if text else None
    except ValueError:
        found = None
    if text and found is None:
        raise InvalidInput(f"{text!r} is no date: write it as 2025-06-30.", field="until")
    return found if found and found < today else None


def _read_rolling(text: str | None, stat: str) -> Rolling | None:
    if not text:
        return None
    if text != ROLLING_NAME or stat not in ROLLING_STATS:
        names = " and ".join(ROLLING_STATS)
        message = f"A page draws {names} over {ROLLING_NAME} alone: leave it out, or ask the API."
        raise InvalidInput(message, field="rolling")
    return ROLLING


def _choose_size(first: date, last: date) -> By:
    """Return the smallest size of which a page draws all periods between two days; else the month."""
    days = (last - first).days
    return next((by for by, longest in LONGEST.items() if days < longest * (MOST_PERIODS - 1)), By.MONTH)


def _find_start(by: By, first: date, last: date) -> date:
    """Return a day of the first period to read: at least as many follow as a page draws, if there are."""
    if by not in LONGEST:
        return first
    return max(first, date.fromordinal(max(1, last.toordinal() - LONGEST[by] * MOST_PERIODS)))


def _has_seasons(game: Game | None) -> bool:
    seasons = list_seasons(game)
    return (seasons if game else seasons.filter(game=None)).exists()


def _find_earlier(by: By, shown: list[SeriesPoint], first: date) -> date | None:
    if by not in LONGEST:
        return None
    begins = shown[0].starts_at.astimezone(UTC).date() if shown else first
    return begins - ONE_DAY if first < begins else None


def _find_later(by: By, until: date | None, today: date) -> date | None:
    if until is None or by not in LONGEST:
        return None
    later = until.toordinal() + LONGEST[by] * MOST_PERIODS
    return date.fromordinal(later) if later < today.toordinal() else None
