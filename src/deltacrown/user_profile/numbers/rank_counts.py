"""How many players are ahead on a leaderboard of all time, at this moment, whatever the place.

Most are read from ``RankCount``: a value has a few dozen ranges of better values. Players with changes that
are not counted yet are compared one by one, as they were counted and as they are. Where too many changes
wait, or nothing is counted yet, the board is counted. One statement, so what is returned is one moment's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter
from typing import Any

from django.db import connection

from deltacrown.user_profile.models import RankCount, RankedPlayer, Standing, UserProfile
from deltacrown.user_profile.numbers.rank_boards import LEVELS, RankedBy, get_ranked
from deltacrown.user_profile.numbers.rank_reading import (
    CHANGED,
    read_counted,
    write_back,
    write_better,
    write_same,
    write_sign,
    write_usable,
)
from deltacrown.user_profile.standing import write_listed_sql
from django_tally.schema import quote, table_of

#: With more changes waiting, to count the board is as fast.
MOST_WAITING = 10_000

_PROFILES = table_of(UserProfile)


@dataclass(frozen=True)
class Asked:
    """A value on a leaderboard.

    :param holder: ``UserProfile``; of one game ``GameStats``.
    :param column: the number of it that ranks.
    :param with_players: also count who is ranked.
    :param with_highest: also find the highest value.
    """

    holder: Any
    column: str
    value: int | Decimal
    game: int | None = None
    with_players: bool = False
    with_highest: bool = False


@dataclass(frozen=True)
class Counted:
    """How a value stands on a leaderboard.

    :param better: how many listed players have a better value.
    :param same: how many listed players have this value.
    :param players: how many players are ranked, those who are suspended included; None if not asked for.
    :param highest: the highest value of all listed players; None where there is none, or if not asked for.
    """

    better: int
    same: int
    players: int | None
    highest: int | Decimal | None


def count_places(asked: Sequence[Asked]) -> list[Counted]:
    """Return how each value stands, as of one moment. One statement."""
    if not asked:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_write(asked))
        rows = sorted(cursor.fetchall(), key=itemgetter(0))
    return [
        Counted(
            int(better),
            int(same),
            None if players is None else int(players),
            None if highest is None else get_ranked(one.holder, one.column).from_whole(int(highest)),
        )
        for one, (_, better, same, players, highest) in zip(asked, rows, strict=True)
    ]


def _write(asked: Sequence[Asked]) -> str:
    tables, selects = list(_list_shared()), []
    for number, one in enumerate(asked):
        board = _Board(number, one)
        tables += board.list_tables()
        selects.append(board.write())
    return f"WITH {', '.join(tables)} {' UNION ALL '.join(selects)}"


def _list_shared() -> Iterator[str]:
    """Yield what all boards of a statement read: whether counts can be used, who changed, who is back."""
    yield f"usable(yes) AS MATERIALIZED (SELECT {write_usable(MOST_WAITING)})"
    yield f"changed(user_id) AS MATERIALIZED ({CHANGED})"
    yield f"back(user_id) AS MATERIALIZED (SELECT p.user_id FROM {_PROFILES} p WHERE {write_back('p')})"


@dataclass(frozen=True)
class _Board:
    """The part of the statement that is about one of the values asked for."""

    number: int
    asked: Asked

    @property
    def by(self) -> RankedBy:
        return get_ranked(self.asked.holder, self.asked.column)

    @property
    def value(self) -> int:
        return self.by.to_whole(self.asked.value)

    def list_tables(self) -> Iterator[str]:
        n, by = self.number, self.by
        of_game = f" AND game_id = {int(self.asked.game)}" if self.asked.game is not None else ""
        own = f"SELECT {by.write_value()} FROM {table_of(by.holder)} WHERE {by.write_eligible()}{of_game}"
        standing = f"(SELECT q.standing FROM {_PROFILES} q WHERE q.user_id = c.user_id)"
        counted = f"(SELECT r.counted FROM {table_of(RankedPlayer)} r WHERE r.owner = c.user_id)"
        yield (
            f"moved_{n}(value, standing, counted) AS MATERIALIZED "
            f"(SELECT ({own} AND user_id = c.user_id), {standing}, {counted} FROM changed c)"
        )
        active, suspended = (read_counted(name, "counted") for name in self._names)
        yield f"was_{n}(active, suspended) AS MATERIALIZED (SELECT {active}, {suspended} FROM moved_{n})"
        yield f"back_{n}(value) AS MATERIALIZED (SELECT ({own} AND user_id = c.user_id) FROM back c)"

    @property
    def _names(self) -> tuple[str, str]:
        """Return under which names the listed and the suspended players are counted."""
        game = self.asked.game
        return self.by.get_name(game), self.by.get_name(game, Standing.SUSPENDED)

    def write(self) -> str:
        """Return the SELECT of what is asked."""
        usable = "(SELECT yes FROM usable)"
        (name, _), own = self._names, str(self.value)
        counts = {write_sign(self.by): write_better(self.by, name, own), "=": write_same(name, own)}
        better, same = (
            f"CASE WHEN {usable} THEN {counted} + {self._correct(sign)} ELSE ({self._count(sign)}) END"
            for sign, counted in counts.items()
        )
        players = highest = "NULL"
        if self.asked.with_players:
            players = f"CASE WHEN {usable} THEN {self._read_players()} ELSE ({self._count_players()}) END"
        if self.asked.with_highest:
            highest = f"({self._find_highest()})"
        return f"SELECT {self.number}, {better}, {same}, {players}, {highest}"

    def _correct(self, sign: str) -> str:
        """Return what to add for players whose changes wait: as they are, less as they were counted."""
        n, value = self.number, self.value
        is_now, was = f"value {sign} {value}", f"active {sign} {value}"
        return (
            f"(SELECT COUNT(*) FROM moved_{n} WHERE {is_now} AND standing = '{Standing.ACTIVE}') "
            f"- (SELECT COUNT(*) FROM was_{n} WHERE {was}) + (SELECT COUNT(*) FROM back_{n} WHERE {is_now})"
        )

    def _read_players(self) -> str:
        n, names = self.number, ", ".join(f"'{name}'" for name in self._names)
        shown = f"standing IN ('{Standing.ACTIVE}', '{Standing.SUSPENDED}')"
        return (
            f"COALESCE((SELECT SUM(players) FROM {table_of(RankCount)} WHERE board IN ({names}) "
            f"AND level = {LEVELS}), 0) "
            f"+ (SELECT COUNT(*) FROM moved_{n} WHERE value IS NOT NULL AND {shown}) "
            f"- (SELECT COUNT(*) FROM was_{n} WHERE active IS NOT NULL OR suspended IS NOT NULL)"
        )

    def _from(self, listed: str) -> str:
        """Return the rows that rank players of whom ``listed`` holds, a condition on their profile ``p``."""
        by, table = self.by, table_of(self.by.holder)
        if not by.is_in_game:
            return f"FROM {table} p WHERE {by.write_eligible()} AND {listed}"
        own = f"SELECT 1 FROM {_PROFILES} p WHERE p.user_id = t.user_id AND {listed}"
        return (
            f"FROM {table} t WHERE {by.write_eligible()} AND game_id = {int(self.asked.game or 0)} "
            f"AND EXISTS ({own})"
        )

    @property
    def _listed(self) -> str:
        return str(write_listed_sql("p") % ())

    def _count(self, sign: str) -> str:
        which = f"{quote(self.by.column)} {sign} {self.asked.value}"
        return f"SELECT COUNT(*) {self._from(self._listed)} AND {which}"

    def _count_players(self) -> str:
        shown = self._from(f"p.standing IN ('{Standing.ACTIVE}', '{Standing.SUSPENDED}')")
        return f"SELECT COUNT(*) {shown}"

    def _find_highest(self) -> str:
        column = quote(self.by.column)
        rows = self._from(self._listed)
        return f"SELECT {self.by.write_value()} {rows} ORDER BY {column} DESC LIMIT 1"
