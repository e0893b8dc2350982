"""The order in which CWL files are imported makes no difference, in a new database or in another."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from deltacrown.accounts.models import User
from deltacrown.games.models import Game, Match
from deltacrown.teams.models import Team, TeamMembership
from deltacrown.tournaments.models import (
    Tournament,
    TournamentMatchResult,
    TournamentParticipation,
    TournamentResult,
)
from tests.interchange.files import CWL_DATA, needs_cwl_data, run_import

#: Two seasons that share players and a team, which was renamed in the second.
FILES = ["data-2017-08-13-champs.csv", "data-2018-04-19-relegation.csv", "data-2018-08-19-champs.csv"]
CONTENT: dict[type, tuple[str, ...]] = {
    Game: ("slug", "name"),
    Team: ("slug", "name"),
    TeamMembership: ("team__name", "user__username", "joined_at", "left_at"),
    Tournament: ("slug", "name", "game__slug", "status", "entrant_kind", "starts_at", "ends_at"),
    TournamentParticipation: ("tournament__slug", "user__username", "team__name", "status", "registered_at"),
    TournamentResult: (
        "tournament__slug",
        "team__name",
        "user__username",
        "placement",
        "prize_amount",
        "decided_at",
    ),
    TournamentMatchResult: (
        "tournament__slug",
        "match__match_key",
        "user__username",
        "team__name",
        "opponent_team__name",
        "round",
        "series",
    ),
    Match: ("match_key", "user__username", "game__slug", "result", "side", "score", "stats", "played_at"),
    User: (
        "username",
        "profile__total_matches_played",
        "profile__matches_won",
        "profile__tournaments_participated",
    ),
}


def content() -> dict[str, list[tuple[Any, ...]]]:
    """Return everything imported, by names instead of keys."""
    return {
        model.__name__: sorted(model.objects.values_list(*fields), key=repr)
        for model, fields in CONTENT.items()
    }


def imported(folder: Path, names: list[str]) -> dict[str, list[tuple[Any, ...]]]:
    """What importing the files leaves behind, each by a command of its own; taken back afterwards."""
    with transaction.atomic():
        codes = [run_import("import_matches", folder / name, format="cwl").exit_code for name in names]
        found = content()
        transaction.set_rollback(True)
    assert codes == [0] * len(names)
    return found


@needs_cwl_data
@pytest.mark.django_db
def test_the_order_of_the_files_makes_no_difference(tmp_path):
    for name in FILES:
        shutil.copyfile(CWL_DATA / name, tmp_path / name)

    forwards, backwards = imported(tmp_path, FILES), imported(tmp_path, FILES[::-1])

    assert len(forwards["Match"]) == 2384 + 312 + 2368
    assert forwards == backwards
