"""Subscribe to what happens in the other apps. No handler decides anything.

Which events a timeline follows is declared by its kinds, in ``timeline/kinds``. What achievements and
experience follow is listed here.

A handler runs inside the transaction that wrote the fact: both are committed, or neither. It hands the rows
concerned to services that sync timelines, experience and achievements with the tables. So an event sent
twice, late or in another order gives the same.

Not subscribed, because it does not appear on a timeline: matches played, minor achievements, money, disputes,
edits of a profile, sign-ins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from django.db.models import Model
from django.db.models.signals import post_delete, post_save
from django.dispatch import Signal

from deltacrown.accounts.models import User
from deltacrown.core.gathering import do_gathered
from deltacrown.games import signals as games
from deltacrown.games.models import MatchRow
from deltacrown.games.services import MatchChange
from deltacrown.tournaments import signals as tournaments
from deltacrown.tournaments.models import Tournament, TournamentParticipation, TournamentResult
from deltacrown.tournaments.services import ResultChange
from deltacrown.user_profile.achievements.backfill import forget_backfilled
from deltacrown.user_profile.achievements.experience import sync_tournament_experience
from deltacrown.user_profile.achievements.syncing import (
    award_for_matches,
    sync_match_achievements,
    sync_tournament_achievements,
)
from deltacrown.user_profile.people.profiles import forget_player
from deltacrown.user_profile.timeline.kind import Event, RowKind
from deltacrown.user_profile.timeline.kinds import KINDS
from deltacrown.user_profile.timeline.kinds.profile_created import ProfileCreated
from deltacrown.user_profile.timeline.syncing import sync_rows, sync_timeline

TournamentRow = TournamentParticipation | TournamentResult
#: A signal, its handler, and of Django's own signals the sender.
Subscription = tuple[Signal, Callable[..., None], type[Model] | None]

ROW_KINDS = [kind for kind in KINDS.values() if isinstance(kind, RowKind)]


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


def on_match_corrected(
    *,
    changes: Sequence[MatchChange],
    added: Sequence[MatchRow],
    removed: Sequence[MatchRow],
    **_: Any,
) -> None:
    matter = [change for change in changes if change.matters_for_numbers]
    users = {row.user_id for row in (*added, *removed)}
    users |= {change.row.user_id for change in matter} | {change.old_user_id for change in matter}
    sync_match_achievements(users=users)


def on_match_lines_added(*, changes: Sequence[MatchChange], **_: Any) -> None:
    """Sync the players of older lines that count otherwise now; the new lines were announced as recorded."""
    if changes:
        sync_match_achievements(users={change.row.user_id for change in changes})


def on_players_registered(
    *,
    tournament: Tournament,
    participations: Sequence[TournamentParticipation],
    **_: Any,
) -> None:
    _sync_rewards(tournament, participations)


def on_roster_changed(
    *,
    tournament: Tournament,
    participations: Sequence[TournamentParticipation],
    **_: Any,
) -> None:
    """Reward who joined; take back what entering was worth to who left."""
    _sync_rewards(tournament, participations)


def on_entrant_withdrawn(
    *,
    tournament: Tournament,
    participations: Sequence[TournamentParticipation],
    **_: Any,
) -> None:
    """Take back what entering was worth. That the player had registered stays on the timeline."""
    _sync_rewards(tournament, participations)


def on_withdrawal_taken_back(
    *,
    tournament: Tournament,
    participations: Sequence[TournamentParticipation],
    **_: Any,
) -> None:
    _sync_rewards(tournament, participations)


def on_tournament_completed(*, tournament: Tournament, results: Sequence[TournamentResult], **_: Any) -> None:
    _sync_rewards(tournament, results)


def on_results_set_aside(*, tournament: Tournament, results: Sequence[TournamentResult], **_: Any) -> None:
    """Sync what results were worth that count nowhere now, or again."""
    _sync_rewards(tournament, results)


def on_result_corrected(*, tournament: Tournament, changes: Sequence[ResultChange], **_: Any) -> None:
    _sync_rewards(tournament, [change.result for change in changes])


def on_entrant_disqualified(
    *,
    tournament: Tournament,
    participations: Sequence[TournamentParticipation],
    changes: Sequence[ResultChange],
    moved: Sequence[ResultChange],
    **_: Any,
) -> None:
    results = [change.result for change in (*changes, *moved)]
    _sync_rewards(tournament, [*participations, *results])


def on_disqualification_lifted(
    *,
    tournament: Tournament,
    participations: Sequence[TournamentParticipation],
    changes: Sequence[ResultChange],
    moved: Sequence[ResultChange],
    **_: Any,
) -> None:
    results = [change.result for change in (*changes, *moved)]
    _sync_rewards(tournament, [*participations, *results])


def on_tournament_row_deleted(*, instance: TournamentRow, **_: Any) -> None:
    _sync_rewards(instance.tournament, [instance])


def on_user_deleted(*, instance: User, **_: Any) -> None:
    forget_player(pk=instance.pk)
    forget_backfilled(pk=instance.pk)


def on_kind_announced(kind: RowKind[Any], event: Event, **announced: Any) -> None:
    """Sync the timelines after something that a kind of activity follows."""
    do_gathered(_ROW_SYNCS[kind], event.rows(announced))


def _sync_rows_of(kind: RowKind[Any], rows: Sequence[Model]) -> None:
    sync_rows(kind=kind, rows=rows)


def on_kind_row_deleted(kind: RowKind[Any], *, instance: Model, origin: object, **_: Any) -> None:
    """Sync the timeline after a row that a kind of activity shows was deleted, unless its player is too."""
    if not isinstance(origin, User) and getattr(origin, "model", None) is not User:
        sync_rows(kind=kind, rows=[instance])


def _sync_rewards(tournament: Tournament, rows: Iterable[TournamentRow]) -> None:
    """Sync the experience and the achievements of the players of some rows; a team's own row has none."""
    users = [row.user_id for row in rows if row.user_id is not None]
    do_gathered(_sync_rewards_of, [(tournament.pk, user) for user in users])


