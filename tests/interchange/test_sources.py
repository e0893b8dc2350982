"""Small extracts in the shape of real sources are taken as they are; what is refused is refused for a reason.

docs/explanation/what-is-taken.md defends each refusal.
"""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deltacrown.games.models import Match
from deltacrown.interchange.formats import BUILT_IN
from deltacrown.tournaments.models import Tournament, TournamentResult
from deltacrown.user_profile.models import UserAchievement, UserProfile
from tests.interchange.files import run_import

EXTRACTS = Path(__file__).parent / "sources" / "extracts"
SOURCES = ("tennis", "smash", "football", "formula_one")

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def take(tmp_path, monkeypatch):
    """Return a function that imports an extract with the format of its source, and returns the outcome."""
    for name in SOURCES:
        monkeypatch.setitem(BUILT_IN, name, f"tests.interchange.sources.{name}:FORMAT")

    def take(name, **options):
        path = tmp_path / f"{name}.csv"
        if not path.exists():
            shutil.copy(EXTRACTS / path.name, path)
        if name in SOURCES:
            options["format"] = name
        return run_import("import_matches", path, create_missing=True, **options)

    return take


def told(outcome):
    """created, unchanged, refused: as the summary tells it."""
    return outcome.output.split(": ")[2].split(";")[0]


def said(key):
    """What the lines of a match say: username → result, score, how it ended, whether it counts."""
    rows = Match.objects.filter(match_key=key).order_by("user__username").select_related("user")
    return {row.user.username: (row.result, row.score, row.ended_by, row.counts) for row in rows}


def numbers(username):
    profile = UserProfile.objects.get(user__username=username)
    return profile.total_matches_played, profile.matches_won


def test_tennis(take, find_all_drift):
    outcome = take("tennis")

    assert (told(outcome), outcome.rejected) == ("12 created, 0 unchanged, 0 refused", [])
    assert said("1877-540 3") == {
        "spencer-gore": ("WIN", "6-1 6-2 6-4", "PLAY", True),
        "william-marshall": ("LOSS", "1-6 2-6 4-6", "PLAY", True),
    }
    assert said("1877-540 2") == {"william-marshall": ("WIN", "", "BYE", False)}
    assert said("2019-560 254") == {
        "novak-djokovic": ("LOSS", "4-6 5-7 1-2", "RETIRED", True),
        "stan-wawrinka": ("WIN", "6-4 7-5 2-1", "PLAY", True),
    }
    assert said("2022-540 401")["rafael-nadal"] == ("LOSS", "", "FORFEIT", True)
    assert said("2017-D071 5")["denis-shapovalov"] == ("LOSS", "3-6 4-6 1-2", "DISQUALIFIED", True)
    assert {line[3] for line in said("2022-0616 7").values()} == {False}
    assert said("2019-560 302")["matteo-berrettini"][1] == "3-6 6-3 6-2 3-6 7-6(5)"
    day = Match.objects.filter(match_key="1877-540 3").values_list("played_at", "is_time_known")[0]
    assert day == (datetime(1877, 7, 9, tzinfo=UTC), False)
    assert (numbers("william-marshall"), numbers("ana-ramos")) == ((1, 0), (0, 0))
    assert find_all_drift() == []


def test_the_order_of_a_day_is_that_of_the_matches(take):
    take("tennis")

    gore = Match.objects.filter(user__username="spencer-gore").order_by("sequence")
    assert [row.sequence for row in gore] == [1, 3]
    first = UserAchievement.objects.get(user__username="spencer-gore", achievement__slug="first-win")
    assert first.earned_at == datetime(1877, 7, 9, tzinfo=UTC)


def test_smash(take, find_all_drift):
    outcome = take("smash")

    assert told(outcome) == "6 created, 0 unchanged, 2 refused"
    assert {line: reason.split(": ", 1)[1] for line, reason in outcome.reasons.items()} == {
        8: "nobody in this set has an account",
        9: "zain is in the match twice; give one line per player",
    }
    assert said("41001") == {"zain": ("WIN", "2", "PLAY", True)}
    assert said("41002") == {"mang0": ("WIN", "", "BYE", False)}
    assert said("41003") == {
        "ginger": ("LOSS", "-1", "DISQUALIFIED", True),
        "zain": ("WIN", "0", "PLAY", True),
    }
    assert {line[:2] for line in said("41005").values()} == {("LOSS", "-1")}
    assert (numbers("zain"), numbers("mang0"), numbers("ginger")) == ((3, 3), (2, 1), (2, 0))
    assert find_all_drift() == []


def test_football(take, find_all_drift):
    outcome = take("football")

    assert told(outcome) == "7 created, 0 unchanged, 1 refused"
    assert outcome.reasons == {9: "line 9, date: “2024-02-30” is not a day of this source"}
    assert said("1872-11-30 Scotland England") == {
        "england": ("DRAW", "0", "PLAY", True),
        "scotland": ("DRAW", "0", "PLAY", True),
    }
    final = Match.objects.filter(match_key="2022-12-18 Argentina France")
    assert dict(final.values_list("user__username", "result")) == {"argentina": "DRAW", "france": "DRAW"}
    assert {row.stats["shootout"] for row in final} == {"won", "lost"}
    assert said("2021-09-05 Brazil Argentina")["brazil"] == ("NONE", "", "ABANDONED", False)
    assert (numbers("scotland"), numbers("england"), numbers("argentina")) == ((2, 0), (2, 1), (1, 0))
    assert find_all_drift() == []


