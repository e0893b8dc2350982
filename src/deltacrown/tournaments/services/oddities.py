"""What is odd about standings after a ruling. Nothing here is refused: the organiser decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

from deltacrown.tournaments.models import TournamentResult
from deltacrown.tournaments.services.result_table import ResultChange, ResultTable

Row = TypeVar("Row")


class Ruled(list[Row]):
    """The rows a ruling is about, and what is odd about the standings it leaves.

    :ivar warnings: sentences for the organiser; empty when nothing is odd.
    """

    def __init__(self, rows: Sequence[Row], warnings: Sequence[str] = ()) -> None:
        super().__init__(rows)
        self.warnings = list(warnings)


def list_oddities(table: ResultTable, changes: Sequence[ResultChange]) -> list[str]:
    """Return what is odd about the standings, after ``changes`` of the rows of one entrant."""
    placed = [row for row in table.list_entrants() if row.placement is not None]
    placed.sort(key=lambda row: (row.placement or 0, row.pk))
    own = [change for change in changes if change.result in table.list_entrants()]

    return [*_find_new_ties(placed, own), *_find_gaps(placed), *_find_larger_prizes(placed)]


def describe_lost_prize(changes: Sequence[ResultChange]) -> list[str]:
    """Return that a prize belongs to nobody now, if a disqualification took one."""
    prize = max((change.old_prize for change in changes), default=0)
    if not prize:
        return []
    who = _name_of(changes[0].result)
    return [f"The prize of {prize:.2f} that {who} had is nobody's now; give it away with correct_result."]


def _find_new_ties(placed: Sequence[TournamentResult], changes: Sequence[ResultChange]) -> Iterator[str]:
    for change in changes:
        row = change.result
        same = [other for other in placed if other.placement == row.placement and other.pk != row.pk]
        if row.placement is not None and change.old_placement != row.placement and same:
            names = ", ".join(_name_of(other) for other in same)
            yield f"{_name_of(row)} shares placement {row.placement} with {names} now."


def _find_gaps(placed: Sequence[TournamentResult]) -> Iterator[str]:
    """Yield where the placements do not count 1, 2, 2, 4."""
    due = 1
    for rank, row in enumerate(placed, start=1):
        placement = row.placement or 0
        if rank > 1 and placement == placed[rank - 2].placement:
            due += 1
            continue
        if placement > due:
            yield f"Nobody is placed {due}; the next placement is {placement}."
        elif placement < due:
            yield f"Placement {placement} comes where {due} is due: as many places follow a tie as share it."
        due = placement + 1


def _find_larger_prizes(placed: Sequence[TournamentResult]) -> Iterator[str]:
    for better, worse in pairwise(placed):
        is_worse = (worse.placement or 0) > (better.placement or 0)
        if is_worse and worse.prize_amount > better.prize_amount:
            more = (
                f"{_name_of(worse)}, placed {worse.placement}, has a larger prize ({worse.prize_amount:.2f})"
            )
            less = f"{_name_of(better)}, placed {better.placement} ({better.prize_amount:.2f})"
            yield f"{more} than {less}."


def _name_of(row: TournamentResult) -> str:
    return row.user.shown_name if row.user is not None else str(row.team)
