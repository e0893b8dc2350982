"""A writer who knows the facts needs no services: what a row says besides, the database fills in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import DateTimeField, Model
from django.urls import reverse

from deltacrown.accounts.models import ApiKey
from deltacrown.games.models import ArchivedMatch, Match
from deltacrown.moderation.models import Dispute, DisputeStatement
from deltacrown.teams.models import Team, TeamMembership, TeamRole
from deltacrown.tournaments.models import (
    Disqualification,
    EntryChange,
    Tournament,
    TournamentDecision,
    TournamentInvitation,
    TournamentMatchResult,
    TournamentOrganiser,
    TournamentParticipation,
    TournamentResult,
    TournamentSeriesResult,
)
from deltacrown.user_profile.models import (
    Achievement,
    ArchivedUserActivity,
    Block,
    ExperienceAward,
    Follow,
    KycVerification,
    UserAchievement,
    UserActivity,
)
from tests import scene

pytestmark = pytest.mark.django_db

#: Times that are facts themselves: nobody but the writer knows them.
FACTS = {
    ("Match", "played_at"),
    ("ArchivedMatch", "played_at"),
    ("Season", "starts_at"),
    ("Season", "ends_at"),
    ("Tournament", "starts_at"),
    ("TournamentSeriesResult", "started_at"),
    ("TournamentSeriesResult", "played_at"),
}
#: Times of the machinery, which no other writer fills in.
MACHINERY = {
    ("JobRun", "started_at"),
    ("ToldProblem", "told_at"),
    ("AnsweredRequest", "answered_at"),
    ("PlayerMerge", "merged_at"),
    ("PlayerMerge", "undo_until"),
}
APPS = ("accounts", "core", "games", "teams", "tournaments", "moderation", "user_profile")


def list_facts() -> dict[type[Model], dict[str, Any]]:
    """Model → the fewest facts that make a row of it."""
    ann, bob, event, squad = scene.player("ann"), scene.player("bob"), scene.tournament("cup"), scene.team()
    game, at = scene.game(), scene.at(0)
    row = scene.match(ann, "m0")
    badge = Achievement.objects.create(slug="fine", name="Fine", description="Done.")
    played = {"user": ann, "game": game, "result": "WIN", "played_at": at}
    entry = {"activity_type": "TEAM_JOINED", "description": "joined", "dedupe_key": "x", "user": ann}
    return {
        Match: {**played, "match_key": "m1"},
        ArchivedMatch: {**played, "match_key": "m2", "id": 10**6},
        Team: {"slug": "reds", "name": "Reds"},
        TeamMembership: {"team": squad, "user": ann},
        TeamRole: {"team": squad, "user": ann, "role": "COACH"},
        Tournament: {"slug": "new", "name": "New", "game": game, "starts_at": at},
        TournamentParticipation: {"tournament": event, "user": ann},
        TournamentResult: {"tournament": event, "user": ann, "placement": 1},
        TournamentMatchResult: {"tournament": event, "user": ann, "match": row},
        Disqualification: {"tournament": event, "user": bob, "reason": "late"},
        EntryChange: {"tournament": event, "user": ann, "kind": "ENTERED"},
        TournamentDecision: {"tournament": event, "kind": "REOPENED", "reason": "a replay"},
        TournamentInvitation: {"tournament": event, "user": bob},
        TournamentOrganiser: {"tournament": event, "user": bob},
        TournamentSeriesResult: {
            "tournament": event,
            "game": game,
            "user": ann,
            "series": "Final",
            "result": "WIN",
            **{f"games_{what}": 0 for what in ("won", "lost", "drawn", "played")},
            "started_at": at,
            "played_at": at,
        },
        Dispute: {"reporter": bob, "match": row, "reason": "not so"},
        DisputeStatement: {"dispute": scene.dispute(ann, row), "author": bob, "words": "It was so."},
        Achievement: {"slug": "good", "name": "Good", "description": "Well done."},
        UserAchievement: {"user": ann, "achievement": badge},
        ExperienceAward: {"user": ann, "points": 5, "reason": "for x", "dedupe_key": "x"},
        UserActivity: entry,
        ArchivedUserActivity: {**entry, "id": 10**6},
        Follow: {"follower": ann, "followed": bob},
        Block: {"blocker": bob, "blocked": scene.player("cat")},
        KycVerification: {"user": ann},
        ApiKey: {"owner": ann, "name": "own", "prefix": "dc_x", "digest": "0" * 64, "scopes": ["read"]},
    }


def test_every_time_that_a_row_needs_is_a_fact_or_has_a_default():
    lacking = {
        (model.__name__, field.name)
        for label in APPS
        for model in apps.get_app_config(label).get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, DateTimeField) and not field.null and not field.has_db_default()
        if field.model._meta.app_label != "auth" and not field.has_default()
    }

    assert lacking == FACTS | MACHINERY


def test_rows_are_made_of_their_facts_alone(find_all_drift):
    before = datetime.now(UTC) - timedelta(minutes=1)
    after = before + timedelta(minutes=2)

    for model, facts in list_facts().items():
        model.objects.create(**facts)
        row = model.objects.order_by("pk").last()
        times = [each.name for each in model._meta.concrete_fields if isinstance(each, DateTimeField)]
        filled = [getattr(row, name) for name in times if name not in facts]
        assert all(before < at < after for at in filled if at is not None), model.__name__

    assert find_all_drift() == []


def test_no_form_of_the_admin_shows_a_default_of_the_database(admin_client):
    for model in admin.site._registry:
        label = f"{model._meta.app_label}_{model._meta.model_name}"
        page = admin_client.get(reverse(f"admin:{label}_add"))
        assert page.status_code in {200, 403}, label
        assert "DatabaseDefault" not in page.content.decode(), label
