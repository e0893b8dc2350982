"""What the measures of matches say of themselves is so, for all short histories."""

from __future__ import annotations

from itertools import product

import pytest

from deltacrown.games.models import MatchRow
from deltacrown.user_profile.achievements.catalogue import MATCH_MEASURES
from deltacrown.user_profile.achievements.progress import EARNING, MatchProgress

pytestmark = pytest.mark.once

RESULTS = MatchRow.Result.values


@pytest.mark.parametrize("measure", MATCH_MEASURES)
def test_a_count_rises_with_the_results_it_names_and_with_no_other(measure):
    rose = set()
    for history in product(RESULTS, repeat=5):
        following, before = measure(), 0
        for result in history:
            after = following.take(result)
            rose |= {result} if after > before else set()
            before = after
    assert rose == measure.rising


def test_a_match_of_another_result_earns_nothing_whatever_was_before():
    others = set(RESULTS) - EARNING
    assert others
    for history in product(RESULTS, repeat=6):
        progress = MatchProgress()
        earned = [bool(progress.take(result)) for result in history]
        assert not any(earned[place] for place, result in enumerate(history) if result in others)
