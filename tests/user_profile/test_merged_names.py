"""By what the account that was merged into another is found afterwards, and where nobody finds it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from deltacrown.accounts.models import User
from deltacrown.accounts.services import (
    add_external_id,
    create_players,
    find_players,
    find_players_by_id,
    rename_player,
    resolve_usernames,
    set_sign_in,
)
from deltacrown.games.models import Match
from deltacrown.pages.search import search_players
from deltacrown.user_profile.people.addresses import find_users
from deltacrown.user_profile.people.merging import merge_players, undo_merge
from tests import scene
from tests.interchange.files import run_import

pytestmark = pytest.mark.django_db

NOW = scene.NOON


def merge(kept, merged, hours=0):
    return merge_players(
        kept=kept, merged=merged, by=None, reason="one person", now=NOW + timedelta(hours=hours)
    )


@pytest.fixture
def ann():
    return scene.player("ann")


@pytest.fixture
def annie():
    return scene.player("annie")


def test_a_name_that_both_had_is_the_one_players_and_not_ambiguous(ann, annie):
    for user, name in ((ann, "ann"), (annie, "annie")):
        rename_player(user=user, username="queen")
        rename_player(user=user, username=name)
    assert resolve_usernames(["queen"]).ambiguous.keys() == {"queen"}

    done = merge(ann, annie)
    assert resolve_usernames(["queen"]).rows == {"queen": ann}

    undo_merge(merge=done, by=None, now=NOW)
    assert resolve_usernames(["queen"]).ambiguous.keys() == {"queen"}


def test_names_and_ids_are_followed_over_several_merges(ann, annie):
    third, external = scene.player("zoe"), "battlenet:Annie#1234"
    merge(ann, annie)
    merge(third, ann, hours=1)
    add_external_id(user=annie, external_id=external, confirmed=True)

    assert find_players(["annie", "ann"]) == {"annie": third, "ann": third}
    assert find_players_by_id([external]) == {external: third}
    assert find_users([annie.profile.public_id]) == {annie.profile.public_id: third}


def test_nobody_is_created_in_its_place(ann, annie):
    rename_player(user=annie, username="anne")
    merge(ann, annie)

    assert set(create_players(usernames=["ANNIE", "anne"]).values()) == {ann}
    assert User.objects.count() == 2


def test_nobody_signs_in_by_its_name(ann, annie):
    set_sign_in(user=annie, password="correct horse")
    done, client = merge(ann, annie), Client()

    for name in ("annie", "ann"):
        page = client.post("/sign-in/", {"username": name, "password": "correct horse"})
        assert (page.status_code, client.session.get("_auth_user_id")) == (200, None)
    undo_merge(merge=done, by=None, now=NOW)
    assert client.post("/sign-in/", {"username": "annie", "password": "correct horse"}).status_code == 302


def test_no_search_finds_it_and_the_address_leads_on(ann, annie):
    merge(ann, annie)

    assert search_players("annie").items == []
    assert search_players(annie.profile.public_id).items == []
    assert [found.item.name for found in search_players("ann").items] == ["ann"]
    answer = Client().get(f"/players/{annie.profile.public_id}/")
    assert (answer.status_code, answer["Location"]) == (302, f"/players/{ann.profile.public_id}/")


def test_a_file_that_names_it_is_about_the_kept_account(ann, annie, tmp_path):
    rename_player(user=annie, username="anne")
    add_external_id(user=annie, external_id="battlenet:Annie#1234", confirmed=True)
    merge(ann, annie)
    file = tmp_path / "file.csv"
    names = ["annie", "anne", "battlenet:Annie#1234", annie.profile.public_id, "ann"]
    rows = [f"m{place},chess,{name},win,2025-03-01T18:30:00Z\n" for place, name in enumerate(names)]
    file.write_text("match_key,game,player,result,played_at\n" + "".join(rows), encoding="utf-8")

    outcome = run_import("import_matches", file, create_missing=True)

    assert (outcome.exit_code, outcome.reasons) == (0, {})
    assert Match.objects.filter(user=ann).count() == len(names)


def test_a_match_in_which_a_file_names_both_is_refused_with_a_sentence(ann, annie, tmp_path):
    merge(ann, annie)
    file = tmp_path / "file.csv"
    rows = [
        f"m1,chess,{name},{result},2025-03-01T18:30:00Z\n"
        for name, result in (("ann", "win"), ("annie", "loss"))
    ]
    file.write_text("match_key,game,player,result,played_at\n" + "".join(rows), encoding="utf-8")

    outcome = run_import("import_matches", file, create_missing=True)

    assert outcome.exit_code != 0
    assert "ann" in "".join(outcome.reasons.values())
    assert not Match.objects.exists()
