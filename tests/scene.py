"""Builders of test data, at fixed times.

A function named after a row (``player``, ``match``, ``registration``, ``result``) inserts it directly into
its table; services are tested elsewhere. ``line``, ``record`` and ``duel`` return arguments for the services
of matches, and write nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import Permission

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right
from deltacrown.core.errors import DomainError
from deltacrown.games.models import ArchivedMatch, Game, Match, Season
from deltacrown.games.services import LineRecord, MatchRecord, RecordOutcome
from deltacrown.moderation.models import Dispute, DisputeStatement
from deltacrown.teams.models import Team, TeamMembership, TeamRole
from deltacrown.tournaments.models import (
    Tournament,
    TournamentMatchResult,
    TournamentParticipation,
    TournamentResult,
    TournamentSeriesResult,
)
from deltacrown.user_profile.models import (
    Achievement,
    ArchivedUserActivity,
    ExperienceAward,
    PrivacySettings,
    UserAchievement,
    UserActivity,
)
from tests.conftest import NOON

#: When what happens begins; ``at`` counts from here.
START = datetime(2025, 3, 1, 18, 0, tzinfo=UTC)
#: When the matches of ``record`` and ``duel`` were played: the evening before ``NOON``, their recording.
PLAYED = NOON - timedelta(hours=16)


def at(hours: float) -> datetime:
    """The time ``hours`` after the fixed start."""
    return START + timedelta(hours=hours)


def player(name: str, **fields: Any) -> User:
    """A user. Staff have every right, unless ``is_superuser`` is given: rights follow permissions."""
    fields.setdefault("is_superuser", fields.get("is_staff", False))
    return User.objects.create(username=name, **fields)


def staff(name: str, *rights: Right) -> User:
    """A member of staff with these rights alone."""
    user = player(name, is_staff=True, is_superuser=False)
    for right in rights:
        app_label, _, codename = right.partition(".")
        permission = Permission.objects.get(content_type__app_label=app_label, codename=codename)
        user.user_permissions.add(permission)
    return user


def hide(user: User, *, matches: bool = False, tournaments: bool = False) -> None:
    PrivacySettings.objects.filter(user=user).update(
        show_match_history=not matches, show_tournament_stats=not tournaments
    )


def game(slug: str = "valorant") -> Game:
    return Game.objects.get_or_create(slug=slug, defaults={"name": slug.replace("-", " ").title()})[0]


def team(slug: str = "north") -> Team:
    return Team.objects.get_or_create(slug=slug, defaults={"name": slug.title()})[0]


def season(
    slug: str = "spring",
    starts_at: str = "2025-03-01",
    ends_at: str = "2025-06-01",
    *,
    title: Game | None = None,
    **fields: Any,
) -> Season:
    """A season as any writer may leave it: from and up to these times, in UTC where they name no zone."""
    times = [datetime.fromisoformat(text) for text in (starts_at, ends_at)]
    starts, ends = (time if time.tzinfo else time.replace(tzinfo=UTC) for time in times)
    fields = {"name": slug.replace("-", " ").title(), **fields}
    return Season.objects.create(slug=slug, game=title, starts_at=starts, ends_at=ends, **fields)


def match(
    user: User, key: str, result: str = "WIN", *, hours: float = 0, title: Game | None = None, **fields: Any
) -> Match:
    return Match.objects.create(
        user=user, game=title or game(), match_key=key, result=result, played_at=at(hours), **fields
    )


def voided(
    user: User, key: str, result: str = "WIN", *, reason: str = "server crash", **fields: Any
) -> Match:
    return match(user, key, result, voided_at=at(100), void_reason=reason, **fields)


def archive(row: Match) -> ArchivedMatch:
    """Move a row as the archive does: same id, same columns."""
    columns = {field.attname: getattr(row, field.attname) for field in Match._meta.concrete_fields}
    Match.objects.filter(pk=row.pk)._raw_delete("default")
    return ArchivedMatch.objects.create(**columns)


def tournament(
    slug: str = "spring-cup", *, hours: float = 0, title: Game | None = None, **fields: Any
) -> Tournament:
    fields = {"name": slug.replace("-", " ").title(), "status": "COMPLETED", **fields}
    return Tournament.objects.create(slug=slug, game=title or game(), starts_at=at(hours), **fields)


def registration(
    user: User, event: Tournament, *, hours: float = 0, **fields: Any
) -> TournamentParticipation:
    return TournamentParticipation.objects.create(
        user=user, tournament=event, registered_at=at(hours), **fields
    )


def result(
    event: Tournament, placement: int | None, user: User | None = None, *, hours: float = 0, **fields: Any
) -> TournamentResult:
    return TournamentResult.objects.create(
        tournament=event, user=user, placement=placement, decided_at=at(hours), **fields
    )


def disqualified(
    event: Tournament, user: User, reason: str = "wrong roster", **fields: Any
) -> TournamentResult:
    return result(event, None, user, disqualified_at=at(90), disqualified_reason=reason, **fields)


def tournament_match(row: Match, event: Tournament, **fields: Any) -> TournamentMatchResult:
    return TournamentMatchResult.objects.create(
        tournament=event, user_id=row.user_id, match_id=row.pk, **fields
    )


def series_result(
    user: User,
    event: Tournament,
    name: str = "Final",
    result: str = "WIN",
    *,
    hours: float = 0,
    **fields: Any,
) -> TournamentSeriesResult:
    """A series as a sync would write it; without games, a sync would delete it."""
    score = {"WIN": (2, 0), "LOSS": (0, 2), "DRAW": (1, 1), "NONE": (0, 0)}[result]
    defaults = {"games_won": score[0], "games_lost": score[1], "games_drawn": 0, "games_played": 2}
    times = {"started_at": at(hours), "played_at": at(hours)}
    told = {**defaults, **times, "game": event.game, "result": result, **fields}
    return TournamentSeriesResult.objects.create(user=user, tournament=event, series=name, **told)


def activity(
    user: User,
    key: str,
    *,
    hours: float = 0,
    kind: str = "TEAM_JOINED",
    visibility: str = "PUBLIC",
    **fields: Any,
) -> UserActivity:
    return UserActivity.objects.create(
        user=user,
        activity_type=kind,
        dedupe_key=key,
        description=f"did {key}",
        created_at=at(hours),
        visibility=visibility,
        **fields,
    )


def archived_activity(row: UserActivity) -> ArchivedUserActivity:
    """Move an entry as the archive does: same id, same columns."""
    columns = {field.attname: getattr(row, field.attname) for field in UserActivity._meta.concrete_fields}
    UserActivity.objects.filter(pk=row.pk).delete()
    return ArchivedUserActivity.objects.create(**columns)


def dispute(user: User, row: Match, *, hours: float = 5, **fields: Any) -> Dispute:
    return Dispute.objects.create(reporter=user, match=row, reason="not so", filed_at=at(hours), **fields)


def statement(
    author: User, filed: Dispute, words: str = "It was fair.", *, hours: float = 6
) -> DisputeStatement:
    return DisputeStatement.objects.create(dispute=filed, author=author, words=words, written_at=at(hours))


def achievement(user: User, slug: str = "first-blood", *, hours: float = 0) -> UserAchievement:
    badge, _ = Achievement.objects.get_or_create(
        slug=slug, defaults={"name": slug.title(), "description": "Well done."}
    )
    return UserAchievement.objects.create(user=user, achievement=badge, earned_at=at(hours))


def experience(user: User, points: int, key: str = "x") -> ExperienceAward:
    return ExperienceAward.objects.create(
        user=user, points=points, reason=f"for {key}", dedupe_key=key, awarded_at=at(1)
    )


def member(user: User, squad: Team, *, hours: float = 0, left: float | None = None) -> TeamMembership:
    return TeamMembership.objects.create(
        user=user, team=squad, joined_at=at(hours), left_at=None if left is None else at(left)
    )


def role(
    user: User, squad: Team, name: str = "CAPTAIN", *, hours: float = 0, ended: float | None = None
) -> TeamRole:
    return TeamRole.objects.create(
        user=user, team=squad, role=name, given_at=at(hours), ended_at=None if ended is None else at(ended)
    )


def line(user: User, result: str = "WIN", **fields: Any) -> LineRecord:
    """A player's part of a match, for ``record``."""
    return LineRecord(user=user, result=result, **fields)


def record(title: Game, key: str, *lines: LineRecord, **fields: Any) -> MatchRecord:
    """A whole match, as the services take it."""
    return MatchRecord(**{"game": title, "match_key": key, "played_at": PLAYED, "lines": lines, **fields})


def duel(title: Game, key: str, winner: User, loser: User, **fields: Any) -> MatchRecord:
    """A match of two, as the services take it."""
    return record(title, key, line(winner, "WIN"), line(loser, "LOSS"), **fields)


def statuses(outcomes: Iterable[RecordOutcome]) -> list[str]:
    """Return the status of each outcome, in order."""
    return [outcome.status.value for outcome in outcomes]


def refusals(outcomes: Iterable[RecordOutcome]) -> list[DomainError]:
    """Return the refusals among outcomes, in order."""
    return [outcome.refusal for outcome in outcomes if outcome.refusal]
