"""The periods that leaderboards are of: whole days in UTC, told by a name, a season, or a last day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from django.utils.dateparse import parse_date
from django.utils.translation import gettext

from deltacrown.core.dates import write_iso_day
from deltacrown.core.days import ONE_DAY, start_of_day
from deltacrown.core.errors import InvalidInput
from deltacrown.games.models import Game, Season
from deltacrown.games.services import find_current_season
from deltacrown.user_profile.histories.filters import DATE_LENGTH, get_season_named

#: The name of the period that everything is in.
ALL_TIME = "all"
#: The names of periods that reach to the present.
PERIODS = ("season", "30days")


@dataclass(frozen=True)
class Period:
    """The days whose facts a leaderboard counts, by when they happened.

    :param since: the midnight, in UTC, at which the first day begins; ``None`` without a first day.
    :param until: the midnight at which the last day ends; what happens then is after it. ``None`` without a
        last day: facts that are dated later than now count, as on profiles.
    :param season: the declared season that it is, or of which it is the first days.
    :param as_of: the last day, where the reader chose it.
    """

    name: str
    since: datetime | None = None
    until: datetime | None = None
    season: Season | None = None
    as_of: date | None = None

    @property
    def game(self) -> Game | None:
        """Return the game that alone has this season."""
        return self.season.game if self.season else None

    def has_ended(self, now: datetime) -> bool:
        """Return whether its last day is over: the board is final then, by what is known now."""
        return self.until is not None and self.until <= now


def get_period(name: str, *, game: Game | None = None, now: datetime) -> Period:
    """Return the period called ``season`` or ``30days``, the last thirty whole days and today so far.

    The season is the declared one at hand, of the game or else of all games. Where there is none, it is the
    quarter of the year: January to March, April to June, and so on.

    All begin and end at midnight. A period that moved with the clock would tell to the second when the match
    was played that leaves it, also of a player who hides their matches.

    :raises InvalidInput: for another name.
    """
    if name == "season":
        season = find_current_season(game, now=now)
        return of_season(season) if season else _get_quarter(now)
    if name == "30days":
        return Period(name, start_of_day(now) - timedelta(days=30))
    allowed = gettext("%(one)s or %(other)s") % dict(zip(("one", "other"), PERIODS, strict=True))
    raise InvalidInput(
        gettext("%(name)s is no period: use %(allowed)s, or leave it out for all time.")
        % {"name": repr(name), "allowed": allowed},
        field="period",
    )


def find_period(
    name: str = ALL_TIME,
    *,
    season: str | None = None,
    as_of: str | None = None,
    game: Game | None = None,
    now: datetime,
) -> Period | None:
    """Return the period that is asked for; ``None`` for all time up to the present.

    :param season: the slug of a declared season.
    :param as_of: a date, the last day that counts; today for the present. It goes with all time and with a
        season that is named.
    :param game: the game whose leaderboard is asked for.
    :raises InvalidInput: for another name, no such season or one of another game, a date that cannot be
        taken, or two periods at once.
    """
    if name != ALL_TIME and (season or as_of):
        field = "season" if season else "as_of"
        raise InvalidInput(
            gettext("%(field)s and period are two periods: leave one of them out.") % {"field": field},
            field=field,
        )

    last_day = _read_day(as_of, now) if as_of else None
    if season:
        found: Period | None = of_season(_get_season_of(season, game))
    else:
        found = None if name == ALL_TIME else get_period(name, game=game, now=now)

    if as_of and found and found.since and found.since > now:
        begins = write_iso_day(found.since)
        raise InvalidInput(
            gettext("The season begins on %(begins)s, a day to come: leave as_of out.") % {"begins": begins},
            field="as_of",
        )
    return _end_with(found or Period(ALL_TIME), last_day) if last_day else found


def _get_season_of(slug: str, game: Game | None) -> Season:
    season = get_season_named(slug)
    if game and season.game_id not in {None, game.pk}:
        message = gettext("The season %(slug)s is of another game than %(game)s: leave the game out.") % {
            "slug": repr(slug),
            "game": repr(game.slug),
        }
        raise InvalidInput(message, field="game")
    return season


def of_season(season: Season) -> Period:
    """Return the whole days of a declared season."""
    return Period("season", season.since, season.until, season)


def _get_quarter(now: datetime) -> Period:
    today = now.astimezone(UTC)
    first = (today.month - 1) // 3 * 3 + 1
    last = first + 2
    return Period(
        "season",
        datetime(today.year, first, 1, tzinfo=UTC),
        datetime(today.year + last // 12, last % 12 + 1, 1, tzinfo=UTC),
    )


def _read_day(text: str, now: datetime) -> date | None:
    """Return the day, or ``None`` for today, which is not over."""
    try:
        found = parse_date(text) if len(text) == DATE_LENGTH else None
    except ValueError:
        found = None
    if found is None:
        message = gettext(
            "%(text)s is no date: write it as 2025-01-31, which means the end of that day in UTC."
        ) % {"text": f"{text!r:.40}"}
        raise InvalidInput(message, field="as_of")

    today = now.astimezone(UTC).date()
    if found > today:
        raise InvalidInput(
            gettext("%(text)s lies in the future: ask for a day up to today.") % {"text": repr(text)},
            field="as_of",
        )
    return None if found == today else found


def _end_with(period: Period, last_day: date) -> Period:
    end = datetime.combine(last_day, time(), UTC) + ONE_DAY
    if period.since and end <= period.since:
        begins = write_iso_day(period.since)
        raise InvalidInput(
            gettext("The season begins on %(begins)s: ask for that day or a later one.") % {"begins": begins},
            field="as_of",
        )

    return replace(period, until=min(end, period.until or end), as_of=last_day)
