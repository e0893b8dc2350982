"""Subscribe to what happens in the other apps: one handler per event, and no decision in any of them.

A handler runs inside the transaction that wrote the fact: both are committed, or neither. It hands the rows
concerned to services that sync timelines, experience and achievements with the tables, so that an event sent
twice, late or in another order gives the same.

Not subscribed, because it does not appear on a timeline: matches played, minor achievements, money, disputes,
edits of a profile, sign-ins.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from django.db.models import Model
from django.db.models.signals import post_delete, post_save, pre_delete
from django.dispatch import Signal

from deltacrown.accounts import signals as accounts
from deltacrown.accounts.models import User
from deltacrown.games import signals as games
from deltacrown.games.models import Game, MatchRow
from deltacrown.games.services import MatchChange
from deltacrown.teams import signals as teams
from deltacrown.teams.models import TeamMembership
from deltacrown.tournaments import signals as tournaments
from deltacrown.tournaments.models import Tournament, TournamentParticipation, TournamentResult
from deltacrown.tournaments.services import ResultChange
from deltacrown.user_profile.achievements.experience import sync_tournament_experience
from deltacrown.user_profile.achievements.syncing import (
    award_for_matches,
    sync_match_achievements,
    sync_tournament_achievements,
)
from deltacrown.user_profile.models import KycVerification
from deltacrown.user_profile.timeline.kinds.kyc_verified import KycVerified
from deltacrown.user_profile.timeline.kinds.profile_created import ProfileCreated
from deltacrown.user_profile.timeline.kinds.team_joined import TeamJoined
from deltacrown.user_profile.timeline.kinds.tournament_registered import TournamentRegistered
from deltacrown.user_profile.timeline.kinds.tournament_won import TournamentWon
from deltacrown.user_profile.timeline.syncing import sync_timeline


def on_players_created(*, users: Sequence[User], **_: Any) -> None:
    sync_timeline(kinds=[ProfileCreated], users=[user.pk for user in users])


def on_user_saved(*, instance: User, created: bool, raw: bool, **_: Any) -> None:
    """Sync a user made one at a time: a sign-up, the admin.

    ``bulk_create`` and raw SQL send nothing; ``backfill_activities`` finds those.
    """
    if created and not raw:
        sync_timeline(kinds=[ProfileCreated], users=[instance.pk])


def on_matches_recorded(*, rows: Sequence[MatchRow], **_: Any) -> None:
    award_for_matches(rows=rows)


def on_match_amended(*, rows: Sequence[MatchRow], **_: Any) -> None:
    sync_match_achievements(users={row.user_id for row in rows})


def on_match_corrected(*, changes: Sequence[MatchChange], **_: Any) -> None:
    users = {change.row.user_id for change in changes if change.row.result != change.old_result}
    sync_match_achievements(users=users)


def on_team_joined(*, memberships: Sequence[TeamMembership], **_: Any) -> None:
    users = {row.user_id for row in memberships}
    sync_timeline(kinds=[TeamJoined], users=users, facts={row.pk for row in memberships})


def on_players_registered(*, tournament: Tournament, participations: Sequence[TournamentParticipation], **_: Any) -> None:
    """Sync those registered; one who registers again appears at the new date."""
    users = _users_of(participations)
    sync_timeline(kinds=[TournamentRegistered], users=users, facts=[tournament.pk])
    _sync_rewards(tournament, users)


def on_entrant_withdrawn(*, tournament: Tournament, participations: Sequence[TournamentParticipation], **_: Any) -> None:
    """Take back what entering was worth. That the player had registered stays on the timeline."""
    _sync_rewards(tournament, _users_of(participations))


def on_tournament_completed(*, tournament: Tournament, results: Sequence[TournamentResult], **_: Any) -> None:
    _sync_results(tournament, results)


def on_result_corrected(*, tournament: Tournament, changes: Sequence[ResultChange], **_: Any) -> None:
    _sync_results(tournament, [change.result for change in changes])


def on_entrant_disqualified(
    *,
    tournament: Tournament,
    participations: Sequence[TournamentParticipation],
    changes: Sequence[ResultChange],
    moved: Sequence[ResultChange],
    **_: Any,
) -> None:
    results = [change.result for change in (*changes, *moved)]
    _sync_results(tournament, [*participations, *results])


def on_tournament_row_deleted(*, instance: TournamentParticipation | TournamentResult, origin: object, **_: Any) -> None:
    """Sync after one row was deleted; rows deleted with their player or their tournament are handled with it."""
    if instance.user_id is not None and not _comes_from(origin, User, Tournament, Game):
        _sync_deletion(instance.tournament, [instance.user_id])


def before_tournament_deleted(*, instance: Tournament, **_: Any) -> None:
    """Remember who was in a tournament, while there are rows that say so."""
    tables = (TournamentParticipation, TournamentResult)
    rows = [table.objects.filter(tournament=instance, user__isnull=False).values_list("user_id", flat=True) for table in tables]
    instance.were_in = set().union(*rows)  # type: ignore[attr-defined]


def on_tournament_deleted(*, instance: Tournament, **_: Any) -> None:
    _sync_deletion(instance, instance.were_in)  # type: ignore[attr-defined]


def on_membership_deleted(*, instance: TeamMembership, origin: object, **_: Any) -> None:
    if not _comes_from(origin, User):
        sync_timeline(kinds=[TeamJoined], users=[instance.user_id], facts=[instance.pk])


def on_verification_deleted(*, instance: KycVerification, origin: object, **_: Any) -> None:
    if not _comes_from(origin, User):
        sync_timeline(kinds=[KycVerified], users=[instance.user_id])


def _comes_from(origin: object, *models: type[Model]) -> bool:
    """Return whether a deletion began with rows of ``models``."""
    return isinstance(origin, models) or getattr(origin, "model", None) in models


def _users_of(rows: Iterable[TournamentParticipation | TournamentResult]) -> set[int]:
    """Return the players of some rows; the rows of teams themselves have none."""
    return {row.user_id for row in rows if row.user_id is not None}


def _sync_deletion(tournament: Tournament, users: Collection[int]) -> None:
    sync_timeline(kinds=[TournamentRegistered, TournamentWon], users=users, facts=[tournament.pk])
    _sync_rewards(tournament, users)


def _sync_results(tournament: Tournament, rows: Iterable[TournamentParticipation | TournamentResult]) -> None:
    users = _users_of(rows)
    sync_timeline(kinds=[TournamentWon], users=users, facts=[tournament.pk])
    _sync_rewards(tournament, users)


def _sync_rewards(tournament: Tournament, users: Collection[int]) -> None:
    sync_tournament_experience(tournament=tournament, users=users)
    sync_tournament_achievements(users=users)


#: Each signal with its handler; of Django's own signals, also the sender.
SUBSCRIPTIONS: tuple[tuple[Signal, Callable[..., None], type[Model] | None], ...] = (
    (accounts.players_created, on_players_created, None),
    (post_save, on_user_saved, User),
    (games.matches_recorded, on_matches_recorded, None),
    (games.match_voided, on_match_amended, None),
    (games.match_restored, on_match_amended, None),
    (games.match_corrected, on_match_corrected, None),
    (teams.team_joined, on_team_joined, None),
    (tournaments.players_registered, on_players_registered, None),
    (tournaments.entrant_withdrawn, on_entrant_withdrawn, None),
    (tournaments.tournament_completed, on_tournament_completed, None),
    (tournaments.result_corrected, on_result_corrected, None),
    (tournaments.entrant_disqualified, on_entrant_disqualified, None),
    (post_delete, on_tournament_row_deleted, TournamentParticipation),
    (post_delete, on_tournament_row_deleted, TournamentResult),
    (pre_delete, before_tournament_deleted, Tournament),
    (post_delete, on_tournament_deleted, Tournament),
    (post_delete, on_membership_deleted, TeamMembership),
    (post_delete, on_verification_deleted, KycVerification),
)


def connect() -> None:
    """Subscribe to everything; called when the apps are ready."""
    for signal, handler, sender in SUBSCRIPTIONS:
        signal.connect(handler, sender=sender)


def disconnect() -> None:
    """Unsubscribe, for tests of an app without these reactions."""
    for signal, handler, sender in SUBSCRIPTIONS:
        signal.disconnect(handler, sender=sender)
