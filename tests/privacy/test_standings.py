"""Every standing of the owner × viewer × page or operation shows what the rules of ``standings`` say."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from copy import deepcopy
from dataclasses import replace

import pytest
from django.core.cache import cache
from django.db import connection, transaction

from tests.privacy.asking import Answer, ask, list_viewers, none
from tests.privacy.operations import list_operations
from tests.privacy.standings import (
    ALL_SHOWN,
    AROUND,
    LISTS,
    NAMES,
    STANDINGS,
    TELLS,
    bear_names,
    is_of_owner,
    judge,
    merge_owner,
    suspend,
)
from tests.privacy.surfaces import Surface, list_pages
from tests.privacy.test_hidden_rows import fixed_headers, without_tokens
from tests.privacy.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.once]

#: Of an account that is nobody's a merge is refused; the tests of merging hold that.
PREVIEW = "/api/v1/players/{public_id}/merges/{merged}/preview"
SURFACES = [surface for surface in list_pages() + list_operations() if surface.name != PREVIEW]
#: All lists of players, and of other addresses one of each kind: what tells them apart is no standing.
CHOSEN = [surface for surface in SURFACES if surface.name in LISTS] + list(
    {(each.name, each.gate): each for each in reversed(SURFACES) if each.name not in LISTS}.values()
)
#: The addresses at which players are listed.
LISTED = {surface.address for surface in SURFACES if surface.name in {*LISTS, AROUND}}
#: Who asks for everything. All others ask for the lists, and for what tells of the standing.
ASKING = {"self", "staff", "follower", "key of self"}


def list_asking(surface: Surface, asking: Collection[str] = ASKING) -> list[str]:
    """Return who asks for this, in the order of ``list_viewers``."""
    is_for_all = surface.name in {*LISTS, *TELLS, AROUND}
    return [viewer for viewer in list_viewers(surface) if is_for_all or viewer in asking]


@pytest.fixture(autouse=True)
def same_clients(world):
    """Give back what a test takes from the world besides rows: sessions, and the owner's public id."""
    owner = world.owner
    cookies = {name: deepcopy(client.cookies) for name, client in world.clients.items()}
    yield
    world.owner = owner
    for name, client in world.clients.items():
        client.cookies = cookies[name]


@pytest.mark.parametrize("standing", STANDINGS)
def test_every_cell_gives_what_the_rules_of_a_standing_say(world, standing, record_property):
    """The lists are asked on both databases, everything else where they play no part."""
    rules = STANDINGS[standing]
    surfaces = [each for each in CHOSEN if connection.vendor == "sqlite" or each.name in LISTS]
    world.set_privacy(ALL_SHOWN)
    bear_names(world)
    rules.become(world)
    faults, cells = [], 0
    for surface in surfaces:
        cache.clear()
        for viewer in list_asking(surface):
            cells += 1
            answer = ask(world, surface, viewer)
            found = judge(rules, surface, viewer, answer)
            faults += [f"{surface} | {viewer} | {standing}: {fault}" for fault in found]
    record_property("cells", cells)

    none(faults)


@pytest.mark.once
def test_addresses_of_a_merged_account_show_what_those_of_the_other_show(world):
    """Pages lead there, operations answer for it; and neither list nor page has a name of the merged one."""
    world.set_privacy(ALL_SHOWN)
    bear_names(world)
    merged, kept = world.public_id, merge_owner(world)
    faults = []
    for surface in [surface for surface in CHOSEN if surface.gate != "staff"]:
        cache.clear()
        for viewer in list_asking(surface, {"follower"}):
            other = answer = ask(world, at_address(surface, kept), viewer)
            if is_of_owner(surface):
                answer = ask(world, at_address(surface, merged), viewer)
                # An address is heard back, in a link to sign in.
                answer = replace(answer, body=answer.body.replace(merged.encode(), kept.encode()))
            faults += [f"{surface} | {viewer}: {fault}" for fault in judge_merged(answer, other, kept)]
    none(faults)


def judge_merged(answer: Answer, other: Answer, kept: str) -> Iterator[str]:
    """Yield what is wrong about what the address of a merged account shows, beside that of the kept one."""
    leads = answer.status in {301, 302, 308} and kept in answer.headers.get("Location", "")
    is_same = (answer.status, without_tokens(answer)) == (other.status, without_tokens(other))
    if not leads and not is_same:
        yield f"answers {answer.status}, and {other.status} by the id of the account that was kept"
    if named := (answer.secrets | other.secrets) & (NAMES | {"email", "firstname", "password", "key"}):
        yield f"names the merged account: {', '.join(sorted(named))}"


def at_address(surface: Surface, public_id: str) -> Surface:
    return replace(surface, address=surface.address.replace("{id}", public_id))


@pytest.mark.once
def test_a_stranger_cannot_tell_that_somebody_is_suspended(world):
    """Every page and operation is the same before and after; but lists, where nobody is told why.

    Followers ask for everything, other strangers where they might be told.
    """
    world.set_privacy(ALL_SHOWN)
    bear_names(world)
    # The first request with a session or key records its use.
    strangers = ("anonymous", "follower", "member", "staff without rights", "key of staff")
    ask_all(world, strangers, [list_pages()[0], list_operations()[0]])
    before = ask_all(world, strangers, SURFACES)
    suspend(world)

    after = ask_all(world, strangers, SURFACES)

    told = [each for each, answer in after.items() if b"suspen" in b"".join(answer[1:2]).lower()]
    assert told == [each for each, answer in before.items() if b"suspen" in answer[1].lower()]
    assert [each for each in before if before[each] != after[each] and not is_list(each)] == []
    lists = [each for each in before if is_list(each) and before[each] != after[each]]
    assert lists, "or nobody was listed before"
    assert [each for each in lists if world.public_id.encode() in after[each][1]] == []


Told = dict[tuple[str, str], tuple[int, bytes, dict[str, str]]]


def ask_all(world: World, viewers: Collection[str], surfaces: Collection[Surface]) -> Told:
    """Return what strangers are told by every page and operation, and by an attempt to follow the player."""
    told: Told = {}
    for surface in surfaces:
        cache.clear()
        for viewer in list_asking(surface, {"follower"}):
            if viewer in viewers:
                answer = ask(world, surface, viewer)
                told[surface.address, viewer] = answer.status, without_tokens(answer), fixed_headers(answer)
    for viewer in ("member", "anonymous"):
        follow = Surface("follow", "/players/{id}/follow/")
        with transaction.atomic():
            answer = ask(world, follow, viewer, method="POST")
            transaction.set_rollback(True)
        told[follow.address, viewer] = answer.status, without_tokens(answer), fixed_headers(answer)
    return told


def is_list(asked: tuple[str, str]) -> bool:
    return asked[0] in LISTED
