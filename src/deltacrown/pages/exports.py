"""Exports: a player's matches, and everything kept of a player, row by row.

Rows are read in batches, so that memory does not grow with the history. A batch continues at a position: rows
recorded meanwhile may or may not be included, and none is left out or listed twice.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.db.models import Q, QuerySet

from deltacrown.accounts.models import ApiKey, ExternalId, FormerUsername, User
from deltacrown.core.dates import write_iso_day
from deltacrown.core.pagination import iterate_pages
from deltacrown.core.words import in_english
from deltacrown.games.models import Match, MatchRow, list_match_sources
from deltacrown.interchange.cells import write_header
from deltacrown.interchange.formats.deltacrown.writing import list_columns
from deltacrown.moderation.models import Dispute, DisputeStatement
from deltacrown.notifications.models import Notification, NotificationChoice
from deltacrown.pages.export_lines import iterate_batches, iterate_stats
from deltacrown.teams.models import TeamInvitation, TeamMembership, TeamRole
from deltacrown.tournaments.models import (
    EntryChange,
    TournamentInvitation,
    TournamentParticipation,
    TournamentResult,
)
from deltacrown.user_profile.achievements.experience import list_reasons
from deltacrown.user_profile.histories.filters import GivenMatchFilters, read_match_filters
from deltacrown.user_profile.histories.matches import MatchEntry, describe_matches, narrow_matches
from deltacrown.user_profile.models import (
    ArchivedUserActivity,
    Block,
    ExperienceAward,
    Follow,
    KycVerification,
    Standing,
    StandingChange,
    UserAchievement,
    UserActivity,
    UserProfile,
)
from deltacrown.user_profile.numbers.catalogue import list_game_stats, list_stats
from deltacrown.user_profile.people.addresses import get_player
from deltacrown.user_profile.people.avatars import read_file
from deltacrown.user_profile.people.privacy_settings import get_privacy
from deltacrown.user_profile.people.profiles import record_own_export
from deltacrown.user_profile.privacy import Viewer, require_match_history
from deltacrown.user_profile.standing import filter_listed
from deltacrown.user_profile.timeline.reading import find_wordings
from django_tally.commits import list_written_before
from django_tally.models import Revision

#: What a match entry has for pages alone: the key of its row, and what is said of others' rows.
ADDED = {"line_id", "series", "lines", "opponents", "opposing_side", "opponent_score"}
#: Rows read at a time.
BATCH = 500

PROFILE = ("public_id", "display_name", "bio", "links", "country", "created_at")
EXTERNAL_ID = ("provider", "value", "is_confirmed", "added_at")

Record = dict[str, Any]
Describe = Callable[[Any], Record]


@dataclass(frozen=True)
class MatchExport:
    """A player's matches as files of the interchange format, which ``import_matches`` reads, piece by piece.

    :param player: what the lines call the player.
    :param sources: the rows that the lines are of.
    """

    player: str
    sources: Sequence[QuerySet[Any]]

    def write_ndjson(self) -> Iterator[str]:
        """Return the pieces of an NDJSON file."""
        batches = iterate_batches(self.sources, player=self.player, as_text=True)
        return (batch.write_ndjson() for batch in batches)

    def write_csv(self) -> Iterator[str]:
        """Return the pieces of a CSV file; for its header the stats of all rows are read at once."""
        columns = list_columns(iterate_stats(self.sources))
        batches = iterate_batches(self.sources, player=self.player)
        return chain([write_header(columns)], (batch.write_csv(columns) for batch in batches))


def export_matches(
    public_id: str,
    *,
    viewer: Viewer = None,
    updated_since: datetime | None = None,
    filters: GivenMatchFilters = None,
) -> MatchExport:
    """Return the matches of a player, earliest recorded first, live and archived, voided ones marked.

    The lines name the player by public id.

    :param updated_since: timezone-aware; only matches recorded, voided, restored or corrected in their
        result since.
    :param filters: those of the match history.
    :raises InvalidInput: at once, for a filter that cannot be taken.
    :raises NotFound: at once, when there is no such player.
    :raises HistoryHidden: at once, when the player hides them from ``viewer``.
    """
    user = get_player(public_id, viewer=viewer).user
    require_match_history(user, viewer)

    sources = list_match_sources(_updated(user, updated_since), user=user)
    narrowed = narrow_matches(sources, read_match_filters(filters), viewer=viewer)
    return MatchExport(public_id, narrowed)


def export_own_data(user: User, *, clock: Callable[[], datetime]) -> Iterator[tuple[str, Record]]:
    """As ``iterate_own_data``; once all was read, it is recorded that the player has a copy."""
    yield from iterate_own_data(user)
    record_own_export(user=user, now=clock())


def iterate_own_data(user: User) -> Iterator[tuple[str, Record]]:
    """Return everything kept of ``user``, as section and record, one section after the other."""
    yield from _iterate_account(user)
    for _, match in _iterate_matches(list_match_sources(user=user)):
        yield "matches", _flat({name: value for name, value in asdict(match).items() if name not in ADDED})
    for section, sources, describe in _sections(user):
        for batch in iterate_pages(sources, order=("id",), size=BATCH):
            for row in batch:
                yield section, describe(row)

    for batch in iterate_pages([ExperienceAward.objects.filter(user=user)], order=("id",), size=BATCH):
        with in_english():  # streams are written when the language of the request is no more
            reasons = list_reasons(batch)
        for row in batch:
            record = {"points": row.points, "reason": reasons[row.pk], "awarded_at": row.awarded_at}
            yield "experience", record

    activities = [UserActivity.objects.filter(user=user), ArchivedUserActivity.objects.filter(user=user)]
    for batch in iterate_pages(activities, order=("id",), size=BATCH):
        for record in _activities(batch):
            yield "activity", record


def _iterate_matches(sources: Sequence[QuerySet[Any]]) -> Iterator[tuple[MatchRow, MatchEntry]]:
    rows = [source.select_related("game") for source in sources]
    for batch in iterate_pages(rows, order=("recorded_at", "id"), size=BATCH):
        yield from zip(batch, describe_matches(batch), strict=True)


def _updated(user: User, since: datetime | None) -> Q:
    if since is None:
        return Q()
    # SQLite's clock has milliseconds only: a row may be exported twice, but none is missed.
    since = since.replace(microsecond=since.microsecond // 1000 * 1000)
    late = list_written_before(since, Match._meta.label)
    changed_since = Q(changed_at__gte=since) | Q(changed_at__in=late)
    changed = Revision.objects.filter(changed_since, owner=user.pk, source=Match._meta.label)
    return Q(recorded_at__gte=since) | Q(recorded_at__in=late) | Q(pk__in=changed.values("row"))


def _iterate_account(user: User) -> Iterator[tuple[str, Record]]:
    profile = UserProfile.objects.get(user=user)
    names = ("username", "email", "first_name", "last_name", "date_joined", "last_login")
    yield "account", {name: getattr(user, name) for name in names}
    yield "profile", _columns(*PROFILE)(profile)
    if picture := read_file(profile.avatar):
        yield "picture", {"type": "image/webp", "base64": base64.b64encode(picture).decode()}
    yield "privacy", _columns("show_match_history", "show_tournament_stats")(get_privacy(user))
    for line in list_stats(user):
        yield "stats", {"name": line.name, "value": line.value}
    for game in list_game_stats(user):
        yield "game_stats", {"game": game.game_slug, **{line.name: line.value for line in game.stats}}


def _sections(user: User) -> list[tuple[str, Sequence[QuerySet[Any]], Describe]]:
    """Return the other things kept of a player: the section, its rows, and how to describe one."""
    mine = {"user": user}
    entries = TournamentParticipation.objects.filter(**mine).select_related("tournament", "team")
    changes = EntryChange.objects.filter(**mine).select_related("tournament", "team")
    invitations = TournamentInvitation.objects.filter(**mine).select_related("tournament")
    results = TournamentResult.objects.filter(**mine).select_related("tournament", "team")
    achievements = UserAchievement.objects.filter(**mine).select_related("achievement")
    following = filter_listed(Follow.objects.filter(follower=user), "followed")
    followers = filter_listed(Follow.objects.filter(followed=user), "follower")
    blocked = Block.objects.filter(blocker=user).select_related("blocked__profile")
    roles = TeamRole.objects.filter(**mine).select_related("team")
    team_invitations = TeamInvitation.objects.filter(**mine).select_related("team")

    dispute = _columns("reason", "status", "resolution", "filed_at", "resolved_at")
    statement = _columns("words", "written_at", "changed_at", "former")
    notification = _columns("kind", "happened_at", "told_at", "read_at", "mailed_at")
    choice = _columns("kind", "on_site", "mail_since")
    verification = _columns("status", "requested_at", "reviewed_at")
    factor = _columns("type", "created_at", "last_used_at")
    key = _columns("prefix", "name", "scopes", "created_at", "last_used_at", "revoked_at")
    return [
        ("former_usernames", [FormerUsername.objects.filter(owner=user)], _columns("name", "given_up_at")),
        ("external_ids", [ExternalId.objects.filter(user=user)], _columns(*EXTERNAL_ID)),
        ("teams", [TeamMembership.objects.filter(**mine).select_related("team")], _team),
        ("team_roles", [roles], _team_role),
        ("team_invitations", [team_invitations], _team_invitation),
        ("tournaments", [entries], _entry),
        ("entry_changes", [changes], _entry_change),
        ("invitations", [invitations], _invitation),
        ("results", [results], _result),
        ("achievements", [achievements], _achievement),
        ("disputes", [Dispute.objects.filter(reporter=user)], dispute),
        ("dispute_statements", [DisputeStatement.objects.filter(author=user)], statement),
        ("following", [following.select_related("followed__profile")], _followed),
        ("followers", [followers.select_related("follower__profile")], _follower),
        ("blocked", [blocked], _blocked),
        ("standings", [StandingChange.objects.filter(**mine)], _standing),
        ("notifications", [Notification.objects.filter(**mine)], notification),
        ("notification_choices", [NotificationChoice.objects.filter(**mine)], choice),
        ("verification", [KycVerification.objects.filter(**mine)], verification),
        ("email_addresses", [EmailAddress.objects.filter(**mine)], _columns("email", "verified", "primary")),
        ("second_factors", [Authenticator.objects.filter(**mine)], factor),
        ("provider_accounts", [SocialAccount.objects.filter(**mine)], _provider_account),
        ("sessions", [UserSession.objects.filter(**mine)], _columns("created_at", "ip", "user_agent")),
        ("api_keys", [ApiKey.objects.filter(owner=user)], key),
    ]


def _provider_account(row: SocialAccount) -> Record:
    used = {"connected_at": row.date_joined, "last_used_at": row.last_login}
    return {"provider": row.provider, "id": row.uid, **used}


def _activities(rows: Sequence[Any]) -> Iterator[Record]:
    """Yield timeline entries as a timeline shows them, with today's names."""
    with in_english():
        wordings = find_wordings(rows)
    for row in rows:
        yield {
            "activity_type": row.activity_type,
            "description": wordings[row.pk].description,
            "metadata": dict(wordings[row.pk].metadata),
            "visibility": row.visibility,
            "created_at": row.created_at,
        }


