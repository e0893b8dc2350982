from __future__ import annotations

from typing import Any

from deltacrown.core import clock
from deltacrown.core.commands import OwnCommand
from deltacrown.user_profile.people.standings import end_suspensions


class Command(OwnCommand):
    help = (
        "Record the end of each suspension whose time is over. "
        "Nobody waits for it: a suspension that is over counts for nothing anywhere."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Recorded the end of {end_suspensions(now=clock.now()):,} suspensions.")
