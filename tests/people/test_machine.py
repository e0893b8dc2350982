"""After any sequence of what happens to people, between matches and rulings, all is as it should be."""

from __future__ import annotations

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.people.boards import check_boards
from tests.people.checks import (
    check_evidence,
    check_follows,
    check_names,
    check_names_are_gone,
    check_numbers,
    check_search,
    check_standings,
    check_the_past,
)
from tests.people.ground import Ground
from tests.people.steps import STEPS, Steps

pytestmark = pytest.mark.django_db

CHECKS = (
    check_standings,
    check_numbers,
    check_evidence,
    check_the_past,
    check_boards,
    check_names,
    check_search,
    check_follows,
    check_names_are_gone,
)
#: Every step at least once, in an order in which they have to do with each other.
STORY = [
    "hold_a_tournament 0 0 3",  # cup21: 0 before 1 before 2 before 3 before 4
    "hold_a_tournament 1 2 3",
    "follow 0 1",
    "follow 2 0",
    "follow 2 1",
    "follow 1 3",
    "play 0 1 0",
    "rename 1",
    "suspend 1 1",
    "play 1 3 3",
    "rule_on_an_entrant 0 1",
    "close 1 1",
    "reopen 0",  # and is suspended as before
    "lift 0",
    "merge 0 1",
    "correct 3 2",
    "hold_a_tournament 2 1 3",
    "follow 0 2",
    "void 5",
    "undo 0",
    "restore 0",
    "rename 1",
    "suspend 3 0",
    "let_a_suspension_run_out 0",
    "record_the_ends_of_suspensions",
    "merge 0 1",
    "merge 2 0",  # the two that are one, into a third
    "move_a_line 4 3",
    "rule_on_an_entrant 2 0",
    "suspend 0 0",
    "undo 0",
    "merge 2 0",
    "anonymise 0",  # one person with three accounts
    "play 0 1 1",
    "close 0 0",
    "anonymise 0",
    "play 0 0 1",
]


@pytest.fixture
def ground(db: None) -> Ground:
    return Ground()


@pytest.mark.once
def test_a_story_of_everything(ground):
    """Holds what the random ones find only now and then, and each step by its name."""
    steps = Steps(ground)
    for each in STORY:
        name, *numbers = each.split()
        steps.take(name, *map(int, numbers))
        check_all(ground, each)
    assert {each.split()[0] for each in STORY} == {*STEPS}


def check_all(ground: Ground, after: str) -> None:
    for check in CHECKS:
        try:
            check(ground)
        except AssertionError as fault:
            raise AssertionError(f"after {after!r}: {check.__name__}: {fault}") from fault
    ground.remember()


class PeopleMachine(RuleBasedStateMachine):
    """Any possible step after any other."""

    def __init__(self) -> None:
        super().__init__()
        self.after = "the evening"
        self.block = transaction.atomic()
        self.block.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    @initialize()
    def an_evening(self) -> None:
        self.steps = Steps(Ground())

    @rule(data=st.data(), one=st.integers(0, 59), two=st.integers(0, 59), three=st.integers(0, 59))
    def happen(self, data: st.DataObject, one: int, two: int, three: int) -> None:
        possible = self.steps.list_possible()
        turn = len(self.steps.ground.truth.past) % len(possible)
        # Hypothesis prefers the first of several: let that be another one each time.
        self.after = data.draw(st.sampled_from(possible[turn:] + possible[:turn]))
        self.steps.take(self.after, one, two, three)

    @invariant()
    def all_is_as_it_should_be(self) -> None:
        check_all(self.steps.ground, self.after)


@pytest.mark.once
def test_no_sequence_of_steps_makes_anything_wrong():
    run_state_machine_as_test(
        PeopleMachine,
        settings=settings(
            max_examples=3,
            stateful_step_count=12,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],  # shrinking a season takes longer than reading it
            suppress_health_check=list(HealthCheck),
        ),
    )
