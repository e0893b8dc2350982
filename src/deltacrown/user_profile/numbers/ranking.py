"""The statement that ranks players by a number over a period, from the rows the number counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db import connection, models

from deltacrown.accounts.models import User
from deltacrown.games.models import Game
from deltacrown.user_profile import privacy
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.board_periods import Period
from deltacrown.user_profile.numbers.leaderboards import LeaderboardEntry
from deltacrown.user_profile.people.follows import list_circle
from deltacrown.user_profile.standing import write_listed_sql
from deltacrown.user_profile.stat_fields import DerivedStat, Leaderboard, Stat
from django_tally.declarations import Contribution, Rule, all_of, drop_rules, share_rules
from django_tally.feeds import column_of
from django_tally.fields import Stat as CountedStat
from django_tally.numbers import list_components, number_sql
from django_tally.schema import quote
from django_tally.sql import condition_sql, contribution_sql

_RANKED = """
WITH rows AS ({rows}),
counted AS (SELECT user_id, {sums} FROM rows GROUP BY user_id),
valued AS (SELECT user_id, {value} AS value FROM counted WHERE {eligible}),
ranked AS (
    SELECT p.user_id, p.public_id, v.value,
        RANK() OVER (ORDER BY v.value {direction}) AS place,
        ROW_NUMBER() OVER (ORDER BY v.value {direction}, p.public_id) AS position,
        COUNT(*) OVER (PARTITION BY v.value) AS sharing,
        MAX(v.value) OVER () AS highest
    FROM valued v JOIN {profiles} p ON p.user_id = v.user_id
    WHERE {among}
),
shown AS (SELECT * FROM ranked WHERE {which} ORDER BY position LIMIT %s)
SELECT s.place, s.public_id, COALESCE(NULLIF(p.display_name, ''), u.username), p.country, s.value,
    s.sharing, s.highest, p.avatar
