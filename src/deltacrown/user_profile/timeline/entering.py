"""Entering facts in timelines, amending and withdrawing them. What its player has hidden stays hidden through all of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deltacrown.accounts.models import User
from deltacrown.user_profile.models import ActivityRow, ArchivedUserActivity, UserActivity
from deltacrown.user_profile.timeline.hiding import is_hidden
from deltacrown.user_profile.timeline.records import (
    ActivityKey,
    ActivityRecord,
    Metadata,
    Visibility,
    check_record,
    check_records,
    settled_visibility,
)
from django_tally.batches import in_batches
from django_tally.transactions import atomic_service

#: Live first: entries move only into the archive, so one moved between the two reads is not missed.
TABLES: tuple[type[Any], ...] = (UserActivity, ArchivedUserActivity)
#: The names of facts that other tables hold; an entry with another name was entered by hand and is left alone.
DERIVED_KEY = re.compile(r"profile|kyc|(tournament|membership|level|achievement):.+")


@dataclass(frozen=True)
class ActivityChanges:
    """How many entries were written, by what was done to them."""

    created: int = 0
    amended: int = 0
    withdrawn: int = 0

    def __add__(self, other: ActivityChanges) -> ActivityChanges:
        return ActivityChanges(self.created + other.created, self.amended + other.amended, self.withdrawn + other.withdrawn)


@atomic_service
def create_activity(
    *,
    user: User,
    activity_type: str,
    description: str,
    metadata: Metadata | None = None,
    dedupe_key: str,
    created_at: datetime,
    visibility: str = Visibility.PUBLIC,
) -> tuple[ActivityRow, bool]:
    """Enter one fact in a player's timeline; one that is there already is left as it is.

    :param metadata: ids, slugs and names of public things, ``placement`` or ``level``.
    :param visibility: a verification is PRIVATE whatever is asked.
    :return: the entry, and whether it is new.
    :raises InvalidActivity: the type is not on the whitelist, the visibility is unknown, or the metadata says more than it may.
    :raises InvalidInput: a text or a moment cannot be kept.
    """
    record = ActivityRecord(
        user_id=user.pk,
        activity_type=activity_type,
        description=description,
        metadata=metadata or {},
        dedupe_key=dedupe_key,
        created_at=created_at,
        visibility=visibility,
    )
    check_record(record)
    known = list_known([user.pk], {activity_type}, {dedupe_key}).get(record.key)
    if known is None or known.is_withdrawn:
        _settle({record.key: record}, {record.key: known} if known else {})
        return list_known([user.pk], {activity_type}, {dedupe_key})[record.key], True
    return known, False


@atomic_service
def enter_activities(*, records: Sequence[ActivityRecord]) -> ActivityChanges:
    """Enter many facts at once, all or none, in a constant number of queries; entries that say otherwise are amended.

    :raises InvalidInput: as ``create_activity``; nothing is changed.
    """
    wanted = check_records(records)
    types, keys = {record.activity_type for record in records}, {record.dedupe_key for record in records}
    changes = ActivityChanges()
    for users in in_batches(sorted({record.user_id for record in records})):
        here = set(users)
        known = list_known(users, types, keys)
        mine = {key: record for key, record in wanted.items() if key[0] in here}
        changes += _settle(mine, {key: row for key, row in known.items() if key in mine})
    return changes


@atomic_service
def replace_activities(
    *, records: Sequence[ActivityRecord], users: Collection[int], types: Collection[str], keys: Collection[str] | None = None
) -> ActivityChanges:
    """Make the timelines of ``users`` say exactly ``records`` of the facts named, in a constant number of queries.

    What is missing is entered, what differs is amended, what has no record is withdrawn. Entries keep
    the visibility they have.

    :param types: the types concerned.
    :param keys: the names of the facts concerned; None for every fact another table holds.
    :raises InvalidInput: as ``create_activity``; nothing is changed.
    """
    wanted = check_records(records)
    changes = ActivityChanges()
    for batch in in_batches(sorted(set(users))):
        here = set(batch)
        mine = {key: record for key, record in wanted.items() if key[0] in here}
        changes += _settle(mine, list_known(batch, types, keys))
    return changes


@atomic_service
def amend_activity(*, activity: ActivityRow, description: str, metadata: Metadata, created_at: datetime) -> bool:
    """Make an entry say something else of its fact, and return whether it did not already."""
    record = ActivityRecord(
        user_id=activity.user_id,
        activity_type=activity.activity_type,
        description=description,
        metadata=metadata,
        dedupe_key=activity.dedupe_key,
        created_at=created_at,
    )
    check_record(record)
    return bool(_amend([(activity, record)] if _differs(activity, record) else []))


@atomic_service
def withdraw_activity(*, user: User, activity_type: str, dedupe_key: str) -> bool:
    """Take an entry off a player's timeline because its fact does not hold; return whether it was there."""
    return bool(withdraw_activities(keys=[(user.pk, activity_type, dedupe_key)]))


