"""The numbers of a player with their names and meanings, as the catalogue declares them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db import models

from deltacrown.accounts.models import User
from deltacrown.core.errors import NotFound
from deltacrown.games.models import Game
from deltacrown.user_profile.models import GameStats, UserProfile
from django_tally.fields import DerivedStat, Stat

#: A number of the profile → the same number of one game.
GAME_NUMBERS = {"total_matches_played": "matches_played", "matches_won": "matches_won", "overall_win_rate": "win_rate"}


@dataclass(frozen=True)
class StatLine:
    """One number: its name in addresses, what people call it, which rows it counts, and its value.

    :param value: ``None`` where there is nothing to average.
    :param unit: ``"%"`` or empty.
    """

    name: str
    label: str
    meaning: str
    unit: str
    value: int | Decimal | None


@dataclass(frozen=True)
class GameLine:
    """A player's numbers in one game, under the names they have on the profile."""

    game_slug: str
    game_name: str
    stats: list[StatLine]


def list_stats(user: User) -> list[StatLine]:
    """Every number of the catalogue that is shown by itself, as it is now, in the order of the catalogue."""
    return describe_stats(UserProfile.objects.get(user=user))


def describe_stats(profile: UserProfile) -> list[StatLine]:
    """Every shown number on ``profile``."""
    return [describe_stat(profile, name) for name in list_stat_names()]


def list_stat_names() -> list[str]:
    """The names of the numbers that are shown by themselves, in the order of the catalogue."""
    return [field.name for field in UserProfile._meta.get_fields() if _is_shown(field)]


def describe_stat(profile: UserProfile, name: str) -> StatLine:
    """One number on ``profile``, internal ones too.

    :raises NotFound: when there is no such number.
    """
    return _line(get_stat_field(UserProfile, name), name, getattr(profile, name))


def list_game_stats(user: User) -> list[GameLine]:
    """The player's numbers in every game played, the most played first."""
    rows = GameStats.objects.filter(user=user).select_related("game").order_by("-matches_played", "game__name")
    return [GameLine(row.game.slug, row.game.name, [_game_line(row, name) for name in GAME_NUMBERS]) for row in rows]


def describe_game_stat(user: User, game: Game, name: str) -> StatLine:
    """The player's number in one game, by the name of the same number on the profile; 0 before the first match."""
    row = GameStats.objects.filter(user=user, game=game).first()
    return _game_line(row or GameStats(user=user, game=game), name)


def get_stat_field(holder: type[models.Model], name: str) -> Stat | DerivedStat:
    """The declaration of the number called ``name``.

    :raises NotFound: when ``holder`` declares none.
    """
    for field in holder._meta.get_fields():
        if isinstance(field, Stat | DerivedStat) and field.name == name:
            return field
    raise NotFound(f"There is no number called {name!r}.", field="stat")


def _game_line(row: GameStats, name: str) -> StatLine:
    return _line(get_stat_field(UserProfile, name), name, getattr(row, GAME_NUMBERS[name]) if row.pk else 0)


def _line(field: Stat | DerivedStat, name: str, value: int | Decimal | None) -> StatLine:
    return StatLine(name, field.label, field.meaning, getattr(field, "unit", ""), value)


def _is_shown(field: object) -> bool:
    return isinstance(field, DerivedStat) or (isinstance(field, Stat) and not field.internal)
