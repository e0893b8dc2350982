"""Every reaction of this app to what happens in the others, and to its own news. One handler per event; none decides anything.

A handler runs inside the transaction that wrote the fact: both are committed, or neither. It hands the rows
touched to services that make timelines, experience and achievements what the tables say, so that an event told
twice, late or in another order comes to the same.

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
from deltacrown.user_profile import signals as profiles
from deltacrown.user_profile.achievements import experience, syncing
from deltacrown.user_profile.models import KycVerification, UserAchievement
from deltacrown.user_profile.timeline import keeping


def on_players_created(*, users: Sequence[User], **_: Any) -> None:
    keeping.keep_arrivals(users=users)


def on_user_saved(*, instance: User, created: bool, raw: bool, **_: Any) -> None:
    """A user made one at a time: a sign-up, the admin. ``bulk_create`` and raw SQL send nothing; ``backfill_activities`` finds those."""
    if created and not raw:
        keeping.keep_arrivals(users=[instance])


def on_matches_recorded(*, rows: Sequence[MatchRow], **_: Any) -> None:
    syncing.note_matches(rows=rows)


def on_match_amended(*, rows: Sequence[MatchRow], reason: str, **_: Any) -> None:
    syncing.review_play(users={row.user_id for row in rows}, reason=reason)


def on_match_corrected(*, changes: Sequence[MatchChange], reason: str, **_: Any) -> None:
    syncing.review_play(users={change.row.user_id for change in changes if change.row.result != change.old_result}, reason=reason)


def on_team_joined(*, memberships: Sequence[TeamMembership], **_: Any) -> None:
    keeping.keep_memberships(memberships=memberships)


def on_players_registered(*, tournament: Tournament, participations: Sequence[TournamentParticipation], **_: Any) -> None:
    keeping.keep_registrations(tournament=tournament, users={row.user_id for row in participations})
    _review_entries(tournament, participations, "The registration was changed.")


def on_entrant_withdrawn(*, tournament: Tournament, participations: Sequence[TournamentParticipation], **_: Any) -> None:
    """That a player had entered stays on the timeline; what entering was worth is taken back."""
    _review_entries(tournament, participations, f"Withdrew from {tournament.name}.")


def on_tournament_completed(*, tournament: Tournament, results: Sequence[TournamentResult], **_: Any) -> None:
    _review_results(tournament, results, f"Results of {tournament.name}.")


def on_result_corrected(*, tournament: Tournament, changes: Sequence[ResultChange], reason: str, **_: Any) -> None:
    _review_results(tournament, [change.result for change in changes], reason)


def on_entrant_disqualified(
    *,
    tournament: Tournament,
    participations: Sequence[TournamentParticipation],
    changes: Sequence[ResultChange],
    moved: Sequence[ResultChange],
    reason: str,
    **_: Any,
) -> None:
    _review_results(tournament, [*participations, *(change.result for change in (*changes, *moved))], reason)


def on_achievements_changed(*, awards: Sequence[UserAchievement], **_: Any) -> None:
    keeping.keep_achievements(awards=awards)
    keeping.keep_levels(users={award.user_id for award in awards})


def on_experience_changed(*, users: Sequence[int], **_: Any) -> None:
    keeping.keep_levels(users=users)


def on_verification_changed(*, verification: KycVerification, **_: Any) -> None:
    keeping.keep_verification(user=verification.user_id)


def on_tournament_row_deleted(*, instance: TournamentParticipation | TournamentResult, origin: object, **_: Any) -> None:
    """One row went; those that go with their player or their tournament are seen to with it."""
    if instance.user_id is not None and not _comes_from(origin, User, Tournament, Game):
        _review_deletion(instance.tournament, [instance.user_id])


def on_tournament_going(*, instance: Tournament, **_: Any) -> None:
    """Remember who was in a tournament that is being deleted, while the rows tell."""
    tables = (TournamentParticipation, TournamentResult)
    rows = [table.objects.filter(tournament=instance, user__isnull=False).values_list("user_id", flat=True) for table in tables]
    instance.were_in = {user for users in rows for user in users}  # type: ignore[attr-defined]


def on_tournament_deleted(*, instance: Tournament, **_: Any) -> None:
    _review_deletion(instance, instance.were_in)  # type: ignore[attr-defined]


def on_membership_deleted(*, instance: TeamMembership, origin: object, **_: Any) -> None:
    if not _comes_from(origin, User):
        keeping.drop_membership(membership=instance)


def on_verification_deleted(*, instance: KycVerification, origin: object, **_: Any) -> None:
    if not _comes_from(origin, User):
        keeping.drop_verification(verification=instance)


def _comes_from(origin: object, *models: type[Model]) -> bool:
    """Whether a deletion began with rows of ``models``."""
    return isinstance(origin, models) or getattr(origin, "model", None) in models


def _review_deletion(tournament: Tournament, users: Collection[int]) -> None:
    keeping.keep_tournament(tournament=tournament, users=users)
    experience.keep_tournament_experience(tournament=tournament, users=users)
    syncing.review_tournaments(users=users, reason=f"Rows of {tournament.name} were deleted.")


def _review_entries(tournament: Tournament, rows: Iterable[TournamentParticipation], reason: str) -> None:
    users = {row.user_id for row in rows}
    experience.keep_tournament_experience(tournament=tournament, users=users)
    syncing.review_tournaments(users=users, reason=reason)


def _review_results(tournament: Tournament, rows: Iterable[TournamentParticipation | TournamentResult], reason: str) -> None:
    """Of everyone concerned; the rows of teams themselves are nobody's."""
    users = {row.user_id for row in rows if row.user_id is not None}
    keeping.keep_podiums(tournament=tournament, users=users)
    experience.keep_tournament_experience(tournament=tournament, users=users)
    syncing.review_tournaments(users=users, reason=reason)


#: What is listened to, by whom; of Django's own signals, from which sender.
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
    (pre_delete, on_tournament_going, Tournament),
    (post_delete, on_tournament_deleted, Tournament),
    (post_delete, on_membership_deleted, TeamMembership),
    (post_delete, on_verification_deleted, KycVerification),
    (profiles.achievement_awarded, on_achievements_changed, None),
    (profiles.achievement_restated, on_achievements_changed, None),
    (profiles.achievement_revoked, on_achievements_changed, None),
    (profiles.experience_changed, on_experience_changed, None),
    (profiles.verification_changed, on_verification_changed, None),
)


def connect() -> None:
    """Subscribe to everything; called when the apps are ready."""
    for signal, handler, sender in SUBSCRIPTIONS:
        signal.connect(handler, sender=sender)


def disconnect() -> None:
    """Stop listening, for tests of what happens before anybody reacts."""
    for signal, handler, sender in SUBSCRIPTIONS:
        signal.disconnect(handler, sender=sender)
