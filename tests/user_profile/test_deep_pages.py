"""Page 1 and page 1,000 of every list are read in the same way: the same statements, by the same plan.

The statements are those the services send, and the planner is left to itself: it knows more than a
thousand rows behind every list. What differs is the bound on the position, which the plan's shape leaves out.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from deltacrown.core import audit, pagination
from deltacrown.games.models import Match
from deltacrown.pages import export_lines, exports
from deltacrown.user_profile.models import RankCount
from tests.plans import work_of
from tests.pristine import rolled_back
from tests.user_profile.keyset_lists import LISTS, QUERIES, Read
from tests.user_profile.long_lists import Site, build_site

pytestmark = [
    pytest.mark.django_db,
    # SQLite's planner is asked by ``tests/web/test_plans.py``; here the lists are too long for both runs.
    pytest.mark.skipif("connection.vendor == 'sqlite'", reason="it is looked at on PostgreSQL"),
]

SOURCE = Path(pagination.__file__).resolve().parents[1]
#: Whoever calls these keeps a list by position.
DOORS = {"paginate", "write_position"}
#: Lists of a team gather the rows of all its members; ``tests/web/test_team_numbers.py`` turns their pages.
GATHERED = {"pages/team_results.py:list_matches", "pages/team_results.py:list_results"}
#: What is no list: signed names of one row, and the latest matches, of which there is one page.
NO_LISTS = {
    "user_profile/histories/bests.py:_read_latest",
    "user_profile/histories/company.py:_read_latest",
    "moderation/services/reading.py:write_handle",
    "moderation/services/statements.py:write_statement_handle",
    "pages/merges.py:_write_handle",
    "tournaments/services/pairings/reading.py:write_handle",
    "user_profile/timeline/hiding.py:write_handle",
}
THOUSANDTH = 999
#: Lines of a plan about tables that are looked up by key, and the headings of such look-ups.
OF_A_KEY = re.compile(r" on games_game$| on teams_team$|privacysettings|SUBQUERY \d+$")

Queries = list[tuple[str, Any]]


@pytest.fixture(scope="module")
def site(django_db_setup, django_db_blocker) -> Iterator[Site]:
    from deltacrown.user_profile import receivers

    receivers.disconnect()
    try:
        with rolled_back(django_db_blocker, build_site) as site:
            site.owner.profile  # noqa: B018 - read once, so that no list is the first to need it
            yield site
    finally:
        receivers.connect()


@pytest.mark.parametrize("name", LISTS)
def test_the_first_page_and_the_thousandth_are_read_alike(site, name):
    listed = LISTS[name]
    read = listed.read
    cursor = find_cursor(read, site, THOUSANDTH)

    first, deep = (statements_of(lambda cursor=cursor: read(site, cursor, 1)) for cursor in (None, cursor))

    assert (len(first), len(deep)) == (QUERIES[name], QUERIES[name] + listed.more)
    first, deep = ([query for query in sent if is_of_a_list(query[0])] for sent in (first, deep))
    assert first, "a list is read in an order"
    assert listed.is_gathered or [shape_of(*query) for query in first] == [shape_of(*query) for query in deep]
    # How many are ranked before a page of a board is counted anyway, those who tie with its first among them.
    assert listed.more or costs_the_same(first, deep)


def is_of_a_list(sql: str) -> bool:
    """Return whether a statement reads rows in an order. How many are ranked before a page is another."""
    return "ORDER BY" in sql and RankCount._meta.db_table not in sql


def costs_the_same(first: Queries, deep: Queries) -> bool:
    """Return whether the deep page costs the database no more than the first.

    Up to a hundred rows of difference are the ties at its position.
    """
    return sum(work_of(*query) for query in deep) <= 1.5 * sum(work_of(*query) for query in first) + 100


def find_cursor(read: Read, site: Site, past: int) -> str:
    """Return the cursor after the first ``past`` rows. A cursor is a position, for pages of any size."""
    cursor = None
    while past:
        step = min(past, 50)
        page = read(site, cursor, step)
        assert len(page.items) == step, "the list is shorter than a thousand rows"
        cursor, past = page.next_cursor, past - step
    assert cursor
    return cursor


def statements_of(read: Callable[[], object]) -> Queries:
    sent: Queries = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        sent.append((sql, params))
        return execute(sql, params, many, context)

    # What staff read is logged by one statement a request, whatever is read; their pages count it.
    with connection.execute_wrapper(note), audit.not_logged():
        read()
    return sent


def name_order(step: str) -> str:
    """Return a step of a plan with the order of its index in place of the index."""
    used = re.search(r"Index (Only )?Scan( Backward)? using (\w+)", step)
    return step.replace(used[0], f"Index Scan by {read_order(used[3])}") if used else step


@cache
def read_order(index: str) -> str:
    """Return the first two columns of an index; its name where one of them is computed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.attname FROM pg_index i "
            "CROSS JOIN generate_series(0, LEAST(i.indnkeyatts, 2) - 1) place LEFT JOIN pg_attribute a "
            "ON a.attrelid = i.indrelid AND a.attnum = i.indkey[place] AND a.attnum > 0 "
            "WHERE i.indexrelid = %s::regclass ORDER BY place",
            [index],
        )
        columns = [column for (column,) in cursor.fetchall()]
    return index if None in columns else ", ".join(columns)


