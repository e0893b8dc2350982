from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from deltacrown.accounts.models import User
from deltacrown.user_profile.management.deciding import DecidingCommand
from deltacrown.user_profile.models import StandingChange
from deltacrown.user_profile.people.standings import reopen_account


class Command(DecidingCommand):
    help = "Reopen a closed account: all is as it was, and a suspension that is not over holds again."

    def decide(
        self, *, user: User, by: User, reason: str, now: datetime, options: Mapping[str, Any]
    ) -> StandingChange | None:
        return reopen_account(user=user, by=by, reason=reason, now=now)
