"""What is told of an event when it is delivered, and whether it is told at all.

An endpoint is told what a visitor without an account sees at that moment, in the shapes of the API. What a
visitor does not see is not told: no id, no time, no place in an order says that there was something.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from deltacrown.core.dates import write_iso
from deltacrown.webhooks.kinds import Kind
from deltacrown.webhooks.models import WebhookEvent
from deltacrown.webhooks.telling.matches import tell_match
from deltacrown.webhooks.telling.players import (
    tell_achievement,
    tell_merge,
    tell_numbers,
    tell_parting,
    tell_rename,
    tell_revoked,
)
from deltacrown.webhooks.telling.results import tell_result

#: Kind → what returns its data as JSON, or None where a visitor may not see it.
TELLS: dict[Kind, Callable[[WebhookEvent], bytes | None]] = {
    Kind.MATCH_RECORDED: tell_match,
    Kind.MATCH_VOIDED: tell_match,
    Kind.MATCH_RESTORED: tell_match,
    Kind.MATCH_CORRECTED: tell_match,
    Kind.RESULT_OFFICIAL: tell_result,
    Kind.RESULT_CORRECTED: tell_result,
    Kind.STAT_CORRECTED: tell_numbers,
    Kind.ACHIEVEMENT_UNLOCKED: tell_achievement,
    Kind.ACHIEVEMENT_REVOKED: tell_revoked,
    Kind.PLAYER_RENAMED: tell_rename,
    Kind.PLAYER_MERGED: tell_merge,
    Kind.PLAYER_PARTED: tell_parting,
}


def write_message(event: WebhookEvent) -> bytes | None:
    """Return the body of the message, or None where a visitor may not see now what it tells.

    A kind that is gone from the code is told to nobody.
    """
    tell = TELLS.get(event.kind)  # type: ignore[call-overload] # a text equals its kind
    data: Any = tell(event) if tell else None
    if data is None:
        return None
    head = json.dumps({"type": event.kind, "timestamp": write_iso(event.occurred_at)})
    return b'%s, "data": %s}' % (head[:-1].encode(), data)
