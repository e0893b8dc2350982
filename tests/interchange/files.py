"""Files to import, importing them, and looking at what came of it."""

from __future__ import annotations

import io
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db.models import F

from deltacrown.tournaments.models import (
    FormerTournamentName,
    Tournament,
    TournamentMatchResult,
    TournamentParticipation,
    TournamentResult,
)
from deltacrown.user_profile.models import ExperienceAward, UserAchievement, UserActivity, UserProfile

REPOSITORY = Path(__file__).resolve().parents[2]
CWL_DATA = Path(os.environ.get("DELTACROWN_CWL_DATA", REPOSITORY.parent / "shared" / "data" / "cwl"))
needs_cwl_data = pytest.mark.skipif(
    not CWL_DATA.is_dir(),
    reason=(
        "the CWL files are not here; put them in ../shared/data/cwl "
        "or name their folder in DELTACROWN_CWL_DATA"
    ),
)


@dataclass
class Outcome:
    """How a command ended."""

    exit_code: int
    output: str
    errors: str
    rejected: list[dict[str, Any]]
    warnings: list[dict[str, Any]]

    @property
    def reasons(self) -> dict[int, str]:
        """Refused line → why."""
        return {entry["line"]: entry["reason"] for entry in self.rejected}


def run_import(command: str, *files: Path, **options: Any) -> Outcome:
    """Run an import command, and return how it ended with the rejected lines of all ``files``."""
    output, errors, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command(command, *map(str, files), stdout=output, stderr=errors, **options)
    except SystemExit as end:
        code = int(end.code or 0)
    except CommandError as error:
        code = error.returncode
        errors.write(str(error))
    rejected = [entry for file in files for entry in read_notes(file, "rejected")]
    warnings = [entry for file in files for entry in read_notes(file, "warnings")]
    return Outcome(code, output.getvalue(), errors.getvalue(), rejected, warnings)


def read_notes(file: Path, kind: str) -> list[dict[str, Any]]:
    path = file.with_name(f"{file.name}.{kind}.ndjson")
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def dump() -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table of the apps, to compare two states."""
    own = [model for model in apps.get_models() if model.__module__.startswith("deltacrown.")]
    return {
        model._meta.label: [tuple(row) for row in model._base_manager.order_by("pk").values_list()]
        for model in own
    }


def tell() -> dict[str, Any]:
    """Return everything that is told of tournaments and of who played in them, without ids, to compare."""
    cup, user, team = "tournament__slug", "user__username", "team__name"
    entry = (cup, user, team, "status", "registered_at")
    told = (user, "activity_type", "description", "metadata", "created_at")
    rows: dict[str, Any] = {
        "tournaments": Tournament.objects.values_list(
            "slug", "name", "entrant_kind", "status", "starts_at", "ends_at", "is_provisional"
        ),
        "former names": FormerTournamentName.objects.values_list("name"),
        "registrations": TournamentParticipation.objects.values_list(*entry),
        "results": TournamentResult.objects.values_list(cup, user, team, "placement", "decided_at"),
        "matches": TournamentMatchResult.objects.values_list(
            cup, user, team, "match__match_key", "opponent_team__name", "opponent_user__username", "round"
        ),
        "timelines": UserActivity.objects.values_list(*told),
        "experience": ExperienceAward.objects.values_list(user, "points", "reason", "awarded_at"),
        "achievements": UserAchievement.objects.values_list(user, "achievement__slug", "fact", "earned_at"),
        "numbers": UserProfile.objects.annotate(name=F(user)).values_list(
            "name", "total_matches_played", "tournaments_participated", "tournaments_won", "experience_points"
        ),
    }
    joined = ("PROFILE_CREATED", "TEAM_JOINED")
    rows["timelines"] = [row for row in rows["timelines"] if row[1] not in joined]
    return {what: sorted(map(repr, found)) for what, found in rows.items()}
