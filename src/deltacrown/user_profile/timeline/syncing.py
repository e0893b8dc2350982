"""Sync timelines with the tables their kinds read."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Model

from deltacrown.user_profile.timeline.entering import ActivityChanges, replace_activities
from deltacrown.user_profile.timeline.kind import FactId, Kind, RowKind
from deltacrown.user_profile.timeline.kinds import KINDS
from django_tally.batches import in_batches
from django_tally.transactions import atomic_service


@atomic_service
def sync_timeline(
    *,
    kinds: Collection[type[Kind]],
    users: Collection[int],
    facts: Collection[FactId] | None = None,
) -> ActivityChanges:
    """Make the timelines of ``users`` say what the tables say now.

    What is missing is entered, what differs is amended, what holds no longer is withdrawn.
    The number of queries is constant for up to 500 players.

    :param facts: the ids of the facts concerned, by ``fact_id`` of the kinds; None for every fact.
    """
    instances = [kind() for kind in kinds]
    types = {kind.type for kind in kinds}
    keys = None if facts is None else {kind.make_key(fact) for kind in instances for fact in facts}

    changes = ActivityChanges()
    for batch in in_batches(sorted(set(users))):
        records = [record for kind in instances for record in kind.list_wanted(batch, facts)]
        if keys is not None:
            records = [record for record in records if record.dedupe_key in keys]
        changes += replace_activities(records=records, users=batch, types=types, keys=keys)

    return changes


def sync_rows(*, kind: RowKind[Any], rows: Iterable[Model]) -> ActivityChanges:
    """Sync the facts of some rows, which may have been deleted."""
    about = [(kind.get_player(row), kind.get_fact_id(row)) for row in rows]
    users = {player for player, _ in about if player is not None}
    facts = {fact for _, fact in about} if kind.fact_id else None

    return sync_timeline(kinds=[type(kind)], users=users, facts=facts)


@atomic_service
def rebuild_timelines(*, users: Collection[int]) -> ActivityChanges:
    """Sync whole timelines: every kind, every fact."""
    return sync_timeline(kinds=[type(kind) for kind in KINDS.values()], users=users)
