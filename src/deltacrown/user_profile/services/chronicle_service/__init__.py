"""What the timelines say of facts that other tables hold: the text, and keeping it true when the facts change.

Nothing here is told what to write. It is told what was touched, reads what the tables say of it now and
makes the timelines say that, so that recording, correcting, voiding, importing again and backfilling are one
thing, done by one code.
"""

from deltacrown.user_profile.services.chronicle_service.keeping import (
    drop_membership,
    drop_verification,
    keep_achievements,
    keep_arrivals,
    keep_levels,
    keep_memberships,
    keep_podiums,
    keep_registrations,
    keep_tournament,
    keep_verification,
    rebuild_timelines,
)

__all__ = [
    "drop_membership",
    "drop_verification",
    "keep_achievements",
    "keep_arrivals",
    "keep_levels",
    "keep_memberships",
    "keep_podiums",
    "keep_registrations",
    "keep_tournament",
    "keep_verification",
    "rebuild_timelines",
]
