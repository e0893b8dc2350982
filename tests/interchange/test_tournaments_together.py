"""Many tournaments of a file are recorded together, and come to the same as one at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from deltacrown.games.models import Game
from deltacrown.teams.services import ensure_teams, join_team
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import Tournament, TournamentParticipation
from deltacrown.tournaments.services import register_player
from tests import scene
from tests.announcements import announced
from tests.interchange.files import dump, run_import, tell

pytestmark = [pytest.mark.django_db, pytest.mark.once]

HEADER = "tournament,name,game,starts_at,ends_at,status,player,team,placement,prize,registered_at\n"
DATES = "2019-03-01T10:00:00Z,2019-03-02T20:00:00Z"


@pytest.fixture(autouse=True)
def known(db: None) -> None:
    """A game, and a team with a member."""
    Game.objects.create(slug="cs2", name="Counter-Strike 2")
    join_team(team=ensure_teams(names=["Old"])["Old"], user=scene.player("dan"), joined_at=scene.at(-100_000))


def entered(
    cup: str, player: str, placement: str = "", *, team: str = "", status: str = "completed", prize: str = ""
) -> str:
    return f"{cup},Cup {cup},cs2,{DATES},{status},{player},{team},{placement},{prize},\n"


def cups(first: int, count: int) -> str:
    """Solo tournaments and ones of teams, each of players of its own, with disqualified and unplaced ones."""
    lines = []
    for number in range(first, first + count):
        solo, teams = f"solo-{number}", f"teams-{number}"
        lines += [
            entered(solo, f"a{number}", "1", prize="100"),
            entered(solo, f"b{number}", "2"),
            entered(solo, f"c{number}", "dq: asleep"),
            entered(solo, f"d{number}"),
            entered(teams, f"e{number}", "1", team=f"Reds {number}"),
            entered(teams, f"f{number}", "1", team=f"Reds {number}"),
            entered(teams, f"g{number}", "dq", team=f"Blues {number}"),
        ]
    return "".join(lines)


def write(folder: Path, text: str) -> Path:
    path = folder / "cups.csv"
    path.write_text(HEADER + text)
    return path


def count_statements(path: Path, **options: object) -> int:
    with CaptureQueriesContext(connection) as queries:
        outcome = run_import("import_tournaments", path, **options)
    assert outcome.exit_code == 0
    return len(queries)


def test_the_number_of_statements_does_not_depend_on_the_number_of_tournaments(tmp_path):
    run_import("import_tournaments", write(tmp_path, cups(100, 1)), create_missing=True)

    few = count_statements(write(tmp_path, cups(0, 2)), create_missing=True)
    many = count_statements(write(tmp_path, cups(10, 6)), create_missing=True)

    assert few == many


def test_importing_again_takes_as_many_statements_for_many_tournaments(tmp_path):
    few_file, many_file = cups(0, 2), cups(10, 10)
    for text in (few_file, many_file):
        run_import("import_tournaments", write(tmp_path, text), create_missing=True)

    few = count_statements(write(tmp_path, few_file))
    many = count_statements(write(tmp_path, many_file))

    assert few == many
    assert few <= 30


#: Tournaments of one file that have to do with each other.
TANGLED = (
    cups(0, 3)
    # Refused, and the first to name a player whom the next one names in another spelling.
    + entered("refused", "Kim", "1", team="News") + entered("refused", "", "2", team="Nobody")
    + entered("taken", "kim", "1") + entered("taken", "a0", "2")
    # The winner of many: titles, levels and a dynasty, in the order of their dates.
    + "".join(entered(f"won-{number}", "kim", "1") for number in range(5))
    + entered("members", "", "1", team="Old")
    + entered("open", "kim", status="open") + entered("off", "kim", status="cancelled")
)  # fmt: skip


def test_results_do_not_depend_on_the_size_of_a_batch(tmp_path, find_all_drift):
    path = write(tmp_path, TANGLED)
    told = []
    for size in (1, 4, 500):
        with transaction.atomic():
            outcome = run_import("import_tournaments", path, create_missing=True, batch_size=size)
            assert set(outcome.reasons.values()) == {"line 23: Nobody has no players; give its roster"}
            told.append((tell(), outcome.output.partition(" lines in ")[0]))
            assert find_all_drift() == []
            transaction.set_rollback(True)

    assert told[0] == told[1] == told[2]


def test_results_do_not_depend_on_the_order_of_lines(tmp_path):
    lines = TANGLED.splitlines(keepends=True)
    told = []
    for text in (TANGLED, "".join(lines[::2] + lines[1::2])):
        with transaction.atomic():
            run_import("import_tournaments", write(tmp_path, text), create_missing=True)
            told.append(tell())
            transaction.set_rollback(True)

    assert told[0] == told[1]


def test_two_slugs_of_one_tournament_are_compared_with_each_other(tmp_path):
    run_import("import_tournaments", write(tmp_path, entered("cup-a", "dan", status="open")))
    Tournament.objects.update(slug="cup-b", name="Cup cup-b")
    text = entered("cup-a", "dan", "1") + entered("cup-b", "dan", "2")

    outcome = run_import("import_tournaments", write(tmp_path, text))

    assert "1 updated" in outcome.output
    assert outcome.reasons == {
        3: "line 3: cup-b is completed with other results: dan has placement 1, the file says placement 2. "
        "Use correct_result, or correct the file"
    }


def test_each_tournament_is_announced_by_itself(tmp_path):
    with (
        announced(signals.players_registered) as registered,
        announced(signals.tournament_completed) as ended,
    ):
        run_import("import_tournaments", write(tmp_path, cups(0, 2)), create_missing=True)

    slugs = ["solo-0", "teams-0", "solo-1", "teams-1"]
    assert [event["tournament"].slug for event in registered] == slugs
    assert [event["tournament"].slug for event in ended] == slugs
    assert [len(event["participations"]) for event in registered] == [4, 3, 4, 3]


def test_a_registration_of_before_is_completed_with_the_rest(tmp_path):
    text = entered("cup", "dan", status="open") + entered("cup", "ada", status="open")
    run_import("import_tournaments", write(tmp_path, text), create_missing=True)
    register_player(tournament=Tournament.objects.get(), user=scene.player("eve"), now=scene.NOON)
    text = entered("cup", "eve", "1") + entered("cup", "dan", "dq") + entered("cup", "new", "2")

    outcome = run_import("import_tournaments", write(tmp_path, text), create_missing=True)

    assert outcome.exit_code == 0
    entries = TournamentParticipation.objects.order_by("user__username")
    assert list(entries.values_list("user__username", "status", "disqualified_from")) == [
        ("ada", "REGISTERED", ""),
        ("dan", "DISQUALIFIED", "REGISTERED"),
        ("eve", "REGISTERED", ""),
        ("new", "REGISTERED", ""),
    ]


def test_a_tournament_that_is_refused_changes_nothing_of_what_is_recorded(tmp_path):
    run_import("import_tournaments", write(tmp_path, entered("cup", "dan", status="open")))
    before = dump()
    text = entered("cup", "dan", "1") + entered("cup", "ada", "2").replace(",\n", ",2999-01-01T00:00:00Z\n")

    outcome = run_import("import_tournaments", write(tmp_path, text), create_missing=True)

    assert "is in the future" in outcome.reasons[2]
    assert dump() == before
