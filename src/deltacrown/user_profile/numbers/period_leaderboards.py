"""Leaderboards of a period, counted from the matches played in it: what is cached on profiles is of all time.

The season is the quarter of the year, in UTC: January to March, April to June, and so on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db import connection, models

from deltacrown.accounts.models import User
from deltacrown.core.days import start_of_day
from deltacrown.core.errors import InvalidInput, NotFound
from deltacrown.core.pagination import check_limit, read_position, write_position
from deltacrown.games.models import MATCH_TABLES, Game, MatchRow
from deltacrown.user_profile.histories.filters import get_game
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.catalogue import get_stat_field
from deltacrown.user_profile.numbers.leaderboards import (
    MAX_EACH_SIDE,
    MAX_LIMIT,
    TIES_BY_PUBLIC_ID,
    Leaderboard,
    LeaderboardEntry,
    check_country,
)
from deltacrown.user_profile.standing import write_listed_sql
from deltacrown.user_profile.stat_fields import DerivedStat, Stat, list_leaderboards, list_numbers
from deltacrown.user_profile.stat_fields import Leaderboard as Declaration
from django_tally.as_of import list_components, number_sql
from django_tally.declarations import Contribution, Rule, all_of
from django_tally.feeds import column_of
from django_tally.fields import Stat as CountedStat
from django_tally.recounting import condition_sql
from django_tally.schema import quote
from django_tally.sql import contribution_sql

PERIODS = ("season", "30days")

_RANKED = """
WITH rows AS ({rows}),
counted AS (SELECT user_id, {sums} FROM rows GROUP BY user_id),
valued AS (SELECT user_id, {value} AS value FROM counted WHERE {eligible}),
ranked AS (
    SELECT p.public_id, p.display_name, u.username, p.country, v.value,
        RANK() OVER (ORDER BY v.value {direction}) AS place,
        ROW_NUMBER() OVER (ORDER BY v.value {direction}, p.public_id) AS position
    FROM valued v JOIN {profiles} p ON p.user_id = v.user_id JOIN {users} u ON u.id = v.user_id
    WHERE {among}
)
SELECT place, public_id, COALESCE(NULLIF(display_name, ''), username), country, value
FROM ranked WHERE {which} ORDER BY position LIMIT %s
"""
_AFTER = "(value {worse} %s OR (value = %s AND public_id > %s))"
_AROUND = "ABS(position - (SELECT position FROM ranked WHERE public_id = %s)) <= %s"


@dataclass(frozen=True)
class Period:
    """A period that reaches to the present; ``since`` is a midnight in UTC."""

    name: str
    since: datetime


def get_period(name: str, *, now: datetime) -> Period:
    """Return the period called ``season`` or ``30days``, the last thirty whole days and today so far.

    Both begin at midnight. A period that moved with the clock would tell to the second when the match was
    played that leaves it, also of a player who hides their matches.

    :raises InvalidInput: for another name.
    """
    if name == "season":
        today = now.astimezone(UTC)
        return Period(name, datetime(today.year, (today.month - 1) // 3 * 3 + 1, 1, tzinfo=UTC))
    if name == "30days":
        return Period(name, start_of_day(now) - timedelta(days=30))
    allowed = " or ".join(PERIODS)
    raise InvalidInput(f"{name!r} is no period: use {allowed}, or leave it out for all time.", field="period")


def get_period_leaderboard(
    stat: str,
    period: Period,
    *,
    game: str | None = None,
    country: str | None = None,
    page: str | None = None,
    limit: int = 25,
) -> Leaderboard:
    """Return a page of the players ranked by ``stat`` over the matches of a period, best first.

    Ties share a rank and are listed by public id, as on the leaderboards of all time.

    :param stat: a number whose leaderboard is declared to be one of periods too: ``list_period_boards`` has
        them.
    :param limit: 1 to 100.
    :raises NotFound: there is no such leaderboard of a period.
    :raises InvalidInput: for a game, country, cursor or limit that cannot be taken.
    """
    check_limit(limit, MAX_LIMIT)
    board = _find_board(stat, period, game=game, country=country)
    listing = f"period/{stat}/{period.name}/{game or ''}/{country or ''}"
    value, public_id = read_position(listing, page) if page else (None, "")
    after = _AFTER.format(worse=">" if board.declared.lowest_first else "<")
    which, params = (after, [value, value, public_id]) if page else ("1 = 1", [])
    found = board.read(which, params, limit + 1)
    shown, has_next = found[:limit], len(found) > limit
    field = get_stat_field(UserProfile, stat)
    return Leaderboard(
        [entry for entry, _ in shown],
        write_position(listing, [shown[-1][1], shown[-1][0].public_id]) if has_next else None,
        has_next,
        stat=stat,
        label=field.label,
        meaning=field.meaning,
        unit=field.unit,
        rule=board.declared.get_rule(in_period=True),
        tie_rule=TIES_BY_PUBLIC_ID,
        game=board.game,
    )


def list_period_neighbours(
    user: User,
    stat: str,
    period: Period,
    *,
    game: str | None = None,
    country: str | None = None,
    each_side: int = 5,
) -> list[LeaderboardEntry]:
    """Return ``user``'s place over a period, with those just before and after it.

    Nothing when they are not ranked.

    Everybody's ranks are those of the whole leaderboard.

    :param each_side: how many before, and how many after: 0 to 50.
    :raises NotFound: there is no such leaderboard of a period.
    :raises InvalidInput: for a game, country or number that cannot be taken.
    """
    check_limit(each_side + 1, MAX_EACH_SIDE + 1)
    board = _find_board(stat, period, game=game, country=country)
    found = board.read(_AROUND, [user.profile.public_id, each_side], 2 * each_side + 1)
    return [entry for entry, _ in found]


def list_period_boards() -> list[str]:
    """Return the names of the numbers with leaderboards of periods, in the order of the catalogue."""
    boards = list_leaderboards(UserProfile)
    of_periods = {name for name, board in boards.items() if board.of_periods}
    return [field.name for field in list_numbers(UserProfile) if field.name in of_periods]


@dataclass(frozen=True)
class _Board:
    """Whom a leaderboard of a period ranks, and by what."""

    field: Stat | DerivedStat
    declared: Declaration
    since: datetime
    game: Game | None
    country: str | None

    def read(self, which: str, params: list[Any], limit: int) -> list[tuple[LeaderboardEntry, int]]:
        """Return the ranked players that ``which`` keeps, each with the whole number they are ordered by.

        One statement.
        """
        since = connection.ops.adapt_datetimefield_value(self.since)
        rows = [since, *([self.game.pk] if self.game else [])] * len(MATCH_TABLES)
        with connection.cursor() as cursor:
            cursor.execute(
                self._statement(which),
                [*rows, *([self.country] if self.country else []), *params, limit],
            )
            return [
                (LeaderboardEntry(place, public_id, name, land, self._shown(value)), value)
                for place, public_id, name, land, value in cursor.fetchall()
            ]

    def _statement(self, which: str) -> str:
        columns = [quote(column_of(UserProfile, stat.name)) for stat in self._parts]

        return _RANKED.format(
            rows=" UNION ALL ".join(self._rows_sql(table) for table in MATCH_TABLES),
            sums=", ".join(f"CAST(SUM({column}) AS BIGINT) AS {column}" for column in columns),
            value=self._value_sql(),
            eligible=self._eligible_sql(),
            direction="ASC" if self.declared.lowest_first else "DESC",
            profiles=quote(UserProfile._meta.db_table),
            users=quote(User._meta.db_table),
            among=f"{write_listed_sql('p')}{' AND p.country = %s' if self.country else ''}",
            which=which,
        )

    @cached_property
    def _parts(self) -> list[CountedStat]:
        """Return the counted numbers that the value and the sample are computed from."""
        sample = self.declared.sample
        names = [self.field.name, *([sample.stat] if sample else [])]
        return list(dict.fromkeys(stat for name in names for stat in list_components(UserProfile, name)))

    def _rows_sql(self, table: type[MatchRow]) -> str:
        """Return the matches of the period in one table, with what each adds to each part.

        Rules that every part shares are the condition on the rows, so that an index over such rows alone
        serves it.
        """
        counting = {}
        for stat in self._parts:
            column = column_of(UserProfile, stat.name)
            counting[column] = [each for each in stat.contributions if each.model is table]

        everything = [contribution for found in counting.values() for contribution in found]
        shared = [rule for rule in everything[0].rules if all(rule in each.rules for each in everything)]

        terms = [f"{_added_sql(found, shared)} AS {quote(column)}" for column, found in counting.items()]
        where = _escape(condition_sql(table, all_of(shared)))
        of_game = " AND game_id = %s" if self.game else ""
        source = quote(table._meta.db_table)
        return f"SELECT user_id, {', '.join(terms)} FROM {source} WHERE {where} AND played_at >= %s{of_game}"

    @property
    def _places(self) -> int:
        """Return the decimal places of the number.

        Without them it is a whole number, which every database orders alike.
        """
        output = self.field.output_field if isinstance(self.field, DerivedStat) else self.field
        return output.decimal_places if isinstance(output, models.DecimalField) else 0

    def _value_sql(self) -> str:
        value = _escape(number_sql(self.field))
        return f"CAST(ROUND(({value}) * {10**self._places}) AS BIGINT)" if self._places else value

    def _eligible_sql(self) -> str:
        """Return whom the leaderboard ranks, by the same declaration as that of all time."""
        value, sample = self._value_sql(), self.declared.sample
        if sample:
            return f"{quote(column_of(UserProfile, sample.stat))} >= {sample.at_least} AND {value} >= 0"

        return f"{value} IS NOT NULL" if self.declared.lowest_first else f"{value} > 0"

    def _shown(self, value: int) -> int | Decimal:
        return Decimal(value).scaleb(-self._places) if self._places else int(value)


def _added_sql(contributions: Sequence[Contribution], shared: Sequence[Rule]) -> str:
    """Return what a row that meets the ``shared`` rules adds."""
    terms = []

    for contribution in contributions:
        rest = tuple(rule for rule in contribution.rules if rule not in shared)
        terms.append(contribution_sql(replace(contribution, rules=rest), connection))

    return _escape(" + ".join(terms))


def _escape(sql: str) -> str:
    """Return SQL with literals for a statement that has parameters too."""
    return sql.replace("%", "%%")


def _find_board(stat: str, period: Period, *, game: str | None, country: str | None) -> _Board:
    boards = list_period_boards()
    if stat not in boards:
        raise NotFound(
            f"There is no leaderboard of a period by {stat!r}: choose one of {', '.join(boards)}.",
            field="stat",
        )

    if country is not None:
        check_country(country)

    declared = list_leaderboards(UserProfile)[stat]
    of_game = get_game(game) if game else None
    return _Board(get_stat_field(UserProfile, stat), declared, period.since, of_game, country)
