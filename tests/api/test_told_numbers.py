"""A number that a game told goes out so that it comes in again as it was, on every database."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.core.management import call_command

from deltacrown.core.clock import now
from deltacrown.games.models import MATCH_TABLES, Match
from deltacrown.games.services import record_match
from deltacrown.tournaments.models import Tournament, TournamentMatchResult, TournamentResult
from tests import scene
from tests.api.calls import problem_of
from tests.interchange.files import run_import

pytestmark = [pytest.mark.django_db, pytest.mark.both]

#: What is told → what is read of it, whichever database kept it.
TOLD: dict[str, tuple[Any, Any]] = {
    "unsigned": (-0.0, 0.0),
    "sum": (0.1 + 0.2, 0.30000000000000004),
    "three": (3.0, 3.0),
    "small": (-1e-7, -1e-07),
    "tiny": (1e-300, 1e-300),
    "least": (5e-324, 5e-324),
    "odd": (2**53 + 1, 9007199254740993),
    "whole": (1e15, 1e15),
    "shown": (1e16, 10**16),
    "close": (1.2345678901234568e17, 123456789012345680),
    "first": (-(2**63), -9223372036854775808),
    "last": (2**63 - 1, 9223372036854775807),
    "beyond": (float(2**63), 9.223372036854776e18),
    "huge": (1e300, 1e300),
    "negative": (-1e22, -1e22),
    "most": (1.7976931348623157e308, 1.7976931348623157e308),
}
STATS = {name: told for name, (told, _) in TOLD.items()} | {"deep": {"list": [1e300, -0.0, 1e16]}}
READ = {name: read for name, (_, read) in TOLD.items()} | {"deep": {"list": [1e300, 0.0, 10**16]}}


@pytest.fixture
def ann(db):
    user = scene.player("ann")
    record = scene.record(scene.game(), "m", scene.line(user, "WIN", stats=STATS))
    recorded = record_match(record=record, now=now())
    event = scene.tournament("cup")
    TournamentResult.objects.filter(pk=scene.result(event, 1, user).pk).update(stats=STATS)
    Match.objects.update(kind=Match.Kind.TOURNAMENT)
    scene.tournament_match(recorded.rows[0], event, stats=STATS)
    return user


def same(value: Any) -> str:
    """Return what two values must share to be the same: 1 is not 1.0, 0.0 is not -0.0."""
    return json.dumps(value, sort_keys=True)


def exported(path: str, visitor: Any, user: Any) -> bytes:
    return visitor.get(f"/players/{user.profile.public_id}/{path}").getvalue()


def test_it_is_read_as_it_was_told(visitor, ann):
    for table in (Match, TournamentResult, TournamentMatchResult):
        assert same(table.objects.get().stats) == same(READ), table
        assert same(table.objects.values_list("stats", flat=True).get()) == same(READ)
    assert all(READ[name] == told for name, told in STATS.items()), "each is equal to what was told"

    def read_answer() -> Any:
        return visitor.get(f"/players/{ann.profile.public_id}/matches").json()["items"][0]["stats"]

    assert same(read_answer()) == same(READ)
    scene.archive(Match.objects.get())
    assert same(read_answer()) == same(READ)
    assert same(MATCH_TABLES[1].objects.get().stats) == same(READ)


@pytest.mark.parametrize("form", ["ndjson", "csv"])
@pytest.mark.parametrize("whose", ["player", "site"])
def test_what_is_exported_is_imported_as_it_was(visitor, ann, tmp_path, form, whose):
    matches, tournaments = tmp_path / f"matches.{form}", tmp_path / f"tournaments.{form}"
    call_command("export_tournaments", str(tournaments), stdout=io.StringIO(), stderr=io.StringIO())
    if whose == "player":
        matches.write_bytes(exported(f"matches/export?format={form}", visitor, ann))
    else:
        call_command("export_matches", str(matches), stdout=io.StringIO(), stderr=io.StringIO())
    assert all(written(matches, "stats", name) == same(READ[name]) for name in TOLD)
    assert same(written_details(matches)) == same(written_details(tournaments)) == same(READ)
    for table in (TournamentMatchResult, TournamentResult, Tournament, Match):
        table.objects.all().delete()

    def bring() -> list[Any]:
        files = [("import_tournaments", tournaments), ("import_matches", matches)]
        return [run_import(command, file, create_missing=True) for command, file in files]

    outcomes, again = bring(), bring()

    assert [each.rejected for each in outcomes + again] == [[], [], [], []]
    assert all("0 created, " in each.output and "updated" not in each.output for each in again)
    for table in (Match, TournamentResult, TournamentMatchResult):
        assert same(table.objects.get().stats) == same(READ), table


def read_file(file: Any) -> dict[str, Any]:
    """Return the one line of a file that has stats or details."""
    text = file.read_text().removeprefix("\ufeff")
    if file.suffix == ".ndjson":
        rows = [json.loads(line) for line in text.splitlines()]
    else:
        rows = list(csv.DictReader(io.StringIO(text)))
    return next(row for row in rows if row.get("details"))


def written(file: Any, column: str, name: str) -> str:
    row = read_file(file)
    return row[f"{column}.{name}"] if file.suffix == ".csv" else same(row[column][name])


def written_details(file: Any) -> Any:
    found = read_file(file)["details"]
    return json.loads(found) if isinstance(found, str) else found


@pytest.mark.parametrize("beyond", [2**63, -(2**63) - 1, 10**300], ids=["2**63", "-2**63-1", "10**300"])
def test_a_whole_number_beyond_64_bits_is_refused_by_every_door(signed_in, ann, tmp_path, beyond):
    told = {"match_key": "n", "game": "valorant", "played_at": "2025-03-01T18:30:00Z"}
    line = {"player": "ann", "result": "WIN", "stats": {"x": beyond}}
    recorder = signed_in(scene.player("boss", is_staff=True))
    answer = recorder.post("/matches", {"matches": [told | {"players": [line]}]})
    assert problem_of(answer) == (422, "invalid")
    assert "is a whole number of more than 64 bits" in answer.json()["detail"]

    files = [tmp_path / "one.ndjson", tmp_path / "one.csv"]
    files[0].write_text(json.dumps(told | line | {"result": "win"}) + "\n")
    header = "match_key,game,player,result,played_at"
    files[1].write_text(f"{header},stats.x\nn,valorant,ann,win,2025-03-01T18:30:00Z,{beyond}\n")
    for file in files:
        [reason] = run_import("import_matches", file).reasons.values()
        assert "of more than 64 bits" in reason or "is too long a number" in reason
