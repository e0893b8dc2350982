"""The export of a whole site is read back as it was."""

from __future__ import annotations

import gzip
import io
import json

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from deltacrown.accounts.models import User
from deltacrown.games.models import MATCH_TABLES, Match
from deltacrown.interchange import exporting, exporting_tournaments
from deltacrown.interchange.cells import protect_cell, restore_cell
from deltacrown.tournaments.models import Tournament, TournamentMatchResult
from tests import scene

NAMES = ("match.csv", "match.ndjson", "match.csv.gz", "match.jsonl.gz")
COLUMNS = (
    "match_key",
    "game__slug",
    "user__username",
    "kind",
    "side",
    "result",
    "score",
    "stats",
    "played_at",
    "void_reason",
)


@pytest.fixture
def season(db):
    """Matches of every kind: void, archived, of a cup, with hostile texts and stats of all types."""
    ann, bob = scene.player("ann"), scene.player("bob")
    scene.match(ann, "m1", "WIN", side="=1+1", score=-3, stats={"kills": 9, "agent": "Jett", "adr": 1.5})
    scene.match(
        bob,
        "m1",
        "LOSS",
        side='a "quoted", one',
        stats={"maps": ["a"], "won": True, "rank": "12", " x ": "y ", "zero": 0},
    )
    scene.archive(scene.match(ann, "m2", "DRAW", hours=1))
    scene.voided(bob, "m3", reason="'-crash", hours=2)
    cup = scene.tournament("cup", status="RUNNING")
    for user, result, other in ((ann, "WIN", bob), (bob, "LOSS", ann)):
        scene.registration(user, cup)
        row = scene.match(user, "final", result, kind="TOURNAMENT", hours=3)
        told = {"round": "Final", "series": "bo3", "map_name": "Dust", "stats": {"mode": "HP"}}
        scene.tournament_match(row, cup, opponent_user=other, **told)


def read_site():
    rows = {
        (row["match_key"], row["user__username"]): row
        for table in MATCH_TABLES
        for row in table.objects.values(*COLUMNS)
    }
    official = TournamentMatchResult.objects.values_list(
        "user__username",
        "opponent_user__username",
        "tournament__slug",
        "round",
        "series",
        "map_name",
        "stats",
    )
    return rows, sorted(official, key=str)


def export_to(file, *options):
    call_command("export_matches", str(file), *options, stdout=io.StringIO(), stderr=io.StringIO())


def import_file(file):
    """Import a file of which nothing may be refused."""
    try:
        call_command("import_matches", str(file), stdout=io.StringIO(), stderr=io.StringIO())
    except SystemExit:
        pytest.fail(file.with_name(file.name + ".rejected.ndjson").read_text())


@pytest.mark.parametrize("name", NAMES)
def test_a_site_is_read_back(season, tmp_path, name):
    before, file = read_site(), tmp_path / name

    export_to(file)
    import_file(file)
    assert read_site() == before, "what is there already stays as it is"

    TournamentMatchResult.objects.all().delete()
    for table in MATCH_TABLES:
        table.objects.all().delete()
    import_file(file)
    assert read_site() == before
    assert (User.objects.count(), Tournament.objects.count()) == (2, 1)


def test_csv_opens_in_a_spreadsheet(season, tmp_path):
    export_to(tmp_path / "m.csv")
    written = (tmp_path / "m.csv").read_bytes()

    assert written.startswith("\ufeffmatch_key,game,player,result,played_at,".encode())
    assert b",'=1+1," in written


def test_an_export_that_is_stopped_leaves_no_file(season, tmp_path, monkeypatch):
    def stop(ids):
        raise KeyboardInterrupt

    monkeypatch.setattr(exporting, "_get_details", stop)
    with pytest.raises(SystemExit) as ended:
        export_to(tmp_path / "m.csv")

    assert ended.value.code == 130
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "says"),
    [("m.xlsx", "end the name in"), ("there.csv", "is there already"), ("no/m.csv", "make it first")],
)
def test_what_cannot_be_written(season, tmp_path, name, says):
    (tmp_path / "there.csv").write_text("kept")

    with pytest.raises(CommandError, match=says) as refusal:
        export_to(tmp_path / name)

    assert refusal.value.returncode == 2
    assert (tmp_path / "there.csv").read_text() == "kept"


def test_a_file_is_replaced_when_asked(season, tmp_path):
    (tmp_path / "m.csv.gz").write_text("old")
    export_to(tmp_path / "m.csv.gz", "--replace")

    with gzip.open(tmp_path / "m.csv.gz", "rt", encoding="utf-8-sig") as file:
        assert len(file.readlines()) == 7


