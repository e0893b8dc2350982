"""The stat fields of the catalogue: those of the engine, with how a number is shown and ranked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext, gettext_noop

from django_tally import fields as engine
from django_tally.declarations import Contribution

#: The longest name of an index that every database takes.
LONGEST_NAME = 30
#: What a computed number says that has no value.
NOTHING_TO_COMPUTE = gettext_noop("There is nothing to compute it from.")
#: What a number per game means.
AS_ON_PROFILE = gettext_noop("As on the profile, in this game alone.")


@dataclass(frozen=True)
class Sample:
    """What a player must have to be ranked: without it, one lucky match would lead.

    :param stat: the name of a number of the same holder.
    :param at_least: its smallest value.
    :param called: what it counts, in words, marked with ``gettext_noop``: ``matches``.
    """

    stat: str
    at_least: int
    called: str


@dataclass(frozen=True, kw_only=True)
class Leaderboard:
    """A leaderboard by a number. Where the number is kept per game, there is one of each game too.

    There are those of seasons, of the last 30 days and as of a day besides, unless others never see its rows.

    :param place: where it stands among the leaderboards; those without one come last, in the order of
        declaration.
    :param on_front_page: whether its first few players are on the front page.
    :param lowest_first: whether the smallest value is the best.
    :param sample: what a player must have to be ranked; without it, a value above 0.
    :param beside: the name of another number of the holder that is shown beside it.
    :param rule: who is ranked, in one sentence; follows from ``sample`` when left out.
    :param index: the end of the names of its indexes; the name of the column when left out.
    """

    place: float = float("inf")
    on_front_page: bool = False
    lowest_first: bool = False
    sample: Sample | None = None
    beside: str = ""
    rule: str = ""
    index: str = ""

    def get_rule(self, *, in_period: bool = False) -> str:
        """Return who is ranked, in one sentence, in the reader's language."""
        if self.rule:
            return gettext(self.rule)

        if self.sample is None:
            return gettext("Players with at least one are ranked.")

        sentence = (
            gettext("Players with %(least)s %(called)s or more in the period are ranked.")
            if in_period
            else gettext("Players with %(least)s %(called)s or more are ranked.")
        )
        return sentence % {"least": self.sample.at_least, "called": gettext(self.sample.called)}

    def get_eligible(self, column: str) -> Q:
        """Return whom it ranks by ``column``, as a condition on the holder."""
        if self.sample is None:
            return Q(**{f"{column}__isnull": False}) if self.lowest_first else Q(**{f"{column}__gt": 0})

        # Ranked numbers are 0 or more. Saying so weighs for the index that is in the order of the number;
        # SQLite would otherwise take the one of the sample and sort.
        return Q(**{f"{self.sample.stat}__gte": self.sample.at_least, f"{column}__gte": 0})

    def with_columns(self, columns: Mapping[str, str]) -> Leaderboard:
        """Return the same leaderboard by the numbers of another holder.

        :param columns: name of a number here → its name there.
        """
        sample = self.sample and replace(self.sample, stat=columns[self.sample.stat])
        return replace(self, sample=sample, beside=columns.get(self.beside, ""))


class _InWords:
    """The words of a number: declared in English with ``gettext_noop``, read in the reader's language."""

    _label = _meaning = ""

    @property
    def label(self) -> str:
        return gettext(self._label) if self._label else ""

    @label.setter
    def label(self, label: str) -> None:
        self._label = label

    @property
    def meaning(self) -> str:
        return gettext(self._meaning) if self._meaning else ""

    @meaning.setter
    def meaning(self, meaning: str) -> None:
        self._meaning = meaning


class Stat(_InWords, engine.Stat):
    """A counted number, with how it is shown. Its words are marked with ``gettext_noop``.

    :param twin_of: in a number per game: the name of the same number on the profile, under which it is
        addressed. What is shown of it (label, sentence, place, leaderboard) is what the profile's number
        says.
    :param sentence: explains the number, with ``{rows}``, ``{rows_word}``, ``{value}`` and the names of its
        parts in braces: ``"{rows:,} awards add up to {value:,} points."``
    :param place: where it stands on a player's page; numbers without one come last, in the order of
        declaration.
    :param leaderboard: the leaderboard by it, when there is one.
    """

    unit = ""
    empty_sentence = ""

    def __init__(
        self,
        contributions: tuple[Contribution, ...] = (),
        *,
        twin_of: str = "",
        sentence: str = "",
        place: float = float("inf"),
        leaderboard: Leaderboard | None = None,
        **kwargs: Any,
    ) -> None:
        self.twin_of, self.sentence, self.place, self.leaderboard = twin_of, sentence, place, leaderboard
        super().__init__(contributions, **_with_meaning(kwargs, twin_of))

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, _, args, kwargs = super().deconstruct()
        return name, "django_tally.fields.Stat", args, kwargs