@atomic_service
def withdraw_activities(*, keys: Collection[ActivityKey]) -> int:
    """Take entries off timelines because their facts do not hold; return how many were there."""
    named, withdrawn = set(keys), 0
    for users in in_batches(sorted({user for user, _, _ in keys})):
        known = list_known(users, {activity_type for _, activity_type, _ in keys}, {key for _, _, key in keys})
        withdrawn += _withdraw([row for key, row in known.items() if key in named and not row.is_withdrawn])
    return withdrawn


def list_known(users: Sequence[int], types: Collection[str], keys: Collection[str] | None) -> dict[ActivityKey, ActivityRow]:
    """Return the entries of some players about some facts, live and archived, withdrawn ones too."""
    known: dict[ActivityKey, ActivityRow] = {}
    for table in reversed(TABLES):
        rows = table.objects.filter(user__in=users, activity_type__in=types)
        if keys is not None and len(keys) == 1:
            rows = rows.filter(dedupe_key__in=keys)
        known |= {(row.user_id, row.activity_type, row.dedupe_key): row for row in rows}
    if keys is None:
        return {key: row for key, row in known.items() if DERIVED_KEY.fullmatch(key[2])}
    named = set(keys)
    return {key: row for key, row in known.items() if key[2] in named}


def _settle(wanted: Mapping[ActivityKey, ActivityRecord], known: Mapping[ActivityKey, ActivityRow]) -> ActivityChanges:
    fresh = [record for key, record in wanted.items() if key not in known]
    differing = [(row, wanted[key]) for key, row in known.items() if key in wanted and _differs(row, wanted[key])]
    orphans = [row for key, row in known.items() if key not in wanted and not row.is_withdrawn]
    return ActivityChanges(created=_insert(fresh), amended=_amend(differing), withdrawn=_withdraw(orphans))


def _differs(row: ActivityRow, record: ActivityRecord) -> bool:
    said = row.description, row.metadata, row.created_at, row.is_withdrawn
    return said != (record.description, dict(record.metadata), record.created_at, False)


def _insert(records: Sequence[ActivityRecord]) -> int:
    """Insert entries in one order for all writers; one that another writer was first with is left to them."""
    rows = [
        UserActivity(
            user_id=record.user_id,
            activity_type=record.activity_type,
            description=record.description,
            metadata=dict(record.metadata),
            visibility=settled_visibility(record.activity_type, record.visibility),
            dedupe_key=record.dedupe_key,
            created_at=record.created_at,
        )
        for record in sorted(records, key=lambda record: record.key)
    ]
    UserActivity.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _amend(pairs: Sequence[tuple[ActivityRow, ActivityRecord]]) -> int:
    for row, record in pairs:
        row.description, row.metadata, row.created_at = record.description, dict(record.metadata), record.created_at
        row.is_withdrawn = False
    for table in TABLES:
        rows = sorted((row for row, _ in pairs if isinstance(row, table)), key=lambda row: row.pk)
        table.objects.bulk_update(rows, ["description", "metadata", "created_at", "is_withdrawn"])
    return len(pairs)


def _withdraw(rows: Sequence[ActivityRow]) -> int:
    """Delete entries; those hidden by their player stay as a note of that."""
    for table in TABLES:
        hidden = [row.pk for row in rows if isinstance(row, table) and is_hidden(row)]
        shown = [row.pk for row in rows if isinstance(row, table) and not is_hidden(row)]
        if hidden:
            table.objects.filter(pk__in=hidden).update(is_withdrawn=True)
        if shown:
            table.objects.filter(pk__in=shown).delete()
    return len(rows)
