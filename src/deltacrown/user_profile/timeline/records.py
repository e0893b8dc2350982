"""What the timeline should say of a fact, and what its metadata may name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deltacrown.user_profile.models import ActivityRow

Visibility = ActivityRow.Visibility
Metadata = Mapping[str, str | int]
#: The player's id, the type, the name of the fact.
ActivityKey = tuple[int, str, str]


@dataclass(frozen=True, kw_only=True)
class ActivityRecord:
    """What the timeline should say of one fact.

    :param description: the text people read.
    :param metadata: ids, slugs and names of public things, and the numbers its kind allows; nothing else.
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


def name_things(**things: Any) -> dict[str, str | int]:
    """Return the metadata that names public things: ``team=reds`` gives ``team_slug`` and ``team_name``.

    A thing that is None gives nothing.
    """
    named: dict[str, str | int] = {}
    for what, thing in things.items():
        if thing is not None:
            named |= {f"{what}_slug": thing.slug, f"{what}_name": thing.name}

    return named
