"""Players and teams in files: under names they bear elsewhere, and by their ids at other providers."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command

from deltacrown.accounts.models import ExternalId, User
from deltacrown.accounts.services import add_external_id, create_players, rename_player
from deltacrown.games.models import Match
from deltacrown.teams.models import Team, TeamExternalId
from deltacrown.teams.services import add_team_id, create_team, rename_team
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.models import UserProfile
from tests.core.test_names import HANDLES
from tests.interchange.files import dump, run_import
from tests.removal import remove

pytestmark = [pytest.mark.django_db, pytest.mark.once]

STEAM, OTHER = "steam:76561198000000042", "steam:76561198000000043"
HEADER = "match_key,game,player,result,played_at,player_name,country,team,tournament\n"
#: Names that spreadsheets would calculate, or that need quotes.
AWKWARD = ["=cmd|calc", "+1 up", "-mid-", "@lice", "'quoted'", 'say "hi"', "a, b; c", "<b>x</b>", "100%"]


@pytest.fixture
def take(tmp_path: Path):
    """Import lines as a file of matches."""

    def take(*lines: str, command: str = "import_matches", header: str = HEADER, **options):
        file = tmp_path / "file.csv"
        file.write_text(header + "".join(f"{line}\n" for line in lines), encoding="utf-8")
        return run_import(command, file, **{"create_missing": True, **options})

    return take


def line(key: str, player: str, name: str = "", country: str = "", team: str = "", cup: str = "") -> str:
    return f"{key},chess,{player},win,2025-03-0{key[-1]}T18:30:00Z,{name},{country},{team},{cup}"


def export(tmp_path: Path, kind: str, ending: str) -> Path:
    path = tmp_path / f"out-{kind}{ending}"
    call_command(f"export_{kind}", str(path), replace=True)
    return path


@pytest.mark.parametrize("ending", [".csv", ".ndjson"])
def test_real_handles_come_back_from_a_file_as_they_were(tmp_path, ending):
    names = [*HANDLES, *AWKWARD]
    lines = "".join(
        f'{{"match_key": "m{number}", "game": "chess", "result": "win", "tournament": "cup", '
        f'"played_at": "2025-03-01T18:00:{number:02}Z", "player": {quote(name)}}}\n'
        for number, name in enumerate(names)
    )
    file = tmp_path / "handles.ndjson"
    file.write_text(lines, encoding="utf-8")
    assert run_import("import_matches", file, create_missing=True).exit_code == 0
    assert set(User.objects.values_list("username", flat=True)) == set(names)
    UserProfile.objects.filter(user__username="Guy#1234").update(display_name="=Guy", country="SE")

    before = [export(tmp_path, kind, ending).read_bytes() for kind in ("matches", "tournaments")]
    forget_everything()
    for kind in ("tournaments", "matches"):
        outcome = run_import(f"import_{kind}", tmp_path / f"out-{kind}{ending}", create_missing=True)
        assert outcome.exit_code == 0, outcome.reasons

    assert [export(tmp_path, kind, ending).read_bytes() for kind in ("matches", "tournaments")] == before


def quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def forget_everything() -> None:
    for user in User.objects.all():
        remove(user)
    Tournament.objects.all().delete()


def test_an_external_id_finds_its_player_and_team_in_both_kinds_of_files(take):
    ann = create_players(usernames=["ann"])["ann"]
    add_external_id(user=ann, external_id=STEAM, confirmed=True)
    add_external_id(user=ann, external_id="riot:Ann#EUW", confirmed=True)
    add_team_id(team=create_team(slug="reds", name="Reds"), external_id="faceit_team:12")

    cup = take(
        f"cup,chess,2025-03-01,completed,{STEAM},faceit_team:12,1",
        "cup,chess,2025-03-01,completed,bob,Blues,2",
        command="import_tournaments",
        header="tournament,game,starts_at,status,player,team,placement\n",
    )
    matches = take(
        line("m1", STEAM, team="faceit_team:12", cup="cup"),
        line("m2", "RIOT: ann#euw", team="faceit_team:12"),
    )

    assert (cup.exit_code, matches.exit_code) == (0, 0), (cup.reasons, matches.reasons)
    assert Match.objects.filter(user=ann, side="Reds").count() == 2
    assert Tournament.objects.get().results.get(placement=1, user=None).team.slug == "reds"
    assert (User.objects.count(), Team.objects.count()) == (2, 2)


@pytest.mark.parametrize("batch_size", [1, 500])
def test_who_is_unknown_by_id_is_created_once_under_a_free_name(take, batch_size):
    create_players(usernames=["Taken"])
    lines = [
        line("m1", STEAM, "Magnus Carlsen", "no"),
        line("m2", OTHER, "taken"),
        line("m3", "riot:Guy#EUW", "12:30"),
        line("m4", "RIOT:guy#euw", "12:30"),
        line("m5", "esea:7", ""),
    ]

    first = take(*lines, batch_size=batch_size)
    before = dump()
    again = take(*lines, create_missing=False, batch_size=batch_size)

    assert (first.exit_code, again.exit_code) == (0, 0), (first.reasons, again.reasons)
    assert dump() == before
    named = ExternalId.objects.values_list("user__username", "user__profile__display_name", "value")
    assert set(named) == {
        ("Magnus Carlsen", "Magnus Carlsen", "76561198000000042"),
        ("steam-76561198000000043", "", "76561198000000043"),
        ("riot-guy-euw", "12:30", "Guy#EUW"),
        ("esea-7", "", "7"),
    }
    [note] = first.warnings
    assert note["warning"].startswith(f"{OTHER}: player_name is left out: “taken” is the name of another")


def test_a_player_found_by_id_keeps_the_id_after_a_rename(take):
    take(line("m1", STEAM, "Guy"))
    rename_player(user=User.objects.get(username="Guy"), username="Other Guy")

    outcome = take(line("m1", STEAM, "Guy"), line("m2", STEAM))

    assert outcome.exit_code == 0
    assert Match.objects.filter(user__username="Other Guy").count() == 2
    assert User.objects.count() == 1


def test_an_unknown_team_id_makes_a_team_that_keeps_it_when_it_is_renamed(take):
    team = "faceit:5ea07280-2399-4c7e-88ab-f2f7db0c449f"
    assert take(line("m1", "ann", team=team)).exit_code == 0
    rename_team(team=Team.objects.get(), name="Reds")

    outcome = take(line("m1", "ann", team=team), line("m2", "ann", team=team))

    assert outcome.exit_code == 0, outcome.reasons
    assert (Team.objects.get().name, TeamExternalId.objects.count()) == ("Reds", 1)
    assert Match.objects.get(match_key="m2").side == "Reds"


@pytest.mark.parametrize(
    ("player", "why"),
    [
        ("steam:42", "'42' is no id of steam: write it like steam:76561198000000042"),
        ("battlenet:Guy", "'Guy' is no id of battlenet: write it like battlenet:Guy#1234"),
        ("steam:", "player must not be empty"),
        ("DC-25-000042", "unknown player “DC-25-000042”"),
    ],
)
def test_what_is_no_id_is_refused_with_its_mend_and_nobody_is_created(take, player, why):
    outcome = take(line("m1", player), line("m2", "ann"))

    assert why in outcome.reasons[2]
    assert list(User.objects.values_list("username", flat=True)) == ["ann"]


def test_without_create_missing_an_unknown_id_is_refused(take):
    take(line("m1", "ann"))

    outcome = take(line("m2", STEAM, "Guy"), create_missing=False)

    assert f"unknown player “{STEAM}”" in outcome.reasons[2]
    assert User.objects.count() == 1


def test_a_claim_of_a_player_is_no_address(take):
    mallory = create_players(usernames=["mallory"])["mallory"]
    add_external_id(user=mallory, external_id=STEAM, confirmed=False)

    assert take(line("m1", STEAM, "Victim")).exit_code == 0

    assert Match.objects.get().user.username == "Victim"


@pytest.mark.parametrize("create_missing", [True, False])
def test_a_tournament_renamed_between_two_imports_is_the_same(take, create_missing):
    cup = ["cup,chess,2025-03-01,completed,ann,,1", "cup,chess,2025-03-01,completed,bob,,2"]
    how = {
        "command": "import_tournaments",
        "header": "tournament,game,starts_at,status,player,team,placement\n",
    }
    take(*cup, **how)
    take(line("m1", "ann", cup="cup"))
    Tournament.objects.update(slug="grand-cup", name="Grand Cup")

    again = take(*cup, **how, create_missing=create_missing)
    match = take(line("m2", "ann", cup="cup"), create_missing=create_missing)

    assert (again.exit_code, match.exit_code) == (0, 0), (again.reasons, match.reasons)
    assert Tournament.objects.get().match_results.count() == 2