def test_a_batch_at_a_time(db, tmp_path, django_assert_num_queries):
    ann = scene.player("ann")
    Match.objects.bulk_create(
        Match(
            user=ann,
            game=scene.game(),
            match_key=f"m{n}",
            result="WIN",
            played_at=scene.at(0),
        )
        for n in range(1200)
    )

    # The order of all rows; of three batches the rows, their tournaments, their players' names.
    with django_assert_num_queries(10):
        exporting.export_matches(path=tmp_path / "m.ndjson", progress=lambda lines: None)


def test_tournaments_a_page_at_a_time(db, tmp_path, django_assert_num_queries):
    users = [scene.player(f"p{n}") for n in range(3)]
    for number in reversed(range(exporting_tournaments.BATCH + 5)):
        event = scene.tournament(f"cup-{number}", hours=number)
        for user in users:
            scene.registration(user, event, hours=-1)
        scene.result(event, 1, users[0])

    # Of two pages: tournaments, entries, results, rulings, names of players.
    with django_assert_num_queries(10):
        written = exporting_tournaments.export_tournaments(
            path=tmp_path / "t.csv", progress=lambda lines: None
        )

    lines = (tmp_path / "t.csv").read_text(encoding="utf-8-sig").splitlines()
    assert written == exporting_tournaments.count_lines() == len(lines) - 1 == 3 * 55
    assert [line.split(",")[0] for line in (lines[1], lines[-1])] == ["cup-0", "cup-54"], (
        "by start, not by id"
    )


def test_the_order_of_a_file_is_that_of_play_whoever_was_recorded_first(db, tmp_path):
    users = [scene.player(name) for name in ("Zoe", "ann", "Bob")]
    for key, hours in (("x-10", 1), ("x-2", 1), ("late", 5), ("early", -5)):
        for user in users:
            scene.match(user, key, hours=hours)
    scene.archive(Match.objects.filter(match_key="x-2").first())

    export_to(tmp_path / "m.ndjson")

    lines = [json.loads(line) for line in (tmp_path / "m.ndjson").read_text().splitlines()]
    keys = [line["match_key"] for line in lines]
    assert keys == [key for key in ("early", "x-2", "x-10", "late") for _ in users]
    assert [line["player"] for line in lines[:6]] == ["Bob", "Zoe", "ann"] * 2


@pytest.mark.parametrize("name", ["t.csv", "t.ndjson.gz"])
def test_an_export_of_tournaments_that_is_stopped_leaves_no_file(db, tmp_path, monkeypatch, name):
    scene.tournament("cup")

    def stop(tournaments):
        raise KeyboardInterrupt

    monkeypatch.setattr(exporting_tournaments, "_find_entrants", stop)
    with pytest.raises(SystemExit) as ended:
        call_command("export_tournaments", str(tmp_path / name), stdout=io.StringIO(), stderr=io.StringIO())

    assert (ended.value.code, list(tmp_path.iterdir())) == (130, [])


@given(st.text(st.sampled_from("'=+-@a＝\t\n"), max_size=8))
def test_a_cell_gives_its_text_back(text):
    assert restore_cell(protect_cell(text)) == text
    assert protect_cell(text)[:1] not in set("=+-@\t\n＝")


@pytest.mark.parametrize("title", ["", "chess"])
def test_the_tournaments_of_a_season_are_those_that_start_on_its_days(db, tmp_path, title):
    chess, players = scene.game("chess"), [scene.player(name) for name in ("ann", "bob")]
    for slug, hours, game in (
        ("before", -24, chess),
        ("first", 0, chess),
        ("other-game", 1, scene.game("rocket")),
        ("bare", 2, chess),
        ("after", 48, chess),
    ):
        event = scene.tournament(slug, hours=hours, title=game, status="RUNNING")
        for user in players if slug != "bare" else ():
            scene.registration(user, event)
    scene.season("one-day", "2025-03-01", "2025-03-02", title=chess if title else None)

    told, file = io.StringIO(), tmp_path / "cups.ndjson"
    call_command("export_tournaments", str(file), "--season", "one-day", stdout=told, stderr=io.StringIO())

    slugs = [json.loads(line)["tournament"] for line in file.read_text().splitlines()]
    assert slugs == ["first", "first", *(["other-game"] * 2 if not title else []), "bare"]
    assert f"Wrote {len(slugs)} lines" in told.getvalue()
    with pytest.raises(CommandError, match="no season 'none'"):
        call_command("export_tournaments", str(file), "--season", "none", stdout=told, stderr=told)
