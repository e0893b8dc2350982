from __future__ import annotations

from deltacrown.user_profile.management.commands import backfill_activities


class Command(backfill_activities.Command):
    help = "The same as backfill_activities: achievements, experience and timelines are synced together."
