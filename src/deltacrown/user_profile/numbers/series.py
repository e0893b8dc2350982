"""A number over time: what it was at the end of each day, week, month or season, and what each added."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.utils.translation import gettext

from deltacrown.accounts.models import User
from deltacrown.core.days import Precision, end_of_day, start_of_day
from deltacrown.core.errors import InvalidInput
from deltacrown.games.models import Game
from deltacrown.games.services import list_seasons
from deltacrown.user_profile.histories.filters import (
    GivenMatchFilters,
    GivenTournamentFilters,
)
from deltacrown.user_profile.numbers.access import find_readable_number
from deltacrown.user_profile.numbers.catalogue import PlayerNumber, StatLine
from deltacrown.user_profile.numbers.rolling import Rolling, check_rolling, read_over_last_matches
from deltacrown.user_profile.numbers.rows import READINGS
from deltacrown.user_profile.numbers.series_asked import AskedSeries, Value, check_known_at, read_request
from deltacrown.user_profile.numbers.time_axis import (
    By,
    Step,
    build_season_steps,
    build_steps,
    read_bound,
)
from deltacrown.user_profile.privacy import Viewer
from django_tally.database_clock import read_database_clock
from django_tally.periods import TICK, PeriodValue


@dataclass(frozen=True)
class SeriesPoint:
    """One period of a series.

    :param name: ``2021-06-12``, ``2021-W23``, ``2021-06``, or the slug of a season.
    :param ends_at: the midnight after its last day.
    :param value: the number at the end of the period.
    :param change: what the period added to it; ``None`` for a computed number, which is no sum.
    :param within: the number over the period alone; ``None`` for a computed one of an empty period.
    :param rolling: the number over the last matches or days at its end; ``None`` where nobody asked, and for
        a computed one of none.
    :param is_empty: whether no fact that the number counts happened in it.
    """

    name: str
    label: str
    starts_at: datetime
    ends_at: datetime
    value: Value
    change: int | None
    within: Value
    rolling: Value
    is_empty: bool


@dataclass(frozen=True)
class StatSeries:
    """A number of one player over time.

    :param stat: the number as it is now, of all rows.
    :param as_of: up to when facts count at the end of the last point; ``None`` where that is the present.
    :param known_at: as this site knew it then; ``None`` for now.
    :param precision: ``DAY`` where the reader may learn of the number by the day only, as the periods are.
    :param reaches_present: whether the value of the last point is the number itself, within the filters and
        as known at ``known_at``. By season it is while one is running; otherwise where ``end`` is left out.
    """

    stat: StatLine
    game: Game | None
    by: By
    points: list[SeriesPoint]
    as_of: datetime | None
    known_at: datetime | None
    rolling: Rolling | None
    precision: Precision
    reaches_present: bool


def get_stat_series(
    user: User,
    stat: str,
    *,
    by: By | str = By.MONTH,
    start: date | datetime | str | None = None,
    end: date | datetime | str | None = None,
    known_at: datetime | None = None,
    game: Game | str | None = None,
    filters: GivenMatchFilters | GivenTournamentFilters = None,
    rolling: Rolling | None = None,
    viewer: Viewer = None,
    now: datetime | None = None,
) -> StatSeries:
    """Return the number ``stat`` of ``user`` at the end of each period, by when its facts happened.

    Periods are whole days in UTC, and those without a fact are told too; weeks are ISO weeks. Seasons are
    those of all games, and for a number in one game also that game's. They may overlap or leave gaps, so
    each stands for itself, and they come in the order in which they end.

    Without ``end``, the last period reaches the present: its value is the number, facts dated in the future
    counted. Of seasons the running ones do; while none runs, the last value need not be the number: see
    ``reaches_present``.

    :param start: a time in the first period; that of the first fact when left out.
    :param end: a time in the last period; the present when left out.
    :param known_at: as this site knew it then, by commits; as known now when left out.
    :param game: a game or its slug: the player's number in that game.
    :param filters: as ``get_stat_rows`` takes them; not together with ``known_at``.
    :param rolling: also the number over the last so many matches that count, or days, at the end of each
        period; at the present, the days end with today.
    :param now: the present; by the database's clock when left out.
    :raises NotFound: when there is no such number.
    :raises HistoryHidden: when ``viewer`` may not see the rows behind it. Also where ``viewer`` may learn of
        days only, and ``known_at`` is neither ``now`` nor the end of a day.
    :raises InvalidInput: for a filter, range, length or game that cannot be taken, or more than 10,000
        periods.
    """
    number = find_readable_number(user, stat, game, viewer)
    now = now or read_database_clock(connection)
    asked = read_request(number, filters, known_at, viewer)
    precision = check_known_at(asked, now)
    bounds = read_bound(start, "start"), read_bound(end, "end")
    line, parts, _ = asked.number.read_with_parts()
    asked = asked.know_rows(max(parts))
    return _read_series(asked, by, *bounds, rolling, now=now, precision=precision, line=line)


def read_stat_series(
    number: PlayerNumber,
    *,
    by: By | str,
    start: date,
    end: date | None,
    rolling: Rolling | None,
    viewer: Viewer,
    now: datetime,
    precision: Precision,
    line: StatLine,
    rows: int = 0,
) -> StatSeries:
    """As ``get_stat_series`` of all rows as known now, without the privacy check: the caller made it.

    :param precision: how exactly ``viewer`` may learn of the number; see ``find_precision``.
    :param line: the number as the caller has just read it; it is read again where the periods differ.
    :param rows: how many rows it has, where that is known.
    """
    asked = read_request(number, None, None, viewer).know_rows(rows)
    bounds = read_bound(start, "start"), read_bound(end, "end")
    return _read_series(asked, by, *bounds, rolling, now=now, precision=precision, line=line)


def _read_series(
    asked: AskedSeries,
    by: By | str,
    start: datetime | None,
    end: datetime | None,
    rolling: Rolling | None,
    *,
    now: datetime,
    precision: Precision,
    line: StatLine,
) -> StatSeries:
    length = By.read(by)
    steps = _build_steps(asked, length, start, end, now)

    if rolling:
        check_rolling(rolling, asked.source, asked.known_at, len(steps))

    line, points = _read_points(asked, steps, rolling, now, line)
    last = steps[-1].until if steps else None
    return StatSeries(
        line,
        asked.number.game,
        length,
        points,
        as_of=last and last - TICK,
        known_at=asked.known_at,
        rolling=rolling,
        precision=precision,
        reaches_present=_reaches_present(steps),
    )


def _build_steps(
    asked: AskedSeries, by: By, start: datetime | None, end: datetime | None, now: datetime
) -> list[Step]:
    if start and end and start > end:
        raise InvalidInput(gettext("The series ends before it starts: give a later end."), field="end")

    latest = end or max(start or now, now)
    first = start or min(asked.find_first_fact() or latest, latest)
    if by is not By.SEASON:
        return build_steps(by, first, latest, is_open=end is None)

    # Of days, as the periods are, whatever time of day a season was written with.
    touched = {"starts_at__lte": end_of_day(latest), "ends_at__gt": start_of_day(first)}
    seasons = list_seasons(asked.game).filter(**touched)
    if asked.game is None:
        seasons = seasons.filter(game=None)
    return build_season_steps(seasons, now=now, is_open=end is None)


def _reaches_present(steps: list[Step]) -> bool:
    return bool(steps) and steps[-1].until is None


def _read_points(
    asked: AskedSeries,
    steps: list[Step],
    rolling: Rolling | None,
    now: datetime,
    known: StatLine | None,
) -> tuple[StatLine, list[SeriesPoint]]:
    """Return the number, and what it comes to over time.

    Both are read again when they differ: a row may have come in between.
    """
    is_comparable = asked.is_whole and _reaches_present(steps)
    for _ in range(READINGS):
        line, known = known or asked.number.read(), None
        points = _list_points(asked, steps, rolling, now)
        if not is_comparable or points[-1].value == line.value:
            break
        asked = asked.read_again()

    return line, points


def _list_points(
    asked: AskedSeries, steps: list[Step], rolling: Rolling | None, now: datetime
) -> list[SeriesPoint]:
    days = rolling.days if rolling else None
    kinds = [[step.whole for step in steps], [step.within for step in steps]]
    if days:
        kinds.append([step.count_back(days, now=now) for step in steps])

    periods = [period for kind in kinds for period in kind]
    found = asked.read_periods(periods)
    whole, within, *over = (found[n * len(steps) : (n + 1) * len(steps)] for n in range(len(kinds)))
    rolled = [asked.value_of(each) for each in over[0]] if days else _list_over_matches(asked, steps, rolling)
    return [_point(asked, *each) for each in zip(steps, whole, within, rolled, strict=True)]


def _list_over_matches(asked: AskedSeries, steps: list[Step], rolling: Rolling | None) -> list[Value]:
    if rolling is None or rolling.matches is None:
        return [None] * len(steps)

    found = read_over_last_matches(
        asked.number,
        asked.source,
        asked.filters,
        [step.until for step in steps],
        count=rolling.matches,
        viewer=asked.viewer,
    )
    return [each.value if asked.is_counted or each.rows else None for each in found]


def _point(
    asked: AskedSeries, step: Step, whole: PeriodValue, within: PeriodValue, rolling: Value
) -> SeriesPoint:
    return SeriesPoint(
        name=step.name,
        label=step.label,
        starts_at=step.starts_at,
        ends_at=step.ends_at,
        value=whole.value,
        change=int(within.value or 0) if asked.is_counted else None,
        within=asked.value_of(within),
        rolling=rolling,
        is_empty=not any(within.parts.values()),
    )
