"""Enter facts in timelines, amend and withdraw them. An entry that its player has hidden stays hidden."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deltacrown.accounts.models import User
from deltacrown.core.inputs import check_past
from deltacrown.core.inserts import insert_rows
from deltacrown.core.keyed_rows import list_keyed
from deltacrown.core.settling import settle
from deltacrown.user_profile.models import ActivityRow, ArchivedUserActivity, UserActivity
from deltacrown.user_profile.timeline.hiding import is_hidden
from deltacrown.user_profile.timeline.kinds import KINDS
from deltacrown.user_profile.timeline.records import ActivityKey, ActivityRecord, Metadata, Visibility
from deltacrown.user_profile.timeline.whitelist import check_activity_records, check_entry_by_hand
from django_tally.batches import in_batches
from django_tally.transactions import atomic_service

#: Live first: entries move only into the archive, so one moved between the two reads is not missed.
TABLES: tuple[type[Any], ...] = (UserActivity, ArchivedUserActivity)


@dataclass(frozen=True)
class ActivityChanges:
    """How many entries were written, by what was done to them."""

    created: int = 0
    amended: int = 0
    withdrawn: int = 0

    def __add__(self, other: ActivityChanges) -> ActivityChanges:
        return ActivityChanges(
            created=self.created + other.created,
            amended=self.amended + other.amended,
            withdrawn=self.withdrawn + other.withdrawn,
        )


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

    :param metadata: what its kind declares: the things it must and may name by id, slug or name, and its
        numbers, all of them.
    :param created_at: when it happened, not in the future.
    :param visibility: an entry of a private kind is PRIVATE whatever is asked.
    :return: the entry, and whether it is new.
    :raises InvalidActivity: the type or the visibility is unknown; the metadata lacks something, says
        more than it may, or names a MINOR achievement.
    :raises InvalidInput: a text or a datetime cannot be stored.
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
    check_entry_by_hand(record)
    check_past(created_at, field="created_at")
    known = list_known([user.pk], {activity_type}, {dedupe_key}).get(record.key)
    if known is None or known.is_withdrawn:
        _settle({record.key: record}, {record.key: known} if known else {})
        return list_known([user.pk], {activity_type}, {dedupe_key})[record.key], True
    return known, False


@atomic_service
def replace_activities(
    *,
    records: Sequence[ActivityRecord],
    users: Collection[int],
    types: Collection[str],
    keys: Collection[str] | None = None,
) -> ActivityChanges:
    """Make the timelines of ``users`` say exactly ``records`` of the facts named.

    What is missing is entered, what differs is amended, what has no record is withdrawn. Entries keep
    the visibility they have. The number of queries is constant for up to 500 players.

    :param types: the types concerned.
    :param keys: the names of the facts concerned; None for all but those entered by hand.
    :raises InvalidInput: as ``create_activity``; nothing is changed.
    """
    wanted = check_activity_records(records)
    changes = ActivityChanges()
    for batch in in_batches(sorted(set(users))):
        here = set(batch)
        mine = {key: record for key, record in wanted.items() if key[0] in here}
        changes += _settle(mine, list_known(batch, types, keys))
    return changes


def list_known(
    users: Sequence[int],
    types: Collection[str],
    keys: Collection[str] | None,
) -> dict[ActivityKey, ActivityRow]:
    """Return the entries of some players about some facts, live and archived, withdrawn ones too.

    :param keys: the names of the facts; None for all but those entered by hand.
    """
    known: dict[ActivityKey, ActivityRow] = {}
    for table in reversed(TABLES):
        rows = table.objects.filter(user__in=users, activity_type__in=types)
        found = rows if keys is None else list_keyed(rows, keys)
        known |= {(row.user_id, row.activity_type, row.dedupe_key): row for row in found}

    if keys is not None:
        return known
    return {key: row for key, row in known.items() if KINDS[row.activity_type].is_own_key(row.dedupe_key)}


def _settle(
    wanted: Mapping[ActivityKey, ActivityRecord],
    known: Mapping[ActivityKey, ActivityRow],
) -> ActivityChanges:
    """Write what differs between wanted and known entries."""
    settlement = settle(wanted, known, differs=_differs)
    orphans = [row for row in settlement.withdraw if not row.is_withdrawn]

    return ActivityChanges(
        created=_insert(settlement.insert),
        amended=_amend(settlement.amend),
        withdrawn=_withdraw(orphans),
    )


def _differs(row: ActivityRow, record: ActivityRecord) -> bool:
    stored = row.description, row.metadata, row.created_at, row.is_withdrawn

    return stored != (record.description, dict(record.metadata), record.created_at, False)


def _insert(records: Sequence[ActivityRecord]) -> int:
    """Insert entries. One that another writer inserted first is left to that writer."""
    rows = [
        UserActivity(
            user_id=record.user_id,
            activity_type=record.activity_type,
            description=record.description,
            metadata=dict(record.metadata),
            visibility=KINDS[record.activity_type].settle_visibility(record.visibility),
            dedupe_key=record.dedupe_key,
            created_at=record.created_at,
        )
        for record in records
    ]
    insert_rows(rows, ignores_conflicts=True)

    return len(rows)


def _amend(pairs: Sequence[tuple[ActivityRow, ActivityRecord]]) -> int:
    for row, record in pairs:
        row.description = record.description
        row.metadata = dict(record.metadata)
        row.created_at = record.created_at
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
