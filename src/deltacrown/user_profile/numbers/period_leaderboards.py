"""Leaderboards of a stretch of time, counted from the matches played in it: what is cached on profiles is of all time.

The season is the quarter of the year, in UTC: January to March, April to June, and so on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput, NotFound
from deltacrown.core.pagination import check_limit, read_position, write_position
from deltacrown.games.models import COUNTS_SQL, MATCH_TABLES, Game
from deltacrown.user_profile.histories.filters import get_game
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.models.profile import RATE_SAMPLE
from deltacrown.user_profile.numbers.catalogue import get_stat_field
from deltacrown.user_profile.numbers.leaderboards import (
    MAX_EACH_SIDE,
    MAX_LIMIT,
    TIES_BY_PUBLIC_ID,
    Leaderboard,
    LeaderboardEntry,
    check_country,
)

PERIODS = ("season", "30days")

#: Stat → its value in SQL, of ``played`` and ``won``, as a whole number; rates in hundredths of a percent, rounded as the catalogue does.
VALUES = {"total_matches_played": "played", "matches_won": "won", "overall_win_rate": "(won * 20000 + played) / (played * 2)"}
RATES = {"overall_win_rate"}
SAMPLED = f"Players with {RATE_SAMPLE} matches or more in the period are ranked."

_RANKED = """
WITH rows AS ({rows}),
counted AS (SELECT user_id, COUNT(*) AS played, SUM(CASE WHEN result = 'WIN' THEN 1 ELSE 0 END) AS won FROM rows GROUP BY user_id),
valued AS (SELECT user_id, {value} AS value FROM counted WHERE {eligible}),
ranked AS (
    SELECT p.public_id, p.display_name, u.username, p.country, v.value,
        RANK() OVER (ORDER BY v.value DESC) AS place, ROW_NUMBER() OVER (ORDER BY v.value DESC, p.public_id) AS position
    FROM valued v JOIN {profiles} p ON p.user_id = v.user_id JOIN {users} u ON u.id = v.user_id {among}
)
SELECT place, public_id, COALESCE(NULLIF(display_name, ''), username), country, value FROM ranked WHERE {which} ORDER BY position LIMIT %s
"""
_AFTER = "(value < %s OR (value = %s AND public_id > %s))"
_AROUND = "ABS(position - (SELECT position FROM ranked WHERE public_id = %s)) <= %s"


@dataclass(frozen=True)
class Period:
    """A stretch of time that reaches to the present."""

    name: str
    since: datetime


def get_period(name: str, *, now: datetime) -> Period:
    """The stretch of time called ``season`` or ``30days``.

    :raises InvalidInput: for another name.
    """
    if name == "season":
        today = now.astimezone(UTC)
        return Period(name, datetime(today.year, (today.month - 1) // 3 * 3 + 1, 1, tzinfo=UTC))
    if name == "30days":
        return Period(name, now - timedelta(days=30))
    raise InvalidInput(f"{name!r} is no period: use {' or '.join(PERIODS)}, or leave it out for all time.", field="period")


def get_period_leaderboard(
    stat: str, period: Period, *, game: str | None = None, country: str | None = None, page: str | None = None, limit: int = 25
) -> Leaderboard:
    """Return a page of the players ranked by ``stat`` over the matches played since ``period.since``, best first.

    Ties share a rank and are listed by public id, as on the leaderboards of all time.

    :param stat: ``total_matches_played``, ``matches_won`` or ``overall_win_rate``, for which 10 matches in the period are needed.
    :param limit: 1 to 100.
    :raises NotFound: there is no such leaderboard of a period.
    :raises InvalidInput: for a game, country, cursor or limit that cannot be taken.
    """
    check_limit(limit, MAX_LIMIT)
    board = _find_board(stat, period, game=game, country=country)
    listing = f"period/{stat}/{period.name}/{game or ''}/{country or ''}"
    value, public_id = read_position(listing, page) if page else (None, "")
    found = board.read(_AFTER, [value, value, public_id], limit + 1) if page else board.read("1 = 1", [], limit + 1)
    shown, has_next = found[:limit], len(found) > limit
    field = get_stat_field(UserProfile, stat)
    return Leaderboard(
        [entry for entry, _ in shown],
        write_position(listing, [shown[-1][1], shown[-1][0].public_id]) if has_next else None,
        has_next,
        stat=stat,
        label=field.label,
        meaning=field.meaning,
        unit=getattr(field, "unit", ""),
        rule=SAMPLED if stat in RATES else "Players with at least one are ranked.",
        tie_rule=TIES_BY_PUBLIC_ID,
        game=board.game,
    )


def list_period_neighbours(
    user: User, stat: str, period: Period, *, game: str | None = None, country: str | None = None, each_side: int = 5
) -> list[LeaderboardEntry]:
    """Return ``user``'s place over a period with those just before and after it; nothing when they are not ranked.

    Everybody's ranks are those of the whole leaderboard.

    :param each_side: how many before, and how many after: 0 to 50.
    :raises NotFound: there is no such leaderboard of a period.
    :raises InvalidInput: for a game, country or number that cannot be taken.
    """
    check_limit(each_side + 1, MAX_EACH_SIDE + 1)
    board = _find_board(stat, period, game=game, country=country)
    found = board.read(_AROUND, [user.profile.public_id, each_side], 2 * each_side + 1)
    return [entry for entry, _ in found]


@dataclass(frozen=True)
class _Board:
    """Whom a leaderboard of a period ranks, and by what."""

    stat: str
    since: datetime
    game: Game | None
    country: str | None

    def read(self, which: str, params: list[Any], limit: int) -> list[tuple[LeaderboardEntry, int]]:
        """The ranked players that ``which`` keeps, each with the whole number they are ordered by. One statement."""
        moment = connection.ops.adapt_datetimefield_value(self.since)
        rows = [moment, *([self.game.pk] if self.game else [])] * 2
        with connection.cursor() as cursor:
            cursor.execute(self._statement(which), [*rows, *([self.country] if self.country else []), *params, limit])
            return [
                (LeaderboardEntry(place, public_id, name, land, _value(self.stat, value)), value)
                for place, public_id, name, land, value in cursor.fetchall()
            ]

    def _statement(self, which: str) -> str:
        quote = connection.ops.quote_name
        of_game = " AND game_id = %s" if self.game else ""
        rows = " UNION ALL ".join(
            f"SELECT user_id, result FROM {quote(table._meta.db_table)} WHERE {COUNTS_SQL} AND played_at >= %s{of_game}"
            for table in MATCH_TABLES
        )
        value = VALUES[self.stat]
        return _RANKED.format(
            rows=rows,
            value=value,
            eligible=f"played >= {RATE_SAMPLE}" if self.stat in RATES else f"{value} > 0",
            profiles=quote(UserProfile._meta.db_table),
            users=quote(User._meta.db_table),
            among="WHERE p.country = %s" if self.country else "",
            which=which,
        )


def _find_board(stat: str, period: Period, *, game: str | None, country: str | None) -> _Board:
    if stat not in VALUES:
        raise NotFound(f"There is no leaderboard of a period by {stat!r}: choose one of {', '.join(VALUES)}.", field="stat")
    if country is not None:
        check_country(country)
    return _Board(stat, period.since, get_game(game) if game else None, country)


def _value(stat: str, value: int) -> int | Decimal:
    return Decimal(value).scaleb(-2) if stat in RATES else int(value)
