"""What is said of a pairing: its games, or that a side did not show up or gave up. No database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import check_text
from deltacrown.tournaments.models.pairing import FIRST, SECOND, Side

DRAWN = 0
LONGEST_SCORE = 100


class InvalidOutcome(InvalidInput):
    """What is said of a pairing contradicts itself, or does not decide it."""


@dataclass(frozen=True)
class GameOutcome:
    """One game: who won it, 0 for a draw, and the scores of the two sides, empty where none were said."""

    winner: int
    first_score: str = ""
    second_score: str = ""

    @property
    def scores(self) -> tuple[str, str]:
        return self.first_score, self.second_score


@dataclass(frozen=True)
class Outcome:
    """What came of a pairing.

    :param games: in the order of play.
    :param no_show: the side that did not show up, or gave up after these games.
    """

    games: tuple[GameOutcome, ...] = ()
    no_show: Side | None = None

    def count_won(self, side: Side) -> int:
        """Return how many games a side won."""
        return sum(game.winner == side for game in self.games)

    @property
    def winner(self) -> int:
        """Return the side that won; 0 for a draw."""
        if self.no_show:
            return other_side(self.no_show)
        first, second = self.count_won(FIRST), self.count_won(SECOND)
        return DRAWN if first == second else FIRST if first > second else SECOND

    def write(self) -> dict[str, Any]:
        """Return it as JSON."""
        games = [[game.winner, *game.scores] for game in self.games]
        return {"games": games} | ({"no_show": self.no_show} if self.no_show else {})

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Outcome:
        """Return what ``write`` wrote."""
        games = tuple(GameOutcome(*game) for game in stored.get("games", ()))
        return cls(games, stored.get("no_show"))

    @classmethod
    def won(cls, *winners: int) -> Outcome:
        """Return an outcome of which only is known who won each game."""
        return cls(tuple(GameOutcome(winner) for winner in winners))


def other_side(side: int) -> Side:
    """Return the side across."""
    return SECOND if side == FIRST else FIRST


def check_outcome(outcome: Outcome, *, best_of: int, may_draw: bool) -> None:
    """Refuse an outcome that does not decide a pairing, or has games after it was decided.

    :raises InvalidOutcome: with what to change.
    """
    for game in outcome.games:
        for score in game.scores:
            check_text(score, field="games", limit=LONGEST_SCORE)
    _check_scores(outcome)
    _check_length(outcome, best_of)
    if outcome.no_show is None and outcome.winner == DRAWN and not may_draw:
        message = _("The games leave it a draw, and one side must move on; enter the game that decided it.")
        raise InvalidOutcome(
            message,
            field="games",
            at_field=_("This leaves it a draw, and one side must move on; enter the game that decided it."),
        )


def _check_scores(outcome: Outcome) -> None:
    """Refuse two different numbers that say another winner than the game's; even ones may have any.

    A game that is won by the fewest points is told by its winner alone.
    """
    for number, game in enumerate(outcome.games, start=1):
        if not all(score.isdecimal() for score in game.scores):
            continue
        first, second = map(int, game.scores)
        if first != second and game.winner != (FIRST if first > second else SECOND):
            raise InvalidOutcome(
                _(
                    "The score of game %(game)s says another winner; change one of them, "
                    "or leave out the score where the fewest points win."
                )
                % {"game": number},
                field=f"winner-{number}",
                at_field=_(
                    "This is not who has more points; change one of them, "
                    "or leave out the score where the fewest points win."
                ),
            )


def _check_length(outcome: Outcome, best_of: int) -> None:
    games = outcome.games
    is_over = _is_decided(games, best_of)
    if _is_decided(games[:-1], best_of):
        raise _refuse(
            _("The games go on after a best of %(games)s was decided; leave out what was not played."),
            _("This goes on after a best of %(games)s was decided; leave out what was not played."),
            best_of,
        )
    if outcome.no_show and is_over:
        raise _refuse(
            _("The games decide a best of %(games)s already; nobody gave it up."),
            _("This decides a best of %(games)s already; nobody gave it up."),
            best_of,
        )
    if not outcome.no_show and not is_over:
        raise _refuse(
            _("The games do not decide a best of %(games)s; enter all that were played."),
            _("This does not decide a best of %(games)s; enter all games that were played."),
            best_of,
        )


def _refuse(sentence: str, at_field: str, best_of: int) -> InvalidOutcome:
    words = {"games": best_of}
    return InvalidOutcome(sentence % words, field="games", at_field=at_field % words)


def _is_decided(games: Sequence[GameOutcome], best_of: int) -> bool:
    """Return whether a series is over: as ``series_rules`` tells it of the recorded games."""
    most = max(sum(game.winner == side for game in games) for side in (FIRST, SECOND))
    return most > best_of // 2 or len(games) >= best_of


def agree(mine: Outcome, other: Outcome) -> Outcome | None:
    """Return what two reports say together: scores that one of them leaves out are the other's.

    None where they differ.
    """
    if mine.no_show != other.no_show or len(mine.games) != len(other.games):
        return None
    games = []
    for left, right in zip(mine.games, other.games, strict=True):
        is_same = left.scores == right.scores or not all((any(left.scores), any(right.scores)))
        if left.winner != right.winner or not is_same:
            return None
        games.append(left if any(left.scores) else right)
    return Outcome(tuple(games), mine.no_show)
