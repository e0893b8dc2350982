"""A small world for tests of reactions: everything happens through the doors of the apps, at fixed times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from deltacrown.accounts.models import User
from deltacrown.accounts.services import create_players
from deltacrown.games.models import Game
from deltacrown.games.services import MatchRecord, record_matches
from deltacrown.teams.models import Team
from deltacrown.teams.services import join_team
from deltacrown.tournaments.models import Tournament
from deltacrown.tournaments.services import (
    EntrantRecord,
    Standing,
    complete_tournament,
    create_tournament,
    open_registration,
    register_entrants,
    start_tournament,
)
from deltacrown.user_profile.models import ExperienceAward, UserAchievement, UserActivity
from tests import scene

DAY = timedelta(days=1)
#: Everybody joined long before anything happened.
JOINED = datetime(2024, 1, 1, tzinfo=UTC)
FIRST_DAY = datetime(2025, 1, 1, 12, 0, tzinfo=UTC)
#: When everything is recorded.
TOLD = datetime(2025, 12, 1, tzinfo=UTC)
#: The types of activity, as the specification lists them.
SPECIFIED = [
    "PROFILE_CREATED",
    "ACHIEVEMENT_UNLOCKED",
    "TOURNAMENT_REGISTERED",
    "TOURNAMENT_WON",
    "TEAM_JOINED",
    "LEVEL_UP",
    "KYC_VERIFIED",
]


def day(number: float) -> datetime:
    """Noon of the given day, counted from 1 January 2025."""
    return FIRST_DAY + DAY * number


def people(*names: str) -> list[User]:
    users = create_players(usernames=names, joined_at=dict.fromkeys(names, JOINED))
    return [users[name] for name in names]


def rocket() -> Game:
    return scene.game("rocket")


def daily_duel(winner: User, loser: User, number: float, *, draw: bool = False, **fields: Any) -> MatchRecord:
    """The match of a day."""
    results = ("DRAW", "DRAW") if draw else ("WIN", "LOSS")
    lines = [scene.line(user, result) for user, result in zip((winner, loser), results, strict=True)]
    return scene.record(rocket(), f"day-{number}", *lines, played_at=day(number), **fields)


def play(records: Sequence[MatchRecord]) -> None:
    assert all(outcome.refusal is None for outcome in record_matches(records=records, now=TOLD))


def squad(name: str, *members: User) -> Team:
    team = scene.team(name)
    for member in members:
        join_team(team=team, user=member, joined_at=day(-30))
    return team


def start(slug: str, *entrants: User | Team, number: float = 0) -> Tournament:
    """A running tournament that began on a day, everybody registered the day before."""
    kind = "TEAM" if isinstance(entrants[0], Team) else "SOLO"
    event = create_tournament(
        slug=slug,
        name=slug.replace("-", " ").title(),
        game=rocket(),
        starts_at=day(number),
        entrant_kind=kind,
    )
    open_registration(tournament=event)
    entered = [
        EntrantRecord(
            user=each if isinstance(each, User) else None,
            team=each if isinstance(each, Team) else None,
            registered_at=day(number - 1),
        )
        for each in entrants
    ]
    register_entrants(tournament=event, entrants=entered, now=TOLD)
    return start_tournament(tournament=event)


def standing(entrant: User | Team, placement: int | None, **fields: Any) -> Standing:
    return Standing(
        user=entrant if isinstance(entrant, User) else None,
        team=entrant if isinstance(entrant, Team) else None,
        placement=placement,
        **fields,
    )


def hold(slug: str, *ranking: User | Team, number: float = 0) -> Tournament:
    """A tournament that ended the day it began, its entrants placed in order."""
    event = start(slug, *ranking, number=number)
    standings = [standing(each, place) for place, each in enumerate(ranking, start=1)]
    complete_tournament(tournament=event, standings=standings, now=TOLD, decided_at=day(number))
    return event


def told(user: User) -> list[tuple[datetime, str]]:
    """A player's timeline, latest first, without their arrival."""
    rows = UserActivity.objects.filter(user=user, is_withdrawn=False).exclude(activity_type="PROFILE_CREATED")
    return list(rows.order_by("-created_at", "-id").values_list("created_at", "description"))


def said(user: User) -> list[str]:
    return [description for _, description in told(user)]


def held(user: User) -> dict[str, datetime]:
    """What a player holds, and since when."""
    return dict(UserAchievement.objects.filter(user=user).values_list("achievement__slug", "earned_at"))


def points(user: User) -> dict[str, int]:
    """What a player was given points for in tournaments."""
    awards = ExperienceAward.objects.filter(user=user).exclude(dedupe_key__startswith="achievement:")
    return dict(awards.values_list("reason", "points"))


def contents() -> dict[str, list[tuple[Any, ...]]]:
    """All that reactions write, as plain rows without keys."""
    return {
        "activities": sorted(
            UserActivity.objects.values_list(
                "user__username",
                "activity_type",
                "dedupe_key",
                "description",
                "created_at",
                "visibility",
                "is_withdrawn",
            )
        ),
        "achievements": sorted(
            UserAchievement.objects.values_list("user__username", "achievement__slug", "fact", "earned_at")
        ),
        "experience": sorted(
            ExperienceAward.objects.values_list(
                "user__username", "dedupe_key", "points", "reason", "awarded_at"
            )
        ),
    }


@contextmanager
def queries() -> Iterator[list[str]]:
    """The statements sent while the block ran, without the savepoints around them."""
    sent: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield sent
    sent += [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]
