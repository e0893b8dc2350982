"""Who may call what: every operation of the description, by every kind of caller.

An operation that is not declared here fails.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction

from deltacrown.accounts.rights import GROUPS
from deltacrown.accounts.services import add_external_id, revoke_key
from deltacrown.api.application import api
from deltacrown.core.clock import now
from deltacrown.games.models import Match
from deltacrown.moderation.services import file_dispute, write_handle
from deltacrown.notifications.models import Notification
from deltacrown.notifications.services import list_notifications
from deltacrown.teams.services import add_team_id
from deltacrown.tournaments.services import sync_series
from deltacrown.tournaments.services.pairings import add_pairing
from deltacrown.tournaments.services.pairings import write_handle as write_pairing_handle
from deltacrown.user_profile.models import Follow
from deltacrown.user_profile.people.merging import merge_players
from deltacrown.user_profile.timeline.hiding import write_handle as write_entry_handle
from tests import scene
from tests.api.calls import signed_in, visitor, with_key
from tests.pristine import rolled_back
from tests.scene import at

pytestmark = [pytest.mark.django_db, pytest.mark.once]

#: The owner is the player that everything is about. A member has no part in it.
#: Staff without a right are members; the others of the staff have the rights of one group each.
MEMBERS = {"member", "staff without rights", "moderator", "runner", "recorder", "operator"}
PEOPLE = MEMBERS | {"owner", "organiser", "staff"}
RECORDING_KEYS = {"key to record", "key to record and create"}
ORGANISING_KEYS = {"organiser's key", "key to organise", "owner's key to organise"}
KEYS = {"owner's key to read", "key to read", "key to tell"} | ORGANISING_KEYS | RECORDING_KEYS
READERS = {"owner's key to read", "key to read"}
ALL = {"visitor"} | PEOPLE | KEYS


@dataclass
class Call:
    """An operation that succeeds for those who may, and who they are.

    :param hides: who may not is told that there is nothing, not that it is forbidden.
    """

    path: str
    allowed: set[str]
    body: Any = None
    hides: set[str] = field(default_factory=set)


#: Not there, or a handle of no use to this caller.
MISSING = {404, 422}
ORGANISERS = {"organiser", "organiser's key", "staff", "runner"}
ENTRANT = {"owner", "owner's key to organise"}
CREATORS = {"staff", "key to record and create"}
RECORDERS = {"staff", "recorder"} | RECORDING_KEYS
MODERATORS = {"staff", "moderator"}
MERGERS = {"staff", "operator"}
#: The owner is the captain of south, and a plain member of north; bob is a coach of south.
CAPTAINS = {"owner", "staff", "runner"}
OWN = PEOPLE | READERS
SEES_HIDDEN = {"owner", "owner's key to read", "staff", "moderator"}
ANN = "{ann}"
MATCH = {"game": "valorant", "match_key": "m1", "reason": "x"}
DELIVERED = {
    "match_key": "new",
    "game": "valorant",
    "played_at": "2025-03-01T18:00:00Z",
    "players": [{"player": ANN, "result": "WIN"}],
}

CALLS = {
    "list_seasons": Call("/seasons", ALL),
    "get_season": Call("/seasons/spring", ALL),
    "find_players": Call("/players?q=ann", ALL),
    "find_teams": Call("/teams?q=red", ALL),
    "search_everything": Call("/search?q=ann", ALL),
    "get_player": Call("/players/{ann}", ALL),
    "list_player_matches": Call("/players/{ann}/matches", SEES_HIDDEN),
    "export_player_matches": Call("/players/{ann}/matches/export", SEES_HIDDEN),
    "export_player_series": Call("/players/{ann}/series/export", SEES_HIDDEN),
    "export_player_tournaments": Call("/players/{ann}/tournaments/export", SEES_HIDDEN),
    "export_player_activity": Call("/players/{ann}/activity/export", ALL),
    "get_head_to_head": Call("/players/{ann}/versus/{bob}", SEES_HIDDEN),
    "list_player_series": Call("/players/{ann}/series", SEES_HIDDEN),
    "list_player_tournaments": Call("/players/{ann}/tournaments", SEES_HIDDEN),
    "list_player_activity": Call("/players/{ann}/activity", ALL),
    "list_player_games": Call("/players/{ann}/games", ALL),
    "list_player_stats": Call("/players/{ann}/stats", ALL),
    "get_player_stat": Call(
        "/players/{ann}/stats/matches_won?as_of=2025-01-01&known_at=2025-01-01", SEES_HIDDEN
    ),
    "list_stat_rows": Call("/players/{ann}/stats/matches_won/rows", SEES_HIDDEN),
    "get_stat_series": Call("/players/{ann}/stats/matches_won/series", SEES_HIDDEN),
    "list_stat_changes": Call("/players/{ann}/stats/matches_won/history", SEES_HIDDEN),
    "explain_stat": Call("/players/{ann}/stats/matches_won/explanation", SEES_HIDDEN),
    "suspend_player": Call("/players/{bob}/suspension", MODERATORS, {"reason": "x"}),
    "lift_suspension": Call("/players/{bob}/suspension", MODERATORS),
    "list_leaderboards": Call("/leaderboards", ALL),
    "get_leaderboard": Call("/leaderboards/matches_won", ALL),
    "get_place": Call("/leaderboards/matches_won/around/{ann}", ALL),
    "list_followers": Call("/players/{ann}/followers", SEES_HIDDEN),
    "list_following": Call("/players/{ann}/following", SEES_HIDDEN),
    "list_my_follows": Call("/me/follows", OWN),
    "follow_player": Call("/me/follows/{bob}", PEOPLE),
    "unfollow_player": Call("/me/follows/{bob}", PEOPLE),
    "list_my_feed": Call("/me/feed", OWN),
    "remove_follower": Call("/me/followers/{bob}", PEOPLE),
    "list_my_blocks": Call("/me/blocks", OWN),
    "block_player": Call("/me/blocks/{bob}", PEOPLE),
    "unblock_player": Call("/me/blocks/{bob}", PEOPLE),
    "get_team": Call("/teams/north", ALL),
    "get_team_numbers": Call("/teams/north/numbers", ALL),
    "list_team_members": Call("/teams/north/members", ALL),
    "list_team_roster": Call("/teams/north/roster", ALL),
    "list_team_roles": Call("/teams/north/roles", ALL),
    "give_team_role": Call("/teams/south/roles", CAPTAINS, {"player": "{bob}", "role": "CAPTAIN"}),
    "end_team_role": Call("/teams/south/roles/{bob}/COACH", CAPTAINS),
    "end_team_membership": Call("/teams/south/members/{bob}", CAPTAINS),
    "end_team_membership of oneself": Call("/teams/south/members/{ann}", CAPTAINS),
    "list_tournaments": Call("/tournaments", ALL),
    "get_tournament": Call("/tournaments/draft", {"organiser", "staff", "runner"}, hides=ALL),
    "list_tournament_results": Call("/tournaments/completed/results", ALL),
    "list_tournament_entrants": Call("/tournaments/completed/entrants", ALL),
    "list_tournament_players": Call("/tournaments/completed/players", ALL),
    "list_tournament_series": Call("/tournaments/completed/series", ALL),
    "get_tournament_series": Call("/tournaments/completed/series/Final 1", ALL),
    "list_tournament_matches": Call("/tournaments/completed/matches", ALL),
    "create_tournament": Call(
        "/tournaments",
        PEOPLE | ORGANISING_KEYS,
        {"slug": "newest", "name": "New", "game": "valorant", "starts_at": "2025-06-01T12:00:00Z"},
    ),
    "open_tournament": Call(
        "/tournaments/draft/open", ORGANISERS, {}, hides=MEMBERS | ENTRANT | {"key to organise"}
    ),
    "start_tournament": Call("/tournaments/open/start", ORGANISERS, {}),
    "cancel_tournament": Call("/tournaments/running/cancel", ORGANISERS, {"reason": "x"}),
    "set_announcement": Call("/tournaments/running/announcement", ORGANISERS, {"rules": "Best of three."}),
    "set_prize_currency": Call("/tournaments/running/prize-currency", ORGANISERS, {"prize_currency": "EUR"}),
    "complete_tournament": Call(
        "/tournaments/running/complete", ORGANISERS, {"standings": [{"player": ANN, "placement": 1}]}
    ),
    "annul_tournament": Call("/tournaments/completed/annul", ORGANISERS, {"reason": "x"}),
    "lift_annulment": Call("/tournaments/completed/lift-annulment", ORGANISERS, {"reason": "x"}),
    "reopen_tournament": Call("/tournaments/completed/reopen", ORGANISERS, {"reason": "x"}),
    "correct_result": Call(
        "/tournaments/completed/correct-result", ORGANISERS, {"player": ANN, "placement": 2, "reason": "x"}
    ),
    "disqualify_entrant": Call(
        "/tournaments/completed/disqualify", ORGANISERS, {"player": ANN, "reason": "x"}
    ),
    "lift_disqualification": Call(
        "/tournaments/completed/lift-disqualification", ORGANISERS, {"player": ANN, "reason": "x"}
    ),
    "take_back_check_in": Call("/tournaments/open/take-back-check-in", ORGANISERS | ENTRANT, {"player": ANN}),
    "take_back_withdrawal": Call(
        "/tournaments/open/take-back-withdrawal", ORGANISERS | ENTRANT, {"player": ANN}
    ),
    "register_entrant": Call("/tournaments/open/entrants", ORGANISERS | ENTRANT, {"player": ANN}),
    "check_in_entrant": Call("/tournaments/open/check-in", ORGANISERS | ENTRANT, {"player": ANN}),
    "register_entrant late": Call("/tournaments/running/entrants", ORGANISERS, {"player": "{bob}"}),
    "change_roster": Call(
        "/tournaments/league/roster",
        ORGANISERS,
        {"team": "north", "replace": [{"player": ANN, "substitute": "{bob}"}], "reason": "x"},
    ),
    "change_roster before the start": Call(
        "/tournaments/open-league/roster",
        ORGANISERS | ENTRANT,
        {"team": "north", "remove": [ANN], "reason": "x"},
    ),
    "change_roster dated": Call(
        "/tournaments/open-league/roster",
        ORGANISERS,
        {"team": "north", "remove": [ANN], "reason": "x", "at": "2025-06-01T12:00:00Z"},
    ),
    "list_pairings": Call("/tournaments/running/pairings", PEOPLE | READERS),
    "report_pairing": Call(
        "/tournaments/pairs/pairings/{pairing}/report",
        ENTRANT,
        {"games": [{"winner": 1}]},
        hides=(MEMBERS - {"runner"}) | {"key to organise"},
    ),
    "rule_pairing": Call(
        "/tournaments/pairs/pairings/{pairing}/rule", ORGANISERS, {"games": [{"winner": 1}]}
    ),
    "take_back_pairing": Call("/tournaments/pairs/pairings/{pairing}/take-back", ORGANISERS, {"reason": "x"}),
    "list_organisers": Call("/tournaments/pairs/organisers", {"organiser", "staff", "runner"}),
    "list_notifications": Call("/notifications", OWN),
    "read_notifications": Call("/notifications/read", PEOPLE | {"key to tell"}, {}),
    "read_notifications one": Call(
        "/notifications/read", {"owner"}, {"notification": "{notification}"}, hides=PEOPLE | {"key to tell"}
    ),
    "list_entry_changes": Call("/tournaments/running/changes", PEOPLE | READERS),
    "withdraw_entrant of a team with a captain": Call(
        "/tournaments/south-cup/withdraw", ORGANISERS | ENTRANT, {"team": "south"}
    ),
    "withdraw_entrant dated": Call(
        "/tournaments/open/withdraw", ORGANISERS, {"player": ANN, "at": "2025-06-01T12:00:00Z"}
    ),
    "withdraw_entrant": Call("/tournaments/open/withdraw", ORGANISERS | ENTRANT, {"player": ANN}),
    "get_match": Call("/matches/valorant/m1", SEES_HIDDEN, hides=ALL),
    "record_matches": Call("/matches", RECORDERS, {"matches": [DELIVERED]}),
    "record_matches and create": Call("/matches", CREATORS, {"matches": [DELIVERED], "create_missing": True}),
    "void_match": Call("/matches/void", RECORDERS, MATCH),
    "restore_match": Call("/matches/restore", RECORDERS, MATCH),
    "correct_match": Call("/matches/correct", RECORDERS, {**MATCH, "results": {ANN: "LOSS"}}),
    "create_players": Call("/players", CREATORS | {"operator"}, {"usernames": ["newcomer"]}),
    "create_teams": Call("/teams", CREATORS | {"operator"}, {"names": ["Newcomers"]}),
    "list_disputes": Call("/disputes", PEOPLE),
    "file_dispute": Call(
        "/disputes",
        {"owner"},
        {"match": {"game": "valorant", "match_key": "m2"}, "reason": "x"},
        hides=PEOPLE - {"owner"},
    ),
    "get_dispute": Call("/disputes/{dispute}", {"owner"} | MODERATORS, hides=MEMBERS | {"organiser"}),
    "uphold_dispute": Call(
        "/disputes/{dispute}/uphold", MODERATORS, {"resolution": "x", "remedy": {"kind": "void_match"}}
    ),
    "reject_dispute": Call("/disputes/{dispute}/reject", MODERATORS, {"resolution": "x"}),
    "list_merges": Call("/players/{ann}/merges", MERGERS),
    "preview_merge": Call("/players/{ann}/merges/{bob}/preview", MERGERS),
    "merge_players": Call("/players/{ann}/merges", MERGERS, {"merged": "{bob}", "reason": "x"}),
    "undo_merge": Call("/players/{ann}/merges/{double}/undo", MERGERS, {}),
    "get_me": Call("/me", OWN),
    "change_me": Call("/me", PEOPLE, {"display_name": "Somebody", "username": "some body"}),
    "change_player": Call("/players/{ann}", {"staff", "operator"}, {"username": "Guy#1234", "country": "se"}),
    "list_my_external_ids": Call("/me/external-ids", OWN),
    "claim_external_id": Call("/me/external-ids", PEOPLE, {"external_id": "steam:76561198000000007"}),
    "remove_my_external_id": Call(
        "/me/external-ids?external_id=discord:80351110224678912", {"owner"}, hides=PEOPLE
    ),
    "list_player_external_ids": Call("/players/{ann}/external-ids", {"staff", "operator"}),
    "add_player_external_id": Call(
        "/players/{ann}/external-ids", CREATORS | {"operator"}, {"external_id": "steam:76561198000000007"}
    ),
    "remove_player_external_id": Call(
        "/players/{ann}/external-ids?external_id=discord:80351110224678912", {"staff", "operator"}
    ),
    "find_player_by_external_id": Call(
        "/external-ids/players?external_id=discord:80351110224678912", {"staff", "recorder"} | RECORDING_KEYS
    ),
    "find_team_by_external_id": Call(
        "/external-ids/teams?external_id=discord:80351110224678912", {"staff", "recorder"} | RECORDING_KEYS
    ),
    "get_privacy": Call("/me/privacy", OWN),
    "set_privacy": Call("/me/privacy", PEOPLE, {"show_match_history": True, "show_tournament_stats": True}),
    "export_me": Call("/me/export", OWN),
    "list_my_activity": Call("/me/activity", OWN),
    "hide_activity": Call("/me/activity/{entry}/hide", {"owner"}, {}, hides=PEOPLE),
    "show_activity": Call("/me/activity/{entry}/show", {"owner"}, {}, hides=PEOPLE),
    "list_api_keys": Call("/me/api-keys", PEOPLE),
    "create_api_key": Call("/me/api-keys", PEOPLE, {"name": "x", "scopes": ["read"]}),
    "create_api_key for another": Call(
        "/me/api-keys", {"staff", "operator"}, {"name": "x", "scopes": ["read"], "player": "{bob}"}
    ),
    "create_api_key to record": Call(
        "/me/api-keys", {"staff", "operator"}, {"name": "x", "scopes": ["matches:write"]}
    ),
    "create_api_key to create": Call(
        "/me/api-keys", {"staff", "operator"}, {"name": "x", "scopes": ["players:create"]}
    ),
    "revoke_api_key": Call("/me/api-keys/{key}", {"owner"}, hides=PEOPLE),
    "get_integrity": Call("/integrity", ALL),
}


def operations():
    return {
        operation["operationId"]: (method.upper(), path)
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method, operation in methods.items()
    }


OPERATIONS = operations()


@pytest.fixture(scope="module")
def rows(django_db_setup, django_db_blocker):
    """What ``build_world`` makes, once for all tests that leave it as it is."""
    with rolled_back(django_db_blocker, build_world) as built:
        yield built


@pytest.fixture
def world(rows):
    """The callers, with the cookies they began with, and rows for every operation to succeed on."""
    cookies = {caller: program.client.cookies.copy() for caller, program in rows.callers.items()}
    yield rows
    for caller, program in rows.callers.items():
        program.client.cookies = cookies[caller]


def build_world() -> SimpleNamespace:
    """Make the callers, and rows for every operation to succeed on."""
    ann, bob, org, mel = (scene.player(name) for name in ("ann", "bob", "org", "mel"))
    scene.hide(ann, matches=True, tournaments=True)
    add_external_id(user=ann, external_id="discord:80351110224678912", confirmed=True)
    add_team_id(team=scene.team("north"), external_id="discord:80351110224678912")
    for key in ("m1", "m2"):
        Match.objects.create(
            user=ann, game=scene.game(), match_key=key, result="WIN", played_at=now() - timedelta(days=1)
        )
    scene.season("spring")
    for status in ("DRAFT", "OPEN", "RUNNING", "COMPLETED"):
        event = scene.tournament(status.lower(), status=status, organiser=org)
        scene.registration(ann, event)
    scene.result(event, 1, ann)
    for slug, status in (("open-league", "OPEN"), ("league", "RUNNING")):
        league = scene.tournament(slug, status=status, organiser=org, entrant_kind="TEAM")
        for user in (ann, scene.player(f"{slug}-mate")):
            scene.registration(user, league, team=scene.team("north"))
    for user, role in ((ann, "CAPTAIN"), (bob, "COACH")):
        scene.member(user, scene.team("south"))
        scene.role(user, scene.team("south"), role)
    south_cup = scene.tournament("south-cup", status="OPEN", organiser=org, entrant_kind="TEAM")
    scene.registration(bob, south_cup, team=scene.team("south"))
    game = scene.match(bob, "of a series", "LOSS", kind="TOURNAMENT")
    scene.tournament_match(game, event, series="Final 1")
    sync_series(keys=[(event.pk, "Final 1")])
    dispute = file_dispute(reporter=ann, match=Match.objects.get(match_key="m1"), reason="x", now=now())
    pairs = scene.tournament("pairs", status="RUNNING", organiser=org)
    for user in (ann, bob):
        scene.registration(user, pairs)
    pairing = add_pairing(tournament=pairs, first=ann, second=bob, round="Final")
    Notification.objects.create(user=ann, kind="FOLLOWED", fact=str(bob.pk), happened_at=now(), other=bob)
    Follow.objects.create(follower=bob, followed=ann)
    callers = {
        "visitor": visitor(),
        "member": signed_in(mel),
        "owner": signed_in(ann),
        "organiser": signed_in(org),
        "staff": signed_in(scene.player("boss", is_staff=True)),
        "staff without rights": signed_in(scene.staff("clerk")),
        "moderator": signed_in(scene.staff("mod", *GROUPS["Moderators"])),
        "runner": signed_in(scene.staff("run", *GROUPS["Organisers"])),
        "operator": signed_in(scene.staff("ops", *GROUPS["Operators"])),
        "recorder": signed_in(scene.staff("rec", *GROUPS["Recorders"])),
        "owner's key to read": with_key(ann, "read"),
        "organiser's key": with_key(org, "tournaments:write"),
        "key to read": with_key(mel, "read"),
        "key to record": with_key(mel, "matches:write"),
        "key to record and create": with_key(mel, "matches:write", "players:create"),
        "key to organise": with_key(mel, "tournaments:write"),
        "owner's key to organise": with_key(ann, "tournaments:write"),
        "key to tell": with_key(mel, "notifications:write"),
        "revoked key": with_key(ann, "read", "matches:write", "tournaments:write"),
    }
    revoke_key(owner=ann, prefix=callers["revoked key"].key.prefix, now=at(1))
    names = {"ann": ann.profile.public_id, "bob": bob.profile.public_id, "dispute": write_handle(dispute)}
    names["entry"] = write_entry_handle(scene.activity(ann, "joined"))
    names["pairing"] = write_pairing_handle(pairing)
    [shown] = list_notifications(ann).items
    names["notification"] = shown.handle
    double = scene.player("double")
    merge_players(kept=ann, merged=double, by=None, reason="x", now=now())
    names["double"] = double.profile.public_id
    names["key"] = callers["owner's key to read"].key.prefix
    return SimpleNamespace(callers=callers, names=names)


def fill(value, names):
    """A path or body with the names of the rows it is about."""
    if isinstance(value, dict):
        return {fill(key, names): fill(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [fill(each, names) for each in value]
    return value.format(**names) if isinstance(value, str) else value


def test_every_operation_is_declared():
    assert OPERATIONS.keys() == {name.partition(" ")[0] for name in CALLS}


@pytest.mark.parametrize("name", sorted(CALLS))
def test_who_may(world, name):
    call, (method, _) = CALLS[name], OPERATIONS[name.partition(" ")[0]]
    path, body = fill(call.path, world.names), fill(call.body, world.names)
    answered = {}
    for caller, program in world.callers.items():
        with transaction.atomic():
            answered[caller] = program.call(method, path, body).status_code
            transaction.set_rollback(True)

    assert {caller for caller, status in answered.items() if status < 300} == call.allowed
    assert answered["revoked key"] == 401
    refused = {
        caller: status for caller, status in answered.items() if status >= 300 and caller != "revoked key"
    }
    assert {caller for caller, status in refused.items() if status in MISSING} == refused.keys() & call.hides
    assert {caller for caller, status in refused.items() if status == 401} <= {"visitor"}
    assert set(refused.values()) <= {401, 403} | MISSING