def shape_of(sql: str, params: Any) -> list[str]:
    """Return how a plan reads its tables: by indexes of which order, and whether it sorts.

    Of two indexes that begin with the same columns the planner takes either, as its statistics are.
    Bounds are left out, because they name the position. So are the order in which PostgreSQL looks up related
    rows by key, whether it caches them, and the tables of games and teams, which have few
    rows: these are read whole or by their key, as the planner likes, but not merged, which
    would sort a page of rows once more. Look-ups of privacy
    settings by key are left out too: a bound on times that may be hidden needs more of them.
    """
    postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if postgresql:
            cursor.execute("SET LOCAL enable_mergejoin = off")
        cursor.execute(
            f"{'EXPLAIN (COSTS OFF)' if postgresql else 'EXPLAIN QUERY PLAN'} {sql}", params or None
        )
        lines = [row[0] if postgresql else row[3] for row in cursor.fetchall()]
    if postgresql:
        lines = [line for line in lines if not OF_A_KEY.search(line)]
        found = (re.search(r"\S.* Scan( Backward)? (on|using) .*|Sort$|Aggregate$", line) for line in lines)
        return sorted(name_order(step[0]) for step in found if step)
    lines = [line for line in lines if not OF_A_KEY.search(line)]
    # A walk through an index from its beginning is called a scan, and one from a position a search.
    return [re.sub(r"^(SCAN|SEARCH) (?=.* USING )|(?<=INDEX )(\S+) \(.*\)", r"\2", line) for line in lines]


@pytest.mark.parametrize("name", LISTS)
def test_a_full_page_costs_as_many_statements_as_a_page_of_one(site, name):
    assert len(statements_of(lambda: LISTS[name].read(site, None, 20))) == QUERIES[name]


def test_every_list_of_the_site_is_among_them(site, monkeypatch):
    seen: set[str] = set()
    name_of = pagination.name_cursor

    def note(listing: str, order: tuple[str, ...]) -> Any:
        frame = sys._getframe(1)
        while frame.f_code.co_filename == pagination.__file__:
            frame = frame.f_back
        seen.add(f"{Path(frame.f_code.co_filename).relative_to(SOURCE)}:{frame.f_code.co_name}")
        return name_of(listing, order)

    monkeypatch.setattr(pagination, "name_cursor", note)
    for each in LISTS.values():
        each.read(site, None, 1)
    next(exports.export_matches(site.owner.profile.public_id, viewer=site.owner).write_ndjson())

    assert find_lists() - NO_LISTS - GATHERED - seen == set(), (
        "a list whose pages nobody compares: add it to LISTS"
    )
    assert find_lists() >= NO_LISTS


def find_lists() -> set[str]:
    """Every function that keeps a list by position, as path and name."""
    return {
        f"{path.relative_to(SOURCE)}:{function.name}"
        for path in SOURCE.rglob("*.py")
        if path != Path(pagination.__file__)
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef)
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in DOORS
    }


def test_the_pieces_of_an_export_are_read_alike(site, monkeypatch):
    """Its list has no limit a caller could set, so its pieces are made small."""
    monkeypatch.setattr(export_lines, "BATCH", 20)

    def read(count: int) -> None:
        pieces = exports.export_matches(site.owner.profile.public_id, viewer=site.owner).write_ndjson()
        for _ in range(count):
            next(pieces)

    sent = [
        query for query in statements_of(lambda: read(50)) if "ORDER BY" in query[0] and "games_" in query[0]
    ]
    first, deep = sent[:2], sent[-2:]

    assert len(sent) == 2 * 50
    assert [shape_of(*query) for query in first] == [shape_of(*query) for query in deep]
    assert costs_the_same(first, deep)


def test_numbered_pages_would_be_found(site):
    """The comparison can fail: an OFFSET has the same plan on every page, and reads all the pages before."""
    if connection.vendor == "postgresql":
        # Both pages must be read by the index, at any cost, so that they have the same plan.
        with connection.cursor() as cursor:
            for choice in ("enable_sort", "enable_seqscan", "enable_bitmapscan"):
                cursor.execute(f"SET LOCAL {choice} = off")
    rows = Match.objects.filter(user=site.owner).order_by("-played_at", "-id")
    first, deep = ([rows[start : start + 1].query.sql_with_params()] for start in (0, THOUSANDTH))

    assert [shape_of(*query) for query in first] == [shape_of(*query) for query in deep]
    assert not costs_the_same(first, deep)


def test_another_order_would_be_found(site):
    rows = Match.objects.filter(user=site.owner)
    by_index, sorted_late = (
        rows.order_by(*order)[:1].query.sql_with_params()
        for order in (("-played_at", "-id"), ("score", "-id"))
    )

    assert shape_of(*by_index) != shape_of(*sorted_late)
