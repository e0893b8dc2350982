"""How many statements each page asks, cold and kept, for every kind of viewer and of what is shown.

The counts are exact: a statement more is a decision, and shows here first.
"""

from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right
from deltacrown.accounts.services import rename_player
from deltacrown.teams.services import found_team, invite_player, rename_team
from deltacrown.user_profile.models import Follow, StandingChange, UserProfile
from tests import scene

pytestmark = pytest.mark.django_db


def count(client, address, status=200):
    """Return how many statements a page costs at first, and again right after."""
    cache.clear()
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == status
        counts.append(len(asked))
    return tuple(counts)


@pytest.fixture
def busy(db):
    """Somebody with everything: live and archived matches, a team renamed, titles, teams, achievements."""
    user, rival = scene.player("busy"), scene.player("rival")
    north, event = scene.team("north"), scene.tournament("masters")
    scene.member(user, north)
    scene.member(user, scene.team("old"), hours=-9, left=-5)
    for number in range(8):
        row = scene.match(user, f"m{number}", "LOSS", hours=number, side="North", kind="TOURNAMENT")
        scene.tournament_match(row, event, team=north, opponent_user=rival)
        against = scene.match(rival, f"m{number}", hours=number, side="Rival")
        if number % 2:
            scene.archive(row)
            scene.archive(against)
    for name in ("masters", "open", "cup"):
        scene.registration(user, scene.tournament(name) if name != "masters" else event, team=north)
    scene.result(event, 1, user, team=north)
    scene.achievement(user)
    scene.experience(user, 900)
    rename_team(team=north, name="Due North")
    return user


@pytest.fixture
def people(busy):
    """Who looks, by what they are to the busy player."""
    follower = scene.player("follower")
    Follow.objects.create(follower=follower, followed=busy)
    named = {name: scene.player(name) for name in ("member", "suspended")}
    moderator, staff = scene.staff("moderator", Right.SUSPEND_PLAYERS), scene.player("boss", is_staff=True)
    rival = User.objects.get(username="rival")
    own = {"own": busy, "opponent": rival, "follower": follower}
    return {"visitor": None, **named, **own, "moderator": moderator, "staff": staff}


def browser_of(user):
    client = Client()
    if user:
        client.force_login(user)
    return client


#: Viewer → the player looked at → statements at first, and again. 2 of who is signed in are of the session.
#: Of staff without all rights one more is of their rights; of who is suspended one is of why.
PROFILES = {
    "visitor": {"busy": (12, 2), "newcomer": (9, 1), "hidden": (6, 1), "suspended": (11, 2), "game": (12, 2)},
    "member": {"busy": (14, 4), "newcomer": (11, 3), "hidden": (8, 3), "suspended": (13, 4), "game": (14, 4)},
    "follower": {"busy": (14, 4), "newcomer": (11, 3), "hidden": (8, 3)},
    "opponent": {"busy": (14, 4), "hidden": (8, 3)},
    "own": {"busy": (14, 4), "game": (14, 4)},
    "suspended": {"suspended": (14, 5)},
    "moderator": {"busy": (15, 5), "newcomer": (12, 4), "hidden": (9, 4), "suspended": (15, 6)},
    # One more than others: what staff read is logged, in one statement a request.
    "staff": {"busy": (15, 5), "newcomer": (11, 3), "hidden": (14, 5), "suspended": (15, 6), "game": (15, 5)},
}


def test_profiles(busy, people):
    newcomer, hidden, suspended = scene.player("newcomer"), scene.player("hidden"), people["suspended"]
    for user in (hidden, suspended):
        scene.match(user, f"of {user}")
    scene.hide(hidden, matches=True, tournaments=True)
    UserProfile.objects.filter(user=suspended).update(standing="SUSPENDED")
    by = {"reason": "x", "changed_at": scene.at(0), "decided_by": people["moderator"]}
    StandingChange.objects.create(user=suspended, standing="SUSPENDED", **by)

    looked_at = {"busy": busy, "newcomer": newcomer, "hidden": hidden, "suspended": suspended, "game": busy}
    found = {}
    for viewer, kinds in PROFILES.items():
        client = browser_of(people[viewer])
        paths = {kind: f"/players/{looked_at[kind].profile.public_id}/" for kind in kinds}
        paths = {kind: path + "?game=valorant" * (kind == "game") for kind, path in paths.items()}
        found[viewer] = {kind: count(client, path) for kind, path in paths.items()}
    assert found == PROFILES