def _columns(*names: str) -> Describe:
    return lambda row: {name: getattr(row, name) for name in names}


def _team(row: TeamMembership) -> Record:
    return {"team": row.team.name, "joined_at": row.joined_at, "left_at": row.left_at}


def _team_role(row: TeamRole) -> Record:
    return {"team": row.team.name, "role": row.role, "given_at": row.given_at, "ended_at": row.ended_at}


def _team_invitation(row: TeamInvitation) -> Record:
    dates = {"invited_at": row.invited_at, "answered_at": row.answered_at}
    return {"team": row.team.name, "answer": row.answer, **dates}


def _entry(row: TournamentParticipation) -> Record:
    team = row.team.name if row.team else ""
    return {
        "tournament": row.tournament.slug,
        "team": team,
        "status": row.status,
        "registered_at": row.registered_at,
    }


def _entry_change(row: EntryChange) -> Record:
    change = _columns("kind", "reason", "happened_at", "recorded_at")(row)
    return {"tournament": row.tournament.slug, "team": row.team.name if row.team else "", **change}


def _invitation(row: TournamentInvitation) -> Record:
    return {"tournament": row.tournament.slug, **_columns("status", "invited_at", "settled_at")(row)}


def _result(row: TournamentResult) -> Record:
    names = ("placement", "placement_to", "unplaced_reason", "prize_amount")
    return {
        "tournament": row.tournament.slug,
        "team": row.team.name if row.team else "",
        **_columns(*names)(row),
        "prize_currency": row.tournament.prize_currency,
        **_columns("disqualified_reason", "uncounted_reason", "decided_at")(row),
    }


def _standing(row: StandingChange) -> Record:
    """Return a change of standing as the player is told it: why they were suspended, never by whom."""
    reason = row.reason if row.standing == Standing.SUSPENDED else ""
    return {"standing": row.standing, "until": row.until, "reason": reason, "changed_at": row.changed_at}


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


def _blocked(row: Block) -> Record:
    return {"player": row.blocked.profile.public_id, "since": row.created_at}


def _flat(match: Mapping[str, Any]) -> Record:
    """Return a match in one level: the fields of its tournament are named ``tournament_...``.

    Where the day alone is known, it is all that ``played_at`` has.
    """
    tournament = match["tournament"] or {}
    left_out = {"tournament", "is_archived", "is_time_known", "lines"}
    record = {name: value for name, value in match.items() if name not in left_out}
    if not match["is_time_known"]:
        record["played_at"] = write_iso_day(match["played_at"])
    names = ("slug", "round", "series", "map_name", "team", "opponent")
    return record | {f"tournament_{name}": tournament.get(name, "") for name in names}
