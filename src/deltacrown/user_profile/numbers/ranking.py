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
from deltacrown.user_profile.numbers.rank_reading import write_back
from deltacrown.user_profile.people.follows import list_circle
from deltacrown.user_profile.stat_fields import DerivedStat, Leaderboard, Stat
from django_tally.declarations import Contribution, Rule, all_of, drop_rules, share_rules
from django_tally.feeds import column_of
from django_tally.fields import Stat as CountedStat
from django_tally.numbers import list_components, number_sql
from django_tally.schema import quote
from django_tally.sql import condition_sql, contribution_sql

#: Players are ranked by their values alone, and only those whose values are near the page are looked up.
_RANKED = """
WITH rows AS ({rows}),
counted AS (SELECT user_id, {sums} FROM rows GROUP BY user_id),
valued AS (SELECT user_id, {value} AS value FROM counted c WHERE {eligible} AND {among}),
tally AS (SELECT value, COUNT(*) AS sharing FROM valued GROUP BY value),
placed AS (
    SELECT value, sharing, MAX(value) OVER () AS highest,
        CAST(SUM(sharing) OVER (ORDER BY value {direction}) - sharing + 1 AS BIGINT) AS place
    FROM tally
),
near AS (SELECT * FROM placed WHERE {near}),
named AS (
    SELECT v.user_id, v.value, n.place, n.sharing, n.highest,
        (SELECT p.public_id FROM {profiles} p WHERE p.user_id = v.user_id) AS public_id
    FROM near n JOIN valued v ON v.value = n.value
),
ranked AS (
    SELECT named.*, place + ROW_NUMBER() OVER (PARTITION BY value ORDER BY public_id) - 1 AS position
    FROM named
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
class Part:
    """Which rows of a ranking are read.

    :param near: the condition on the values among which they are, with the places of each; all who have one
        of these values are looked up.
    :param which: the condition on the rows themselves.
    """

    near: str
    near_params: Sequence[Any]
    which: str
    which_params: Sequence[Any]
    limit: int


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

    def read_first(self, limit: int) -> list[RankedRow]:
        """Return the first players."""
        return self._read(Part("place <= %s", [limit], "1 = 1", [], limit))

    def read_after(self, value: int, public_id: str, limit: int) -> list[RankedRow]:
        """Return the players that follow this place in the order of the board, whoever is at it now."""
        worse, better = ("<", ">") if not self.declared.lowest_first else (">", "<")
        up_to = f"SELECT COALESCE(SUM(sharing), 0) FROM tally WHERE value {better}= %s"
        return self._read(
            Part(
                f"value {worse}= %s AND place <= ({up_to}) + %s",
                [value, value, limit],
                f"(value {worse} %s OR (value = %s AND public_id > %s))",
                [value, value, public_id],
                limit,
            )
        )

    def read_around(self, user: User, each_side: int) -> list[RankedRow]:
        """Return a player with those just before and after them; nothing if they are not ranked."""
        which = "ABS(position - (SELECT position FROM ranked WHERE user_id = %s)) <= %s"
        limit = 2 * each_side + 1
        return self._read(Part(*_near(user, each_side), which, [user.pk, each_side], limit))

    def read_before(self, user: User, before: int) -> list[RankedRow]:
        """Return the player who is so many places before another one, if there is one."""
        which = "position = (SELECT position FROM ranked WHERE user_id = %s) - %s"
        return self._read(Part(*_near(user, before), which, [user.pk, before], 1))

    def _read(self, part: Part) -> list[RankedRow]:
        """Return the players of a part of the ranking. One statement."""
        rows, row_params = self._write_rows()
        among, among_params = self._write_among()
        with connection.cursor() as cursor:
            cursor.execute(
                self._statement(rows, among, part),
                [*row_params, *among_params, *part.near_params, *part.which_params, part.limit],
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

    def _statement(self, rows: str, among: str, part: Part) -> str:
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
            near=part.near,
            which=part.which,
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
        profiles = quote(UserProfile._meta.db_table)
        # The few who are not listed are read once, off an index that has them alone. Written as a join, each
        # player would be looked up among them: the database expects hardly any players.
        back = f"SELECT q.user_id FROM {profiles} q WHERE {_escape(write_back('q'))}"
        unlisted = f"p.standing <> 'ACTIVE' AND p.user_id NOT IN ({back})"
        conditions: list[str] = [f"c.user_id NOT IN (SELECT p.user_id FROM {profiles} p WHERE {unlisted})"]
        params: list[Any] = []
        if self.country:
            conditions.append(f"c.user_id IN (SELECT p.user_id FROM {profiles} p WHERE p.country = %s)")
            params.append(self.country)
        if self.circle_of:
            sql, circle = list_circle(self.circle_of).values("pk").query.sql_with_params()
            conditions.append(f"c.user_id IN ({sql})")
            params.extend(circle)
        if self.leave_out:
            sql, shown = privacy.list_who_show(self.leave_out).values("user_id").query.sql_with_params()
            conditions.append(f"c.user_id IN ({sql})")
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


def _near(user: User, distance: int) -> tuple[str, list[Any]]:
    """Return the condition on values that may be so many rows away from a player's, with its parameters."""
    own = "FROM placed o JOIN valued w ON w.value = o.value WHERE w.user_id = %s"
    near = (
        f"place <= (SELECT o.place + o.sharing - 1 {own}) + %s "
        f"AND place + sharing - 1 >= (SELECT o.place {own}) - %s"
    )
    return near, [user.pk, distance, user.pk, distance]


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
