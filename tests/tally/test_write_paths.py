"""No way of writing a source row leaves a number wrong: every way, both maintainers, the run's database.

What ``signals`` cannot see is a strict expected failure, and is repaired by a reconciliation.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection

from deltacrown.core.clock import now
from deltacrown.games.models import Match
from django_tally.keeping.maintainer import MAINTAINERS, SIGNALS
from django_tally.reconciliation import reconcile
from django_tally.sources import list_sources
from tests.docs.pages import page
from tests.pristine import rolled_back
from tests.tally.ways.declared import Way
from tests.tally.ways.every import WAYS
from tests.tally.ways.maintained import maintained_by
from tests.tally.ways.of_other_sources import SOURCES
from tests.tally.ways.oracle import count_by_hand, read_cached
from tests.tally.ways.page import render_page
from tests.tally.ways.season import make_season, read_season

pytestmark = pytest.mark.django_db


def here(way: Way) -> bool:
    return way.exists_on(connection.vendor)


@pytest.fixture(scope="module", params=MAINTAINERS)
def maintainer(request, django_db_setup, django_db_blocker):
    """Who keeps the numbers of the season, which is made once for each."""
    with rolled_back(django_db_blocker, lambda: None), maintained_by(request.param):
        make_season(Path())
        connection.check_constraints()
        yield request.param


@pytest.fixture
def season(maintainer, db, tmp_path):
    return read_season(tmp_path)


@pytest.mark.parametrize("way", [way for way in WAYS if here(way)], ids=lambda way: way.name)
def test_every_number_is_right_after(maintainer, way, season, find_all_drift, request):
    if maintainer == SIGNALS and way.gap:
        request.applymarker(pytest.mark.xfail(strict=True, raises=AssertionError, reason=way.gap))
    before = count_by_hand()
    if find_all_drift() or read_cached() != before:
        pytest.fail("the numbers were wrong beforehand", pytrace=False)

    way.write(season)

    assert find_all_drift() == []
    assert read_cached() == count_by_hand()
    assert (count_by_hand() != before) is way.moves


@pytest.mark.parametrize("maintainer", [SIGNALS], indirect=True)
@pytest.mark.parametrize("way", [way for way in WAYS if way.gap and here(way)], ids=lambda way: way.name)
def test_a_reconciliation_repairs_what_signals_did_not_see(way, season, find_all_drift):
    way.write(season)
    drifted = find_all_drift()

    outcome = reconcile(cause="test", clock=now)

    assert len(outcome.drifts) == len(outcome.repairs) == len(drifted) > 0
    assert find_all_drift() == []
    assert read_cached() == count_by_hand()


def test_every_source_is_written():
    assert {source.model for source in list_sources()} == {Match, *SOURCES}


def test_names_and_titles_are_unique():
    assert len({way.name for way in WAYS}) == len({(way.group, way.title) for way in WAYS}) == len(WAYS)


def test_the_page_says_what_the_tests_prove():
    assert page("docs/reference/write-paths.md").text == render_page(WAYS), "run `make docs`"
