"""Check what may be on a timeline: types that have a kind, and metadata that names public things only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import check_datetime, check_text
from deltacrown.user_profile.timeline.kind import Kind
from deltacrown.user_profile.timeline.kinds import KINDS
from deltacrown.user_profile.timeline.records import ActivityKey, ActivityRecord, Metadata, Visibility

LONGEST_DESCRIPTION, LONGEST_KEY, LONGEST_NAME = 500, 120, 200
#: Names of metadata that say which public thing an entry is about.
PUBLIC_THING = re.compile(r"(achievement|game|player|team|tournament)_(id|slug|name)")
#: Names of metadata that are the number an entry is about.
NUMBERS = [name for kind in KINDS.values() for name in kind.limits]


class InvalidActivity(InvalidInput):
    """Something that may not be on a timeline."""


def check_activity_records(records: Iterable[ActivityRecord]) -> dict[ActivityKey, ActivityRecord]:
    """Refuse what may not be on a timeline, and return the records by key; of two with one key the first.

    :raises InvalidInput: naming the field.
    """
    by_key: dict[ActivityKey, ActivityRecord] = {}
    for record in records:
        check_activity_record(record)
        by_key.setdefault(record.key, record)

    return by_key


def check_activity_record(record: ActivityRecord) -> None:
    """Refuse what may not be on a timeline.

    :raises InvalidInput: naming the field.
    """
    kind = KINDS.get(record.activity_type)
    if kind is None:
        message = f"{record.activity_type!r} does not appear on a timeline; only {', '.join(KINDS)} do."
        raise InvalidActivity(message, field="activity_type")
    if record.visibility not in Visibility.values:
        message = f"visibility {record.visibility!r} is unknown; give one of {', '.join(Visibility.values)}."
        raise InvalidActivity(message, field="visibility")

    check_text(record.description, field="description", limit=LONGEST_DESCRIPTION, required=True)
    check_text(record.dedupe_key, field="dedupe_key", limit=LONGEST_KEY, required=True)
    check_datetime(record.created_at, field="created_at")
    _check_metadata(record.metadata)
    _check_limits(kind, record.metadata)


def _check_metadata(metadata: Metadata) -> None:
    if not isinstance(metadata, Mapping):
        raise InvalidActivity("metadata must be a JSON object.", field="metadata")

    for name, value in metadata.items():
        if not isinstance(name, str) or not (PUBLIC_THING.fullmatch(name) or name in NUMBERS):
            message = (
                "metadata may hold ids, slugs and names of achievements, games, players, teams and "
                f"tournaments, {' and '.join(NUMBERS)}; {name!r} is none of them."
            )
            raise InvalidActivity(message, field="metadata")
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise InvalidActivity(f"metadata.{name} must be text or a whole number.", field="metadata")
        if isinstance(value, str):
            check_text(value, field=f"metadata.{name}", limit=LONGEST_NAME)


def _check_limits(kind: Kind, metadata: Metadata) -> None:
    for name, limit in kind.limits.items():
        if name in metadata and metadata[name] not in limit.values:
            given = f"{name.capitalize()} {metadata[name]!r}"
            message = f"{given} does not appear on a timeline; only {limit.otherwise}."
            raise InvalidActivity(message, field="metadata")
