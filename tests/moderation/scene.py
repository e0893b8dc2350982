"""A match and two events, with people who took part and people who did not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import scene
from tests.scene import START

SOON = START + timedelta(days=1)
LATER = START + timedelta(days=3)


@pytest.fixture
def ann():
    return scene.player("ann")


@pytest.fixture
def bob():
    return scene.player("bob")


@pytest.fixture
def eve():
    """Took part in nothing."""
    return scene.player("eve")


@pytest.fixture
def moderator():
    return scene.player("mod", is_staff=True)


@pytest.fixture
def duel(ann, bob):
    """Ann's row of a match she lost to Bob."""
    scene.match(bob, "duel", "WIN", side="bob")
    return scene.match(ann, "duel", "LOSS", side="ann")


@pytest.fixture
def cup(ann, bob, eve):
    """A solo event Bob won before Ann; Eve withdrew."""
    event = scene.tournament("cup")
    for user in (ann, bob):
        scene.registration(user, event)
    scene.registration(eve, event, status="WITHDRAWN")
    scene.result(event, 1, bob, prize_amount=100)
    scene.result(event, 2, ann)
    return event


@pytest.fixture
def bobs_title(cup, bob):
    return cup.results.get(user=bob)


@pytest.fixture
def league(ann, bob):
    """A team event Bob's team won before Ann's."""
    event = scene.tournament("league", entrant_kind="TEAM")
    for user, slug, placement in ((bob, "south", 1), (ann, "north", 2)):
        team = scene.team(slug)
        scene.registration(user, event, team=team)
        scene.result(event, placement, team=team)
        scene.result(event, placement, user, team=team)
    return event
