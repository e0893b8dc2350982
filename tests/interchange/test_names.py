"""Names in files: spellings, look-alikes, and what was renamed between two imports of one file."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import IntegrityError

from deltacrown.accounts.models import User
from deltacrown.accounts.services import create_players, rename_player
from deltacrown.games.models import Game, Match
from deltacrown.interchange import directory
from deltacrown.teams.models import Team
from deltacrown.teams.services import create_team, rename_team
from deltacrown.tournaments.models import Tournament, TournamentMatchResult
from tests.interchange.files import dump, run_import
from tests.removal import remove

pytestmark = [pytest.mark.django_db, pytest.mark.once]

MATCHES = (
    "match_key,game,player,result,played_at,team,tournament\n"
    "m1,chess,ann,win,2025-03-01T18:30:00Z,Reds,cup\n"
    "m1,chess,bob,loss,2025-03-01T18:30:00Z,Blues,cup\n"
)
CASUAL = "match_key,game,player,result,played_at\n"
CUP = (
    "tournament,name,game,starts_at,ends_at,status,player,team,placement\n"
    "cup,The Cup,chess,2025-03-01T18:00:00Z,2025-03-02T22:00:00Z,completed,ann,Reds,1\n"
    "cup,The Cup,chess,2025-03-01T18:00:00Z,2025-03-02T22:00:00Z,completed,bob,Blues,2\n"
)


@pytest.fixture
def take(tmp_path: Path):
    """Import a text as a file of matches, or of tournaments."""

    def take(text: str, command: str = "import_matches", **options):
        file = tmp_path / "file.csv"
        file.write_text(text, encoding="utf-8")
        return run_import(command, file, **{"create_missing": True, **options})

    return take


def lines(*players: str, key: str = "m") -> str:
    """Return a match for each player, alone."""
    rows = [
        f"{key}{number},chess,{player},win,2025-03-01T18:30:00Z\n" for number, player in enumerate(players)
    ]
    return CASUAL + "".join(rows)


@pytest.mark.parametrize("batch_size", [1, 2, 500])
@pytest.mark.parametrize("players", [["JOSÉ", "josé", "jose\u0301"], ["İlker", "ilker", "ILKER"]])
def test_spellings_of_one_name_are_one_player_whatever_the_batch(take, players, batch_size):
    outcome = take(lines(*players), batch_size=batch_size)

    assert (outcome.exit_code, User.objects.get().username) == (0, players[0])
    assert Match.objects.filter(user=User.objects.get()).count() == 3


def test_two_spellings_in_one_match_are_one_player_twice(take):
    text = CASUAL + (
        "z5,chess,İlker,win,2025-03-01T18:30:00Z\n"
        "z5,chess,ilker,loss,2025-03-01T18:30:00Z\n"
        "z6,chess,ann,win,2025-03-01T18:30:00Z\n"
    )

    outcome = take(text)

    assert outcome.exit_code == 1
    assert set(outcome.reasons) == {2, 3}
    assert "two results of one match for" in outcome.reasons[2]
    assert take(text).exit_code == 1
    assert list(User.objects.values_list("username", flat=True)) == ["ann"]


@pytest.mark.parametrize("batch_size", [1, 500])
def test_a_look_alike_is_refused_with_its_line_and_the_rest_is_taken(take, batch_size):
    create_players(usernames=["coc"])

    outcome = take(lines("ann", "сос", "аnn", "..", "bob"), batch_size=batch_size)

    assert set(outcome.reasons) == {3, 4, 5}
    assert "looks like the name of another player" in outcome.reasons[3]
    assert "use one script" in outcome.reasons[4]
    assert set(User.objects.values_list("username", flat=True)) == {"coc", "ann", "bob"}


def test_of_two_new_look_alikes_the_first_in_the_file_is_taken_whatever_the_batch(take):
    for batch_size in (1, 500):
        for user in User.objects.all():
            remove(user)
        outcome = take(lines("сос", "coc", key=f"k{batch_size}-"), batch_size=batch_size)

        assert set(outcome.reasons) == {3}
        assert User.objects.get().username == "сос"


def test_a_name_that_only_the_unique_key_refuses_is_a_reject_and_not_the_end(take, monkeypatch):
    def create(*, usernames):
        if "bob" in usernames:
            raise directory.DomainError("“bob” is taken by now; import again.") from IntegrityError()
        return create_players(usernames=usernames)

    monkeypatch.setattr(directory, "create_players", create)

    outcome = take(lines("ann", "bob", "cem"))

    assert outcome.reasons == {3: "line 3: “bob” is taken by now; import again"}
    assert set(User.objects.values_list("username", flat=True)) == {"ann", "cem"}


@pytest.mark.parametrize("create_missing", [True, False])
def test_the_same_files_after_renames_change_nothing(take, create_missing):
    assert take(CUP, "import_tournaments").exit_code == 0
    assert take(MATCHES).exit_code == 0
    rename_team(team=Team.objects.get(name="Reds"), name="Crimson")
    rename_player(user=User.objects.get(username="bob"), username="robert")
    Team.objects.filter(name="Blues").update(slug="azure", name="Azure")
    Tournament.objects.update(name="The Old Cup", slug="old-cup")
    Game.objects.update(slug="chess-960")
    before = dump()

    cup = take(CUP, "import_tournaments", create_missing=create_missing)
    matches = take(MATCHES, create_missing=create_missing)

    assert (cup.exit_code, matches.exit_code) == (0, 0), (cup.errors, cup.reasons, matches.reasons)
    assert dump() == before


def test_a_new_match_after_a_rename_is_of_the_same_team_and_player(take):
    take(MATCHES)
    rename_team(team=Team.objects.get(name="Reds"), name="Crimson")
    rename_player(user=User.objects.get(username="ann"), username="anna")

    outcome = take(MATCHES.replace("m1,", "m2,"))

    assert outcome.exit_code == 0
    assert (User.objects.count(), Team.objects.count()) == (2, 2)
    assert TournamentMatchResult.objects.filter(team__name="Crimson").count() == 2


def test_a_file_with_the_new_names_is_the_same_match(take):
    take(MATCHES)
    rename_team(team=Team.objects.get(name="Reds"), name="Crimson")
    before = dump()

    outcome = take(MATCHES.replace("Reds", "CRIMSON"))

    assert outcome.exit_code == 0
    assert dump() == before


def test_another_side_is_still_a_difference(take):
    take(MATCHES)
    sides = (
        "match_key,game,player,result,played_at,side,team,tournament\n"
        "m1,chess,ann,win,2025-03-01T18:30:00Z,left,Reds,cup\n"
        "m1,chess,bob,loss,2025-03-01T18:30:00Z,right,Blues,cup\n"
    )

    assert "differs in side" in take(sides).reasons[2]


def test_the_present_holder_of_a_name_is_meant(take):
    take(MATCHES)
    reds = Team.objects.get(name="Reds")
    rename_team(team=reds, name="Crimson")
    new = create_team(slug="new-reds", name="Reds")

    outcome = take(lines("ann").replace("played_at\n", "played_at,team\n").replace("Z\n", "Z,Reds\n"))

    assert outcome.exit_code == 0
    assert Team.objects.filter(name="Reds").get() == new


@pytest.mark.parametrize("create_missing", [True, False])
def test_a_former_name_of_two_is_refused_with_a_sentence(take, create_missing):
    first = create_players(usernames=["ann"])["ann"]
    rename_player(user=first, username="anna")
    rename_player(user=User.objects.create(username="ann"), username="annie")
    Game.objects.create(slug="chess", name="Chess")

    outcome = take(lines("bea" if create_missing else "anna", "ann"), create_missing=create_missing)

    assert outcome.reasons == {3: "line 3: “ann” is a former name of anna, annie; use the present name"}
    assert User.objects.filter(username="ann").count() == 0


def test_a_file_that_names_a_team_by_both_its_names_is_refused(take):
    create_team(slug="reds", name="Reds")
    rename_team(team=Team.objects.get(), name="Crimson")

    outcome = take(CUP.replace("Blues", "Crimson"), "import_tournaments")

    assert "are names of one team; keep one" in outcome.reasons[2]


def test_a_reason_that_cannot_be_seen_is_no_reason(take):
    text = CASUAL.replace("\n", ",voided\n") + "m1,chess,ann,win,2025-03-01T18:30:00Z,\u200b\u2060\n"

    assert "void_reason" in take(text).reasons[2]
