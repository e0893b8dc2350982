"""Kept pages say today's names: of opponents, teams, tournaments and games, whatever became of them."""

from __future__ import annotations

from difflib import unified_diff

import pytest
from django.core.cache import cache
from django.urls import reverse

from deltacrown.accounts.services import rename_player
from deltacrown.games.models import Game
from deltacrown.teams.services import rename_team
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.people.anonymising import anonymise_player
from deltacrown.user_profile.people.merging import merge_players, undo_merge
from deltacrown.user_profile.people.standings import close_account, suspend_player
from tests import scene
from tests.web.reading import without_token

pytestmark = [pytest.mark.django_db, pytest.mark.both]

NOW = scene.NOON
KEPT = ("player", "player-matches", "player-activity")


@pytest.fixture
def people():
    """Anna, who played Ben in a cup, for the Reds against the Blues in another, and Carl for fun."""
    names = ("anna", "ben", "carl", "dora", "boss")
    anna, ben, carl, dora, boss = (scene.player(name, is_staff=name == "boss") for name in names)
    reds, blues = scene.team("reds"), scene.team("blues")
    scene.member(anna, reds)
    solo, team_cup = scene.tournament("solo"), scene.tournament("team-cup")
    for event, number in ((solo, 0), (team_cup, 20)):
        scene.registration(anna, event, hours=number, team=reds if number else None)
    scene.result(solo, 1, anna)
    scene.result(team_cup, 2, anna, team=reds)
    for key, event, sides in (
        ("solo", solo, {"opponent_user": ben}),
        ("team", team_cup, {"team": reds, "opponent_team": blues}),
    ):
        row = scene.match(anna, key, hours=9, kind="TOURNAMENT", side="reds" if key == "team" else "")
        scene.tournament_match(row, event, series="Final", **sides)
        scene.series_result(anna, event, hours=9, **sides)
    scene.match(anna, "fun", side="A")
    scene.match(carl, "fun", "LOSS", side="B")
    scene.activity(anna, "t", kind="TEAM_JOINED", metadata={"team_id": reds.pk, "team_name": "reds"})
    return {"anna": anna, "ben": ben, "carl": carl, "dora": dora, "boss": boss, "reds": reds, "blues": blues}


def read(client, user):
    addresses = [reverse(name, args=[user.profile.public_id]) for name in KEPT]
    return "\n".join(without_token(client.get(address).content).decode() for address in addresses)


def test_whatever_is_renamed_merged_or_gone_is_shown_as_it_is(client, people):
    anna, ben, dora, boss = (people[name] for name in ("anna", "ben", "dora", "boss"))
    merges = []

    def merge():
        merges.append(merge_players(kept=dora, merged=ben, by=boss, reason="one person", now=NOW))

    def anonymise():
        close_account(user=ben, by=boss, now=NOW, reason="x")
        anonymise_player(user=ben, by=boss, now=NOW, without_export=True)

    #: What happens; what pages say before, and afterwards.
    changes = [
        (lambda: rename_player(user=ben, username="benedict"), ">ben<", ">benedict<"),
        (lambda: UserProfile.objects.filter(user=ben).update(display_name="Big"), ">benedict<", ">Big<"),
        (lambda: rename_player(user=people["carl"], username="carlos"), ">carl<", ">carlos<"),
        (lambda: rename_team(team=people["reds"], name="Crimson"), ">reds<", ">Crimson<"),
        (lambda: rename_team(team=people["blues"], name="Azure"), ">blues<", ">Azure<"),
        (lambda: Tournament.objects.filter(slug="solo").update(name="Duel"), ">Solo<", ">Duel<"),
        (lambda: Tournament.objects.filter(slug="team-cup").update(slug="tc"), "/team-cup/", "/tc/"),
        (lambda: Game.objects.update(name="Val"), ">valorant<", ">Val<"),
        (merge, ">Big<", ">dora<"),
        (lambda: undo_merge(merge=merges[0], by=boss, now=NOW), ">dora<", ">Big<"),
        (lambda: suspend_player(user=ben, until=None, reason="x", by=boss, now=NOW), ">nobody<", ">Big<"),
        (anonymise, ">Big<", ""),
    ]  # fmt: skip

    before = read(client, anna)
    for change, old, new in changes:
        change()
        kept = read(client, anna)
        cache.clear()
        built = read(client, anna)
        differences = list(unified_diff(kept.split("\n"), built.split("\n"), n=0))
        assert not differences, "\n".join(differences[:12])
        assert (old in kept, new in kept) == (False, True), (old, new)
        assert (kept == before) == (old == ">nobody<")
        before = kept
    assert f">{UserProfile.objects.get(user=ben).name}<" in before
