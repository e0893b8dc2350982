"""Requests are counted by periods of the clock: of a short one, the end may come between two of a test."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import ROOT

#: No period of so many seconds ends while tests are run. A limit that no test reaches may have any.
LEAST, REACHED = 1_000_000_000, 1_000
#: A setting of the limit of requests, and what it is set to.
SET = re.compile(r'(\w+_RATE(?:_PER_\w+)?)["\s:=,]*f?"([0-9]+)/([0-9]+)"')
#: These are counted in rows with times of the tests' own, back from the moment of the call.
OF_ROWS = {"TEAM_FOUNDING_RATE", "TEAM_NAME_CHANGE_RATE", "USERNAME_CHANGE_RATE"}
#: What environments may say, of which nothing is counted here.
ONLY_READ = {"tests/config/test_environment.py"}


def find_short_periods(text):
    return [
        found[0]
        for found in SET.finditer(text)
        if found[1] not in OF_ROWS and int(found[2]) < REACHED and int(found[3]) < LEAST
    ]


def test_no_test_counts_against_a_limit_whose_period_may_end_meanwhile():
    files = {
        str(path.relative_to(ROOT)): path.read_text()
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if path.name != "test_periods_of_limits.py"
    }
    found = {
        path: find_short_periods(text)
        for path, text in files.items()
        if path not in ONLY_READ and find_short_periods(text)
    }
    assert found == {}


@pytest.mark.parametrize(
    "line",
    [
        'settings.PAGE_RATE_PER_ADDRESS = "1/60"',
        'with override_settings(PAGE_RATE_PER_ADDRESS="1/60"):',
        '"AVATAR_CHANGE_RATE": "2/3600",',
        'patch.setattr(settings, "API_RATE_PER_KEY", "5/900")',
    ],
)
def test_a_short_period_is_found(line):
    assert len(find_short_periods(line)) == 1


@pytest.mark.parametrize(
    "line",
    [
        'settings.PAGE_RATE_PER_ADDRESS = "1/1000000000"',
        'settings.PAGE_RATE_PER_ADDRESS = "1000000/60"',
        'settings.TEAM_FOUNDING_RATE = "2/3600"',
        'settings.PAGE_RATE_PER_ADDRESS = f"1/{FOREVER}"',
    ],
)
def test_other_limits_are_not(line):
    assert find_short_periods(line) == []
