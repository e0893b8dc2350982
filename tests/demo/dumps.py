"""Loading a small season in a test, and everything it wrote as one comparable value."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.db.models import Model

from deltacrown.accounts.models import User
from deltacrown.demo.plan.season import SeasonSize
from deltacrown.games.models import Game, Match, Season
from deltacrown.moderation.models import Dispute
from deltacrown.teams.models import Team, TeamMembership
from deltacrown.tournaments.models import (
    Tournament,
    TournamentMatchResult,
    TournamentParticipation,
    TournamentResult,
)
from deltacrown.user_profile.models import (
    Achievement,
    ExperienceAward,
    Follow,
    GameStats,
    KycVerification,
    PrivacySettings,
    UserAchievement,
    UserProfile,
)

SIZE = SeasonSize(players=40, matches=400, tournaments=12)
SEED = 1
#: The last day of the season, so that it is the same whatever day it is.
UNTIL = date(2026, 9, 30)

#: Every table the demo fills, and what names its rows across databases.
DUMPED: dict[type[Model], tuple[str, ...]] = {
    User: ("username", "date_joined", "is_staff"),
    UserProfile: (
        "user__username", "public_id", "display_name", "country", "bio",
        "total_matches_played", "matches_won", "overall_win_rate",
        "tournaments_participated", "tournaments_won", "average_placement",
        "disputes_filed", "achievement_count", "experience_points",
    ),
    PrivacySettings: ("user__username", "show_match_history", "show_tournament_stats"),
    Game: ("slug", "name"),
    Season: ("slug", "name", "starts_at", "ends_at", "game__slug"),
    GameStats: ("user__username", "game__slug", "matches_played", "matches_won"),
    Team: ("slug", "name"),
    TeamMembership: ("team__slug", "user__username", "joined_at", "left_at"),
    Match: (
        "game__slug", "match_key", "user__username", "kind", "side", "result", "score", "stats",
        "played_at", "voided_at", "void_reason",
    ),
    Tournament: (
        "slug", "name", "game__slug", "status", "entrant_kind", "starts_at", "ends_at", "capacity",
        "organiser__username",
    ),
    TournamentParticipation: ("tournament__slug", "user__username", "team__slug", "status", "registered_at"),
    TournamentResult: (
        "tournament__slug", "user__username", "team__slug", "placement", "prize_amount",
        "disqualified_at", "disqualified_reason", "decided_at",
    ),
    TournamentMatchResult: (
        "tournament__slug", "match__match_key", "user__username", "team__slug",
        "opponent_team__slug", "opponent_user__username", "round", "series", "map_name",
    ),
    Dispute: (
        "reporter__username", "match__match_key", "result__tournament__slug", "reason",
        "status", "filed_at", "resolved_at", "resolution",
    ),
    Achievement: ("slug", "tier", "points"),
    UserAchievement: ("user__username", "achievement__slug", "fact", "earned_at"),
    Follow: ("follower__username", "followed__username", "created_at"),
    KycVerification: ("user__username", "status", "requested_at", "reviewed_at", "reviewed_by__username"),
    ExperienceAward: ("user__username", "points", "reason", "awarded_at"),
}  # fmt: skip


def dump() -> dict[str, list[str]]:
    """Everything the demo wrote, without what depends on when it was written: keys and times of recording."""
    return {
        model.__name__: sorted(
            json.dumps(row, default=str, sort_keys=True) for row in model.objects.values_list(*columns)
        )
        for model, columns in DUMPED.items()
    }


def digest() -> str:
    """The dump as one short value."""
    return hashlib.sha256(json.dumps(dump()).encode()).hexdigest()


def load(**options: Any) -> str:
    """Run the command for the small season and return what it printed."""
    out = StringIO()
    size = {"players": SIZE.players, "matches": SIZE.matches, "tournaments": SIZE.tournaments}
    fixed = {"seed": SEED, "until": UNTIL}
    call_command("load_demo", stdout=out, stderr=StringIO(), **{**size, **fixed, **options})
    return out.getvalue()
