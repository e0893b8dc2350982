"""What the rounds and series of a tournament tell of its stages: brackets, tables, or rounds alone.

Nothing is read here: a pure function of what was played. It invents nothing. A bracket is drawn only where
the encounters are those of one, points are the organiser's, and a slot to be decided is drawn only where it
is sure that there will be one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from django.utils.translation import gettext

from deltacrown.core.natural_order import get_sort_key
from deltacrown.pages.bracket_order import arrange, draw_open_rounds
from deltacrown.pages.bracket_shapes import (
    Bracket,
    Contender,
    Encounter,
    Line,
    RoundShown,
    Stage,
    Standings,
    TableLine,
)
from deltacrown.pages.round_words import Part, RoundWords, read_round

Rounds = dict[str, list[Encounter]]
#: The fewest contenders of whom "everybody met everybody" tells that it was a group.
FEWEST_OF_A_GROUP = 3


@dataclass(frozen=True)
class Facts:
    """What is known beside the encounters: whether more are to come, and who is disqualified."""

    is_running: bool = False
    disqualified: frozenset[Contender] = frozenset()


def tell_stages(encounters: Iterable[Encounter], facts: Facts | None = None) -> list[Stage]:
    """Return the stages of a tournament, in the order of play; empty where nothing was played.

    :param encounters: those that are not void, in any order.
    """
    facts = facts or Facts()
    played = sorted(encounters, key=lambda each: (each.at, get_sort_key(each.label)))
    by_part: defaultdict[Part, list[Encounter]] = defaultdict(list)
    for each in played:
        by_part[read_round(each.round).part].append(each)

    stages: list[Stage] = [*_tell_groups(by_part[Part.GROUP])]
    if league := by_part[Part.LEAGUE]:
        stages.append(_tell_league(gettext("Table"), league))
    if others := by_part[Part.OTHER]:
        stages.append(_tell_unnamed(others, facts))
    if knockout := [
        each for part in (Part.UPPER, Part.LOWER, Part.MAIN, Part.GRAND, Part.THIRD) for each in by_part[part]
    ]:
        stages.append(_tell_knockout(knockout, facts))
    return stages


def _tell_groups(encounters: Sequence[Encounter]) -> list[Stage]:
    groups: defaultdict[str, list[Encounter]] = defaultdict(list)
    for each in encounters:
        groups[read_round(each.round).group].append(each)
    return [_tell_league(name, groups[name]) for name in sorted(groups, key=get_sort_key)]


def _tell_league(title: str, encounters: Sequence[Encounter]) -> Stage:
    """Return the table of encounters of two; rounds alone where one is not of two."""
    if not all(each.is_duel or each.is_bye for each in encounters):
        return RoundShown.list_of(title, _group(encounters))
    return Standings(title, _add_up(encounters), RoundShown.of(_group(encounters)))


def _tell_unnamed(encounters: Sequence[Encounter], facts: Facts) -> Stage:
    """Tell by what was played alone, where the names of the rounds do not."""
    rounds = _group(encounters)
    if len(rounds) > 1 and all(rounds) and _is_elimination(rounds) and _halves(rounds):
        return _draw(rounds, facts)
    if _is_round_robin(encounters):
        return _tell_league(gettext("Table"), encounters)
    return RoundShown.list_of(gettext("Rounds") if any(rounds) else "", rounds)


def _tell_knockout(encounters: Sequence[Encounter], facts: Facts) -> Stage:
    words = {each.round: read_round(each.round) for each in encounters}
    in_order = sorted(encounters, key=lambda each: _get_round_order(words[each.round]))
    by_part: defaultdict[Part, Rounds] = defaultdict(dict)
    for each in in_order:
        by_part[words[each.round].part].setdefault(each.round, []).append(each)

    # A losing side of the upper part plays on in the lower: each part is an elimination by itself.
    is_sound = all(_fits(rounds, words) for part, rounds in by_part.items() if part is not Part.GRAND)
    if not is_sound:
        return RoundShown.list_of(gettext("Rounds"), _group(encounters))

    is_double = bool(by_part[Part.UPPER] or by_part[Part.LOWER])
    if not is_double:
        return _draw(by_part[Part.MAIN] | by_part[Part.GRAND], facts, third=by_part[Part.THIRD], words=words)
    lines = [
        Line.of(title, arrange(by_part[part], facts.disqualified, with_byes=part is Part.UPPER))
        for title, part in ((gettext("Upper bracket"), Part.UPPER), (gettext("Lower bracket"), Part.LOWER))
        if by_part[part]
    ]
    last = by_part[Part.MAIN] | by_part[Part.GRAND]
    if last:
        lines.append(Line.of(gettext("Finals"), arrange(last, facts.disqualified, with_byes=False)))
    return Bracket(
        gettext("Bracket"), lines, arrange(by_part[Part.THIRD], facts.disqualified, with_byes=False)
    )


def _draw(
    rounds: Rounds, facts: Facts, *, third: Rounds | None = None, words: dict[str, RoundWords] | None = None
) -> Stage:
    """Return the bracket of one elimination."""
    shown = arrange(rounds, facts.disqualified, with_byes=True)
    if facts.is_running and words:
        sizes = [words[name].size or 0 for name in rounds]
        shown = draw_open_rounds(shown, sizes)
    lines = [Line.of("", shown)] if shown else []
    return Bracket(gettext("Bracket"), lines, arrange(third or {}, facts.disqualified, with_byes=False))


def _get_round_order(words: RoundWords) -> tuple[int, int, int]:
    """Return what orders the rounds of an elimination: the numbered, then the named, the final last."""
    if words.size is None:
        return words.part, 0, words.number or 0
    return words.part, 1, -words.size


def _fits(rounds: Rounds, words: dict[str, RoundWords]) -> bool:
    """Return whether the rounds are those of an elimination and no larger than their names say."""
    sizes = all(len(each) <= (words[name].size or len(each)) for name, each in rounds.items())
    return sizes and _is_elimination(rounds)


def _is_elimination(rounds: Rounds) -> bool:
    """Return whether nobody plays twice in a round, and nobody who lost plays on."""
    out: set[Contender] = set()
    for encounters in rounds.values():
        if not all(each.is_duel or each.is_bye for each in encounters):
            return False
        playing = [who for each in encounters for who in each.contenders]
        if len(set(playing)) < len(playing) or out & set(playing):
            return False
        out |= {each.loser for each in encounters if each.loser is not None}
    return True


def _halves(rounds: Rounds) -> bool:
    """Return whether every round has fewer encounters than the one before, the last at most two."""
    sizes = [len(each) for each in rounds.values()]
    falls = all(later * 2 <= earlier + 1 for earlier, later in pairwise(sizes))
    return falls and sizes[0] > 1 and sizes[-1] <= 2


def _is_round_robin(encounters: Sequence[Encounter]) -> bool:
    """Return whether everybody met everybody, all equally often."""
    met: defaultdict[frozenset[Contender], int] = defaultdict(int)
    for each in encounters:
        if not each.is_duel:
            return False
        met[frozenset(each.contenders)] += 1
    players = {who for pair in met for who in pair}
    if len(players) < FEWEST_OF_A_GROUP:
        return False
    return len(met) == len(players) * (len(players) - 1) // 2 and len(set(met.values())) == 1


def _group(encounters: Iterable[Encounter]) -> Rounds:
    """Return the encounters by round, in the order in which rounds were first played."""
    rounds: Rounds = {}
    for each in encounters:
        rounds.setdefault(each.round, []).append(each)
    return rounds


def _add_up(encounters: Iterable[Encounter]) -> list[TableLine]:
    """Return the lines of a table: most won first, then the difference of games, then the name."""
    lines: dict[Contender, TableLine] = {}
    for each in encounters:
        for mine, other in zip(each.sides, reversed(each.sides), strict=True):
            line = lines.get(mine.who, TableLine(mine.who))
            if each.is_duel and each.is_decided:
                line = replace(
                    line,
                    played=line.played + 1,
                    won=line.won + (mine.result == "WIN"),
                    lost=line.lost + (mine.result == "LOSS"),
                    drawn=line.drawn + (mine.result == "DRAW"),
                    games_won=_add(line.games_won, mine.games),
                    games_lost=_add(line.games_lost, other.games),
                )
            lines[mine.who] = line
    return sorted(lines.values(), key=_get_table_order)


def _add(total: int | None, more: int | None) -> int | None:
    return None if total is None or more is None else total + more


def _get_table_order(line: TableLine) -> tuple[int, int, int, str]:
    return -line.won, -(line.difference or 0), line.lost, get_sort_key(line.who.name)
