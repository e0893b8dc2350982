"""Page 1 and page 1,000 of every list are read in the same way: the same statements, by the same plan.

The statements are those the services send, and the planner is left to itself: it knows more than a
thousand rows behind every list. What differs is the bound on the position, which the plan's shape leaves out.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from deltacrown.core import pagination
from deltacrown.games.models import Match
from deltacrown.moderation import services as moderation
from deltacrown.user_profile.services import (
    dispute_page_service,
    export_service,
    follow_service,
    integrity_service,
    leaderboard_service,
    period_board_service,
    player_page_service,
    stats_service,
    tournament_page_service,
)
from deltacrown.user_profile.services.stats_service.catalogue import list_stat_names
from tests import scene
from tests.plans import work_of
from tests.user_profile.long_lists import Site, build_site

pytestmark = pytest.mark.django_db

SOURCE = Path(pagination.__file__).resolve().parents[1]
#: Whoever calls these keeps a list by position.
DOORS = {"paginate", "write_position"}
#: What has no second page, or is no list: signed names of one row, and the one page that a preview shows.
NO_LISTS = {
    "moderation/services/reading.py:write_handle",
    "user_profile/services/activity_service/hiding.py:write_handle",
    "user_profile/services/preview_service.py:get_preview",
}
THOUSANDTH = 999

Read = Callable[[Site, "str | None", int], Any]
Queries = list[tuple[str, Any]]


@dataclass(frozen=True)
class List:
    """One list.

    :param read: gives a page of it.
    :param more: the statements a later page has beside those of the first.
    :param is_gathered: it is put together from many players' rows and sorted, so that PostgreSQL may find these by
        whichever of the players' indexes it likes; what a page costs is the same.
    """

    read: Read
    more: int = 0
    is_gathered: bool = False


def _service(name: str, **fixed: Any) -> Read:
    return lambda site, page, limit: getattr(stats_service, name)(site.owner, page=page, limit=limit, **fixed)


def _rows(stat: str, **fixed: Any) -> Read:
    return lambda site, page, limit: stats_service.get_stat_rows(site.owner, stat, page, limit=limit, viewer=site.owner, **fixed)


def _board(stat: str, **fixed: Any) -> List:
    """How many are ranked before the first of a later page is counted."""
    return List(lambda site, page, limit: leaderboard_service.get_leaderboard(stat, page=page, limit=limit, **fixed), more=1)


def _timeline(name: str | None) -> Read:
    return lambda site, page, limit: stats_service.get_activity_timeline(site.owner, name and getattr(site, name), page, limit=limit)


def _of_event(name: str) -> Read:
    return lambda site, page, limit: getattr(tournament_page_service, name)("cup", page, viewer=None, limit=limit).lines


def _disputes(viewer: str, status: str | None = None) -> Read:
    return lambda site, page, limit: moderation.list_disputes(page, viewer=getattr(site, viewer), status=status, limit=limit)


def _history(stat: str) -> Read:
    return lambda site, page, limit: stats_service.get_stat_history(site.owner, stat, page, limit=limit, viewer=site.owner)


SEASON = period_board_service.Period("season", scene.at(0))

LISTS = {
    "matches": List(_service("get_match_history")),
    "matches of a game": List(_service("get_match_history", game="valorant")),
    "matches won": List(_service("get_match_history", filters={"result": "WIN"})),
    "matches of a kind": List(_service("get_match_history", filters={"kind": "TOURNAMENT"})),
    "matches between dates": List(_service("get_match_history", filters={"played_from": "2025-03-01", "played_to": "2030-01-01"})),
    "matches of a tournament": List(_service("get_match_history", filters={"tournament": "cup"})),
    "tournaments": List(_service("get_tournament_breakdown")),
    "tournaments of a game": List(_service("get_tournament_breakdown", filters={"game": "valorant"})),
    "tournaments held": List(_service("get_tournament_breakdown", filters={"status": "COMPLETED"})),
    "timeline, to everybody": List(_timeline(None)),
    "timeline, to its player": List(_timeline("owner")),
    "timeline, to staff": List(_timeline("staff")),
    **{f"rows of {stat}": List(_rows(stat)) for stat in list_stat_names()},
    "rows of a game": List(_rows("matches_won", filters={"game": "valorant"})),
    **{f"history of {stat}": List(_history(stat)) for stat in ("total_matches_played", "tournaments_won", "experience_points")},
    **{f"board of {stat}": _board(stat) for stat in leaderboard_service.BOARDS},
    "board of a game": _board("matches_won", game="valorant"),
    "board of a country": _board("matches_won", country="DE"),
    "board of a season": List(
        lambda site, page, limit: period_board_service.get_period_leaderboard("matches_won", SEASON, page=page, limit=limit)
    ),
    "followers": List(lambda site, page, limit: follow_service.list_followers(site.owner, site.owner, page, limit=limit)),
    "following": List(lambda site, page, limit: follow_service.list_following(site.owner, site.owner, page, limit=limit)),
    "feed": List(lambda site, page, limit: follow_service.get_home_feed(site.fan, page, limit), is_gathered=True),
    "players found": List(lambda site, page, limit: player_page_service.find_players("p0", page, limit=limit)),
    "all tournaments": List(lambda site, page, limit: tournament_page_service.list_tournaments(page, limit=limit)),
    "results": List(_of_event("get_results_page")),
    "entrants": List(_of_event("get_entrants_page")),
    "encounters": List(_of_event("get_encounters_page")),
    "verifications": List(lambda site, page, limit: integrity_service.get_integrity(page, now=scene.at(0), limit=limit).runs),
    "disputes of all": List(_disputes("staff")),
    "disputes of a status": List(_disputes("staff", "OPEN")),
    "disputes of a player": List(_disputes("owner")),
    "page of one's disputes": List(lambda site, page, limit: dispute_page_service.list_own_disputes(page, viewer=site.owner, limit=limit)),
    "queue of disputes": List(lambda site, page, limit: dispute_page_service.list_queue("OPEN", page, viewer=site.staff, limit=limit)),
}


@pytest.fixture(scope="module")
def site(django_db_setup, django_db_blocker) -> Iterator[Site]:
    from deltacrown.user_profile import receivers

    receivers.disconnect()
    try:
        with django_db_blocker.unblock(), transaction.atomic():
            yield build_site()
            transaction.set_rollback(True)
    finally:
        receivers.connect()


@pytest.mark.parametrize("name", LISTS)
def test_the_first_page_and_the_thousandth_are_read_alike(site, name):
    listed = LISTS[name]
    read = listed.read
    cursor = find_cursor(read, site, THOUSANDTH)

    first, deep = (statements_of(lambda cursor=cursor: read(site, cursor, 1)) for cursor in (None, cursor))

    assert len(deep) == len(first) + listed.more
    first, deep = ([query for query in sent if "ORDER BY" in query[0]] for sent in (first, deep))
    assert first, "a list is read in an order"
    assert listed.is_gathered or [shape_of(*query) for query in first] == [shape_of(*query) for query in deep]
    # How many are ranked before a page of a board is counted anyway, those who tie with its first among them.
    assert listed.more or costs_the_same(first, deep)


def costs_the_same(first: Queries, deep: Queries) -> bool:
    """Whether the deep page has the database do no more than the first; up to a hundred rows more or less are the ties of its position."""
    return sum(work_of(*query) for query in deep) <= 1.5 * sum(work_of(*query) for query in first) + 100


def find_cursor(read: Read, site: Site, past: int) -> str:
    """The cursor behind the first ``past`` rows; a cursor is of a position, whatever the size of the pages."""
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

    with connection.execute_wrapper(note):
        read()
    return sent


def shape_of(sql: str, params: Any) -> list[str]:
    """How a plan reads its tables, by which indexes, and whether it sorts; without bounds, which name the position.

    In which order PostgreSQL looks up what belongs to a row by its key, and whether it keeps what it found, is left out too.
    """
    postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute(f"{'EXPLAIN (COSTS OFF)' if postgresql else 'EXPLAIN QUERY PLAN'} {sql}", params or None)
        lines = [row[0] if postgresql else row[3] for row in cursor.fetchall()]
    if postgresql:
        return sorted(found[0] for line in lines if (found := re.search(r"\S.* Scan (on|using) .*|Sort$|Aggregate$", line)))
    # A walk through an index from its beginning is called a scan, and one from a position a search.
    return [re.sub(r"^(SCAN|SEARCH) (?=.* USING )|(?<=INDEX )(\S+) \(.*\)", r"\2", line) for line in lines]


def test_every_list_of_the_site_is_among_them(site, monkeypatch):
    seen: set[str] = set()
    signer = pagination._signer

    def note(listing: str, order: tuple[str, ...]) -> Any:
        frame = sys._getframe(1)
        while frame.f_code.co_filename == pagination.__file__:
            frame = frame.f_back
        seen.add(f"{Path(frame.f_code.co_filename).relative_to(SOURCE)}:{frame.f_code.co_name}")
        return signer(listing, order)

    monkeypatch.setattr(pagination, "_signer", note)
    for each in LISTS.values():
        each.read(site, None, 1)
    next(export_service.iterate_matches(site.owner, viewer=site.owner))

    assert find_lists() - NO_LISTS - seen == set(), "a list whose pages nobody compares: add it to LISTS"
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
    monkeypatch.setattr(export_service, "PIECE", 1)

    def read(count: int) -> None:
        rows = export_service.iterate_matches(site.owner, viewer=site.owner)
        for _ in range(count):
            next(rows)

    sent = [query for query in statements_of(lambda: read(1_000)) if "ORDER BY" in query[0] and "games_" in query[0]]
    first, deep = sent[:2], sent[-2:]

    assert len(sent) == 2_000
    assert [shape_of(*query) for query in first] == [shape_of(*query) for query in deep]
    assert costs_the_same(first, deep)


def test_numbered_pages_would_be_found(site):
    """The comparison can fail: an OFFSET has the same plan on every page, and reads all the pages before."""
    rows = Match.objects.filter(user=site.owner).order_by("-played_at", "-id")
    first, deep = ([rows[start : start + 1].query.sql_with_params()] for start in (0, THOUSANDTH))

    assert [shape_of(*query) for query in first] == [shape_of(*query) for query in deep]
    assert not costs_the_same(first, deep)


def test_another_order_would_be_found(site):
    rows = Match.objects.filter(user=site.owner)
    by_index, sorted_late = (rows.order_by(*order)[:1].query.sql_with_params() for order in (("-played_at", "-id"), ("score", "-id")))

    assert shape_of(*by_index) != shape_of(*sorted_late)
