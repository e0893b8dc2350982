"""A dump of a whole site loads into an empty one: numbers, public ids, rows."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError

from deltacrown.accounts.models import User
from deltacrown.games.models import Game, Match
from deltacrown.user_profile.models import GameStats, PublicIdCounter, UserProfile
from tests.removal import remove

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path):
    return str(tmp_path / "site.json")


def dump(file, *models):
    call_command("dumpdata", *(models or ("accounts", "games", "user_profile")), output=file, verbosity=0)


def load(file):
    call_command("loaddata", file, verbosity=0)


def empty():
    for model in (Match, User, Game, PublicIdCounter):
        model.objects.all().delete()


def read():
    profiles = UserProfile.objects.order_by("user").values_list(
        "user__username", "public_id", "total_matches_played", "matches_won"
    )
    per_game = GameStats.objects.order_by("user", "game").values_list(
        "user__username", "game__slug", "matches_played", "matches_won"
    )
    return list(profiles), list(per_game), list(PublicIdCounter.objects.values_list("year", "last"))


def test_a_site_whose_first_players_left(player, played, file, find_all_drift):
    players = [player(name) for name in ("gone", "ann", "left", "bob", "cat")]
    for user in players:
        played(user, "WIN")
    for other in ("chess", "go"):
        played(players[3], "LOSS", game=Game.objects.create(slug=other, name=other))
    played(players[1], "LOSS", game=Game.objects.get(slug="go"))
    for user in (players[0], players[2]):
        remove(user)
    before = read()
    assert [public_id for _, public_id, *_ in before[0]] == ["DC-25-000002", "DC-25-000004", "DC-25-000005"]
    dump(file)
    empty()

    load(file)

    assert read() == before
    assert find_all_drift() == []
    assert player("dan").profile.public_id == "DC-25-000006"
    load(file)
    assert read()[1] == before[1]
    assert find_all_drift() == []
    assert player("eve").profile.public_id == "DC-25-000007"


def test_nobody_who_was_there_loses_his_public_id(player, file):
    ann = player("ann")
    dump(file, "user_profile.userprofile")
    UserProfile.objects.filter(user=ann).update(public_id="DC-25-000077")
    bob = player("bob")
    UserProfile.objects.filter(user=bob).update(public_id="DC-25-000001")

    with pytest.raises(IntegrityError, match="public_id"):
        load(file)


def test_numbers_in_a_fixture_are_not_believed(player, played, file, find_all_drift):
    played(ann := player("ann"), "WIN")
    dump(file, "user_profile.gamestats")
    Match.objects.all().delete()
    GameStats.objects.all().delete()

    load(file)

    assert list(GameStats.objects.values_list("user", "matches_played", "matches_won")) == [(ann.pk, 0, 0)]
    assert find_all_drift() == []
