"""The shapes of stages: an encounter and its sides, brackets, tables, and rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from deltacrown.core.numerals import write_whole


@dataclass(frozen=True)
class Contender:
    """A team or a player. Two are the same who have one key.

    :param key: of a team or of a player, unique among both.
    """

    key: tuple[str, int]
    name: str = field(compare=False)
    public_id: str = field(default="", compare=False)
    team_slug: str = field(default="", compare=False)


@dataclass(frozen=True)
class EncounterSide:
    """One side of an encounter.

    :param score: the games won of a series, or the score of a match; empty where none is known.
    :param games: what counts for the difference of games: those won of a series, 1 or 0 of one match.
    :param placement: the best place of its players among many.
    """

    who: Contender
    result: str
    score: str = ""
    games: int | None = None
    placement: int | None = None


@dataclass(frozen=True)
class Encounter:
    """What was played between sides: a series, or a match of none.

    :param round: as the organiser calls it; empty where it was not said.
    :param series: the name of the series, empty of a match, which ``match_key`` names.
    :param ending: how it ended other than by play: ``by forfeit``.
    :param uncounted_reason: why it counts for nobody; empty where it counts.
    """

    round: str
    label: str
    at: datetime
    sides: tuple[EncounterSide, ...]
    series: str = ""
    game_slug: str = ""
    match_key: str = ""
    is_time_known: bool = True
    ending: str = ""
    is_bye: bool = False
    uncounted_reason: str = ""

    @property
    def played_at(self) -> datetime:
        """Return when it was played, as the filters of pages read it."""
        return self.at

    @property
    def title(self) -> str:
        """Return round and name; the name alone where it says the round."""
        named = [self.round, self.label]
        if self.round.casefold() in self.label.casefold():
            del named[0]
        return " · ".join(each for each in named if each)

    @property
    def contenders(self) -> list[Contender]:
        return [side.who for side in self.sides]

    @property
    def is_duel(self) -> bool:
        """Return whether two sides met."""
        return len(self.sides) == 2

    @property
    def winner(self) -> Contender | None:
        """Return who won alone; None where nobody did yet, or several did."""
        winners = [side.who for side in self.sides if side.result == "WIN"]
        return winners[0] if len(winners) == 1 else None

    @property
    def loser(self) -> Contender | None:
        """Return who lost against the one who won."""
        if not self.is_duel or self.winner is None:
            return None
        return next((side.who for side in self.sides if side.who != self.winner), None)

    @property
    def is_decided(self) -> bool:
        """Return whether it has an outcome."""
        return self.is_duel and all(side.result in {"WIN", "LOSS", "DRAW"} for side in self.sides)


@dataclass(frozen=True)
class Slot:
    """One place in a tie of a bracket; ``who`` is None where it is to be decided."""

    who: Contender | None = None
    score: str = ""
    is_winner: bool = False
    is_disqualified: bool = False


@dataclass(frozen=True)
class Tie:
    """An encounter of a bracket, or a place for one: a bye, or one that is sure to come."""

    slots: list[Slot]
    encounter: Encounter | None = None
    is_bye: bool = False

    @property
    def winner(self) -> Contender | None:
        """Return who goes on."""
        if self.is_bye:
            return self.slots[0].who
        return self.encounter.winner if self.encounter else None

    @property
    def contenders(self) -> list[Contender]:
        return [slot.who for slot in self.slots if slot.who is not None]


@dataclass(frozen=True)
class BracketRound:
    """A round of a bracket, its ties from top to bottom.

    :param in_pairs: whether every two of its ties lead to one of the round that follows.
    """

    title: str
    ties: list[Tie]
    in_pairs: bool = False


@dataclass(frozen=True)
class Line:
    """Rounds of a bracket that follow one another; ``title`` is empty where a bracket has one line."""

    title: str
    rounds: list[BracketRound]

    @classmethod
    def of(cls, title: str, rounds: list[BracketRound]) -> Line:
        """Return the line of these rounds, with those marked that lead on in pairs."""
        following = [len(each.ties) for each in rounds[1:]]
        paired = [
            replace(each, in_pairs=len(each.ties) == 2 * more)
            for each, more in zip(rounds, following, strict=False)
        ]
        return cls(title, [*paired, *rounds[len(paired) :]])


@dataclass(frozen=True)
class Bracket:
    """An elimination; a double one has an upper, a lower and a last line.

    :param third: the match for the third place, if there was one.
    """

    title: str
    lines: list[Line]
    third: list[BracketRound]
    kind: Literal["bracket"] = "bracket"


@dataclass(frozen=True)
class TableLine:
    """What one contender made of a group. Undecided encounters are not in it.

    :param games_won: None where the games of an encounter are not known.
    """

    who: Contender
    played: int = 0
    won: int = 0
    lost: int = 0
    drawn: int = 0
    games_won: int | None = 0
    games_lost: int | None = 0

    @property
    def difference(self) -> int | None:
        """Return by how many more games were won than lost."""
        if self.games_won is None or self.games_lost is None:
            return None
        return self.games_won - self.games_lost

    @property
    def signed_difference(self) -> str:
        """Return the difference with its sign: ``+3``, ``−1``, ``0``; empty where it is not known."""
        if self.difference is None:
            return ""
        sign = "+" if self.difference > 0 else "−" if self.difference else ""
        return sign + write_whole(abs(self.difference))


@dataclass(frozen=True)
class NamedRound:
    """The encounters of one round, in the order of play; ``title`` is empty where it has no name."""

    title: str
    encounters: list[Encounter]


@dataclass(frozen=True)
class Standings:
    """The table of a group or a league, and its rounds."""

    title: str
    lines: list[TableLine]
    rounds: list[NamedRound]
    kind: Literal["table"] = "table"


@dataclass(frozen=True)
class RoundShown:
    """Rounds of which no more can be told than their encounters."""

    title: str
    rounds: list[NamedRound]
    kind: Literal["rounds"] = "rounds"

    @staticmethod
    def of(rounds: Mapping[str, Sequence[Encounter]]) -> list[NamedRound]:
        """Return the rounds with their names."""
        return [NamedRound(title, [*encounters]) for title, encounters in rounds.items()]

    @classmethod
    def list_of(cls, title: str, rounds: Mapping[str, Sequence[Encounter]]) -> RoundShown:
        """Return a stage of rounds alone."""
        return cls(title, cls.of(rounds))


Stage = Bracket | Standings | RoundShown
