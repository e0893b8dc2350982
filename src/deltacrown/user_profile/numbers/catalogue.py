"""The numbers of a player with their names and meanings, as the catalogue declares them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from django.db import models
from django.db.models import QuerySet
from django.utils.translation import get_language, gettext

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput, NotFound
from deltacrown.core.prepared import Parameter, PreparedQuery, PreparedRows
from deltacrown.freshness import keeping
from deltacrown.freshness.tokens import get_token
from deltacrown.games.models import Game
from deltacrown.user_profile.models import GameStats, UserProfile
from deltacrown.user_profile.stat_fields import DerivedStat, Stat, list_numbers, list_twins
from django_tally.history import has_later_changes
from django_tally.numbers import list_components

#: For how many seconds a breakdown by game is kept at most: until the weekly job (SPEC section 6).
BREAKDOWN_KEPT = 7 * 24 * 60 * 60
#: The audience of what everybody may see.
EVERYBODY = "everybody"


def _list_own() -> QuerySet[UserProfile]:
    rows = UserProfile.objects.filter(user=Parameter(0))
    found: QuerySet[UserProfile] = rows.annotate(has_later_changes=has_later_changes("user_id"))[:1]
    return found


#: The numbers of one player, which every page of a number reads.
_OWN = PreparedQuery(_list_own, is_by_key=True)


@dataclass(frozen=True)
class StatLine:
    """One number: its name in addresses, what people call it, which rows it counts, and its value.

    :param value: ``None`` where there is nothing to average.
    :param unit: ``"%"`` or empty.
    :param place: where it stands on a player's page.
    """

    name: str
    label: str
    meaning: str
    unit: str
    value: int | Decimal | None
    place: float


@dataclass(frozen=True)
class GameLine:
    """A player's numbers in one game, under the names they have on the profile."""

    game_slug: str
    game_name: str
    stats: list[StatLine]


class NumberReading(NamedTuple):
    """A number as one row has it, and the counted numbers it is made of, in the order of its parts.

    :param is_plain: whether nothing but recordings was told of the player's numbers then; False where nobody
        looked.
    """

    line: StatLine
    parts: list[int]
    is_plain: bool = False


@dataclass(frozen=True)
class PlayerNumber:
    """One number of one player: the profile's, or its twin in one game.

    :param name: its name on the profile, and in addresses.
    :param holder: the model that keeps it, in the field ``column`` of the row with these ``keys``.
    """

    user: User
    name: str
    holder: type[models.Model]
    column: str
    keys: dict[str, int]
    game: Game | None

    def read(self) -> StatLine:
        """Return the number as it is now."""
        return self._describe(self._get_row())

    def read_with_parts(self) -> NumberReading:
        """Return the number as it is now, and the counted numbers it is made of, both by one row."""
        return self.read_off(self._get_row())

    def read_off(self, row: Any) -> NumberReading:
        """Return the number and its parts as the row that keeps it has them."""
        names = [part.name for part in list_components(self.holder, self.column)]
        parts = [getattr(row, name) if row.pk else 0 for name in names]
        return NumberReading(self._describe(row), parts, not getattr(row, "has_later_changes", True))

    def _get_row(self) -> Any:
        if self.game is None:
            return _OWN.first(self.user.pk) or UserProfile.objects.get(user=self.user)

        row = GameStats.objects.filter(user=self.user, game=self.game).first()
        return row or GameStats(user=self.user, game=self.game)

    def _describe(self, row: Any) -> StatLine:
        return describe_stat(row, self.name) if self.game is None else _game_line(row, self.name)


def get_number(user: User, name: str, game: Game | None = None) -> PlayerNumber:
    """Return the number called ``name`` of ``user``, in one game or over all.

    :raises NotFound: when there is no such number.
    :raises InvalidInput: when it is not kept per game.
    """
    get_stat_field(UserProfile, name)
    if game is None:
        return PlayerNumber(user, name, UserProfile, name, {"user": user.pk}, None)

    return PlayerNumber(user, name, GameStats, _get_twin(name), {"user": user.pk, "game": game.pk}, game)


