"""``import_matches`` with interchange files: what is taken, what is refused, and what is said."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deltacrown.accounts.models import User
from deltacrown.games.models import Game, Match
from deltacrown.teams.models import Team
from deltacrown.teams.services import ensure_teams
from deltacrown.tournaments.models import Tournament, TournamentMatchResult, TournamentParticipation
from deltacrown.tournaments.services import (
    EntrantRecord,
    create_tournament,
    open_registration,
    register_entrants,
    start_tournament,
)
from tests.interchange.files import dump, run_import

pytestmark = [pytest.mark.django_db, pytest.mark.once]

AT = "2025-03-01T18:30:00Z"
HEADER = "match_key,game,player,result,played_at\n"
FULL = (
    "match_key,game,player,result,played_at,kind,side,score,team,tournament,round,voided,"
    "stats.kills,stats.note\n"
)


@pytest.fixture
def known() -> None:
    """A game and four players."""
    Game.objects.create(slug="cs2", name="Counter-Strike 2")
    Game.objects.create(slug="valorant", name="VALORANT")
    User.objects.bulk_create([User(username=name) for name in ("Ada", "Bob", "Cyd", "Dan")])


@pytest.fixture
def cup(known) -> Tournament:
    """A running tournament of ada and bob."""
    tournament = create_tournament(
        slug="spring-cup",
        name="Spring Cup",
        game=Game.objects.get(slug="cs2"),
        starts_at=datetime(2025, 3, 1, tzinfo=UTC),
    )
    open_registration(tournament=tournament)
    entrants = [
        EntrantRecord(user=user, registered_at=datetime(2025, 2, 1, tzinfo=UTC))
        for user in User.objects.filter(username__in=["Ada", "Bob"])
    ]
    register_entrants(tournament=tournament, entrants=entrants, now=datetime(2025, 2, 2, tzinfo=UTC))
    return start_tournament(tournament=tournament)


def write(folder: Path, text: str, name: str = "matches.csv") -> Path:
    path = folder / name
    data = text.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def duel(key: str, winner: str = "ada", loser: str = "bob", game: str = "cs2", at: str = AT) -> str:
    return f"{key},{game},{winner},win,{at}\n{key},{game},{loser},loss,{at}\n"


def recorded() -> list[str]:
    return sorted(set(Match.objects.values_list("match_key", flat=True)))


def test_everything_a_line_may_say_is_kept(tmp_path, cup):
    ensure_teams(names=["Reds"])
    file = write(
        tmp_path,
        FULL
        + 'm1,cs2,Ada,WIN,2025-03-01T20:30:00+02:00,,,16,Reds,spring-cup,Final,,21,"one\ntwo"\n'
        + f"m1,cs2,BOB,loss,{AT},tournament,Blues,9,,spring-cup,Final,,007,\n"
        + f"m2,cs2,cyd,Draw,{AT},Casual,,,,,,server crashed,,1e3\n",
    )

    outcome = run_import("import_matches", file)

    assert (outcome.exit_code, outcome.rejected, outcome.errors) == (0, [], "")
    assert outcome.output.startswith("matches.csv: matches: 2 created, 0 unchanged, 0 refused; 3 lines in ")
    fields = ("match_key", "user__username", "kind", "result", "side", "score", "stats", "void_reason")
    assert list(Match.objects.order_by("match_key", "user__username").values_list(*fields)) == [
        ("m1", "Ada", "TOURNAMENT", "WIN", "Reds", "16", {"kills": 21, "note": "one\ntwo"}, ""),
        ("m1", "Bob", "TOURNAMENT", "LOSS", "Blues", "9", {"kills": "007"}, ""),
        ("m2", "Cyd", "CASUAL", "DRAW", "", "", {"note": 1000.0}, "server crashed"),
    ]
    assert set(Match.objects.values_list("played_at", flat=True)) == {
        datetime(2025, 3, 1, 18, 30, tzinfo=UTC)
    }
    assert list(Match.objects.values_list("match_key", flat=True).filter(voided_at__isnull=False)) == ["m2"]
    described = TournamentMatchResult.objects.order_by("user__username").values_list(
        "user__username", "round", "team__name"
    )
    assert list(described) == [("Ada", "Final", "Reds"), ("Bob", "Final", None)]


def test_a_void_match_counts_nowhere_and_the_others_do(tmp_path, known):
    run_import(
        "import_matches",
        write(tmp_path, FULL + f"m1,cs2,ada,win,{AT},,,,,,,crash,,\nm2,cs2,ada,win,{AT},,,,,,,,,\n"),
    )

    assert User.objects.get(username="Ada").profile.total_matches_played == 1


@pytest.mark.parametrize("name", ["matches.ndjson", "matches.jsonl", "matches.ndjson.gz"])
def test_ndjson_may_nest_the_stats(tmp_path, known, name):
    line = {
        "match_key": 7,
        "game": "cs2",
        "player": "ada",
        "result": "win",
        "played_at": AT,
        "score": 16,
        "voided": None,
    }
    text = json.dumps({**line, "stats": {"kills": 3, "guns": ["ak"]}, "stats.deaths": "4"}) + "\n\n"
    text += json.dumps({**line, "player": "bob", "result": "loss", "score": "9"}) + "\n"

    outcome = run_import("import_matches", write(tmp_path, text, name))

    assert (outcome.exit_code, outcome.errors) == (0, "")
    assert list(Match.objects.order_by("user__username").values_list("match_key", "score", "stats")) == [
        ("7", "16", {"kills": 3, "guns": ["ak"], "deaths": 4}),
        ("7", "9", {}),
    ]


@pytest.mark.parametrize("name", ["matches.csv", "matches.csv.gz"])
def test_a_second_import_changes_nothing(tmp_path, known, name):
    file = write(tmp_path, HEADER + duel("m1") + duel("m2", "cyd"), name)
    run_import("import_matches", file, create_missing=True)
    before = dump()

    again = run_import("import_matches", file, create_missing=True)

    assert again.exit_code == 0
    assert again.output.startswith(f"{name}: matches: 0 created, 2 unchanged, 0 refused; 4 lines in ")
    assert dump() == before


def test_a_match_may_have_one_known_player(tmp_path, known):
    assert run_import("import_matches", write(tmp_path, HEADER + f"m1,cs2,ada,loss,{AT}\n")).exit_code == 0
    assert recorded() == ["m1"]


@pytest.mark.parametrize("batch_size", [1, 2, 500])
def test_scattered_matches_are_whole_whatever_the_batch(tmp_path, known, batch_size):
    pairs = [duel(f"m{number}").splitlines(keepends=True) for number in range(5)]
    scattered = "".join(first for first, _ in pairs) + "".join(second for _, second in reversed(pairs))

    outcome = run_import("import_matches", write(tmp_path, HEADER + scattered), batch_size=batch_size)

    assert outcome.exit_code == 0
    assert Match.objects.count() == 10


CREATE = "create them first, or run the import with --create-missing"
SAME = "all lines of a match must say the same"
BAD_MATCHES = {
    "an unknown game": (duel("m2", game="cs3"), f"line 4: unknown game “cs3” (did you mean cs2?); {CREATE}"),
    "an unknown player": (duel("m2", loser="eve"), f"line 4: unknown player “eve”; {CREATE}"),
    "a malformed date": (
        duel("m2", at="2025-13-01T00:00:00Z"),
        "line 4, played_at: “2025-13-01T00:00:00Z” is not a date and time; "
        "write it like 2025-03-01T18:30:00Z",
    ),
    "a date without an offset": (
        duel("m2", at="2025-03-01 18:30:00"),
        "line 4, played_at: “2025-03-01 18:30:00” does not say its time zone; "
        "end it with an offset such as +02:00 or with Z for UTC, or write the day alone",
    ),
    "a date of the future": (
        duel("m2", at="2999-01-01T00:00:00Z"),
        "line 4: played_at 2999-01-01 00:00 is in the future",
    ),
    "two results for one player": (
        duel("m2") + f"m2,cs2,ADA,loss,{AT}\n",
        "lines 4 and 6: two results of one match for “ADA”; keep one line",
    ),
    "an unknown result": (
        duel("m2").replace("win", "won"),
        "line 4, result: “won” is not known; write win, loss, draw or none",
    ),
    "no player": (duel("m2", winner=""), "line 4, player: it is empty; every line needs one"),
    "a player no username can be": (
        duel("m2", winner="(!)"),
        "line 4, player: “(!)” is not a username; write at least one letter or digit",
    ),
    "a year alone": (
        duel("m2", at="1877"),
        "line 4, played_at: “1877” is not a whole date; write the day too, like 2025-03-01",
    ),
    "a day that is none": (
        duel("m2", at="2025-02-29"),
        "line 4, played_at: “2025-02-29” is no day of the calendar; write it like 2025-03-01",
    ),
    "the year nought": (
        duel("m2", at="0000-01-01"),
        "line 4, played_at: “0000-01-01” is outside the years that can be kept, 0001 to 9999",
    ),
    "a day and a time": (
        duel("m2").replace(f"bob,loss,{AT}", "bob,loss,2025-03-01"),
        f"lines 4 and 5 differ in played_at; {SAME}",
    ),
    "two dates": (
        duel("m2").replace(f"bob,loss,{AT}", "bob,loss,2025-03-01T18:30:01Z"),
        f"lines 4 and 5 differ in played_at; {SAME}",
    ),
    "a key too long": (duel("m" * 101), "line 4, match_key: it has 101 characters; at most 100 are kept"),
}


@pytest.mark.parametrize("what", BAD_MATCHES)
@pytest.mark.once
def test_a_bad_match_is_refused_whole_and_the_rest_is_taken(tmp_path, known, what):
    lines, reason = BAD_MATCHES[what]
    file = write(tmp_path, HEADER + duel("m1") + lines + duel("m3", "cyd", "dan"))

    outcome = run_import("import_matches", file)

    assert outcome.exit_code == 1
    assert recorded() == ["m1", "m3"]
    assert Match.objects.count() == 4
    key = lines.split(",")[0]
    numbers = range(4, 4 + lines.count("\n"))
    assert [(entry["line"], entry["match_key"]) for entry in outcome.rejected] == [
        (number, key) for number in numbers
    ]
    assert reason in outcome.reasons[4]
    assert outcome.rejected[0]["content"]["match_key"] == key
    assert f"match {key} is refused: " in outcome.errors
    assert (
        f"{len(numbers)} lines were not taken; each is in {file}.rejected.ndjson with the reason."
        in outcome.output
    )
    assert User.objects.count() == 4


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("m1,cs2,ada,win,{at},ranked,,,,,,,,", "kind: “ranked” is not known; write casual or tournament"),
        ("m1,cs2,ada,win,{at},casual,,,,spring-cup,,,,", "kind: a match of a tournament cannot be casual"),
        ("m1,cs2,ada,win,{at},,,,,,Final,,,", "round: only a match of a tournament has a round"),
        ("m1,cs2,ada,win,{at},,,,Nobody,,,,,", "unknown team “Nobody”"),
        ("m1,cs2,ada,win,{at},,,,,no-cup,,,,", "unknown tournament “no-cup”"),
        ("m1,cs2,ada,win,{at},,,,,no cup,,,,", "tournament: “no cup” is not a slug"),
        (
            "m1,cs2,cyd,win,{at},,,,,spring-cup,,,,",
            "player: not entered in spring-cup: cyd",
        ),
        (
            "m1,valorant,ada,win,{at},,,,,spring-cup,,,,",
            "game: the tournament spring-cup is of cs2, not valorant",
        ),
        ("m1,cs2,ada,win,{at},,,,,,,,1e999,", "1e999 is too large a number"),
        (
            "m1,cs2,ada,win,{at},,,,,,,,99999999999999999999,",
            "line 2: stats.kills is a whole number of more than 64 bits",
        ),
        ("m1,cs2,ada,win,0001-01-01T00:00:00+14:00,,,,,,,,,", "is outside the years that can be kept"),
    ],
)
@pytest.mark.once
def test_a_wrong_value_is_named_with_its_line_and_column(tmp_path, cup, row, reason):
    outcome = run_import("import_matches", write(tmp_path, FULL + row.format(at=AT) + "\n"))

    assert (outcome.exit_code, recorded()) == (1, [])
    assert "line 2" in outcome.reasons[2]
    assert reason in outcome.reasons[2]


@pytest.mark.once
def test_a_line_that_is_equal_to_the_last_to_python_alone_is_read_all_the_same(tmp_path, known):
    line = {"match_key": "m1", "game": "cs2", "played_at": AT, "sequence": 1}
    lines = [
        {**line, "player": "ada", "result": "win"},
        {**line, "player": "bob", "result": "loss", "sequence": True},
    ]

    file = write(tmp_path, "\n".join(map(json.dumps, lines)), "matches.ndjson")
    outcome = run_import("import_matches", file)

    assert not recorded()
    assert "line 2, sequence: “true” is not a text or number" in outcome.errors


def test_what_all_lines_say_wrong_is_named_of_each(tmp_path, known):
    outcome = run_import("import_matches", write(tmp_path, HEADER + duel("m1", at="yesterday")))

    assert "line 2, played_at: “yesterday”" in outcome.errors
    assert "line 3, played_at: “yesterday”" in outcome.errors


def test_every_wrong_line_of_a_match_is_named_at_once(tmp_path, known):
    outcome = run_import(
        "import_matches", write(tmp_path, HEADER + f"m1,cs2,ada,won,{AT}\nm1,cs2,bob,lost,yesterday\n")
    )

    assert [
        reason in outcome.reasons[2]
        for reason in ("line 2, result:", "line 3, result:", "line 3, played_at:")
    ] == [True] * 3


def test_create_missing_creates_games_players_teams_and_tournaments(tmp_path):
    file = write(
        tmp_path,
        FULL
        + f"m1,rocket-league,Ada,win,{AT},,,,Reds,autumn-cup,,,,\n"
        + f"m1,rocket-league,Bob,loss,{AT},,,,Blues,autumn-cup,,,,\n"
        + "m2,rocket-league,ada,win,2025-02-28T12:00:00Z,,,,reds,autumn-cup,,,,\n"
        + f"m3,rocket-league,Cyd,win,{AT},,,,,,,,,\n",
    )

    outcome = run_import("import_matches", file, create_missing=True)

    assert (outcome.exit_code, outcome.errors) == (0, "")
    assert list(Game.objects.values_list("slug", "name")) == [("rocket-league", "Rocket League")]
    assert sorted(User.objects.values_list("username", flat=True)) == ["Ada", "Bob", "Cyd"]
    assert sorted(Team.objects.values_list("name", flat=True)) == ["Blues", "Reds"]
    cup = Tournament.objects.get()
    assert (cup.slug, cup.name, cup.status, cup.entrant_kind) == ("autumn-cup", "Autumn Cup", "OPEN", "TEAM")
    assert cup.starts_at == datetime(2025, 2, 28, 12, tzinfo=UTC)
    entrants = TournamentParticipation.objects.order_by("user__username").values_list(
        "user__username", "team__name", "registered_at"
    )
    assert list(entrants) == [("Ada", "Reds", cup.starts_at), ("Bob", "Blues", cup.starts_at)]


REFUSED_ANYWAY = {
    "a contradiction": (
        f"bad,new-game,eve,loss,{AT},,,,New Team,,,,,\nbad,new-game,eve,win,{AT},,,,New Team 2,,,,,\n"
    ),
    "a game that is not its tournament's": f"bad,new-game,eve,win,{AT},,,,,spring-cup,,,,\n",
    "a contradiction in a new tournament": ("bad,cs2,eve,loss,2999-01-01T00:00:00Z,,,,,new-cup,,,,\n"),
    "a control character": f"bad,new-game,eve,win,{AT},,,,Te\x07am,,,,,\n",
}


@pytest.mark.parametrize("what", REFUSED_ANYWAY)
def test_nothing_is_created_for_a_match_that_is_refused(tmp_path, cup, what):
    good = f"good,cs2,ada,win,{AT},,,,,,,,,\n" + f"new,cs2,kim,win,{AT},,,,,,,,,\n"

    outcome = run_import(
        "import_matches", write(tmp_path, FULL + good + REFUSED_ANYWAY[what]), create_missing=True
    )

    assert {entry["match_key"] for entry in outcome.rejected} == {"bad"}
    assert recorded() == ["good", "new"]
    assert sorted(User.objects.values_list("username", flat=True)) == ["Ada", "Bob", "Cyd", "Dan", "kim"]
    assert sorted(Game.objects.values_list("slug", flat=True)) == ["cs2", "valorant"]
    assert (Team.objects.count(), Tournament.objects.count(), TournamentParticipation.objects.count()) == (
        0,
        1,
        2,
    )
    assert "2 created, 0 unchanged, 1 refused" in outcome.output


def test_create_missing_enters_players_in_a_later_batch_too(tmp_path, known):
    text = FULL + "".join(
        f"m{place},cs2,{name},win,{AT},,,,,open-cup,,,,\n" for place, name in enumerate(["ada", "bob", "eve"])
    )

    outcome = run_import("import_matches", write(tmp_path, text), create_missing=True, batch_size=1)

    assert outcome.exit_code == 0
    assert TournamentParticipation.objects.count() == 3
    assert Tournament.objects.get().entrant_kind == "SOLO"


def test_create_missing_enters_players_of_a_running_tournament_late(tmp_path, cup):
    text = FULL + f"m1,cs2,cyd,win,{AT},,,,,spring-cup,,,,\n"

    outcome = run_import("import_matches", write(tmp_path, text), create_missing=True)

    assert (outcome.exit_code, recorded()) == (0, ["m1"])
    entry = TournamentParticipation.objects.get(user__username="Cyd")
    assert (entry.status, entry.registered_at) == ("REGISTERED", cup.starts_at)


def test_whoever_played_is_recorded_though_registration_is_closed(tmp_path, cup):
    Tournament.objects.update(status="COMPLETED")
    text = FULL + f"m1,cs2,cyd,win,{AT},,,,,spring-cup,,,,\n"

    outcome = run_import("import_matches", write(tmp_path, text), create_missing=True)

    assert (outcome.exit_code, recorded()) == (0, ["m1"])
    assert not TournamentParticipation.objects.filter(user__username="Cyd").exists()


def test_a_player_without_a_team_is_recorded_in_a_tournament_of_teams(tmp_path, known):
    text = FULL + f"m1,cs2,ada,win,{AT},,,,Reds,cup,,,,\nm2,cs2,bob,win,{AT},,,,,cup,,,,\n"

    outcome = run_import("import_matches", write(tmp_path, text), create_missing=True)

    assert (outcome.exit_code, recorded()) == (0, ["m1", "m2"])
    entries = TournamentParticipation.objects.order_by("user__username")
    assert list(entries.values_list("user__username", "team__name")) == [("Ada", "Reds"), ("Bob", None)]


def test_a_match_recorded_otherwise_is_refused(tmp_path, known):
    file = write(tmp_path, HEADER + duel("m1"))
    run_import("import_matches", file)
    file.write_text(HEADER + duel("m1", winner="bob", loser="ada") + duel("m2"))

    outcome = run_import("import_matches", file)

    assert outcome.exit_code == 1
    assert "Match 'm1' of Counter-Strike 2 is recorded already and differs in result" in outcome.reasons[2]
    assert Match.objects.get(match_key="m1", user__username="Ada").result == "WIN"
    assert recorded() == ["m1", "m2"]


CUTS = {
    "in a value": ("matches.csv", 12, ["m1", "m2"]),
    "in the first value": ("matches.csv", 1, ["m1"]),
    "in a zipped file": ("matches.csv.gz", 12, ["m1", "m2"]),
}


@pytest.mark.parametrize("cut", CUTS)
def test_a_file_cut_off_in_the_middle(tmp_path, known, cut):
    name, left, taken = CUTS[cut]
    whole = HEADER + duel("m1") + duel("m2", "cyd")
    text = whole + duel("m3")[:left]
    path = tmp_path / name
    path.write_bytes(text.encode())
    if name.endswith(".gz"):
        data = gzip.compress(text.encode(), compresslevel=0)
        path.write_bytes(data[:-12])

    outcome = run_import("import_matches", path)

    assert outcome.exit_code == 1
    assert recorded() == taken
    assert 6 in outcome.reasons
    assert "cut off" in outcome.reasons[6]


@pytest.mark.once
def test_an_ndjson_file_cut_off_in_the_middle(tmp_path, known):
    lines = [
        json.dumps({"match_key": key, "game": "cs2", "player": "ada", "result": "win", "played_at": AT})
        for key in ("m1", "m2")
    ]
    path = write(tmp_path, "\n".join(lines)[:-9], "matches.ndjson")

    outcome = run_import("import_matches", path)

    assert (outcome.exit_code, recorded()) == (1, ["m1"])
    assert outcome.reasons[2].startswith("line 2: it is not valid JSON: ")
    assert outcome.rejected[0]["content"] == lines[1][:-9]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("match_key,game,player,result\n", "matches.csv, line 1: missing column played_at"),
        ("match_key,game,player,result,played_at,kills\n", "unknown column kills; known are match_key"),
        ("", "the file is empty"),
    ],
)
@pytest.mark.once
def test_a_file_that_cannot_be_read_changes_nothing_and_the_next_is_taken(tmp_path, known, text, message):
    bad, good = write(tmp_path, text), write(tmp_path, HEADER + duel("m1"), "good.csv")

    outcome = run_import("import_matches", bad, good)

    assert outcome.exit_code == 2
    assert message in outcome.errors
    assert recorded() == ["m1"]


@pytest.mark.once
def test_rejected_lines_can_be_mended_and_imported(tmp_path, known):
    file = write(tmp_path, HEADER + duel("m1", loser="eve"))
    outcome = run_import("import_matches", file)
    mended = "\n".join(
        json.dumps({**entry["content"], "player": entry["content"]["player"].replace("eve", "dan")})
        for entry in outcome.rejected
    )

    assert run_import("import_matches", write(tmp_path, mended, "mended.ndjson")).exit_code == 0
    assert recorded() == ["m1"]


@pytest.mark.once
def test_rejects_of_an_earlier_run_are_removed(tmp_path, known):
    file = write(tmp_path, HEADER + duel("m1", loser="eve"))
    run_import("import_matches", file)
    assert (tmp_path / "matches.csv.rejected.ndjson").exists()
    User.objects.create(username="eve")

    assert run_import("import_matches", file).exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["matches.csv"]


@pytest.mark.once
def test_only_the_first_refusals_are_told_and_the_file_has_all(tmp_path, known):
    outcome = run_import(
        "import_matches",
        write(tmp_path, HEADER + "".join(duel(f"m{number}", loser="eve") for number in range(30))),
    )

    assert outcome.errors.count(" is refused: ") == 20
    assert "matches.csv: more is refused; matches.csv.rejected.ndjson will name it all." in outcome.errors
    assert len(outcome.rejected) == 60
    assert "matches: 0 created, 0 unchanged, 30 refused" in outcome.output


def test_queries_do_not_grow_with_the_matches(tmp_path, known):
    def queries(name: str, matches: int) -> int:
        kinds = [{}, {"game": "cs3"}, {"loser": "eve"}]
        lines = [duel(f"{name}{number}", **kinds[number % 3]) for number in range(matches)]
        file = write(tmp_path, HEADER + "".join(lines), f"{name}.csv")
        with CaptureQueriesContext(connection) as captured:
            run_import("import_matches", file)
        # What the profile makes of the news (a first achievement, a milestone) is not the importer's.
        own = [
            query["sql"]
            for query in captured
            if "user_profile_" not in query["sql"] and "SAVEPOINT" not in query["sql"]
        ]
        return len(own)

    assert queries("few", 5) == queries("many", 40)


def test_numbers_follow_the_import(tmp_path, known, find_all_drift):
    text = HEADER + "".join(duel(f"m{number}", at=f"2025-01-0{number + 1}T12:00:00Z") for number in range(7))

    run_import("import_matches", write(tmp_path, text))

    ada, bob, cyd = (User.objects.get(username=name).profile for name in ("Ada", "Bob", "Cyd"))
    assert [(each.total_matches_played, each.matches_won) for each in (ada, bob, cyd)] == [
        (7, 7),
        (7, 0),
        (0, 0),
    ]
    assert find_all_drift() == []


def test_a_batch_size_must_be_a_number(tmp_path):
    with pytest.raises(Exception, match="'0' is not a whole number from 1 to 1,000,000"):
        call_command("import_matches", str(tmp_path / "x.csv"), "--batch-size", "0")