def test_formula_one(take, find_all_drift):
    outcome = take("formula_one")

    assert (told(outcome), outcome.rejected) == ("3 created, 0 unchanged, 0 refused", [])
    placed = dict(Match.objects.filter(match_key="1956-argentina").values_list("user__username", "placement"))
    assert sorted(name for name, place in placed.items() if place == 1) == [
        "juan-manuel-fangio",
        "luigi-musso",
    ]
    assert placed["alberto-uria"] == placed["oscar-gonzalez"] == 6
    assert (placed["hermano-da-silva-ramos"], len(placed)) == (None, 14)
    grid = Match.objects.filter(match_key="2012-example")
    assert (grid.count(), grid.filter(result="WIN").count(), grid.filter(placement=None).count()) == (
        22,
        1,
        6,
    )
    assert said("1907-targa").keys() == {"vincenzo-lancia", "louis-wagner"}
    assert numbers("juan-manuel-fangio") == numbers("luigi-musso") == (1, 1)
    assert find_all_drift() == []


def test_a_battle_royale_of_sixty(take, find_all_drift):
    outcome = take("royale")

    assert (told(outcome), outcome.rejected) == ("1 created, 0 unchanged, 0 refused", [])
    rows = Match.objects.filter(match_key="lobby-7")
    assert (rows.count(), rows.filter(result="WIN").count(), rows.filter(side="Squad 20").count()) == (
        60,
        2,
        3,
    )
    # The third of the winners left early, and lost.
    assert said("lobby-7")["p01c"] == ("LOSS", "", "RETIRED", True)
    assert (numbers("p01a"), numbers("p01c"), numbers("p20a")) == ((1, 1), (1, 0), (1, 0))
    assert find_all_drift() == []


def import_standings(tmp_path):
    path = tmp_path / "standings.csv"
    shutil.copy(EXTRACTS / path.name, path)
    return run_import("import_tournaments", path, create_missing=True)


def standings(slug):
    """The published standings: username → placement, end of a range, why unplaced, disqualification."""
    rows = TournamentResult.objects.filter(tournament__slug=slug).order_by("placement", "user__username")
    return {
        row.user.username: (row.placement, row.placement_to, row.unplaced_reason, row.disqualified_reason)
        for row in rows.select_related("user")
    }


def test_standings_as_published(tmp_path, find_all_drift):
    outcome = import_standings(tmp_path)

    assert (outcome.exit_code, outcome.reasons) == (0, {})
    assert told(outcome) == "7 created, 0 unchanged, 0 refused, 3 with warnings"
    assert standings("davis-cup-2018-final") == {}
    assert standings("wimbledon-1877")["julian-marshall"] == (4, 6, "", "")
    smash = standings("smash-weekly-31")
    assert [smash[name][0] for name in ("plup", "axe", "hbox", "leffen", "s2j")] == [4, 5, 5, 7, 9]
    assert smash["ginger"] == (None, None, "", "no show and no word")
    assert smash["kodorin"] == (None, None, "did not attend", "")
    starcraft = [place for place, *_ in standings("starcraft-season-4").values()]
    assert starcraft == [1, 2, 3, 3, 5, 5, 5, 5, 9, 9, 33, 33, 33]
    assert [place for place, *_ in standings("league-1905-06").values()] == [1, 2, 3]
    assert [place for place, *_ in standings("cup-1908").values()] == [1, 1, 3]
    grand_prix = standings("grand-prix-2012")
    assert (grand_prix["driver-16"][0], grand_prix["driver-20"][2]) == (16, "not classified")
    assert len(grand_prix) == 22
    titles = UserProfile.objects.filter(tournaments_won=1).values_list("user__username", flat=True)
    assert set(titles) == {
        *("spencer-gore", "zain", "sc01", "liverpool", "hacken", "orgryte", "driver-1"),
    }
    assert Tournament.objects.get(slug="wimbledon-1877").prize_currency == "GBP"
    assert find_all_drift() == []


def test_standings_are_warned_of(tmp_path):
    import_standings(tmp_path)

    told = [
        json.loads(line) for line in (tmp_path / "standings.csv.warnings.ndjson").read_text().splitlines()
    ]
    assert {entry["tournament"] for entry in told} == {
        "davis-cup-2018-final",
        "starcraft-season-4",
        "cup-1908",
    }
    starcraft = " ".join(entry["warning"] for entry in told if entry["tournament"] == "starcraft-season-4")
    assert "33" in starcraft


@pytest.mark.parametrize("has_matches_first", [True, False])
def test_matches_and_standings_of_other_tournaments(take, tmp_path, find_all_drift, has_matches_first):
    if has_matches_first:
        take("tennis")
    import_standings(tmp_path)
    if not has_matches_first:
        take("tennis")

    assert Tournament.objects.filter(is_provisional=True).count() == 8
    assert find_all_drift() == []
    assert told(import_standings(tmp_path)).startswith("0 created, 7 unchanged")


@pytest.mark.parametrize("name", [*SOURCES, "royale"])
def test_importing_an_extract_again_changes_nothing(take, name):
    first = take(name)
    again = take(name)

    created = told(first).split(" created")[0]
    assert told(again).startswith(f"0 created, {created} unchanged")
    assert again.rejected == first.rejected