def list_stats(user: User) -> list[StatLine]:
    """Return every number that is shown by itself, as it is now, in the order of the catalogue."""
    return describe_stats(UserProfile.objects.get(user=user))


def describe_stats(profile: UserProfile) -> list[StatLine]:
    """Return every shown number on ``profile``."""
    return [words.tell(getattr(profile, name)) for name, words in _get_words().items() if words.is_shown]


def list_stat_names() -> list[str]:
    """Return the names of the numbers that are shown by themselves, in the order of the catalogue."""
    return [field.name for field in list_numbers(UserProfile) if not field.internal]


def describe_stat(profile: UserProfile, name: str) -> StatLine:
    """Return one number on ``profile``, internal ones too.

    :raises NotFound: when there is no such number.
    """
    return _get_named(name).tell(getattr(profile, name))


def list_game_stats(user: User) -> list[GameLine]:
    """Return the player's numbers in every game played, the most played first."""
    words = _get_words()
    told = [words[name] for name in list_game_stat_names()]
    return [
        GameLine(slug, name, [each.tell(value) for each, value in zip(told, values, strict=True)])
        for slug, name, *values in _OF_GAMES.read(user.pk)
    ]


def _list_of_games() -> QuerySet[Any]:
    rows = GameStats.objects.filter(user=Parameter(0)).order_by("-matches_played", "game__name")
    return rows.values_list("game__slug", "game__name", *list_twins(GameStats).values())


#: The numbers of a player in each game, in the order of ``list_game_stat_names``.
_OF_GAMES = PreparedRows(_list_of_games, is_by_key=True)


@dataclass(frozen=True)
class GameBreakdown:
    """A player's numbers in every game played, the most played first."""

    games: list[GameLine]


def get_game_breakdown(user: User) -> list[GameLine]:
    """As ``list_game_stats``, kept for a week: until the weekly job has verified the numbers again.

    It is never older than the numbers: a change of any of them changes the player's content token.
    """
    token = get_token(user.pk)
    if token is None:
        return list_game_stats(user)

    kept = keeping.get_or_build(
        GameBreakdown,
        owner=user.pk,
        token=token,
        audience=EVERYBODY,
        seconds=BREAKDOWN_KEPT,
        build=lambda: GameBreakdown(list_game_stats(user)),
    )
    return kept.games


def list_game_stat_names() -> list[str]:
    """Return the names, on the profile, of the numbers that are kept per game too."""
    return list(list_twins(GameStats))


def get_stat_field(holder: type[models.Model], name: str) -> Stat | DerivedStat:
    """Return the declaration of the number called ``name``.

    :raises NotFound: when ``holder`` declares none.
    """
    for field in list_numbers(holder):
        if field.name == name:
            return field

    raise NotFound(gettext("There is no number called %(name)s.") % {"name": repr(name)}, field="stat")


def _get_twin(name: str) -> str:
    twins = list_twins(GameStats)
    if name not in twins:
        raise InvalidInput(
            gettext("%(name)s is not kept per game; ask for one of %(twins)s.")
            % {"name": name, "twins": ", ".join(twins)},
            field="game",
        )

    return twins[name]


def _game_line(row: GameStats, name: str) -> StatLine:
    value = getattr(row, list_twins(GameStats)[name]) if row.pk else 0
    return _get_named(name).tell(value)


def _get_named(name: str) -> _Words:
    get_stat_field(UserProfile, name)  # which refuses what there is not
    return _get_words()[name]


class _Words(NamedTuple):
    """What is said of a number of the profile, in one language."""

    name: str
    label: str
    meaning: str
    unit: str
    place: float
    is_shown: bool

    def tell(self, value: int | Decimal | None) -> StatLine:
        return StatLine(self.name, self.label, self.meaning, self.unit, value, self.place)


def _get_words() -> dict[str, _Words]:
    """Return name of a number of the profile → what is said of it in the reader's language, in order."""
    return _read_words(get_language())


@cache
def _read_words(_language: str | None) -> dict[str, _Words]:
    # Of a profile with five games, the same sixty words would be looked up for each of them.
    return {
        field.name: _Words(
            field.name, field.label, field.meaning, field.unit, field.place, not field.internal
        )
        for field in list_numbers(UserProfile)
    }
