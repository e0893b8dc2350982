"""Where the ties of a bracket stand: beside those that they lead to, with byes and with ties to come."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from django.utils.translation import gettext

from deltacrown.pages.bracket_shapes import BracketRound, Contender, Encounter, Slot, Tie
from deltacrown.pages.round_words import TITLES

#: After every place that is told.
LAST = 1 << 30


def arrange(
    rounds: Mapping[str, Sequence[Encounter]], disqualified: Collection[Contender], *, with_byes: bool
) -> list[BracketRound]:
    """Return the rounds of an elimination, each in the order of the one that follows it.

    :param with_byes: also a tie for who plays in a round without having played in the one before.
    """
    named = [(title, [_draw_tie(each, disqualified) for each in found]) for title, found in rounds.items()]
    if not named:
        return []

    shown = [BracketRound(*named[-1])]
    for title, ties in reversed(named[:-1]):
        following = shown[0].ties
        if with_byes:
            present = {who for tie in ties for who in tie.contenders}
            through = [slot for tie in following if tie.encounter for slot in tie.slots]
            ties.extend(_draw_bye(slot) for slot in through if slot.who not in present)
        shown.insert(0, BracketRound(title, _sort(ties, following)))
    return shown


def draw_open_rounds(rounds: list[BracketRound], sizes: Sequence[int]) -> list[BracketRound]:
    """Add the ties that are sure to come, while a tournament runs: up to the final.

    A round is full, and is sure to come, where one before it is larger by its name: who play in
    quarter-finals play two semi-finals. Who plays is said only where one tie is open: those who won and have
    not played on.

    :param sizes: how many ties each of the rounds has at most, by its name.
    """
    if not sizes or not all(sizes) or len(set(sizes)) < len(sizes):
        return rounds
    known = dict(zip(sizes, rounds, strict=True))
    shown = [rounds[0]]
    for size in sorted({*known, *(size for size in TITLES if size < max(sizes))}, reverse=True)[1:]:
        round_ = known.get(size) or BracketRound(gettext(TITLES[size]), [])
        shown.append(_fill(round_, shown[-1], size) if size in TITLES else round_)
    return shown


def _fill(round_: BracketRound, before: BracketRound, size: int) -> BracketRound:
    missing = size - len(round_.ties)
    if missing <= 0:
        return round_
    present = {who for tie in round_.ties for who in tie.contenders}
    through = [tie.winner for tie in before.ties if tie.winner and tie.winner not in present]
    known = through[:2] if missing == 1 else []
    first = Tie([*(Slot(who) for who in known), *[Slot()] * (2 - len(known))])
    return BracketRound(round_.title, [*round_.ties, first, *[Tie([Slot(), Slot()])] * (missing - 1)])


def _draw_tie(encounter: Encounter, disqualified: Collection[Contender]) -> Tie:
    slots = [
        Slot(side.who, side.score, side.who == encounter.winner, side.who in disqualified)
        for side in encounter.sides
    ]
    return Tie(slots, encounter, is_bye=encounter.is_bye)


def _draw_bye(slot: Slot) -> Tie:
    return Tie([Slot(slot.who, is_disqualified=slot.is_disqualified)], is_bye=True)


def _sort(ties: list[Tie], following: Sequence[Tie]) -> list[Tie]:
    """Return the ties in the order in which their sides play on; those of nobody who does are last."""
    places = {
        who: (place, side) for place, tie in enumerate(following) for side, who in enumerate(tie.contenders)
    }

    def get_place(tie: Tie) -> tuple[int, int]:
        goes_on = [places[who] for who in tie.contenders if who in places]
        return min(goes_on, default=(LAST, 0))

    return sorted(ties, key=get_place)
