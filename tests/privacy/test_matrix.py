"""Every viewer × setting × page or operation × state of the cache shows exactly what the rules say.

The rules are in ``rules``, what each page and operation shows in ``surfaces`` and ``operations``, the owner's
secrets in ``world``.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.core.cache import cache
from django.db import connection  # noqa: F401 - named in a skip condition

from deltacrown.api.application import api
from deltacrown.web import urls as web_urls
from tests.privacy.asking import (
    Answer,
    Cell,
    ask,
    find_faults,
    judge,
    kept_pages,
    list_cells,
    list_viewers,
    none,
)
from tests.privacy.operations import list_operations
from tests.privacy.rules import SETTINGS
from tests.privacy.surfaces import list_pages

pytestmark = pytest.mark.django_db

SURFACES = list_pages() + list_operations()
#: Addresses that take a POST alone, and show nothing.
WRITES: tuple[str, ...] = (
    "follow",
    "unfollow",
    "block",
    "unblock",
    "dispute-hands",
    "merge-undo",
    "remove-follower",
    "organise-entrants-do",
    "timeline-entry",
    "team-members",
    "team-invitations",
    "tournament-entry",
    "tournament-team",
    "notification",
    "notifications-read",
)
#: What is kept in the cache, for everybody to whom it shows the same.
MATCHES_KEPT = {"player-matches", "/api/v1/players/{public_id}/matches"}
KEPT = {
    "player",
    "/api/v1/players/{public_id}",
    "/api/v1/players/{public_id}/games",
    "player-activity",
    "player-card",
    "tournament-card",
    "/api/v1/players/{public_id}/activity",
    *MATCHES_KEPT,
}
#: Where every address is asked by HEAD as well: where most is hidden that a header could tell.
WITH_HEAD = (SETTINGS[3],)


#: Each flag is switched on and off, alone and with the other.
CHANGED = (SETTINGS[0], SETTINGS[1], SETTINGS[3])
#: PostgreSQL is asked with one history shown and the other hidden: each way a rule can decide is taken there.
#: The others are asked once, on SQLite, all hidden with a HEAD beside each GET.
ON_POSTGRESQL = SETTINGS[1]
ELSEWHERE = pytest.mark.skipif("connection.vendor == 'sqlite'", reason="it is asked on PostgreSQL")
CELLS = [
    pytest.param(shown, marks=[ELSEWHERE if shown == ON_POSTGRESQL else pytest.mark.once], id=str(shown))
    for shown in SETTINGS
]


@pytest.mark.parametrize("shown", CELLS)
def test_every_cell_gives_what_the_rules_say(world, shown, record_property):
    """A HEAD gets the same headers as the GET before it, where all is hidden."""
    faults, cells, kept = [], 0, set()
    world.set_privacy(shown)
    for surface in SURFACES:
        cache.clear()
        for cell in list_cells(shown, [surface]):
            given = ask(world, surface, cell.viewer)
            faults += judge(cell, given)
            cells += 1
            if shown in WITH_HEAD:
                told = ask(world, surface, cell.viewer, method="HEAD")
                faults += [f"{cell}: {fault}" for fault in judge_head(given, told)]
        kept |= {surface.name} if kept_pages() else set()
    record_property("cells", cells)

    none(faults)
    # A history that is hidden is not kept at all.
    expected = KEPT if shown.matches else KEPT - MATCHES_KEPT
    assert kept == expected, (
        "a page that is kept must be in KEPT, so that it is asked for after every other viewer"
    )


def judge_head(given: Answer, told: Answer) -> list[str]:
    """Return what a HEAD shows that the GET did not, and what it must not show at all."""
    answers = [
        (each.status, each.cache_control, each.vary, each.headers.get("Content-Length"))
        for each in (given, told)
    ]
    faults = [] if answers[0] == answers[1] else [f"a HEAD is told {answers[1]}, a GET {answers[0]}"]
    return faults + (
        [f"a HEAD is told a body, or {sorted(told.secrets)}"] if told.body or told.secrets else []
    )


def test_a_head_that_tells_more_would_be_found(world):
    [given] = [
        ask(world, surface, "self") for surface in SURFACES if surface.address == "/players/{id}/matches/"
    ]

    assert len(judge_head(given, given)) == 1
    assert len(judge_head(given, replace(given, status=500, body=b"", secrets=frozenset()))) == 1


@pytest.mark.once
@pytest.mark.parametrize("shown", SETTINGS[1:2], ids=str)
def test_a_kept_page_shows_nobody_what_the_one_before_saw(world, shown, record_property):
    surfaces = [surface for surface in SURFACES if surface.name in KEPT and "?" not in surface.address]
    faults, cells = [], 0
    for surface in surfaces:
        for first in list_viewers(surface):
            cache.clear()
            turn = [first, *(viewer for viewer in list_viewers(surface) if viewer != first), first]
            faults += find_faults(
                world, shown, [Cell(surface, shown, viewer, f"after {first}") for viewer in turn]
            )
            cells += len(turn)
    record_property("cells", cells)

    none(faults)


@pytest.mark.once
def test_a_change_of_the_settings_holds_for_pages_that_are_kept(world, record_property):
    surfaces = [surface for surface in SURFACES if surface.name in KEPT and "?" not in surface.address]
    cache.clear()
    faults, cells = [], 0
    for before in CHANGED:
        for shown in CHANGED:
            find_faults(world, before, list_cells(before, surfaces))
            turn = [
                Cell(surface, shown, viewer, f"until then {before}")
                for surface in surfaces
                for viewer in ("member", "anonymous")
            ]
            faults += find_faults(world, shown, turn)
            cells += len(turn)
    record_property("cells", cells)

    none(faults)


@pytest.mark.once
def test_what_shared_caches_may_keep_is_the_same_for_everybody(world):
    world.set_privacy(SETTINGS[0])
    shared = [
        surface for surface in list_operations() if "public" in ask(world, surface, "anonymous").cache_control
    ]
    bodies: dict[str, set[bytes]] = {surface.address: set() for surface in shared}
    for shown in (SETTINGS[0], SETTINGS[3]):
        world.set_privacy(shown)
        for surface in shared:
            bodies[surface.address] |= {ask(world, surface, viewer).body for viewer in list_viewers(surface)}

    assert len(shared) >= 6
    assert {address: len(told) for address, told in bodies.items() if len(told) > 1} == {}


@pytest.mark.once
def test_nobody_is_told_that_what_somebody_else_saw_is_unchanged(world):
    """An ETag got by the owner earns a 304 only where the answer is the same."""
    shown = SETTINGS[3]
    world.set_privacy(shown)
    told, unchanged = [], 0
    for surface in list_operations():
        own = ask(world, surface, "self")
        for viewer in ("member", "anonymous", "key without read"):
            is_same = ask(world, surface, viewer).body == own.body
            answer = ask(world, surface, viewer, **{"If-None-Match": own.etag or '"none"'})
            told += [f"{surface} | {viewer}"] if answer.status == 304 and not is_same else []
            unchanged += answer.status == 304

    assert told == []
    assert unchanged > 50


def test_every_page_is_in_the_matrix():
    named = {pattern.name for pattern in web_urls.urlpatterns}
    known = {surface.name for surface in list_pages()} | set(WRITES)

    assert named - known == set(), "say in tests/privacy/surfaces.py what the page shows, and to whom"
    assert known - named == set()


def test_every_operation_that_reads_is_in_the_matrix():
    paths = {path for path, methods in api.get_openapi_schema()["paths"].items() if "get" in methods}
    known = {surface.name for surface in list_operations()}

    assert paths - known == set(), "say in tests/privacy/operations.py what it shows, and to whom"
    assert known - paths == set()
