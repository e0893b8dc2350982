"""Leaderboards of a stretch of time, counted from the matches played in it: what is cached on profiles is of all time.

The season is the quarter of the year, in UTC: January to March, April to June, and so on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from deltacrown.core.errors import InvalidInput, NotFound
from deltacrown.core.pagination import check_limit, read_position, write_position
from deltacrown.games.models import ArchivedMatch, Game, Match
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.models.profile import RATE_SAMPLE
from deltacrown.user_profile.services.leaderboard_service import COUNTRY, MAX_LIMIT, Leaderboard, LeaderboardEntry
from deltacrown.user_profile.services.stats_service.catalogue import get_stat_field
from deltacrown.user_profile.services.stats_service.filters import get_game

PERIODS = ("season", "30days")

#: Stat → its value in SQL, of ``played`` and ``won``, as a whole number; rates in hundredths of a percent, rounded as the catalogue does.
VALUES = {"total_matches_played": "played", "matches_won": "won", "overall_win_rate": "(won * 20000 + played) / (played * 2)"}
RATES = {"overall_win_rate"}
SAMPLED = f"Players with {RATE_SAMPLE} matches or more in the period are ranked."

_COUNTED = """
WITH rows AS ({rows}),
counted AS (SELECT user_id, COUNT(*) AS played, SUM(CASE WHEN result = 'WIN' THEN 1 ELSE 0 END) AS won FROM rows GROUP BY user_id),
valued AS (SELECT user_id, {value} AS value FROM counted WHERE {eligible}),
ranked AS (
    SELECT p.public_id, p.display_name, u.username, p.country, v.value, RANK() OVER (ORDER BY v.value DESC) AS place
    FROM valued v JOIN {profiles} p ON p.user_id = v.user_id JOIN {users} u ON u.id = v.user_id {among}
)
SELECT place, public_id, COALESCE(NULLIF(display_name, ''), username), country, value FROM ranked {after}
ORDER BY value DESC, public_id LIMIT %s
"""


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
    if stat not in VALUES:
        raise NotFound(f"There is no leaderboard of a period by {stat!r}: choose one of {', '.join(VALUES)}.", field="stat")
    if country is not None and not COUNTRY.fullmatch(country):
        raise InvalidInput(f"{country!r} is no country: use two capital letters of ISO 3166-1, as in DE, BR, KR.", field="country")
    of_game = get_game(game) if game else None
    listing = f"period/{stat}/{period.name}/{game or ''}/{country or ''}"
    after = read_position(listing, page) if page else None
    rows = _read(stat, period.since, game=of_game, country=country, after=after, limit=limit + 1)
    shown, has_next = rows[:limit], len(rows) > limit
    field = get_stat_field(UserProfile, stat)
    return Leaderboard(
        [LeaderboardEntry(place, public_id, name, land, _value(stat, value)) for place, public_id, name, land, value in shown],
        write_position(listing, [shown[-1][4], shown[-1][1]]) if has_next else None,
        has_next,
        stat=stat,
        label=field.label,
        meaning=field.meaning,
        unit=getattr(field, "unit", ""),
        rule=f"Players with {RATE_SAMPLE} matches or more in the period are ranked."
        if stat in RATES
        else "Players with at least one are ranked.",
        game=of_game,
    )


def _read(stat: str, since: datetime, *, game: Game | None, country: str | None, after: list[Any] | None, limit: int) -> list[Any]:
    """The ranked players after a position: place, public id, name, country, value. One statement."""
    quote = connection.ops.quote_name
    of_game = " AND game_id = %s" if game else ""
    rows = " UNION ALL ".join(
        f"SELECT user_id, result FROM {quote(table._meta.db_table)} WHERE voided_at IS NULL AND played_at >= %s{of_game}"
        for table in (Match, ArchivedMatch)
    )
    moment = connection.ops.adapt_datetimefield_value(since)
    params: list[Any] = [moment, *([game.pk] if game else [])] * 2 + ([country] if country else [])
    if after:
        params += [after[0], after[0], after[1]]
    statement = _COUNTED.format(
        rows=rows,
        value=VALUES[stat],
        eligible=f"played >= {RATE_SAMPLE}" if stat in RATES else f"{VALUES[stat]} > 0",
        profiles=quote(UserProfile._meta.db_table),
        users=quote(UserProfile._meta.get_field("user").related_model._meta.db_table),
        among="WHERE p.country = %s" if country else "",
        after="WHERE value < %s OR (value = %s AND public_id > %s)" if after else "",
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*params, limit])
        return list(cursor.fetchall())


def _value(stat: str, value: int) -> int | Decimal:
    return Decimal(value).scaleb(-2) if stat in RATES else int(value)