def _sync_rewards_of(entered: Sequence[tuple[int, int]]) -> None:
    """Sync what tournaments were worth to players: a tournament and a player each, by id."""
    users = {user for _, user in entered}
    sync_tournament_experience(tournaments={tournament for tournament, _ in entered}, users=users)
    sync_tournament_achievements(users=users)


def _list_kind_subscriptions() -> Iterator[Subscription]:
    for kind in ROW_KINDS:
        for event in kind.events:
            yield event.signal, partial(on_kind_announced, kind, event), None

        if kind.follows_deletion:
            yield post_delete, partial(on_kind_row_deleted, kind), kind.list_rows().model


#: What is done with the rows of a kind, the same object for every event.
_ROW_SYNCS = {kind: partial(_sync_rows_of, kind) for kind in ROW_KINDS}

#: What kinds of activity follow, then what achievements and experience follow.
SUBSCRIPTIONS: tuple[Subscription, ...] = (
    *_list_kind_subscriptions(),
    (post_save, on_user_saved, User),
    (games.matches_recorded, on_matches_recorded, None),
    (games.match_voided, on_match_amended, None),
    (games.match_restored, on_match_amended, None),
    (games.match_corrected, on_match_corrected, None),
    (games.match_lines_added, on_match_lines_added, None),
    (tournaments.players_registered, on_players_registered, None),
    (tournaments.roster_changed, on_roster_changed, None),
    (tournaments.entrant_withdrawn, on_entrant_withdrawn, None),
    (tournaments.withdrawal_taken_back, on_withdrawal_taken_back, None),
    (tournaments.tournament_completed, on_tournament_completed, None),
    (tournaments.tournament_annulled, on_results_set_aside, None),
    (tournaments.annulment_lifted, on_results_set_aside, None),
    (tournaments.tournament_reopened, on_results_set_aside, None),
    (tournaments.result_corrected, on_result_corrected, None),
    (tournaments.entrant_disqualified, on_entrant_disqualified, None),
    (tournaments.disqualification_lifted, on_disqualification_lifted, None),
    (post_delete, on_tournament_row_deleted, TournamentParticipation),
    (post_delete, on_tournament_row_deleted, TournamentResult),
    (post_delete, on_user_deleted, User),
)


def connect() -> None:
    """Subscribe to everything; called when the apps are ready."""
    for signal, handler, sender in SUBSCRIPTIONS:
        signal.connect(handler, sender=sender)


def disconnect() -> None:
    """Unsubscribe, for tests of an app without these reactions."""
    for signal, handler, sender in SUBSCRIPTIONS:
        signal.disconnect(handler, sender=sender)
