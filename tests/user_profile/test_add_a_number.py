"""Adding a number of any kind edits ``stats.py`` alone: done here in a copy, with the code of the guide."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.scratch import Scratch

#: The copy has an SQLite database of its own.
pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```python\n# (above|in) (\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)

USE = """
import io, json
from datetime import UTC, datetime, timedelta
from contextlib import redirect_stdout

import django
django.setup()

from django.core.management import call_command
from django.test import Client

with redirect_stdout(io.StringIO()):
    call_command("makemigrations", "user_profile", name="draws")
    call_command("migrate", verbosity=0)

from deltacrown.accounts.models import User
from deltacrown.games.models import Game
from deltacrown.games.services import record_matches, void_match
from deltacrown.games.services.records import MatchRecord, LineRecord
from deltacrown.user_profile.models import GameStats, UserProfile
from deltacrown.user_profile.numbers.reference import render_stats_reference

now = datetime.now(UTC)
ann, bob = (User.objects.create_user(name, password="unsafe word") for name in ("ann", "bob"))
rocket = Game.objects.create(slug="rocket", name="Rocket")


def record(key, ann_result, bob_result):
    lines = (LineRecord(user=ann, result=ann_result), LineRecord(user=bob, result=bob_result))
    return MatchRecord(game=rocket, match_key=key, played_at=now - timedelta(hours=1), lines=lines)


results = [("DRAW", "DRAW")] * 4 + [("WIN", "LOSS")] * 8
outcomes = record_matches(records=[record(f"m{n}", *result) for n, result in enumerate(results)], now=now)
assert [each.status.value for each in outcomes] == ["created"] * 12, outcomes
void_match(game=rocket, match_key="m0", reason="server crash", now=now)

client = Client(SERVER_NAME="localhost")
answers = {}


def get(path):
    answer = client.get(path)
    is_json = answer["Content-Type"].startswith("application/json")
    body = answer.json() if is_json else answer.content.decode()
    answers[path] = {"status": answer.status_code, "body": body}


player = f"/api/v1/players/{ann.profile.public_id}"
get(f"{player}/stats")
get(f"{player}/games")
for stat in ("matches_drawn", "draw_rate"):
    get(f"{player}/stats/{stat}/rows")
    get(f"{player}/stats/{stat}/rows?result=WIN")
    get(f"{player}/stats/{stat}/history")
    get(f"{player}/stats/{stat}/series?rolling=5m")
    get(f"{player}/stats/{stat}/explanation")
    get(f"/api/v1/leaderboards/{stat}")
    get(f"/api/v1/leaderboards/{stat}?period=30days")
get(f"{player}/stats/matches_drawn/rows?game=rocket")
get("/api/v1/leaderboards/matches_drawn?game=rocket")
get("/api/v1/leaderboards")
get("/api/v1/openapi.json")

call_command("check", databases=["default"], fail_level="WARNING", stdout=io.StringIO())
call_command("makemigrations", check=True, dry_run=True, stdout=io.StringIO())
reconciled = io.StringIO()
call_command("reconcile_stats", "--json", stdout=reconciled)  # exits by 1 where anything drifted

