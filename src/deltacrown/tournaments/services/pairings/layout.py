"""The tree of a single elimination, as numbers: who meets whom, and where winners go. No database."""

from __future__ import annotations

from dataclasses import dataclass

#: How many encounters a round has → what it is called. They are stored as the pages of brackets read them.
ROUNDS = {1: "Final", 2: "Semi-final", 4: "Quarter-final"}
THIRD_PLACE = "Third place"
FEWEST_FOR_THIRD = 4


@dataclass
class Node:
    """An encounter of the tree.

    :ivar seeds: the positions of those who begin in it, by side; None for who comes from another.
    :ivar winner_to: the place in the tree of the encounter that the winner plays in next.
    """

    size: int
    place: int
    seeds: list[int | None]
    winner_to: int | None = None
    loser_to: int | None = None
    round: str = ""

    @property
    def to_side(self) -> int:
        """Return on which side its winner, or its loser, plays on; 0 where nobody does."""
        return 0 if self.winner_to is None else self.place % 2 + 1


def order_seeds(size: int) -> list[int]:
    """Return the seeds of a bracket of ``size`` places from top to bottom: 1, 4, 2, 3 for four.

    Who is seeded better meets the other as late as can be; the sums of pairs are equal in each round.
    """
    order = [1]
    while len(order) < size:
        total = 2 * len(order) + 1
        order = [seed for best in order for seed in (best, total - best)]
    return order


def name_round(size: int) -> str:
    """Return what a round of so many encounters is called."""
    return ROUNDS.get(size, f"Round of {2 * size}")


def lay_out(entrants: int, *, third_place: bool) -> list[Node]:
    """Return the encounters of a single elimination in the order of play.

    The best seeds have byes where the entrants are no power of two: they begin in the second round, and no
    encounter stands for a bye.

    :param entrants: at least 2.
    """
    size = 1
    while 2 * size < entrants:
        size *= 2
    order = order_seeds(2 * size)
    nodes = [
        Node(size, place, [seed if seed <= entrants else None for seed in order[2 * place : 2 * place + 2]])
        for place in range(size)
    ]
    played = [node for node in nodes if None not in node.seeds]
    byes = {node.place: next(filter(None, node.seeds)) for node in nodes if None in node.seeds}

    tree, before = played, played
    while size > 1:
        size //= 2
        after = [Node(size, place, [byes.get(2 * place), byes.get(2 * place + 1)]) for place in range(size)]
        byes = {}
        for node in before:
            node.winner_to = len(tree) + node.place // 2
        tree, before = [*tree, *after], after
    for node in tree:
        node.round = name_round(node.size)
    return _add_third(tree) if third_place and entrants >= FEWEST_FOR_THIRD else tree


def _add_third(tree: list[Node]) -> list[Node]:
    """Return the tree with the match for the third place, before the final."""
    final = len(tree) - 1
    third = Node(1, 0, [None, None], round=THIRD_PLACE)
    for node in tree:
        if node.winner_to == final:
            node.winner_to, node.loser_to = final + 1, final
    return [*tree[:-1], third, tree[-1]]
