"""``import_tournaments``: what is taken, what is refused, and what is said."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import F

from deltacrown.accounts.models import User
from deltacrown.games.models import Game
from deltacrown.teams.models import Team
from deltacrown.teams.services import MembershipRecord, ensure_teams, join_team, record_memberships
from deltacrown.tournaments.models import Tournament, TournamentParticipation, TournamentResult
from deltacrown.tournaments.services import cancel_tournament, correct_result
from tests.interchange.files import dump, run_import

pytestmark = [pytest.mark.django_db, pytest.mark.once]

HEADER = "tournament,name,game,starts_at,ends_at,status,player,team,placement,prize,registered_at\n"
DATES = "2025-03-01T10:00:00Z,2025-03-02T20:00:00Z"
START, END = datetime(2025, 3, 1, 10, tzinfo=UTC), datetime(2025, 3, 2, 20, tzinfo=UTC)
NOW = datetime(2025, 6, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def known(db) -> None:
    """A game, five players, and two teams of which one has members."""
    Game.objects.create(slug="cs2", name="Counter-Strike 2")
    users = User.objects.bulk_create([User(username=name) for name in ("ada", "bob", "cyd", "dan", "eve")])
    teams = ensure_teams(names=["Reds", "Blues"])
    earlier = datetime(2025, 1, 1, tzinfo=UTC)
    for user in users[3:]:
        join_team(team=teams["Blues"], user=user, joined_at=earlier)


def write(folder: Path, text: str, name: str = "cups.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def solo(
    player: str,
    placement: str = "",
    *,
    cup: str = "cup",
    status: str = "completed",
    prize: str = "",
    registered: str = "",
) -> str:
    return f"{cup},The Cup,cs2,{DATES},{status},{player},,{placement},{prize},{registered}\n"


def team(
    team: str,
    player: str,
    placement: str = "",
    *,
    cup: str = "cup",
    status: str = "completed",
    prize: str = "",
) -> str:
    return f"{cup},The Cup,cs2,{DATES},{status},{player},{team},{placement},{prize},\n"


def results() -> list[tuple[str | None, str | None, int | None, Decimal]]:
    rows = TournamentResult.objects.order_by(
        F("placement").asc(nulls_last=True), "team__name", "user__username"
    )
    return list(rows.values_list("team__name", "user__username", "placement", "prize_amount"))


def test_a_completed_tournament_of_players(tmp_path):
    file = write(
        tmp_path,
        HEADER
        + solo("ada", "1", prize="100.50", registered="2025-02-01T10:00:00+01:00")
        + solo("bob", "2")
        + solo("CYD", "2")
        + solo("dan", "dq: used a script")
        + solo("eve"),
    )

    outcome = run_import("import_tournaments", file)

    assert (outcome.exit_code, outcome.errors) == (0, "")
    assert outcome.output.startswith("cups.csv: tournaments: 1 created, 0 unchanged, 0 refused; 5 lines in ")
    cup = Tournament.objects.get()
    assert (cup.slug, cup.name, cup.status, cup.entrant_kind, cup.starts_at, cup.ends_at) == (
        "cup",
        "The Cup",
        "COMPLETED",
        "SOLO",
        START,
        END,
    )
    assert results() == [
        (None, "ada", 1, Decimal("100.50")),
        (None, "bob", 2, Decimal(0)),
        (None, "cyd", 2, Decimal(0)),
        (None, "dan", None, Decimal(0)),
    ]
    struck = TournamentResult.objects.get(user__username="dan")
    assert (struck.disqualified_reason, struck.decided_at) == ("used a script", END)
    entered = TournamentParticipation.objects.order_by("user__username").values_list(
        "user__username", "status", "registered_at"
    )
    assert list(entered) == [
        ("ada", "REGISTERED", datetime(2025, 2, 1, 9, tzinfo=UTC)),
        ("bob", "REGISTERED", START),
        ("cyd", "REGISTERED", START),
        ("dan", "DISQUALIFIED", START),
        ("eve", "REGISTERED", START),
    ]
    assert User.objects.get(username="ada").profile.tournaments_won == 1


def test_a_completed_tournament_of_teams(tmp_path):
    file = write(
        tmp_path,
        HEADER
        + team("Reds", "ada", "1", prize="1000")
        + team("reds", "bob", "1", prize="1000")
        + team("Blues", "", "2"),
    )

    outcome = run_import("import_tournaments", file)

    assert (outcome.exit_code, outcome.errors) == (0, "")
    assert Tournament.objects.get().entrant_kind == "TEAM"
    entered = TournamentParticipation.objects.order_by("user__username").values_list(
        "user__username", "team__name"
    )
    assert list(entered) == [("ada", "Reds"), ("bob", "Reds"), ("dan", "Blues"), ("eve", "Blues")]
    assert {row[:3] for row in results()} == {
        ("Reds", None, 1), ("Reds", "ada", 1), ("Reds", "bob", 1),
        ("Blues", None, 2), ("Blues", "dan", 2), ("Blues", "eve", 2),
    }  # fmt: skip
    assert TournamentResult.objects.get(team__name="Reds", user=None).prize_amount == 1000
    assert TournamentResult.objects.get(user__username="ada").prize_amount == 500


@pytest.mark.parametrize(
    ("status", "expected"), [("open", "OPEN"), ("Running", "RUNNING"), ("CANCELLED", "CANCELLED")]
)
def test_a_tournament_stands_where_its_file_says(tmp_path, status, expected):
    assert (
        run_import("import_tournaments", write(tmp_path, HEADER + solo("ada", status=status))).exit_code == 0
    )

    assert Tournament.objects.get().status == expected
    assert TournamentParticipation.objects.count() == 1
    assert TournamentResult.objects.count() == 0


@pytest.mark.parametrize(
    ("status", "expected"), [("draft", "DRAFT"), ("open", "OPEN"), ("cancelled", "CANCELLED")]
)
def test_a_tournament_may_have_no_entrants_yet(tmp_path, status, expected):
    text = f"tournament,game,starts_at,status\nspring-cup,cs2,2025-03-01T10:00:00Z,{status}\n"

    assert run_import("import_tournaments", write(tmp_path, text)).exit_code == 0
    assert list(Tournament.objects.values_list("slug", "name", "status")) == [
        ("spring-cup", "Spring Cup", expected)
    ]


def test_a_tournament_goes_forward_with_later_files(tmp_path):
    start = "cup,cs2,2025-03-01T10:00:00Z"
    header = "tournament,game,starts_at,status,player,placement\n"
    steps = [
        (f"{start},draft,,\n", "created"),
        (f"{start},open,ada,\n", "updated"),
        (f"{start},open,ada,\n{start},open,bob,\n", "updated"),
        (f"{start},running,ada,\n{start},running,bob,\n", "updated"),
        (f"{start},completed,ada,1\n", "updated"),
        (f"{start},open,ada,\n", "unchanged"),
    ]

    for number, (text, what) in enumerate(steps):
        outcome = run_import("import_tournaments", write(tmp_path, header + text, f"{number}.csv"))
        assert (outcome.exit_code, outcome.errors) == (0, "")
        assert f" 1 {what}" in outcome.output

    assert (Tournament.objects.get().status, TournamentParticipation.objects.count()) == ("COMPLETED", 2)
    assert results() == [(None, "ada", 1, 0)]


def test_a_second_import_changes_nothing(tmp_path):
    text = (
        solo("ada", "1")
        + solo("bob", "dq", cup="cup")
        + team("Reds", "ada", "1", cup="teams")
        + team("Blues", "", "2", cup="teams")
    )
    file = write(
        tmp_path,
        HEADER + text + solo("cyd", cup="next", status="open") + solo("dan", cup="off", status="cancelled"),
    )
    assert run_import("import_tournaments", file).exit_code == 0
    before = dump()

    again = run_import("import_tournaments", file)

    assert again.exit_code == 0
    assert again.output.startswith("cups.csv: tournaments: 0 created, 4 unchanged, 0 refused; 6 lines in ")
    assert dump() == before


def test_a_team_without_players_keeps_the_roster_it_entered_with(tmp_path):
    file = write(tmp_path, HEADER + team("Blues", "", "1"))
    run_import("import_tournaments", file)
    blues, ada = Team.objects.get(name="Blues"), User.objects.get(username="ada")
    record_memberships(memberships=[MembershipRecord(blues, ada, datetime(2025, 1, 5, tzinfo=UTC))])
    before = dump()

    assert run_import("import_tournaments", file).exit_code == 0
    assert dump() == before


def test_lines_of_a_tournament_need_not_be_neighbours(tmp_path):
    lines = [
        solo(name, str(place), cup=cup)
        for place, name in enumerate(["ada", "bob"], start=1)
        for cup in ("one", "two", "three")
    ]

    assert run_import("import_tournaments", write(tmp_path, HEADER + "".join(lines))).exit_code == 0
    assert [each.results.count() for each in Tournament.objects.all()] == [2, 2, 2]


def test_ndjson_is_taken_too(tmp_path):
    line = {"tournament": "cup", "game": "cs2", "starts_at": "2025-03-01T10:00:00Z", "status": "completed"}
    text = "\n".join(
        json.dumps({**line, "player": name, "placement": place, "prize": 10.5})
        for place, name in enumerate(["ada", "bob"], start=1)
    )

    assert run_import("import_tournaments", write(tmp_path, text, "cups.ndjson")).exit_code == 0
    assert results() == [(None, "ada", 1, Decimal("10.50")), (None, "bob", 2, Decimal("10.50"))]


def bad(player: str, placement: str = "", **fields: str) -> str:
    return solo(player, placement, **{"cup": "bad", **fields})


def bad_team(name: str, player: str, placement: str = "") -> str:
    return team(name, player, placement, cup="bad")


BAD = {
    "a negative placement": (
        bad("bob", "-1"),
        "line 3, placement: -1 is not possible; 1 is the winner, and no placement is below it",
    ),
    "placement zero": (bad("bob", "0"), "line 3, placement: 0 is not possible"),
    "a placement that is none": (
        bad("bob", "first"),
        "line 3, placement: “first” is not a placement; write 1 for the winner, dq",
    ),
    "a range that ends before it begins": (
        bad("bob", "8-5"),
        "line 3, placement: 8-5 ends before it begins; write the better placement first",
    ),
    "a negative prize": (bad("bob", "1", prize="-5"), "line 3, prize: “-5” is out of range"),
    "a prize that is none": (bad("bob", "1", prize="lots"), "line 3, prize: “lots” is not an amount"),
    "a prize finer than cents": (
        bad("bob", "1", prize="1.005"),
        "line 3, prize: “1.005” has more than two decimals",
    ),
    "a prize without a placement": (bad("bob", "", prize="5"), "line 3, prize: a prize needs a placement"),
    "an unknown player": (bad("zoe", "1"), "line 3: unknown player “zoe”; create them first"),
    "an unknown team": (bad_team("Greens", "ada", "1"), "line 3: unknown team “Greens”"),
    "an unknown game": (
        bad("bob", "1").replace("cs2", "cs3"),
        "line 3: unknown game “cs3” (did you mean cs2?)",
    ),
    "an unknown status": (
        bad("bob", status="over"),
        "line 3, status: “over” is not known; write draft, open, running, completed, cancelled or annulled",
    ),
    "a malformed date": (
        bad("bob", "1").replace("2025-03-01T10", "2025-02-30T10"),
        "line 3, starts_at: “2025-02-30T10:00:00Z” is not a date and time",
    ),
    "an end before the start": (
        bad("bob", "1").replace("2025-03-02", "2025-02-02"),
        "line 3, ends_at: it is before starts_at",
    ),
    "a player twice": (
        bad("bob", "1") + bad("BOB", "2"),
        "lines 3 and 4: two entries of one tournament for “BOB”; keep one line",
    ),
    "a player in two teams": (
        bad_team("Reds", "ada", "1") + bad_team("Blues", "ada", "2"),
        "lines 3 and 4: two entries of one tournament for “ada”",
    ),
    "placements of one team that differ": (
        bad_team("Reds", "ada", "1") + bad_team("Reds", "bob", "2"),
        "lines 3 and 4 differ in the result of the team “Reds”",
    ),
    "players and teams": (
        bad("cyd", "1") + bad_team("Reds", "bob", "2"),
        "lines 3 and 4: one enters a player alone and one a team",
    ),
    "a line of nobody": (bad("cyd", "1") + bad("", "2"), "line 4: it names neither a player nor a team"),
    "two names": (
        bad("cyd", "1") + bad("bob", "2").replace("The Cup", "Cup"),
        "lines 3 and 4 differ in name; all lines of a tournament",
    ),
    "results of a running tournament": (
        bad("cyd", "1", status="running"),
        "line 3, placement: only a completed tournament has results",
    ),
    "entrants of a draft": (
        bad("cyd", status="draft"),
        "line 3, status: a draft takes no registrations yet; write open",
    ),
    "a team of nobody": (bad_team("Reds", "", "1"), "line 3: Reds has no players; give its roster"),
    "a slug that is none": (bad("cyd", "1", cup="b ad"), "line 3, tournament: “b ad” is not a slug"),
    "a registration of the future": (
        bad("cyd", "1", registered="2999-01-01T00:00:00Z"),
        "line 3: registered_at 2999-01-01 00:00 of cyd is in the future",
    ),
}


@pytest.mark.parametrize("what", BAD)
@pytest.mark.once
def test_a_bad_tournament_is_refused_whole_and_the_rest_is_taken(tmp_path, what):
    lines, reason = BAD[what]
    file = write(tmp_path, HEADER + solo("ada", "1", cup="good") + lines + solo("eve", "1", cup="fine"))

    outcome = run_import("import_tournaments", file)

    assert outcome.exit_code == 1
    assert sorted(Tournament.objects.values_list("slug", flat=True)) == ["fine", "good"]
    assert (TournamentParticipation.objects.count(), TournamentResult.objects.count()) == (2, 2)
    assert reason in outcome.reasons[3]
    assert [entry["line"] for entry in outcome.rejected] == list(range(3, 3 + lines.count("\n")))
    assert {entry["tournament"] for entry in outcome.rejected} == {lines.split(",")[0]}
    assert "2 created, 0 unchanged, 1 refused" in outcome.output


def test_other_results_than_recorded_are_refused_and_named(tmp_path):
    file = write(
        tmp_path, HEADER + solo("ada", "1") + solo("bob", "2") + solo("cyd", "3") + solo("eve", "dq")
    )
    run_import("import_tournaments", file)
    cup, bob = Tournament.objects.get(), User.objects.get(username="bob")
    correct_result(tournament=cup, user=bob, placement=3, prize=Decimal(5), reason="a recount", now=NOW)
    file.write_text(HEADER + solo("ada", "1") + solo("bob", "2") + solo("dan", "3") + solo("eve", "dq"))
    before = dump()

    outcome = run_import("import_tournaments", file)

    assert outcome.exit_code == 1
    assert outcome.reasons[2] == (
        "line 2: cup is completed with other results: "
        "bob has placement 3 with a prize of 5.00, the file says placement 2; "
        "dan has no result, the file says placement 3; "
        "cyd has placement 3, the file says nothing. "
        "Use correct_result, or correct the file"
    )
    assert dump() == before


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ("The Cup", "Other", "name is The Cup, the file says Other"),
        (
            "2025-03-01T10",
            "2025-03-01T11",
            "starts_at is 2025-03-01 10:00:00+00:00, the file says 2025-03-01 11:00:00+00:00",
        ),
        (
            "2025-03-02T20",
            "2025-03-02T21",
            "ends_at is 2025-03-02 20:00:00+00:00, the file says 2025-03-02 21:00:00+00:00",
        ),
        ("ada,,", ",Blues,", "entrants is SOLO, the file says TEAM"),
    ],
)
@pytest.mark.once
def test_other_facts_than_recorded_are_refused_and_named(tmp_path, old, new, difference):
    file = write(tmp_path, HEADER + solo("ada", "1"))
    run_import("import_tournaments", file)
    file.write_text(file.read_text().replace(old, new))
    before = dump()

    outcome = run_import("import_tournaments", file)

    assert outcome.reasons == {2: f"line 2: cup is recorded with other facts: {difference}. Correct the file"}
    assert dump() == before


def test_a_cancelled_tournament_is_not_completed(tmp_path):
    run_import("import_tournaments", write(tmp_path, HEADER + solo("ada", status="open")))
    cancel_tournament(tournament=Tournament.objects.get(), reason="rain", now=NOW)

    outcome = run_import("import_tournaments", write(tmp_path, HEADER + solo("ada", "1")))

    assert outcome.exit_code == 1
    assert "The Cup is CANCELLED" in outcome.reasons[2]


def test_create_missing_creates_games_players_and_teams(tmp_path):
    text = HEADER + team("Greens", "zoe", "1").replace("cs2", "dota-2")

    assert run_import("import_tournaments", write(tmp_path, text), create_missing=True).exit_code == 0
    assert Game.objects.filter(slug="dota-2", name="Dota 2").exists()
    assert TournamentParticipation.objects.get().team.name == "Greens"
    assert User.objects.get(username="zoe").profile.tournaments_won == 1


def test_nothing_is_created_for_a_tournament_that_is_refused(tmp_path):
    before = dump()
    text = HEADER + team("Greens", "zoe", "2") + team("Blacks", "", "1")

    outcome = run_import(
        "import_tournaments", write(tmp_path, text.replace("cs2", "dota-2")), create_missing=True
    )

    assert "Blacks has no players; give its roster" in outcome.reasons[2]
    assert dump() == before


@pytest.mark.parametrize("placements", [("2", "9"), ("1", "1"), ("1", ""), ("", "")])
def test_standings_are_taken_as_published(tmp_path, placements):
    text = HEADER + "".join(solo(name, place) for name, place in zip(("ada", "bob"), placements, strict=True))

    assert run_import("import_tournaments", write(tmp_path, text)).exit_code == 0
    given = [int(place) for place in placements if place]
    assert [placement for _, _, placement, _ in results()] == given
    assert Tournament.objects.get().status == "COMPLETED"


def test_a_file_cut_off_in_the_middle(tmp_path):
    whole = solo("ada", "1", cup="one") + solo("bob", "1", cup="two") + solo("cyd", "2", cup="two")

    outcome = run_import(
        "import_tournaments", write(tmp_path, HEADER + whole + solo("dan", "3", cup="two")[:20])
    )

    assert outcome.exit_code == 1
    assert list(Tournament.objects.values_list("slug", flat=True)) == ["one"]
    assert sorted(outcome.reasons) == [3, 4, 5]


def test_numbers_follow_the_import(tmp_path, find_all_drift):
    run_import(
        "import_tournaments",
        write(
            tmp_path, HEADER + team("Reds", "ada", "1") + team("Reds", "bob", "1") + team("Blues", "", "2")
        ),
    )

    table = User.objects.order_by("username").values_list(
        "username",
        "profile__tournaments_participated",
        "profile__tournaments_won",
        "profile__average_placement",
    )
    assert list(table) == [
        ("ada", 1, 1, 1),
        ("bob", 1, 1, 1),
        ("cyd", 0, 0, None),
        ("dan", 1, 0, 2),
        ("eve", 1, 0, 2),
    ]
    assert find_all_drift() == []
