"""The door to the timeline: what may be entered, once per fact, and how it is amended, withdrawn and hidden.

An entry is named by its player, its type and its ``dedupe_key``, which names the fact. Entries of
facts that live in other tables are kept by :func:`replace_activities`: told what the timeline should
say of some facts, it writes what differs, so telling it twice is telling it once. What the player
has hidden stays hidden through all of it.
"""

from deltacrown.user_profile.services.activity_service.entering import (
    ActivityChanges,
    amend_activity,
    create_activity,
    enter_activities,
    replace_activities,
    withdraw_activities,
    withdraw_activity,
)
from deltacrown.user_profile.services.activity_service.hiding import (
    ActivityNotFound,
    NotOwnActivity,
    hide_activity,
    is_hidden,
    set_entry_hidden,
    show_activity,
    write_handle,
)
from deltacrown.user_profile.services.activity_service.records import (
    LAST_TOLD,
    TOLD_EVERY,
    ActivityRecord,
    InvalidActivity,
    Type,
    Visibility,
)

__all__ = [
    "LAST_TOLD",
    "TOLD_EVERY",
    "ActivityChanges",
    "ActivityNotFound",
    "ActivityRecord",
    "InvalidActivity",
    "NotOwnActivity",
    "Type",
    "Visibility",
    "amend_activity",
    "create_activity",
    "enter_activities",
    "hide_activity",
    "is_hidden",
    "replace_activities",
    "set_entry_hidden",
    "show_activity",
    "withdraw_activities",
    "withdraw_activity",
    "write_handle",
]
