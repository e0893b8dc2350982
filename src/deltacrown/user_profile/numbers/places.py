"""A player's places on all leaderboards of all time, with how many players are on each: ``top 4 %``.

They follow from the numbers of others, so they are never kept. Whoever is suspended is before nobody, as on
the boards, and is told the place they would have. They stay among the players who are counted: a count that
fell by one, or that is another one on their own page, would tell of the suspension.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import BooleanField, Case, QuerySet, Value, When

from deltacrown.accounts.models import User
from deltacrown.games.models import Game
from deltacrown.user_profile.models import GameStats, UserProfile
from deltacrown.user_profile.numbers.catalogue import get_stat_field
from deltacrown.user_profile.numbers.rank_counts import Asked, count_places
from deltacrown.user_profile.numbers.ranks import list_seasonal
from deltacrown.user_profile.stat_fields import (
    Leaderboard,
    list_leaderboards,
    list_twin_leaderboards,
    list_twins,
)

#: Among fewer players a percentage says nothing that the place does not.
LEAST_PLAYERS = 20


@dataclass(frozen=True)
class Place:
    """A player's place on one leaderboard.

    :param value: the number it is by.
    :param players: how many have a number that is ranked, with those who are suspended.
    :param rule: who is ranked, in one sentence.
    """

    stat: str
    label: str
    unit: str
    value: int | Decimal
    rank: int
    players: int
    rule: str

    @property
    def top(self) -> int | None:
        """Return among which best percent the place is, rounded up; None among few players."""
        return -(-100 * self.rank // self.players) if self.players >= LEAST_PLAYERS else None

    @property
    def has_season(self) -> bool:
        """Return whether there is a board of the season too."""
        return self.stat in list_seasonal()


def list_places(user: User, game: Game | None = None) -> list[Place]:
    """Return the places of ``user`` on the boards that rank them, in the order of boards; two statements.

    :param game: those on the boards of this game.
    """
    boards = _list_boards(in_game=game is not None)
    holder: Any = UserProfile if game is None else GameStats
    own = holder.objects.filter(user=user, **({} if game is None else {"game": game}))
    values = _read_own(own, boards)
    of_game = game.pk if game else None
    asked = [Asked(holder, column, value, of_game, with_players=True) for column, value in values.items()]

    places = []
    for (column, value), found in zip(values.items(), count_places(asked), strict=True):
        stat, board = boards[column]
        field = get_stat_field(UserProfile, stat)
        rank = found.better + 1
        places.append(Place(stat, field.label, field.unit, value, rank, found.players or 0, board.get_rule()))
    return places


def _list_boards(*, in_game: bool) -> dict[str, tuple[str, Leaderboard]]:
    """Return column → the name of the number, and its board."""
    overall = list_leaderboards(UserProfile)
    if not in_game:
        return {stat: (stat, board) for stat, board in overall.items()}
    columns, boards = list_twins(GameStats), list_twin_leaderboards(GameStats, UserProfile)
    return {columns[stat]: (stat, boards[columns[stat]]) for stat in overall if stat in columns}


def _read_own(own: QuerySet[Any], boards: Mapping[str, tuple[str, Leaderboard]]) -> dict[str, int | Decimal]:
    """Return the player's numbers by which a board ranks them, by column; one statement."""
    is_ranked = {
        f"ranks_{column}": Case(
            When(board.get_eligible(column), then=Value(True)),
            default=Value(False),
            output_field=BooleanField(),
        )
        for column, (_, board) in boards.items()
    }
    row = own.order_by().annotate(**is_ranked).values(*boards, *is_ranked).first()
    return {column: row[column] for column in boards if row[f"ranks_{column}"]} if row else {}
