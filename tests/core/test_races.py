import pytest
from django.db import IntegrityError

from deltacrown.core.races import ATTEMPTS, find_or_insert
from deltacrown.games.models import Game


def test_an_attempt_that_lost_runs_again_and_leaves_nothing_behind(db):
    runs = []

    def attempt():
        runs.append(Game.objects.count())
        Game.objects.create(slug="mine", name="Mine")
        if len(runs) < 3:
            raise IntegrityError("another was first")
        return "found"

    assert find_or_insert(attempt) == "found"
    assert runs == [0, 0, 0]
    assert Game.objects.count() == 1


def test_an_error_that_is_no_race_comes_out(db):
    runs = []

    def attempt():
        runs.append(None)
        raise IntegrityError("a foreign key, for one")

    with pytest.raises(IntegrityError):
        find_or_insert(attempt)
    assert len(runs) == ATTEMPTS


def test_other_errors_are_not_tried_again(db):
    runs = []

    def attempt():
        runs.append(None)
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        find_or_insert(attempt)
    assert len(runs) == 1
