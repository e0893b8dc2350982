"""What the histories of numbers tell of a ruling: its reason to those it is about, to others that it was."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest

from deltacrown.tournaments.models import Disqualification
from deltacrown.tournaments.services import (
    Standing,
    complete_tournament,
    correct_result,
    create_tournament,
    disqualify_entrant,
    lift_disqualification,
    open_registration,
    register_player,
    register_team,
    start_tournament,
)
from deltacrown.user_profile.numbers.catalogue import list_stat_names
from deltacrown.user_profile.numbers.history import get_stat_history
from deltacrown.user_profile.privacy import HistoryHidden
from tests import scene
from tests.scene import NOON as NOW

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)
SECRET, PARDON = "wall hack in round two", "the hack was a driver bug"


@pytest.fixture
def people():
    return {name: scene.player(name) for name in ("ann", "bob", "cat", "dan")}


def hold(kind, entrants):
    event = create_tournament(slug="cup", name="Cup", game=scene.game(), starts_at=NOW, entrant_kind=kind)
    open_registration(tournament=event)
    for entrant in entrants:
        if kind == "SOLO":
            register_player(tournament=event, user=entrant["user"], now=NOW)
        else:
            register_team(tournament=event, now=NOW, **entrant)
    start_tournament(tournament=event)
    names = [{key: value for key, value in entrant.items() if key != "roster"} for entrant in entrants]
    standings = [
        Standing(**name, placement=place, prize=Decimal(10 - place))
        for place, name in enumerate(names, start=1)
    ]
    complete_tournament(tournament=event, standings=standings, now=NOW)
    return event


@pytest.fixture
def solo(people):
    return hold("SOLO", [{"user": people[name]} for name in ("ann", "bob", "cat", "dan")])


@pytest.fixture
def teams(people):
    ann, bob, cat, dan = people.values()
    return hold(
        "TEAM",
        [
            {"team": scene.team("north"), "roster": [ann, bob]},
            {"team": scene.team("south"), "roster": [cat, dan]},
        ],
    )


def told(user, stat, viewer=None):
    """What a history says: pairs of what happened and why, without what was only recorded."""
    history = get_stat_history(user, stat, viewer=viewer, limit=50, order="known")
    return [(entry.what, entry.reason) for entry in history.items if entry.what != "recorded"]


def told_of_all(user, viewer):
    """Everything that the histories of all numbers of a player say to a viewer, as one text."""
    histories = []
    for stat in list_stat_names():
        with suppress(HistoryHidden):
            histories.append(told(user, stat, viewer))
    assert len(histories) > 6
    return json.dumps(histories)


def test_who_moves_up_is_told_that_and_not_why(solo, people):
    disqualify_entrant(tournament=solo, user=people["ann"], reason=SECRET, now=LATER)

    assert told(people["bob"], "tournaments_won") == [
        ("placement moved from 2 to 1", "moved up: ann was disqualified")
    ]
    assert told(people["ann"], "tournaments_won") == [(f"disqualified: {SECRET}", SECRET)]


def test_the_name_is_the_one_that_pages_show_today(solo, people):
    disqualify_entrant(tournament=solo, user=people["ann"], reason=SECRET, now=LATER)
    people["ann"].profile.display_name = "Annie"
    people["ann"].profile.save(update_fields=["display_name"])

    [(_, reason)] = told(people["bob"], "tournaments_won")
    assert reason == "moved up: Annie was disqualified"


def test_who_moves_back_is_told_that_and_not_why(solo, people):
    disqualify_entrant(tournament=solo, user=people["ann"], reason=SECRET, now=LATER)
    lift_disqualification(tournament=solo, user=people["ann"], reason=PARDON, now=LATER)

    assert told(people["bob"], "tournaments_won")[0] == (
        "placement moved from 1 to 2",
        "moved down: the disqualification of ann was lifted",
    )
    assert told(people["ann"], "tournaments_won")[0] == ("disqualification lifted, placed 1", PARDON)


def test_a_correction_that_lifts_tells_others_of_the_lifting_alone(solo, people):
    disqualify_entrant(tournament=solo, user=people["ann"], reason=SECRET, now=LATER)
    correct_result(tournament=solo, user=people["ann"], placement=1, reason=PARDON, now=LATER)

    assert (
        told(people["bob"], "tournaments_won")[0][1] == "moved down: the disqualification of ann was lifted"
    )
    assert told(people["ann"], "tournaments_won")[0][1] == PARDON


def test_a_team_is_named_and_its_members_are_told_why(teams, people):
    disqualify_entrant(tournament=teams, team=scene.team("north"), reason=SECRET, now=LATER)

    for name in ("cat", "dan"):
        [(_, reason)] = told(people[name], "tournaments_won")
        assert reason == "moved up: North was disqualified"
    for name in ("ann", "bob"):
        [(_, reason)] = told(people[name], "tournaments_won")
        assert reason == SECRET


@pytest.mark.parametrize("kind", ["solo", "teams"])
def test_no_number_of_anybody_else_tells_the_reason(request, kind, people):
    event = request.getfixturevalue(kind)
    entrant = {"user": people["ann"]} if kind == "solo" else {"team": scene.team("north")}
    about = {"ann"} if kind == "solo" else {"ann", "bob"}
    staff = scene.player("mod", is_staff=True)

    disqualify_entrant(tournament=event, **entrant, reason=SECRET, now=LATER, by=staff)
    correct_result(tournament=event, **entrant, placement=1, reason=PARDON, now=LATER, by=staff)
    disqualify_entrant(tournament=event, **entrant, reason=SECRET, now=LATER, by=staff)
    lift_disqualification(tournament=event, **entrant, reason=PARDON, now=LATER, by=staff)

    for name, user in people.items():
        for viewer in (None, user, staff):
            text = told_of_all(user, viewer)
            assert (SECRET in text) == (PARDON in text) == (name in about), (name, viewer)
            assert "disqualification 1" not in text
    # Experience moved too, so there was something to tell.
    assert len(told(people["bob"], "experience_points", people["bob"])) >= 4


def test_the_reason_of_a_ruling_that_is_gone_stays_a_reference(solo, people):
    disqualify_entrant(tournament=solo, user=people["ann"], reason=SECRET, now=LATER)
    Disqualification.objects.all().delete()

    [(_, reason)] = told(people["bob"], "tournaments_won")
    assert SECRET not in reason
