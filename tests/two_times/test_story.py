"""Numbers by both times after random histories: thousands of values, compared with the truth.

``TWO_TIMES_VALUES=10000 TWO_TIMES_HISTORIES=3 pytest tests/two_times/test_story.py`` compares so many values
of each of three histories; a tenth of them is asked for one by one, the others by the period.
"""

from __future__ import annotations

import os

import pytest

from tests.two_times import merging
from tests.two_times.checks import AT_ONCE, Compared, Questions, list_declared
from tests.two_times.doors import Doors
from tests.two_times.story import STEPS, Story
from tests.two_times.truth import IN_GAME, OVERALL

VALUES = int(os.environ.get("TWO_TIMES_VALUES", "2500"))
SEEDS = range(1, 1 + int(os.environ.get("TWO_TIMES_HISTORIES", "1")))
#: A tenth of the values is asked for one by one.
ONE_BY_ONE = VALUES // 10
STEPS_TAKEN = 120


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", SEEDS)
def test_every_number_is_what_it_was_by_both_times(tmp_path, seed):
    story = Story(seed, tmp_path)
    story.run(STEPS_TAKEN)
    assert {*STEPS} == {*(+story.taken)}, story.refused

    compared, questions = Compared(), Questions(story, seed)
    questions.ask_periods(compared, (VALUES - ONE_BY_ONE) // AT_ONCE)
    questions.ask_as_of(compared, ONE_BY_ONE)
    assert (compared.wrong, compared.values) == ([], VALUES)

    told = Compared()
    doors = Doors(questions, told)
    doors.ask_as_of(ONE_BY_ONE)
    doors.ask_histories()
    doors.ask_series()
    assert told.wrong == []
    assert told.values > ONE_BY_ONE + 15_000


@pytest.mark.django_db(transaction=True)
def test_accounts_that_are_merged_were_one_at_every_time_and_two_once_that_is_undone(tmp_path):
    story = Story(7, tmp_path)
    for place, stage in enumerate(merging.run(story, STEPS_TAKEN)):
        compared = Compared()
        questions = Questions(story, place, merging.RECORDED)
        questions.ask_periods(compared, ONE_BY_ONE // AT_ONCE)
        questions.ask_as_of(compared, ONE_BY_ONE // 5)
        assert (stage, compared.wrong, compared.values) == (stage, [], ONE_BY_ONE + ONE_BY_ONE // 5)


def test_the_truth_has_every_number():
    told = {("UserProfile", name) for name in OVERALL} | {("GameStats", name) for name in IN_GAME}
    assert told == list_declared()
