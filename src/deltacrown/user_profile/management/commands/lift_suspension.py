from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from deltacrown.accounts.models import User
from deltacrown.user_profile.management.deciding import DecidingCommand
from deltacrown.user_profile.models import StandingChange
from deltacrown.user_profile.people.standings import lift_suspension


class Command(DecidingCommand):
    help = (
        "Lift a suspension before its end: the player is on leaderboards and in searches again, as if there "
        "had been none."
    )

    def decide(
        self, *, user: User, by: User, reason: str, now: datetime, options: Mapping[str, Any]
    ) -> StandingChange | None:
        return lift_suspension(user=user, by=by, reason=reason, now=now)
