"""Random histories: what happens to matches, tournaments and the rest, by services and behind their backs.

Every step is taken down in the log with the time of the database's clock after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from django.db import connection, transaction

from deltacrown.core.errors import DomainError
from tests.two_times.award_steps import AwardSteps
from tests.two_times.match_steps import MatchSteps
from tests.two_times.row_steps import RowSteps
from tests.two_times.stage import Step, list_steps, step
from tests.two_times.tournament_steps import TournamentSteps
from tests.two_times.truth import read_rows

#: Steps that several are made of in one transaction.
IN_TRANSACTIONS = (
    "record",
    "insert_rows",
    "update_one_behind_their_backs",
    "update_many_behind_their_backs",
    "correct_a_time",
    "void_a_line",
    "delete_one",
    "award",
    "hold_a_tournament",
    "copy_and_delete",
    "change_points_behind_their_backs",
)


class Story(MatchSteps, RowSteps, TournamentSteps, AwardSteps):
    """Four players and two games, and what happens."""

    def run(self, steps: int) -> None:
        """Take random steps, and every one of them at least twice."""
        for name in ("record", "import_a_file", "hold_a_tournament"):
            self.take(name)
        chosen = [*STEPS, *STEPS]
        self.draw.shuffle(chosen)
        for place in range(steps):
            self.take(chosen[place] if place < len(chosen) else self.draw.choice(chosen))

    def take(self, name: str) -> None:
        try:
            with transaction.atomic() if connection.in_atomic_block else nullcontext():
                taken = STEPS[name](self)
        except DomainError as error:
            self.refused.append(f"{name}: {error}")
        else:
            self.taken[name] += taken is not False
        self.mark()

    @step
    def several_in_one_transaction(self) -> None:
        """Nobody else knows of any of it before its end."""
        with self.transaction():
            for name in self.draw.sample(IN_TRANSACTIONS, 3):
                self.take(name)

    @step
    def several_that_are_rolled_back(self) -> None:
        with self.transaction(is_kept=False):
            for name in self.draw.sample(IN_TRANSACTIONS, 2):
                self.take(name)

    @contextmanager
    def transaction(self, *, is_kept: bool = True) -> Iterator[None]:
        if self.within is not None:
            yield
            return
        self.within = []
        before = read_rows()
        with transaction.atomic():
            yield
            transaction.set_rollback(not is_kept)
        marks, self.within = self.within, None
        for at, rows in marks:
            is_told = is_kept and connection.vendor == "sqlite"
            self.log.note(at, rows if is_told else before)


#: The same seed takes the same steps while their order is the same.
STEPS: dict[str, Step] = {
    name: each
    for kind in (MatchSteps, RowSteps, TournamentSteps, AwardSteps, Story)
    for name, each in list_steps(kind).items()
}