print(json.dumps({
    "profile": list(UserProfile.objects.values_list("matches_drawn", "draw_rate").get(user=ann)),
    "in game": GameStats.objects.get(user=ann).matches_drawn,
    "reconciled": json.loads(reconciled.getvalue()),
    "indexes": [index.name for holder in (UserProfile, GameStats) for index in holder._meta.indexes],
    "reference": render_stats_reference(),
    "player": player,
    "answers": answers,
}, default=str))
"""


def add_documented_numbers(stats: Path) -> None:
    """Add the numbers of ``docs/how-to/add-a-stat.md`` to a copy of the catalogue, where the guide says."""
    source = stats.read_text(encoding="utf-8")

    for where, name, code in BLOCK.findall((ROOT / "docs/how-to/add-a-stat.md").read_text(encoding="utf-8")):
        start = source.index(f"class {name}(")

        if where == "above":
            source = f"{source[:start]}{code}\n\n{source[start:]}"
        else:
            end = source.index("\n    class Meta:", start)
            declared = "".join(f"    {line}\n" for line in code.splitlines())
            source = source[:end] + declared + source[end:]

    stats.write_text(source, encoding="utf-8")


@pytest.fixture(scope="module")
def added(tmp_path_factory, django_db_setup):
    """What a copy of the platform answers once the numbers of the guide are added to it."""
    copy = Scratch.copy_source(tmp_path_factory.mktemp("copy"))
    add_documented_numbers(copy.folder / "src/deltacrown/user_profile/stats.py")
    return json.loads(copy.run("-c", USE))


def body(added, path):
    answer = added["answers"][path]
    assert answer["status"] == 200, answer
    return answer["body"]


def test_the_numbers_are_kept(added):
    assert added["profile"] == [3, "27.27"]
    assert added["in game"] == 3
    assert added["reconciled"]["findings"] == []


def test_they_are_shown_with_the_others(added):
    stats = {line["name"]: line for line in body(added, f"{added['player']}/stats")["stats"]}
    (game,) = body(added, f"{added['player']}/games")

    assert (stats["matches_drawn"]["value"], stats["matches_drawn"]["label"]) == (3, "Matches drawn")
    assert (stats["draw_rate"]["value"], stats["draw_rate"]["unit"]) == (27.27, "%")
    assert {line["name"]: line["value"] for line in game["stats"]}["matches_drawn"] == 3


@pytest.mark.parametrize(
    ("query", "rows", "sentence"),
    [
        ("matches_drawn/rows", 3, "3 rows; the number is 3."),
        ("matches_drawn/rows?game=rocket", 3, "3 rows; the number is 3."),
        ("draw_rate/rows", 11, "3 drawn of 11 played: 27.27 %."),
        ("draw_rate/rows?result=WIN", 8, "0 drawn of 8 played: 0 %."),
    ],
)
def test_their_rows_come_to_them(added, query, rows, sentence):
    found = body(added, f"{added['player']}/stats/{query}")

    assert found["adds_up"]
    assert found["evidence"]["rows"] == rows
    assert found["evidence"]["sentence"] == sentence


@pytest.mark.parametrize("stat", ["matches_drawn", "draw_rate"])
def test_they_are_explained_and_have_a_history(added, stat):
    told = body(added, f"{added['player']}/stats/{stat}/explanation")
    history = body(added, f"{added['player']}/stats/{stat}/history")

    assert told["adds_up"]
    assert "voided: server crash" in {omitted["why"] for omitted in told["omitted"]}
    assert history["items"]


@pytest.mark.parametrize("stat", ["matches_drawn", "draw_rate"])
def test_they_have_a_series(added, stat):
    series = body(added, f"{added['player']}/stats/{stat}/series?rolling=5m")

    assert series["reaches_present"]
    assert series["points"][-1]["value"] == series["stat"]["value"] > 0


@pytest.mark.parametrize("period", ["", "?period=30days"])
def test_they_have_leaderboards(added, period):
    drawn = body(added, f"/api/v1/leaderboards/matches_drawn{period}")
    rate = body(added, f"/api/v1/leaderboards/draw_rate{period}")

    assert [(line["rank"], line["value"]) for line in drawn["items"]] == [(1, 3), (1, 3)]
    assert [(line["rank"], line["value"]) for line in rate["items"]] == [(1, 27.27), (1, 27.27)]
    assert rate["rule"].startswith("Players with 10 matches or more")


def test_the_number_per_game_has_a_leaderboard_of_each_game(added):
    drawn = body(added, "/api/v1/leaderboards/matches_drawn?game=rocket")
    by_game = {line["stat"]: line["by_game"] for line in body(added, "/api/v1/leaderboards")}

    assert [(line["rank"], line["value"]) for line in drawn["items"]] == [(1, 3), (1, 3)]
    assert (by_game["matches_drawn"], by_game["draw_rate"]) == (True, False)


def test_their_leaderboards_have_indexes(added):
    expected = {
        "profile_by_matches_drawn",
        "profile_by_draw_rate",
        "profile_ranked_by_draw_rate",
        "gamestats_by_matches_drawn",
    }
    assert expected <= set(added["indexes"])


def test_they_are_documented(added):
    assert added["reference"].count("### `matches_drawn`") == 2
    assert "### `draw_rate`" in added["reference"]
