from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from deltacrown.accounts.models import User
from deltacrown.user_profile.management.deciding import DecidingCommand
from deltacrown.user_profile.models import StandingChange
from deltacrown.user_profile.people.standings import close_account


class Command(DecidingCommand):
    help = (
        "Close an account: nobody signs in to it, its keys stop working and its pages are gone, until staff "
        "reopens it. By the player themselves, it is anonymised after the waiting time."
    )

    def decide(
        self, *, user: User, by: User, reason: str, now: datetime, options: Mapping[str, Any]
    ) -> StandingChange | None:
        return close_account(user=user, by=by, reason=reason, now=now)
