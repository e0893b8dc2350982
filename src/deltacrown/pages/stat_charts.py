"""A stat of a player over time, as a page draws it: periods of a size that fits, and the way to others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from deltacrown.core.days import ONE_DAY, Precision
from deltacrown.core.errors import InvalidInput
from deltacrown.games.models import Season
from deltacrown.games.services import list_seasons
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.catalogue import PlayerNumber, StatLine, get_stat_field
from deltacrown.user_profile.numbers.changes import HistoryOrder, StatChange, read_history_order
from deltacrown.user_profile.numbers.evidence import Evidence
from deltacrown.user_profile.numbers.known_series import build_known_points, list_known_days
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
    :param chart: ``known`` for the number as this site knew it at the end of each period.
    """

    by: str | None = None
    rolling: str | None = None
    until: str | None = None
    chart: str | None = None


@dataclass(frozen=True)
class ReadNumber:
    """A number as its page has read it, so that its chart asks for nothing twice.

    :param number: one whose rows the viewer may read; the caller must have checked it.
    :param precision: how exactly the viewer may learn of it.
    :param rulings: those of ``read_rulings``.
    :param evidence: what its rows come to, where that was asked.
    :param seasons: the seasons to filter its rows by, where they were asked for.
    """

    number: PlayerNumber
    line: StatLine
    precision: Precision
    rulings: list[StatChange]
    evidence: Evidence | None = None
    seasons: Sequence[Season] | None = None

    def find_first_fact(self) -> datetime | None:
        """Return when the first of the facts that it counts happened."""
        number = self.number
        if self.evidence is not None:
            return self.evidence.first_at
        return find_first_fact(number.holder, number.column, number.keys)

    def has_seasons(self) -> bool:
        """Return whether there is a season that it could be drawn by: of its game, or of all games."""
        game = self.number.game
        if self.seasons is not None:
            return any(each.game is None or each.game == game for each in self.seasons)
        seasons = list_seasons(game)
        return (seasons if game else seasons.filter(game=None)).exists()


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
    :param order: by which of its two times the number is drawn.
    :param rulings: for each period, those that moved what is drawn there, the latest first; all empty where
        the reader may learn of days only.
    """

    series: StatSeries
    sizes: list[By]
    rolling: str
    rolled: str
    earlier: date | None
    later: date | None
    is_latest: bool
    order: HistoryOrder
    rulings: list[list[StatChange]]

    @property
    def is_known(self) -> bool:
        """Return whether it is drawn as this site knew it."""
        return self.order is HistoryOrder.KNOWN

    @property
    def has_rulings(self) -> bool:
        """Return whether a ruling moved what is drawn."""
        return any(self.rulings)

    @property
    def rows(self) -> list[tuple[SeriesPoint, list[StatChange]]]:
        """Return each period with its rulings."""
        return list(zip(self.series.points, self.rulings, strict=True))

    @property
    def is_counted(self) -> bool:
        """Return whether the number is a count or a sum, to which each period adds."""
        return isinstance(get_stat_field(UserProfile, self.series.stat.name), Stat)

    @property
    def lowest_first(self) -> bool:
        """Return whether the smallest value is the best."""
        board = get_stat_field(UserProfile, self.series.stat.name).leaderboard
        return board is not None and board.lowest_first


def get_stat_chart(read: ReadNumber, choice: ChartChoice, *, viewer: Viewer, now: datetime) -> StatChart:
    """Return a stat of a player over time: by when it happened as known now, or as this site knew it.

    :raises InvalidInput: for a size of periods, ``rolling``, day or order that cannot be taken.
    """
    today = now.astimezone(UTC).date()
    until = _read_until(choice.until, today)
    is_known = _read_order(choice) is HistoryOrder.KNOWN
    if is_known:
        series, first = _draw_known(read, choice, until, now=now)
    else:
        series, first = _draw_happened(read, choice, until, viewer=viewer, now=now)

    number, by = read.number, series.by
    return StatChart(
        series=series,
        sizes=_list_sizes(read, by, is_known=is_known),
        rolling=ROLLING_NAME if number.name in ROLLING_STATS and not is_known else "",
        rolled=ROLLING_STATS.get(number.name, ""),
        earlier=_find_earlier(by, series.points, first),
        later=_find_later(by, until, today),
        is_latest=until is None,
        order=HistoryOrder.KNOWN if is_known else HistoryOrder.HAPPENED,
        rulings=_place_rulings(read.rulings, series.points, is_known=is_known),
    )


def describe_ruling(ruling: StatChange) -> str:
    """Return a ruling in one line: ``Rocket match m1, played 1 Jun 2025: voided: smurfing``."""
    return f"{ruling.subject}: {ruling.what}" if ruling.subject else ruling.what


def _draw_happened(
    read: ReadNumber,
    choice: ChartChoice,
    until: date | None,
    *,
    viewer: Viewer,
    now: datetime,
) -> tuple[StatSeries, date]:
    """Return the periods by when facts happened, and the day of the first fact."""
    last, number = until or now.astimezone(UTC).date(), read.number
    found = read.find_first_fact()
    first = min(found.astimezone(UTC).date() if found else last, last)

    by = By.read(choice.by) if choice.by else _choose_size(first, last)
    series = read_stat_series(
        number,
        by=by,
        start=_find_start(by, first, last),
        end=until,
        rolling=_read_rolling(choice.rolling, number.name),
        viewer=viewer,
        now=now,
        precision=read.precision,
        line=read.line,
        rows=read.evidence.rows if read.evidence else 0,
    )
    return replace(series, points=series.points[-MOST_PERIODS:] if found else []), first


def _draw_known(
    read: ReadNumber, choice: ChartChoice, until: date | None, *, now: datetime
) -> tuple[StatSeries, date]:
    """Return the periods by when changes became known, and the first day on which one did."""
    last, number = until or now.astimezone(UTC).date(), read.number
    days = list_known_days(number)
    first = min(days[0].day if days else last, last)

    by = By.read(choice.by) if choice.by else _choose_size(first, last)
    points = build_known_points(
        number, days, by=by, start=_find_start(by, first, last), end=last, is_open=until is None
    )
    series = StatSeries(
        read.line,
        number.game,
        by,
        points[-MOST_PERIODS:] if days else [],
        as_of=None,
        known_at=None,
        rolling=None,
        precision=read.precision,
        reaches_present=until is None,
    )
    return series, first


def _read_order(choice: ChartChoice) -> HistoryOrder:
    """Return by which time a chart is asked for, what else is asked checked against it."""
    order = read_history_order(choice.chart, field="chart") if choice.chart else HistoryOrder.HAPPENED
    if order is HistoryOrder.HAPPENED:
        return order
    if choice.rolling:
        message = _("As this site knew it, a number is drawn over all it counts: leave “rolling” out.")
        raise InvalidInput(message, field="rolling")
    if choice.by == By.SEASON:
        message = _("As this site knew it, a number is drawn by day, week or month: choose one of them.")
        raise InvalidInput(message, field="by")
    return order


def _place_rulings(
    rulings: Sequence[StatChange], points: Sequence[SeriesPoint], *, is_known: bool
) -> list[list[StatChange]]:
    """Return for each period the rulings that became known in it, or are about what happened in it."""
    dated = [(ruling.known_at if is_known else ruling.happened_at, ruling) for ruling in rulings]
    return [
        [ruling for at, ruling in dated if at is not None and point.starts_at <= at < point.ends_at]
        for point in points
    ]


def _list_sizes(read: ReadNumber, by: By, *, is_known: bool) -> list[By]:
    has_seasons = by is By.SEASON or (not is_known and read.has_seasons())
    return [size for size in By if size is not By.SEASON or has_seasons]


def _read_until(text: str | None, today: date) -> date | None:
    """Return the day asked for; ``None`` for today and for what is later."""
    try:
        found = parse_date(text) if text else None
    except ValueError:
        found = None
    if text and found is None:
        message = _("%(text)s is no date: write it as 2025-06-30.") % {"text": repr(text)}
        raise InvalidInput(message, field="until")
    return found if found and found < today else None


def _read_rolling(text: str | None, stat: str) -> Rolling | None:
    if not text:
        return None
    if text != ROLLING_NAME or stat not in ROLLING_STATS:
        one, other = ROLLING_STATS
        message = _("A page draws %(one)s and %(other)s over %(asked)s alone: leave it out, or ask the API.")
        message %= {"one": one, "other": other, "asked": ROLLING_NAME}
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
