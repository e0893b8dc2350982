"""Who players are, in the API: names and country changed, external ids kept, and players named by them."""

from __future__ import annotations

import json

import pytest

from deltacrown.accounts.models import ExternalId, User
from deltacrown.accounts.services import add_external_id
from deltacrown.games.models import Match
from deltacrown.teams.services import add_team_id
from deltacrown.tournaments.models import TournamentParticipation
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.people.anonymising import anonymise_player
from tests import scene
from tests.api.calls import signed_in, with_key
from tests.conftest import NOON

pytestmark = pytest.mark.django_db

STEAM = "steam:76561198000000042"
SCOPES = ("matches:write", "players:create")


def delivery(player: str, key: str = "d1", **line):
    players = [{"player": player, "result": "WIN", **line}]
    return {"match_key": key, "game": "rocket", "played_at": f"2025-03-0{key[-1]}", "players": players}


@pytest.fixture
def server(db):
    """A game server's key that may create players."""
    scene.game("rocket")
    return with_key(scene.player("server"), *SCOPES)


def deliver(caller, *matches, create=True):
    return caller.post("/matches", {"matches": list(matches), "create_missing": create}).json()


def test_who_is_created_by_a_delivery_has_the_name_and_country_and_is_found_by_the_id_again(server):
    first = deliver(server, delivery(STEAM, name="Mew2King | FaZe", country="us"))
    again = deliver(server, delivery(STEAM, "d2", name="Another"), create=False)

    user = User.objects.get(username="Mew2King | FaZe")
    assert (first["accepted"], again["accepted"], user.profile.country) == (1, 1, "US")
    assert first["created"]["players"] == {STEAM: user.profile.public_id}
    assert Match.objects.filter(user=user).count() == 2
    assert user.profile.display_name == "Mew2King | FaZe", "nobody who is known is renamed"
    shown = server.get(f"/external-ids/players?external_id={STEAM}").json()
    assert shown == {
        "public_id": user.profile.public_id,
        "name": "Mew2King | FaZe",
        "country": "US",
        "avatar_url": "",
    }


def test_what_cannot_be_kept_of_a_new_player_is_a_warning(server):
    scene.player("guy")

    told = deliver(server, delivery("O'Sullivan", name="GUY", country="Sweden"))

    [outcome] = told["outcomes"]
    assert (outcome["status"], told["warned"]) == ("accepted", 1)
    assert "player_name is left out: “GUY” is the name of another player" in outcome["warnings"][0]
    assert "country “Sweden” is left out: write two letters" in outcome["warnings"][0]


@pytest.mark.parametrize(
    ("player", "why"),
    [
        (
            STEAM,
            "There is no player 'steam:76561198000000042': check the id, or send create_missing as true.",
        ),
        ("steam:1", "'1' is no id of steam: write it like steam:76561198000000042."),
    ],
)
def test_an_id_that_finds_nobody_is_refused_with_a_mend(server, player, why):
    [outcome] = deliver(server, delivery(player), create=False)["outcomes"]

    assert outcome["refusal"]["detail"] == why
    assert not ExternalId.objects.exists()


def test_bodies_name_players_and_teams_by_id_for_who_records_matches_only(server):
    ann, team = scene.player("ann"), scene.team("north")
    organiser = scene.player("organiser")
    event = scene.tournament("league", status="OPEN", organiser=organiser, entrant_kind="TEAM")
    add_external_id(user=ann, external_id=STEAM, confirmed=True)
    add_team_id(team=team, external_id="esea:north")
    deliver(server, delivery(STEAM))
    entrant = {"team": "esea:north", "roster": [STEAM]}

    refused = signed_in(organiser).post("/tournaments/league/entrants", entrant)
    recorder = with_key(organiser, "tournaments:write", "matches:write")
    entered = recorder.post("/tournaments/league/entrants", entrant)
    voided = server.post(
        "/matches/void", {"game": "rocket", "match_key": "d1", "player": STEAM, "reason": "x"}
    )

    assert "There is no team 'esea:north'" in told_by(refused)["detail"]
    assert (entered.status_code, voided.status_code) == (200, 200)
    assert TournamentParticipation.objects.get(tournament=event).user == ann