FROM shown s JOIN {profiles} p ON p.user_id = s.user_id JOIN {users} u ON u.id = s.user_id
ORDER BY s.position
"""

#: SQL and its parameters.
Sql = tuple[str, list[Any]]


@dataclass(frozen=True)
class RankedRow:
    """A player on a leaderboard of a period.

    :param ordered_by: the value as the whole number that rows are ordered by.
    :param best: the value of the first player; ``None`` where the lowest value is the best.
    """

    entry: LeaderboardEntry
    ordered_by: int
    best: int | Decimal | None


@dataclass(frozen=True)
class Ranking:
    """Whom a leaderboard of a period ranks, and by what.

    :param holder: the model that declares the number; of one game, that which keeps it per game.
    :param circle_of: rank among this user and whom they follow.
    :param leave_out: players who hide one of these histories are left out, and places close up.
    """

    holder: type[models.Model]
    field: Stat | DerivedStat
    declared: Leaderboard
    period: Period
    game: Game | None
    country: str | None
    leave_out: frozenset[privacy.History]
    circle_of: User | None = None

    def read(self, which: str, params: list[Any], limit: int) -> list[RankedRow]:
        """Return the ranked players that ``which`` keeps. One statement."""
        rows, row_params = self._write_rows()
        among, among_params = self._write_among()
        with connection.cursor() as cursor:
            cursor.execute(
                self._statement(rows, among, which),
                [*row_params, *among_params, *params, limit],
            )
            return [
                RankedRow(
                    LeaderboardEntry(
                        place, public_id, name, land, self._shown(value), sharing > 1, picture=picture
                    ),
                    value,
                    None if self.declared.lowest_first else self._shown(highest),
                )
                for place, public_id, name, land, value, sharing, highest, picture in cursor.fetchall()
            ]

    def _statement(self, rows: str, among: str, which: str) -> str:
        columns = [quote(str(stat.column)) for stat in self._parts]

        return _RANKED.format(
            rows=rows,
            sums=", ".join(f"CAST(SUM({column}) AS BIGINT) AS {column}" for column in columns),
            value=self._value_sql(),
            eligible=self._eligible_sql(),
            direction="ASC" if self.declared.lowest_first else "DESC",
            profiles=quote(UserProfile._meta.db_table),
            users=quote(User._meta.db_table),
            among=among,
            which=which,
        )

    @cached_property
    def _parts(self) -> list[CountedStat]:
        """Return the counted numbers that the value and the sample are computed from."""
        sample = self.declared.sample
        names = [self.field.name, *([sample.stat] if sample else [])]
        return list(dict.fromkeys(stat for name in names for stat in list_components(self.holder, name)))

    def _write_rows(self) -> Sql:
        """Return what the rows of the period add to each part, per source table and player."""
        sources = {
            (each.model, each.happened_at, each.key_for("user")): None
            for stat in self._parts
            for each in stat.contributions
        }
        selects, params = zip(*(self._write_source(*source) for source in sources), strict=True)
        return " UNION ALL ".join(selects), [param for some in params for param in some]

    def _write_source(self, source: type[models.Model], happened_at: str, owner: str) -> Sql:
        """Return what the rows of one table add.

        Rules that every part shares are the condition on the rows, so that an index over such rows alone
        serves it.
        """
        by_part = {
            str(stat.column): [
                each
                for each in stat.contributions
                if (each.model, each.happened_at, each.key_for("user")) == (source, happened_at, owner)
            ]
            for stat in self._parts
        }
        everything = [contribution for found in by_part.values() for contribution in found]
        shared = share_rules(everything)

        user = quote(column_of(source, owner))
        terms = [f"{_write_added(found, shared)} AS {quote(column)}" for column, found in by_part.items()]
        bounds = list(self._list_bounds(source, happened_at, everything[0]))
        where = [
            f"{user} IS NOT NULL",
            _escape(condition_sql(source, all_of(shared), connection)),
            *(condition for condition, _ in bounds),
        ]
        sql = (
            f"SELECT {user} AS user_id, {', '.join(terms)} FROM {quote(source._meta.db_table)} "
            f"WHERE {' AND '.join(where)}"
        )
        return sql, [param for _, param in bounds]

    def _list_bounds(
        self, source: type[models.Model], happened_at: str, contribution: Contribution
    ) -> Iterator[tuple[str, Any]]:
        """Yield the conditions that keep a row of the period, and of the game, each with its parameter."""
        happened = quote(column_of(source, happened_at))
        if self.period.since:
            yield f"{happened} >= %s", _adapt(self.period.since)
        if self.period.until:
            yield f"{happened} < %s", _adapt(self.period.until)
        if self.game:
            yield f"{quote(column_of(source, contribution.key_for('game')))} = %s", self.game.pk

    def _write_among(self) -> Sql:
        """Return the condition on players: listed, of the country, and who may be told of on such a day."""
        conditions, params = [write_listed_sql("p")], []
        if self.country:
            conditions.append("p.country = %s")
            params.append(self.country)
        if self.circle_of:
            sql, circle = list_circle(self.circle_of).values("pk").query.sql_with_params()
            conditions.append(f"p.user_id IN ({sql})")
            params.extend(circle)
        if self.leave_out:
            sql, shown = privacy.list_who_show(self.leave_out).values("user_id").query.sql_with_params()
            conditions.append(f"p.user_id IN ({sql})")
            params.extend(shown)
        return " AND ".join(conditions), params

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
            return f"{quote(column_of(self.holder, sample.stat))} >= {sample.at_least} AND {value} >= 0"

        return f"{value} IS NOT NULL" if self.declared.lowest_first else f"{value} > 0"

    def _shown(self, value: int) -> int | Decimal:
        return Decimal(value).scaleb(-self._places) if self._places else int(value)


def _write_added(contributions: Sequence[Contribution], shared: Sequence[Rule]) -> str:
    """Return what a row that meets the ``shared`` rules adds; 0 to a part that has no rows of its table."""
    rests = [drop_rules(contribution, tuple(shared)) for contribution in contributions]
    terms = [contribution_sql(rest, connection) for rest in rests]
    return _escape(" + ".join(terms)) or "0"


def _adapt(at: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(at)


def _escape(sql: str) -> str:
    """Return SQL with literals for a statement that has parameters too."""
    return sql.replace("%", "%%")
