"""CWL files that are damaged, cut off or not what they seem."""

from __future__ import annotations

from pathlib import Path

import pytest

from deltacrown.games.models import Match
from deltacrown.teams.models import TeamMembership
from deltacrown.tournaments.models import Tournament, TournamentParticipation, TournamentResult
from tests.interchange.files import CWL_DATA, needs_cwl_data, run_import

NAME = "data-2018-04-19-relegation.csv"


def write(folder: Path, text: str, name: str = NAME) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def counts() -> dict[str, int]:
    models = (Match, Tournament, TournamentParticipation, TournamentResult, TeamMembership)
    return {model.__name__: model.objects.count() for model in models}


@needs_cwl_data
@pytest.mark.django_db
def test_a_file_cut_off_is_finished_by_the_whole_one(tmp_path):
    whole = (CWL_DATA / NAME).read_text()
    file = write(tmp_path, whole[: len(whole) // 2])

    cut = run_import("import_matches", file, format="cwl")

    assert cut.exit_code == 1
    last = max(cut.reasons)
    taken = 39 // 2
    assert cut.reasons[last] == (
        f"line {last}: it has 32 values where the header names 66 columns; "
        "it is cut off or a comma is missing"
    )
    assert {entry["match id"] for entry in cut.rejected} == {cut.rejected[0]["match id"]}
    assert (
        "the tournament has no results yet, since lines were refused; mend the file and import it again"
        in cut.errors
    )
    event = Tournament.objects.get()
    assert (event.status, event.ends_at) == ("OPEN", None)
    assert counts() == {
        "Match": 8 * taken,
        "Tournament": 1,
        "TournamentParticipation": 32,
        "TournamentResult": 0,
        "TeamMembership": 0,
    }

    file.write_text(whole)
    assert run_import("import_matches", file, format="cwl").exit_code == 0

    event.refresh_from_db()
    assert (event.status, f"{event.ends_at:%Y-%m-%d %H:%M}") == ("COMPLETED", "2018-04-20 03:00")
    assert counts() == {
        "Match": 312,
        "Tournament": 1,
        "TournamentParticipation": 32,
        "TournamentResult": 10,
        "TeamMembership": 32,
    }


HEADER = "match id,series id,end time,duration (s),mode,map,team,player,win?,score,kills,deaths,+/-,ekia\n"
FIRST = "1,champs-bracket-grand-finals-0,2019-08-18 12:00:00 UTC,600,Hardpoint,Gridlock"
SECOND = "2,champs-bracket-grand-finals-0,2019-08-18 12:20:00 UTC,600,Hardpoint,Gridlock"
ROWS = [
    f"{FIRST},Reds,ada,W,250,9,5,4,12\n",
    f"{FIRST},Blues,bob,L,200,5,9,-4,7\n",
    f"{SECOND},Reds,ada,L,250,9,5,4,12\n",
    f"{SECOND},Blues,bob,L,200,5,9,-4,7\n",
]
EVENT = "data-2019-08-18-champs.csv"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("right", "wrong", "reason"),
    [
        (
            "2019-08-18 12:00:00 UTC",
            "2019-08-18 12:00:00",
            "line 2, end time: “2019-08-18 12:00:00” is not a date and time",
        ),
        (",600,", ",long,", "line 2, duration (s): “long” is not a number of seconds up to a day"),
        (",600,", ",1e999,", "line 2, duration (s): “1e999” is not a number of seconds up to a day"),
        (",W,", ",won,", "line 2, win?: “won” is not known; write w or l"),
        (",250,", ",many,", "line 2, score: “many” is not a whole number"),
        (",9,5,4", ",nine,5,4", "line 2, kills: “nine” is not a number"),
        ("ada", "bob", "lines 2 and 3: two results of one match for “bob”; keep one line"),
        ("Gridlock", "Seaside", "lines 2 and 3 differ in map; all lines of a match must say the same"),
        ("Reds", "", "line 2, team: it is empty; every line needs one"),
    ],
)  # fmt: skip
def test_a_wrong_value_refuses_its_game_and_leaves_the_tournament_open(tmp_path, right, wrong, reason):
    outcome = run_import(
        "import_matches",
        write(tmp_path, HEADER + ROWS[0].replace(right, wrong) + "".join(ROWS[1:]), EVENT),
        format="cwl",
    )

    assert outcome.exit_code == 1
    assert reason in outcome.reasons[2]
    assert sorted(outcome.reasons) == [2, 3]
    assert set(Match.objects.values_list("match_key", "result")) == {("2", "DRAW")}
    assert Tournament.objects.get().status == "OPEN"


@pytest.mark.django_db
def test_a_last_series_that_decides_nothing_gives_no_results(tmp_path):
    outcome = run_import("import_matches", write(tmp_path, HEADER + "".join(ROWS[2:]), EVENT), format="cwl")

    assert outcome.exit_code == 0
    assert "the last series decides nothing, so the tournament has no results" in outcome.errors
    assert (Tournament.objects.get().status, TournamentResult.objects.count()) == ("RUNNING", 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "header", "message"),
    [
        ("champs.csv", HEADER, "a CWL file is named like data-2017-08-13-champs.csv"),
        (
            EVENT,
            HEADER.replace("ekia", "other"),
            "none of the columns fave rig, fave division, ekia is there, so the game is not known",
        ),
        (EVENT, HEADER.replace("kills,", ""), "missing column kills"),
    ],
)
def test_a_file_that_is_no_cwl_file_is_refused(tmp_path, name, header, message):
    columns = len(header.split(","))
    rows = [",".join(row.strip().split(",")[:columns]) + "\n" for row in ROWS]

    outcome = run_import("import_matches", write(tmp_path, header + "".join(rows), name), format="cwl")

    assert outcome.exit_code == 2
    assert message in outcome.errors
    assert counts() == dict.fromkeys(counts(), 0)