def play(event, rounds, *, placed=False):
    """Fill a tournament of four teams: a match a round, of two teams, or of all where places tell."""
    squads = [scene.team(f"{event.slug}-{number}") for number in range(4)]
    leaders = [scene.player(f"{event.slug}-{number}") for number in range(4)]
    for squad, leader in zip(squads, leaders, strict=True):
        scene.member(leader, squad)
        scene.registration(leader, event, team=squad)
    for number, (name, first, second) in enumerate(rounds):
        among = range(4) if placed else (first, second)
        for side in among:
            told = {"placement": side + 1} if placed else {"score": 2 - (side == second)}
            result = "WIN" if side == among[0] else "LOSS"
            row = scene.match(
                leaders[side], f"g{number}", result, kind="TOURNAMENT", title=event.game, **told
            )
            against = None if placed else squads[second if side == first else first]
            scene.tournament_match(row, event, team=squads[side], opponent_team=against, round=name)
    return leaders[0]


BRACKET = [("Semi-final", 0, 1), ("Semi-final", 2, 3), ("Final", 0, 2)]
GROUPS = [("Group A", 0, 1), ("Group B", 2, 3), *BRACKET]
LEAGUE = [(f"Round {number}", *pair) for number, pair in enumerate([(0, 1), (2, 3), (0, 2), (1, 3)])]
#: Kind of tournament → statements of a visitor, of a member, of who leads a team in it: where it runs, the
#: last are told their next pairing as well.
TOURNAMENTS = {
    "bracket": (7, 9, 9),
    "groups": (6, 9, 10),
    "league": (6, 9, 10),
    "royale": (6, 9, 10),
    "open": (4, 8, 7),  # whether somebody who is signed in is invited; a visitor is not asked
}


def test_tournaments(db):
    rounds = {"bracket": BRACKET, "groups": GROUPS, "league": LEAGUE, "royale": [("Lobby", 0, 1)], "open": []}
    statuses = {"bracket": "COMPLETED", "open": "OPEN"}
    member, found = scene.player("member"), {}
    for kind, played in rounds.items():
        event = scene.tournament(kind, entrant_kind="TEAM", status=statuses.get(kind, "RUNNING"))
        leader = play(event, played, placed=kind == "royale")
        if kind == "bracket":
            scene.result(event, 1, team=scene.team("bracket-0"))
        viewers = [browser_of(user) for user in (None, member, leader)]
        found[kind] = tuple(count(each, f"/tournaments/{kind}/")[0] for each in viewers)
    assert max(most for counts in found.values() for most in counts) <= 10
    assert found == TOURNAMENTS


#: Page of a captain → statements: two of who is signed in are in each.
OF_A_CAPTAIN = {
    "/settings/name/": 4,
    "/settings/teams/": 6,
    "/settings/teams/new/": 2,
    "/settings/teams/invitations/": 4,
    "/teams/north/manage/": 9,
    "/teams/north/name/": 4,
}


@pytest.mark.parametrize("many", [1, 4])
def test_the_pages_of_who_founds_and_runs_teams(many):
    """However many members, invitations and former names there are."""
    now = datetime.now(UTC)
    captain = scene.player("captain")
    north = found_team(name="North", by=captain, now=now)
    for number in range(many):
        member, asked, other = (scene.player(f"{word}{number}") for word in ("member", "asked", "other"))
        scene.member(member, north)
        scene.role(member, north, "COACH")
        invite_player(team=north, user=asked, by=captain, now=now)
        of_other = found_team(name=f"Team {number}", by=other, now=now)
        invite_player(team=of_other, user=captain, by=other, now=now)
        rename_player(user=captain, username=f"captain{number}")
    browser = browser_of(captain)

    assert {page: count(browser, page)[0] for page in OF_A_CAPTAIN} == OF_A_CAPTAIN
