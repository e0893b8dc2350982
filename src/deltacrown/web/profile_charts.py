"""The drawings of a player's overview: trends, bars by week, the calendar, and the way to the next level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.utils.translation import gettext as _

from deltacrown.core.dates import write_day, write_iso_day, write_month
from deltacrown.games.models import MatchRow
from deltacrown.pages.overviews import WEEKS, OverviewPage, Played
from deltacrown.user_profile.achievements.experience import ENTERED, PLACED
from deltacrown.user_profile.histories.form import DayCount, FormMatch, Streak
from deltacrown.web.small_charts import Bar, Spark, draw_bars, draw_spark

#: How many matches the form shows, and how many each point of the rolling rate looks back.
FORM = 20
#: How many weeks have bars, and how many are one step of a trend.
BARS, STEP = 26, 4
WEEK = 7
#: From how many matches on a day has the next shade.
SHADES = (1, 3, 6, 10)
#: The place of a day in the calendar, and its side.
PLACE, SIDE = 12, 10


@dataclass(frozen=True)
class Cell:
    """A day with matches in the calendar."""

    x: int
    y: int
    shade: int
    day: str
    played: int
    won: int


@dataclass(frozen=True)
class Month:
    """The name of a month over the calendar."""

    x: int
    label: str


@dataclass(frozen=True)
class Week:
    """The matches of a week, for the table behind the drawings."""

    monday: date
    played: int
    won: int


@dataclass(frozen=True)
class StreakLink:
    """A streak, and the query of the matches of its days."""

    streak: Streak
    query: str
    is_one_day: bool


@dataclass(frozen=True)
class Drawn:
    """All drawings of what a player played.

    :param sparks: name of a number → its trend.
    :param form: the first on the right, as time goes; ``empty`` the path of all days in the calendar.
    """

    sparks: dict[str, Spark | None]
    form: list[FormMatch]
    form_wins: int
    current: StreakLink | None
    longest: StreakLink | None
    rolling: Spark | None
    rolling_now: int | None
    bars: list[Bar]
    weeks: list[Week]
    cells: list[Cell]
    empty: str
    months: list[Month]
    width: int
    played: int
    active_days: int


@dataclass(frozen=True)
class Level:
    """The way from the level that a player has to the next one, in points."""

    level: int
    points: int
    next_at: int
    left: int
    share: int
    entered: int
    first: int
    second: int
    third: int


def measure_level(points: int, level: int) -> Level:
    """Return the way to the next level: level L starts at 50·L² - 50 points."""
    start, end = (50 * each * each - 50 for each in (level, level + 1))
    share = max(0, min(100, (points - start) * 100 // (end - start)))
    return Level(level, points, end, max(0, end - points), share, ENTERED, *(PLACED[n] for n in (1, 2, 3)))


def draw_overview(page: OverviewPage) -> Drawn | None:
    """Return the drawings; None where the match history is hidden, or nothing was played."""
    played = page.played
    if played is None or not (played.form or played.days):
        return None

    weeks = _count_weeks(played)
    rates = _roll(played.form)
    form = played.form[:FORM]
    shown = weeks[-BARS:]
    return Drawn(
        sparks=_draw_sparks(weeks),
        form=form[::-1],
        form_wins=sum(_is_win(match) for match in form),
        current=_link(played.current),
        longest=_link(played.longest),
        rolling=draw_spark(rates),
        rolling_now=round(rates[-1]) if rates else None,
        bars=draw_bars([(_name_week(week), week.played, week.won) for week in shown]),
        weeks=[week for week in reversed(weeks) if week.played],
        cells=[_draw_cell(day, played.since) for day in played.days],
        empty=_draw_empty(played.since, played.today),
        months=_list_months(played.since),
        width=WEEKS * PLACE,
        played=sum(day.played for day in played.days),
        active_days=len(played.days),
    )


def _count_weeks(played: Played) -> list[Week]:
    counts = [[0, 0] for _week in range(WEEKS)]
    for day in played.days:
        count = counts[(day.day - played.since).days // WEEK]
        count[0] += day.played
        count[1] += day.won
    return [Week(played.since + timedelta(weeks=n), *count) for n, count in enumerate(counts)]


def _draw_sparks(weeks: Sequence[Week]) -> dict[str, Spark | None]:
    """Return the trends of the last 52 weeks, in steps of four."""
    year = weeks[1:]
    steps = [year[n : n + STEP] for n in range(0, len(year), STEP)]
    played = [sum(week.played for week in step) for step in steps]
    won = [sum(week.won for week in step) for step in steps]
    if not any(played):
        return {}
    rates = [100 * wins / count if count else None for wins, count in zip(won, played, strict=True)]
    return {
        "total_matches_played": draw_spark(played),
        "matches_won": draw_spark(won),
        "overall_win_rate": draw_spark(rates),
    }


def _roll(form: Sequence[FormMatch]) -> list[float]:
    """Return the rate of wins over each ``FORM`` matches in a row, the earliest first."""
    wins = [_is_win(match) for match in reversed(form)]
    return [100 * sum(wins[n : n + FORM]) / FORM for n in range(len(wins) - FORM + 1)]


def _is_win(match: FormMatch) -> bool:
    return match.result == MatchRow.Result.WIN


def _link(streak: Streak | None) -> StreakLink | None:
    if streak is None:
        return None
    first, last = write_iso_day(streak.since), write_iso_day(streak.until)
    return StreakLink(streak, f"played_from={first}&played_to={last}", first == last)


def _draw_cell(day: DayCount, since: date) -> Cell:
    week, weekday = divmod((day.day - since).days, WEEK)
    shade = sum(day.played >= bound for bound in SHADES)
    return Cell(week * PLACE, weekday * PLACE, shade, _write(day.day), day.played, day.won)


def _draw_empty(since: date, today: date) -> str:
    places = [divmod(n, WEEK) for n in range((today - since).days + 1)]
    square = f"h{SIDE}v{SIDE}h-{SIDE}z"
    return "".join(f"M{week * PLACE} {weekday * PLACE}{square}" for week, weekday in places)


def _list_months(since: date) -> list[Month]:
    mondays = [since + timedelta(weeks=n) for n in range(WEEKS - 2)]
    return [
        Month(n * PLACE, write_month(monday))
        for n, monday in enumerate(mondays)
        if n and monday.month != mondays[n - 1].month
    ]


def _name_week(week: Week) -> str:
    return _("Week of %(day)s") % {"day": _write(week.monday)}


def _write(day: date) -> str:
    return write_day(datetime.combine(day, time(), UTC))