def test_a_claim_is_kept_and_told_to_nobody_and_finds_nobody(server):
    ann, bob = scene.player("ann"), scene.player("bob")
    add_external_id(user=bob, external_id=STEAM, confirmed=True)
    own = signed_in(ann)

    claimed = own.post("/me/external-ids", {"external_id": STEAM})
    listed = own.get("/me/external-ids").json()

    assert (claimed.status_code, [row["is_confirmed"] for row in listed]) == (201, [False])
    found = server.get(f"/external-ids/players?external_id={STEAM}").json()
    assert found["public_id"] == bob.profile.public_id
    boss = signed_in(scene.player("boss", is_staff=True))
    refused = boss.post(f"/players/{ann.profile.public_id}/external-ids", {"external_id": STEAM})
    assert "bob" not in told_by(refused)["detail"]
    assert own.call("DELETE", f"/me/external-ids?external_id={STEAM}").json() == []
    assert any(row["section"] == "external_ids" for row in exported(bob))


def told_by(refused):
    """Return the problem document of an answer."""
    assert refused.status_code in {409, 422}
    return refused.json()


def exported(user):
    answer = signed_in(user).get("/me/export")
    return [json.loads(line) for line in b"".join(answer.streaming_content).decode().splitlines()]


def test_a_player_changes_names_and_country_all_or_nothing(db):
    ann, bob = scene.player("ann"), scene.player("bob")
    own = signed_in(ann)

    changed = own.call("PATCH", "/me", {"username": " Magnus  Carlsen", "country": "no", "bio": "Chess."})
    refused = own.call("PATCH", "/me", {"bio": "Other.", "username": "Guy", "display_name": "BOB"})

    assert changed.json() == {
        "public_id": ann.profile.public_id,
        "username": "Magnus Carlsen",
        "display_name": "",
        "country": "NO",
        "bio": "Chess.",
        "links": [],
    }
    assert told_by(refused)["errors"][0]["field"] == "display_name"
    ann.refresh_from_db()
    assert (ann.username, ann.profile.bio) == ("Magnus Carlsen", "Chess.")
    for body, field in (({"country": "NOR"}, "country"), ({"username": "a:b"}, "username")):
        assert told_by(own.call("PATCH", "/me", body))["errors"][0]["field"] == field
    assert own.get("/me").json()["username"] == "Magnus Carlsen"
    assert bob.profile.display_name == ""


def test_a_player_renames_three_times_and_staff_without_end(db):
    ann = scene.player("ann")
    own, boss = signed_in(ann), signed_in(scene.player("boss", is_staff=True))

    answers = [own.call("PATCH", "/me", {"username": f"ann {number}"}) for number in range(4)]
    by_staff = boss.call("PATCH", f"/players/{ann.profile.public_id}", {"username": "ann again"})

    assert [answer.status_code for answer in answers] == [200, 200, 200, 409]
    assert by_staff.json()["username"] == "ann again"


def test_nobody_names_anew_who_was_anonymised(db):
    ann, boss = scene.player("ann"), scene.player("boss", is_staff=True)
    anonymise_player(user=ann, by=None, now=NOON, without_export=True)
    address = f"/players/{UserProfile.objects.get(pk=ann.pk).public_id}"

    renamed = signed_in(boss).call("PATCH", address, {"username": "ann"})
    added = signed_in(boss).post(f"{address}/external-ids", {"external_id": STEAM})

    assert (renamed.status_code, added.status_code) == (410, 410)
    assert not User.objects.filter(username="ann").exists()
    assert not ExternalId.objects.exists()
