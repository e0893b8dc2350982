"""What an entry of a timeline may be: the whitelist, and what metadata may say. Rules without the database."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import check_moment, check_text
from deltacrown.tournaments.models import LAST_OF_PODIUM
from deltacrown.user_profile.models import ActivityRow

Type, Visibility = ActivityRow.Type, ActivityRow.Visibility
Metadata = Mapping[str, str | int]
#: The player's id, the type, the name of the fact.
ActivityKey = tuple[int, str, str]

#: How many levels lie between two that are on the timeline.
TOLD_EVERY = 5
LONGEST_DESCRIPTION, LONGEST_KEY, LONGEST_NAME = 500, 120, 200
#: What metadata may say: which public thing it is about, and the number that is its point.
PUBLIC_METADATA = re.compile(r"(achievement|game|player|team|tournament)_(id|slug|name)|placement|level")


class InvalidActivity(InvalidInput):
    """Something that may not be on a timeline."""


@dataclass(frozen=True, kw_only=True)
class ActivityRecord:
    """What the timeline should say of one fact.

    :param description: the text people read.
    :param metadata: ids, slugs and names of public things, ``placement`` or ``level``; nothing else.
    :param dedupe_key: names the fact.
    :param created_at: when it happened.
    """

    user_id: int
    activity_type: str
    description: str
    dedupe_key: str
    created_at: datetime
    metadata: Metadata = field(default_factory=dict)
    visibility: str = Visibility.PUBLIC

    @property
    def key(self) -> ActivityKey:
        return self.user_id, self.activity_type, self.dedupe_key


def check_records(records: Sequence[ActivityRecord]) -> dict[ActivityKey, ActivityRecord]:
    """Refuse what may not be on a timeline, and return the records by key; of two with one key the first.

    :raises InvalidInput: naming the field.
    """
    for record in records:
        check_record(record)
    return {record.key: record for record in reversed(records)}


def check_record(record: ActivityRecord) -> None:
    """Refuse what may not be on a timeline."""
    if record.activity_type not in Type.values:
        raise InvalidActivity(
            f"{record.activity_type!r} does not appear on a timeline; only {', '.join(Type.values)} do.", field="activity_type"
        )
    if record.visibility not in Visibility.values:
        raise InvalidActivity(
            f"visibility {record.visibility!r} is unknown; give one of {', '.join(Visibility.values)}.", field="visibility"
        )
    check_text(record.description, field="description", limit=LONGEST_DESCRIPTION, required=True)
    check_text(record.dedupe_key, field="dedupe_key", limit=LONGEST_KEY, required=True)
    check_moment(record.created_at, field="created_at")
    _check_metadata(record.metadata)
    _check_rank(record)


def _check_metadata(metadata: Metadata) -> None:
    if not isinstance(metadata, Mapping):
        raise InvalidActivity("metadata must be a JSON object.", field="metadata")
    for name, value in metadata.items():
        if not isinstance(name, str) or not PUBLIC_METADATA.fullmatch(name):
            raise InvalidActivity(
                f"metadata may hold ids, slugs and names of achievements, games, players, teams and tournaments, "
                f"placement and level; {name!r} is none of them.",
                field="metadata",
            )
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise InvalidActivity(f"metadata.{name} must be text or a whole number.", field="metadata")
        if isinstance(value, str):
            check_text(value, field=f"metadata.{name}", limit=LONGEST_NAME)


def _check_rank(record: ActivityRecord) -> None:
    """Of places only those of the podium are told, and of levels every fifth."""
    placement, level = record.metadata.get("placement", 1), record.metadata.get("level", TOLD_EVERY)
    if record.activity_type == Type.TOURNAMENT_WON and placement not in range(1, LAST_OF_PODIUM + 1):
        raise InvalidActivity(f"Place {placement!r} does not appear on a timeline; only 1 to {LAST_OF_PODIUM} do.", field="metadata")
    if record.activity_type == Type.LEVEL_UP and level not in range(TOLD_EVERY, 10**6, TOLD_EVERY):
        raise InvalidActivity(f"Level {level!r} does not appear on a timeline; only every {TOLD_EVERY}th does.", field="metadata")


def settled_visibility(activity_type: str, visibility: str) -> str:
    """Return who sees an entry: a verification is the player's own affair, whatever is asked."""
    return Visibility.PRIVATE if activity_type == Type.KYC_VERIFIED else visibility
