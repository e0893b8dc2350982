"""Check what may be on a timeline: types that have a kind, and metadata that names public things only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import LARGEST_BIG_INTEGER, check_datetime, check_integer, check_text
from deltacrown.user_profile.timeline.kind import Kind
from deltacrown.user_profile.timeline.kinds import KINDS
from deltacrown.user_profile.timeline.records import ActivityKey, ActivityRecord, Metadata, Visibility

LONGEST_DESCRIPTION, LONGEST_KEY, LONGEST_NAME = 500, 120, 200
#: How metadata names a public thing: ``tournament_id``, ``tournament_slug``, ``tournament_name``.
WAYS_TO_NAME = ("id", "slug", "name")


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
    _check_metadata(kind, record.metadata)


def check_entry_by_hand(record: ActivityRecord) -> None:
    """Refuse what ``check_activity_record`` does, and a fact that the tables know not to appear.

    :raises InvalidInput: naming the field.
    """
    check_activity_record(record)
    if fault := KINDS[record.activity_type].find_fault(record.metadata):
        raise InvalidActivity(f"{record.activity_type}: {fault}", field="metadata")


def _check_metadata(kind: Kind, metadata: Metadata) -> None:
    if not isinstance(metadata, Mapping):
        raise InvalidActivity("metadata must be a JSON object.", field="metadata")

    allowed = [name for thing in (*kind.requires, *kind.names) for name in _list_names(thing)]
    for name, value in metadata.items():
        if name in allowed:
            _check_name(name, value)
        elif name not in kind.limits:
            known = ", ".join((*allowed, *kind.limits)) or "nothing"
            message = f"metadata of {kind.type} may hold {known}; {name!r:.60} is not among it."
            raise InvalidActivity(message, field="metadata")

    for thing in kind.requires:
        if metadata.keys().isdisjoint(_list_names(thing)):
            message = f"metadata of {kind.type} must name the {thing}; give {thing}_slug."
            raise InvalidActivity(message, field=f"metadata.{thing}_slug")

    _check_limits(kind, metadata)


def _list_names(thing: str) -> list[str]:
    return [f"{thing}_{way}" for way in WAYS_TO_NAME]


def _check_name(name: str, value: object) -> None:
    field = f"metadata.{name}"
    if name.endswith("_id"):
        check_integer(value, field=field, least=1, most=LARGEST_BIG_INTEGER)
    else:
        check_text(value, field=field, limit=LONGEST_NAME, required=True)


def _check_limits(kind: Kind, metadata: Metadata) -> None:
    for name, limit in kind.limits.items():
        field = f"metadata.{name}"
        if name not in metadata:
            raise InvalidActivity(f"{field} of {kind.type} is missing; give it.", field=field)

        value = metadata[name]
        check_integer(value, field=field)
        if value not in limit.values:
            message = f"{field} {value} does not appear on a timeline; only {limit.otherwise}."
            raise InvalidActivity(message, field=field)
