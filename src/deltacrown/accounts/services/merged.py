"""Accounts that were merged into others: whoever names one means the other."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext_noop

from deltacrown.accounts.models import PlayerMerge, User
from django_tally.batches import in_batches
from django_tally.transactions import atomic_service

#: Merges of merges of merges: more than anybody makes, and an end where raw SQL made a circle.
MOST_STEPS = 50
#: Why two accounts were merged whose player is nobody any more.
OF_NOBODY = gettext_noop("Of a player who was anonymised.")


def follow_merges(users: Iterable[User]) -> dict[int, User]:
    """Return user's id → the account that stands for it now: mostly itself.

    No query where nobody is merged.
    """
    ends = {user.pk: user for user in users}
    for _ in range(MOST_STEPS):
        steps = {user.merged_into_id for user in ends.values() if user.merged_into_id is not None}
        if not steps:
            break
        kept = {
            user.pk: user for batch in in_batches(sorted(steps)) for user in User.objects.filter(pk__in=batch)
        }
        ends = {pk: kept.get(user.merged_into_id or 0, user) for pk, user in ends.items()}
    return ends


@atomic_service
def record_merge(
    *, kept: User, merged: User, by: User | None, reason: str, now: datetime, undo_until: datetime
) -> PlayerMerge:
    """Record that one account was merged into another; nobody signs in with it any more."""
    User.objects.filter(pk=merged.pk).update(merged_into=kept, is_active=False)
    merged.merged_into, merged.is_active = kept, False
    return PlayerMerge.objects.create(
        kept=kept, merged=merged, decided_by=by, reason=reason, merged_at=now, undo_until=undo_until
    )


@atomic_service
def keep_record(
    *, merge: PlayerMerge, moved: dict[str, Any], set_aside: list[Any], record: dict[str, Any]
) -> None:
    """Keep what it takes to undo a merge."""
    merge.moved, merge.set_aside, merge.record = moved, set_aside, record
    merge.save(update_fields=["moved", "set_aside", "record"])


@atomic_service
def empty_records(*, users: Collection[User]) -> int:
    """Delete what merges keep of accounts, so that they cannot be undone. Return how many merges it were.

    For a player who is anonymised: what is kept, and why they were merged, may name them.
    """
    merges = PlayerMerge.objects.filter(Q(kept__in=users) | Q(merged__in=users))
    return merges.update(reason=OF_NOBODY, moved={}, set_aside=[], record={}, undo_until=F("merged_at"))


@atomic_service
def record_undo(*, merge: PlayerMerge, by: User | None, was_active: bool, now: datetime) -> None:
    """Record that a merge was undone: both accounts are themselves again."""
    User.objects.filter(pk=merge.merged_id).update(merged_into=None, is_active=was_active)
    merge.undone_at, merge.undone_by = now, by
    # What it took is of no use any more, and names people.
    merge.moved, merge.set_aside, merge.record = {}, [], {}
    merge.save()


def lock_accounts(*, users: Iterable[User]) -> None:
    """Lock accounts in one order, until the transaction ends: nobody records anything of them meanwhile."""
    rows = User.objects.select_for_update().filter(pk__in=[user.pk for user in users])
    list(rows.order_by("pk").values_list("pk"))
