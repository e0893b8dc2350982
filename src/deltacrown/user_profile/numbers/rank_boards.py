"""What ranks a player on the leaderboards of all time, as SQL: the same for who counts and for who reads.

A value is ranked as a whole number, a rate of 57.25 as 5725, which every database orders alike. A board is
named by its column, its game and the standing of the players that are counted under the name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import connection, models

from deltacrown.user_profile.models import GameStats, Standing, UserProfile
from deltacrown.user_profile.numbers.catalogue import get_stat_field
from deltacrown.user_profile.stat_fields import Leaderboard, list_leaderboards, list_twin_leaderboards
from django_tally.schema import quote, table_of
from django_tally.sql import condition_sql

#: A bucket of one level has this many bits' worth of buckets of the level below.
BITS = 6
#: Levels above the single values; the highest has all values in a few buckets.
LEVELS = 10
#: The standings that are counted, each under a name of its own: who is suspended is on no board, but told how
#: many players there are.
COUNTED = {Standing.ACTIVE: "A", Standing.SUSPENDED: "S"}


@dataclass(frozen=True)
class RankedBy:
    """A number that ranks players.

    :param holder: ``UserProfile``, or ``GameStats`` for the boards of one game.
    """

    holder: type[models.Model]
    column: str
    declared: Leaderboard

    @property
    def places(self) -> int:
        """Return the decimal places of the number."""
        field = get_stat_field(self.holder, self.column)
        output: Any = getattr(field, "output_field", field)
        return output.decimal_places if isinstance(output, models.DecimalField) else 0

    @property
    def is_in_game(self) -> bool:
        return self.holder is GameStats

    def write_value(self, column: str = "") -> str:
        """Return the whole number, as SQL over the bare columns of the holder.

        :param column: the number in SQL, where its bare name would be another's.
        """
        column = column or quote(self.column)
        return f"CAST(ROUND({column} * {10**self.places}) AS BIGINT)" if self.places else column

    def write_eligible(self) -> str:
        """Return the condition that a row is ranked, over the same columns."""
        return _write_eligible(self.holder, self.column, connection.alias)

    def to_whole(self, value: int | Decimal) -> int:
        """Return the whole number that stands for ``value``."""
        return int(Decimal(value).scaleb(self.places))

    def from_whole(self, whole: int) -> int | Decimal:
        """Return the value that a whole number stands for."""
        return Decimal(whole).scaleb(-self.places) if self.places else whole

    def get_name(self, game: int | None, standing: Standing = Standing.ACTIVE) -> str:
        """Return under which name players of one standing are counted."""
        return f"{self.column}/{game or ''}/{COUNTED[standing]}"


@cache
def _write_eligible(holder: type[models.Model], column: str, _: str) -> str:
    declared = get_ranked(holder, column).declared
    return condition_sql(holder, declared.get_eligible(column), connection)


@cache
def list_ranked() -> tuple[RankedBy, ...]:
    """Return the numbers that rank players, over everything and in one game."""
    overall = list_leaderboards(UserProfile).items()
    in_games = list_twin_leaderboards(GameStats, UserProfile).items()
    return (
        *(RankedBy(UserProfile, column, declared) for column, declared in overall),
        *(RankedBy(GameStats, column, declared) for column, declared in in_games),
    )


def get_ranked(holder: type[models.Model], column: str) -> RankedBy:
    """Return the number ``column`` of ``holder``.

    :raises KeyError: it ranks nobody.
    """
    return _map_ranked()[holder, column]


@cache
def _map_ranked() -> dict[tuple[type[models.Model], str], RankedBy]:
    return {(each.holder, each.column): each for each in list_ranked()}


def write_ranked(only: str = "") -> str:
    """Return a SELECT of ``user_id``, ``board`` and ``value``: everybody's values by which boards rank them.

    :param only: a condition on ``user_id``.
    """
    return " UNION ALL ".join(_list_selects(only))


def get_fingerprint() -> str:
    """Return a digest of what is counted: another one means that everything must be counted anew."""
    return _digest(connection.alias)


@cache
def _digest(_: str) -> str:
    return hashlib.sha256(f"{BITS}/{LEVELS}/{write_ranked()}".encode()).hexdigest()


def _list_selects(only: str) -> Iterator[str]:
    profiles = table_of(UserProfile)
    also = f" AND {only}" if only else ""
    letters = " ".join(f"WHEN '{standing.value}' THEN '{letter}'" for standing, letter in COUNTED.items())
    counted = ", ".join(f"'{standing.value}'" for standing in COUNTED)
    for each in list_ranked():
        name = f"'{each.column}/' || r.game || '/' || CASE p.standing {letters} END"
        game = "CAST(game_id AS text)" if each.is_in_game else "''"
        rows = (
            f"SELECT user_id, {game} AS game, {each.write_value()} AS value "
            f"FROM {table_of(each.holder)} WHERE {each.write_eligible()}{also}"
        )
        yield (
            f"SELECT r.user_id, {name} AS board, r.value FROM ({rows}) r "
            f"JOIN {profiles} p ON p.user_id = r.user_id WHERE p.standing IN ({counted})"
        )
