"""A team that has captains is entered, checked in, changed and withdrawn by them; another by its players."""

from __future__ import annotations

import pytest

from deltacrown.accounts.rights import Right
from deltacrown.teams.models import TeamMembership, TeamRole
from deltacrown.tournaments.services import (
    MayNotOrganise,
    register_team,
    require_entry,
    require_return,
    require_roster_change,
    require_say,
)
from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.scene import NOON as NOW
from tests.scene import at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_reactions")]

#: Every door of a team: for what a member of it asks.
DOORS = {
    "enter": lambda cup, by, team: require_entry(cup, by, user=None, team=team, now=NOW),
    "check in or withdraw": lambda cup, by, team: require_say(cup, by, user=None, team=team, now=NOW),
    "come back": lambda cup, by, team: require_return(cup, by, user=None, team=team, now=NOW),
    "change the roster": lambda cup, by, team: require_roster_change(cup, by, team=team, joining=[], now=NOW),
}


@pytest.fixture
def north():
    return scene.team("north")


@pytest.fixture
def people(north):
    """Members of north; the lead is its captain, and does not play."""
    found = {name: scene.player(name) for name in ("lead", "ann", "bob", "org")}
    for name in ("lead", "ann", "bob"):
        scene.member(found[name], north)
    scene.role(found["lead"], north)
    scene.role(found["lead"], north, "COACH")
    return found


@pytest.fixture
def cup(north, people):
    event = scene.tournament("cup", status="OPEN", entrant_kind="TEAM", organiser=people["org"])
    for name in ("ann", "bob"):
        scene.registration(people[name], event, team=north)
    return event


def admitted(door, cup, team, people):
    """The names of those whom a door lets through."""
    found = set()
    for name, user in people.items():
        try:
            DOORS[door](cup, user, team)
        except MayNotOrganise:
            continue
        found.add(name)
    return found


@pytest.mark.parametrize("door", DOORS)
def test_captains_alone_act_for_their_team_whether_they_play_or_not(door, cup, north, people):
    people["runner"] = scene.staff("runner", Right.MANAGE_TOURNAMENTS)
    people["other captain"] = scene.player("other")
    scene.member(people["other captain"], scene.team("south"))
    scene.role(people["other captain"], scene.team("south"))

    assert admitted(door, cup, north, people) == {"lead", "org", "runner"}
    scene.role(people["bob"], north, hours=1)
    assert admitted(door, cup, north, people) == {"lead", "bob", "org", "runner"}
    TeamRole.objects.filter(user=people["lead"]).update(ended_at=at(2))
    assert admitted(door, cup, north, people) == {"bob", "org", "runner"}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("without", ["never had one", "ended", "left", "closed"])
def test_without_a_captain_players_act_as_before(door, without, cup, north, people):
    lead = people.pop("lead")
    if without == "never had one":
        TeamRole.objects.all().delete()
    elif without == "ended":
        TeamRole.objects.update(ended_at=at(2))
    elif without == "left":
        TeamMembership.objects.filter(user=lead).update(left_at=at(2))
    else:
        type(lead).objects.filter(pk=lead.pk).update(is_active=False)

    assert admitted(door, cup, north, people) == {"ann", "bob", "org"}


def test_a_refusal_names_the_captains_by_the_name_that_pages_show(cup, north, people):
    UserProfile.objects.filter(user=people["lead"]).update(display_name="The Lead")
    with pytest.raises(MayNotOrganise) as one:
        require_say(cup, people["ann"], user=None, team=north, now=NOW)
    for number in range(4):
        user = scene.player(f"c{number}")
        scene.member(user, north)
        scene.role(user, north, hours=number + 1)
    with pytest.raises(MayNotOrganise) as five:
        require_entry(cup, people["ann"], user=None, team=north, now=NOW)

    assert str(one.value) == "Only the team's captain (The Lead), the organiser and staff may do this."
    assert str(five.value) == (
        "Only the team's captains (The Lead, c0, c1 and 2 more), the organiser and staff may do this."
    )


def test_a_captain_of_when_the_team_registered_may_not_withdraw_it_later(cup, north, people):
    scene.role(people["bob"], north)
    TeamRole.objects.filter(user=people["lead"], role="CAPTAIN").update(ended_at=at(2))

    with pytest.raises(MayNotOrganise):
        require_say(cup, people["lead"], user=None, team=north, now=NOW)


def test_who_only_coaches_is_not_on_the_roster_that_nobody_named(north, people):
    event = scene.tournament("other", status="OPEN", entrant_kind="TEAM")
    TeamRole.objects.filter(role="CAPTAIN").delete()
    scene.role(people["ann"], north, "ANALYST")
    scene.role(people["ann"], north, "PLAYER")
    scene.role(people["bob"], north, "MANAGER", ended=1)

    rows = register_team(tournament=event, team=north, roster=None, now=NOW)

    assert {row.user.username for row in rows} == {"ann", "bob"}


@pytest.mark.parametrize("door", DOORS)
def test_queries(door, cup, north, people, django_assert_max_num_queries):
    # Who changes a roster is asked for twice, and whether they run the tournament beside its organiser once.
    with django_assert_max_num_queries(3 + (door == "change the roster")):
        DOORS[door](cup, people["lead"], north)
