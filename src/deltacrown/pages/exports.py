"""Exports: a player's matches, and everything kept of a player, row by row.

Rows are read in batches, so that memory does not grow with the history. A batch continues at a position: rows
recorded meanwhile may or may not be included, and none is left out or listed twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from deltacrown.accounts.models import ApiKey, User
from deltacrown.core.pagination import Order, paginate
from deltacrown.games.models import Match, list_match_sources
from deltacrown.moderation.models import Dispute
from deltacrown.teams.models import TeamMembership
from deltacrown.tournaments.models import TournamentParticipation, TournamentResult
from deltacrown.user_profile.histories.matches import MatchEntry, describe_matches
from deltacrown.user_profile.models import (
    ArchivedUserActivity,
    ExperienceAward,
    Follow,
    KycVerification,
    UserAchievement,
    UserActivity,
    UserProfile,
)
from deltacrown.user_profile.numbers.catalogue import list_game_stats, list_stats
from deltacrown.user_profile.people.addresses import get_player
from deltacrown.user_profile.privacy import Viewer, get_privacy, require_match_history
from django_tally.models import Revision

#: Rows read at a time.
BATCH = 500

Record = dict[str, Any]
Describe = Callable[[Any], Record]


def iterate_matches(
    public_id: str, *, viewer: Viewer = None, updated_since: datetime | None = None
) -> Iterator[MatchEntry]:
    """Return the matches of a player, earliest recorded first, live and archived, voided ones marked.

    :param updated_since: timezone-aware; only matches recorded, voided, restored or corrected in their
        result since.
    :raises NotFound: at once, when there is no such player.
    :raises HistoryHidden: at once, when the player hides them from ``viewer``.
    """
    user = get_player(public_id).user
    require_match_history(user, viewer)
    return _iterate_matches(user, updated_since)


def iterate_own_data(user: User) -> Iterator[tuple[str, Record]]:
    """Return everything kept of ``user``, as section and record, one section after the other."""
    yield from _iterate_account(user)
    for match in _iterate_matches(user, None):
        yield "matches", _flat(asdict(match))
    for section, sources, describe in _sections(user):
        for batch in _iterate_batches(sources, ("id",)):
            for row in batch:
                yield section, describe(row)


def _iterate_matches(user: User, updated_since: datetime | None) -> Iterator[MatchEntry]:
    sources = list_match_sources(_updated(user, updated_since), user=user)
    rows = [source.select_related("game") for source in sources]
    for batch in _iterate_batches(rows, ("recorded_at", "id")):
        yield from describe_matches(batch)


def _updated(user: User, since: datetime | None) -> Q:
    if since is None:
        return Q()
    # SQLite's clock has milliseconds only: a row may be exported twice, but none is missed.
    since = since.replace(microsecond=since.microsecond // 1000 * 1000)
    changed = Revision.objects.filter(owner=user.pk, source=Match._meta.label, changed_at__gte=since)
    return Q(recorded_at__gte=since) | Q(pk__in=changed.values("row"))


def _iterate_account(user: User) -> Iterator[tuple[str, Record]]:
    profile = UserProfile.objects.get(user=user)
    names = ("username", "email", "first_name", "last_name", "date_joined", "last_login")
    yield "account", {name: getattr(user, name) for name in names}
    yield "profile", _columns("public_id", "display_name", "bio", "country", "created_at")(profile)
    yield "privacy", _columns("show_match_history", "show_tournament_stats")(get_privacy(user))
    for line in list_stats(user):
        yield "stats", {"name": line.name, "value": line.value}
    for game in list_game_stats(user):
        yield "game_stats", {"game": game.game_slug, **{line.name: line.value for line in game.stats}}


def _sections(user: User) -> list[tuple[str, Sequence[QuerySet[Any]], Describe]]:
    """Return the other things kept of a player: the section, its rows, and how to describe one."""
    mine = {"user": user}
    entries = TournamentParticipation.objects.filter(**mine).select_related("tournament", "team")
    results = TournamentResult.objects.filter(**mine).select_related("tournament", "team")
    achievements = UserAchievement.objects.filter(**mine).select_related("achievement")
    activities = [UserActivity.objects.filter(**mine), ArchivedUserActivity.objects.filter(**mine)]
    following = Follow.objects.filter(follower=user).select_related("followed__profile")
    followers = Follow.objects.filter(followed=user).select_related("follower__profile")

    award = _columns("points", "reason", "awarded_at")
    activity = _columns("activity_type", "description", "metadata", "visibility", "created_at")
    dispute = _columns("reason", "status", "resolution", "filed_at", "resolved_at")
    verification = _columns("status", "requested_at", "reviewed_at")
    key = _columns("prefix", "name", "scopes", "created_at", "last_used_at", "revoked_at")
    return [
        ("teams", [TeamMembership.objects.filter(**mine).select_related("team")], _team),
        ("tournaments", [entries], _entry),
        ("results", [results], _result),
        ("achievements", [achievements], _achievement),
        ("experience", [ExperienceAward.objects.filter(**mine)], award),
        ("activity", activities, activity),
        ("disputes", [Dispute.objects.filter(reporter=user)], dispute),
        ("following", [following], _followed),
        ("followers", [followers], _follower),
        ("verification", [KycVerification.objects.filter(**mine)], verification),
        ("api_keys", [ApiKey.objects.filter(owner=user)], key),
    ]


def _columns(*names: str) -> Describe:
    return lambda row: {name: getattr(row, name) for name in names}


def _team(row: TeamMembership) -> Record:
    return {"team": row.team.name, "joined_at": row.joined_at, "left_at": row.left_at}


def _entry(row: TournamentParticipation) -> Record:
    team = row.team.name if row.team else ""
    return {
        "tournament": row.tournament.slug,
        "team": team,
        "status": row.status,
        "registered_at": row.registered_at,
    }


def _result(row: TournamentResult) -> Record:
    result = _columns("placement", "prize_amount", "disqualified_reason", "decided_at")(row)
    return {"tournament": row.tournament.slug, "team": row.team.name if row.team else "", **result}


def _achievement(row: UserAchievement) -> Record:
    return {
        "achievement": row.achievement.slug,
        "name": row.achievement.name,
        "fact": row.fact,
        "earned_at": row.earned_at,
    }


def _followed(row: Follow) -> Record:
    return {"player": row.followed.profile.public_id, "since": row.created_at}


def _follower(row: Follow) -> Record:
    return {"player": row.follower.profile.public_id, "since": row.created_at}


def _flat(match: Mapping[str, Any]) -> Record:
    """Return a match in one level: the fields of its tournament are named ``tournament_...``."""
    tournament = match["tournament"] or {}
    record = {name: value for name, value in match.items() if name not in {"tournament", "is_archived"}}
    names = ("slug", "round", "series", "map_name", "team", "opponent")
    return record | {f"tournament_{name}": tournament.get(name, "") for name in names}


def _iterate_batches(sources: Sequence[QuerySet[Any]], order: Order) -> Iterator[list[Any]]:
    cursor: str | None = None
    while True:
        page = paginate(sources, listing="export", order=order, cursor=cursor, limit=BATCH, max_limit=BATCH)
        yield page.items
        cursor = page.next_cursor
        if cursor is None:
            return
