"""Suspensions by the API: what staff do, what everybody is told, and what is refused meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right
from deltacrown.core.clock import now
from deltacrown.user_profile.models import Follow, StandingChange
from deltacrown.user_profile.people.standings import close_account, reopen_account
from tests import scene
from tests.api.calls import problem_of, signed_in, visitor, with_key

pytestmark = pytest.mark.django_db

#: Suspended by these words, and until this time.
BODY = {"until": "2126-01-01T00:00:00Z", "reason": "zqreason"}
SAID = "You are suspended until 2126-01-01 00:00. Why: zqreason"


@pytest.fixture
def ann():
    return scene.player("ann")


@pytest.fixture
def mod():
    return scene.staff("mod", Right.SUSPEND_PLAYERS, Right.VIEW_HIDDEN)


@pytest.fixture
def suspended(ann, mod):
    answer = signed_in(mod).put(f"/players/{ann.profile.public_id}/suspension", BODY)
    assert answer.status_code == 200
    return ann


def test_staff_suspend_and_lift_and_twice_is_once(suspended, mod):
    address, staff = f"/players/{suspended.profile.public_id}", signed_in(mod)
    told = staff.put(f"{address}/suspension", BODY).json()

    assert told | {"changed_at": ""} == {
        "standing": "SUSPENDED",
        "until": "2126-01-01T00:00:00Z",
        "reason": "zqreason",
        "changed_at": "",
        "decided_by": mod.profile.public_id,
    }
    for _ in range(2):
        assert staff.delete(f"{address}/suspension").json()["standing"] == "ACTIVE"
    assert StandingChange.objects.count() == 2


def test_others_are_told_nothing(suspended, mod):
    address = f"/players/{suspended.profile.public_id}"
    told = {
        "visitor": visitor(),
        "member": signed_in(scene.player("bob")),
        "key of staff": with_key(mod, "read"),
    }

    for api in told.values():
        answer = api.get(address)
        assert answer.json()["standing"] is None
        assert b"zqreason" not in answer.content
    for api in (signed_in(suspended), with_key(suspended, "read")):
        assert api.get(address).json()["standing"]["reason"] == "zqreason"
        me = api.get("/me").json()["standing"]
        assert (me["standing"], me["decided_by"]) == ("SUSPENDED", None)
    assert signed_in(mod).get(address).json()["standing"]["decided_by"] == mod.profile.public_id


def test_a_suspended_player_writes_nothing_in_public_and_everything_else(suspended):
    bob, cup = scene.player("bob"), scene.tournament("cup", status="OPEN")
    entered = scene.tournament("entered", status="OPEN")
    draft = scene.tournament("draft", status="DRAFT", organiser=suspended)
    scene.registration(suspended, entered)
    lost = scene.match(suspended, "lost", "LOSS")
    type(lost).objects.update(played_at=now() - timedelta(days=1))
    api, me = signed_in(suspended), {"player": suspended.profile.public_id}
    refused = [
        api.post(f"/tournaments/{cup.slug}/entrants", me),
        api.post(f"/tournaments/{entered.slug}/check-in", me),
        api.post(
            "/tournaments", {"slug": "own", "name": "Own", "game": "valorant", "starts_at": BODY["until"]}
        ),
        api.put(f"/me/follows/{bob.profile.public_id}"),
        api.post("/disputes", {"match": {"game": "valorant", "match_key": "lost"}, "reason": "I won"}),
        api.post("/me/api-keys", {"name": "server", "scopes": ["tournaments:write"]}),
        api.post(f"/tournaments/{draft.slug}/open"),
        api.call("PATCH", "/me", {"username": "annie"}),
        api.call("PATCH", "/me", {"bio": "zqbio"}),
        api.post("/me/external-ids", {"external_id": "battlenet:Ann#1234"}),
    ]

    assert {problem_of(answer) for answer in refused} == {(403, "suspended")}
    assert all(answer.json()["detail"].startswith(SAID) for answer in refused)
    allowed = [
        api.post(f"/tournaments/{entered.slug}/withdraw", me),
        api.delete(f"/me/follows/{bob.profile.public_id}"),
        api.put("/me/privacy", {"show_match_history": False, "show_tournament_stats": True}),
        api.post("/me/api-keys", {"name": "reader", "scopes": ["read"]}),
        api.get("/me/export"),
    ]
    assert {answer.status_code for answer in allowed} == {200, 201}
    assert not Follow.objects.exists()


def test_a_team_mate_cannot_enter_a_suspended_player_and_the_organiser_can(suspended):
    bob, org = scene.player("bob"), scene.player("org")
    for user in (suspended, bob):
        scene.member(user, scene.team("north"))
    cup = scene.tournament("cup", status="OPEN", entrant_kind="TEAM", organiser=org)
    address, both = f"/tournaments/{cup.slug}/entrants", [suspended.profile.public_id, bob.profile.public_id]

    for body in ({"team": "north"}, {"team": "north", "roster": both}):
        answer = signed_in(bob).post(address, body)
        assert problem_of(answer) == (403, "forbidden")
        assert b"uspen" not in answer.content

    assert signed_in(bob).post(address, {"team": "north", "roster": both[1:]}).status_code == 200
    roster = f"/tournaments/{cup.slug}/roster"
    joining = {"team": "north", "add": both[:1], "reason": "x"}
    assert problem_of(signed_in(bob).post(roster, joining)) == (403, "forbidden")
    assert signed_in(org).post(roster, joining).status_code == 200


def test_a_suspended_captain_changes_nothing_of_others_and_leaves(suspended):
    bob, north = scene.player("bob"), scene.team("north")
    for user in (suspended, bob):
        scene.member(user, north)
        scene.role(user, north)
    api, roles = signed_in(suspended), "/teams/north/roles"
    mine, his = suspended.profile.public_id, bob.profile.public_id

    refused = [
        api.post(roles, {"player": his, "role": "COACH"}),
        api.post(roles, {"player": mine, "role": "COACH"}),
        api.delete(f"{roles}/{his}/CAPTAIN"),
        api.delete(f"/teams/north/members/{his}"),
    ]
    assert {problem_of(answer) for answer in refused} == {(403, "suspended")}
    assert api.delete(f"{roles}/{mine}/CAPTAIN").status_code == 200
    assert api.delete(f"/teams/north/members/{mine}").status_code == 200


def test_staff_change_the_texts_and_ids_of_a_suspended_player(suspended):
    staff = scene.staff("clerk", Right.ACT_FOR_PLAYERS, Right.CREATE_PLAYERS)
    address = f"/players/{suspended.profile.public_id}"

    assert signed_in(staff).call("PATCH", address, {"bio": "no advertisements"}).status_code == 200
    given = signed_in(staff).post(f"{address}/external-ids", {"external_id": "battlenet:Ann#1234"})
    assert given.status_code == 201


def test_a_closed_account_is_gone_for_all_but_staff_and_its_key_is_no_use(ann, mod):
    key, address = with_key(ann, "read"), f"/players/{ann.profile.public_id}"
    session = signed_in(ann)
    assert session.get("/me").status_code == 200
    close_account(user=ann, by=mod, now=scene.NOON)

    for path in ("", "/matches", "/matches/export", "/activity", "/games", "/stats", "/followers"):
        answer = visitor().get(address + path)
        assert (*problem_of(answer), answer.json()["detail"]) == (410, "gone", "This account is closed.")
    assert signed_in(mod).get(address).json()["standing"]["standing"] == "CLOSED"
    assert [key.get("/me").status_code, session.get("/me").status_code] == [401, 401]
    assert problem_of(signed_in(mod).put(f"{address}/suspension", BODY)) == (409, "conflict")


@pytest.mark.parametrize("way", ["service", "admin", "update"])
def test_a_session_from_before_a_closing_is_none_after_reopening(ann, mod, way):
    bob, session = scene.player("bob"), signed_in(ann)
    others = signed_in(bob)

    for is_active in (False, True):
        if way == "service":
            (reopen_account if is_active else close_account)(user=ann, by=mod, now=scene.NOON)
        elif way == "admin":
            user = User.objects.get(pk=ann.pk)
            user.is_active = is_active
            user.save()
        else:
            User.objects.filter(pk__in=[ann.pk, bob.pk], username="ann").update(is_active=is_active)

    assert session.get("/me").status_code == 401
    assert signed_in(User.objects.get(pk=ann.pk)).get("/me").status_code == 200
    assert others.get("/me").status_code == 200


def test_pages_of_a_closed_account_are_gone(client, ann, mod):
    close_account(user=ann, by=mod, now=scene.NOON)

    for path in ("", "matches/", "stats/level/"):
        page = client.get(f"/players/{ann.profile.public_id}/{path}")
        assert (page.status_code, b"This account is closed." in page.content) == (410, True)


def test_pages_say_why_they_refuse_a_suspended_player(client, suspended):
    client.force_login(suspended)
    bob = scene.player("bob").profile.public_id

    for path in (f"/players/{bob}/follow/", "/settings/verification/"):
        page = client.post(path)
        assert (page.status_code, SAID in page.content.decode()) == (403, True)


def test_pages_let_a_suspended_captain_withdraw_the_team_only(client, suspended):
    north, cup = scene.team("north"), scene.tournament("cup", status="OPEN", entrant_kind="TEAM")
    bob = scene.player("bob")
    for user in (suspended, bob):
        scene.member(user, north)
        scene.role(user, north)
    entry = {"team": "north", "do": "register"}

    client.force_login(suspended)
    page = client.post(f"/tournaments/{cup.slug}/team/", entry)
    assert (page.status_code, SAID in page.content.decode()) == (403, True)
    client.force_login(bob)
    page = client.post(f"/tournaments/{cup.slug}/team/", entry)
    assert (page.status_code, b"uspen" in page.content) == (403, False)

    scene.registration(suspended, cup, team=north)
    client.force_login(suspended)
    page = client.post(f"/tournaments/{cup.slug}/team/", entry | {"do": "withdraw"})
    assert page.status_code == 302