class DerivedStat(_InWords, engine.DerivedStat):
    """A computed number, with how it is shown: parameters as of ``Stat``.

    :param empty_sentence: explains the number where there is no value.
    """

    internal = False

    def __init__(
        self,
        *,
        twin_of: str = "",
        sentence: str = "",
        empty_sentence: str = NOTHING_TO_COMPUTE,
        place: float = float("inf"),
        leaderboard: Leaderboard | None = None,
        **kwargs: Any,
    ) -> None:
        self.twin_of, self.sentence, self.place, self.leaderboard = twin_of, sentence, place, leaderboard
        self.empty_sentence = empty_sentence
        super().__init__(**_with_meaning(kwargs, twin_of))


def list_numbers(holder: type[models.Model]) -> list[Stat | DerivedStat]:
    """Return the numbers that ``holder``, a model or the abstract base of one, declares, in that order."""
    return list(_find_numbers(holder))


@cache
def _find_numbers(holder: type[models.Model]) -> tuple[Stat | DerivedStat, ...]:
    """Return the numbers of a model, which is complete: an answer asks for them dozens of times."""
    return tuple(field for field in holder._meta.local_fields if isinstance(field, Stat | DerivedStat))


def list_twins(holder: type[models.Model]) -> dict[str, str]:
    """Return name on the profile → name in ``holder``, of the numbers kept per game."""
    return {field.twin_of: field.name for field in list_numbers(holder) if field.twin_of}


def list_leaderboards(holder: type[models.Model]) -> dict[str, Leaderboard]:
    """Return name → leaderboard of the ranked numbers of ``holder``, in the order of their places."""
    boards = {field.name: field.leaderboard for field in list_numbers(holder) if field.leaderboard}
    return dict(sorted(boards.items(), key=lambda item: item[1].place))


def list_twin_leaderboards(holder: type[models.Model], profile: type[models.Model]) -> dict[str, Leaderboard]:
    """Return name in ``holder`` → leaderboard, of the twins of ranked numbers of ``profile``."""
    twins = list_twins(holder)
    boards = list_leaderboards(profile)
    return {twins[name]: board.with_columns(twins) for name, board in boards.items() if name in twins}


def build_indexes(
    boards: Mapping[str, Leaderboard],
    prefix: str,
    *,
    first: Sequence[str] = (),
    last: str,
    are_all_ordered: bool = True,
) -> list[models.Index]:
    """Build the indexes that leaderboards are read from.

    :param boards: column → leaderboard.
    :param prefix: what the names of the indexes begin with.
    :param first: the columns the leaderboard is of one value of.
    :param last: the column that makes the order total.
    :param are_all_ordered: also rows that a board leaves out for their sample are kept in its order. No
        board reads them so; the specification asks for it of profiles.
    """
    indexes = []

    for column, board in boards.items():
        order = F(column) if board.lowest_first else F(column).desc()
        ending = board.index or column
        if are_all_ordered or not board.sample:
            indexes.append(models.Index(*first, order, last, name=_fit(f"{prefix}_by_{ending}")))

        if board.sample:
            condition = Q(**{f"{board.sample.stat}__gte": board.sample.at_least})
            name = _fit(f"{prefix}_ranked_by_{ending}")
            indexes.append(models.Index(*first, order, last, name=name, condition=condition))

    return indexes


def _fit(name: str) -> str:
    """Return ``name``, or a shorter one that is as unique."""
    if len(name) <= LONGEST_NAME:
        return name

    digest = hashlib.sha256(name.encode()).hexdigest()[:6]
    return f"{name[: LONGEST_NAME - 7]}_{digest}"


def _with_meaning(options: dict[str, Any], twin_of: str) -> dict[str, Any]:
    """Return the options of a field, the meaning of a number per game added where none is given."""
    return {"meaning": AS_ON_PROFILE, **options} if twin_of else options
