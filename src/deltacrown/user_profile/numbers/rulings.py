"""The rulings that moved a number: what was decided about a row after it was recorded."""

from __future__ import annotations

from deltacrown.user_profile.numbers.catalogue import PlayerNumber
from deltacrown.user_profile.numbers.change_words import is_ruling
from deltacrown.user_profile.numbers.changes import StatChange
from deltacrown.user_profile.numbers.history import is_told_exactly
from deltacrown.user_profile.numbers.known_changes import describe_changes, list_stats_of
from deltacrown.user_profile.privacy import Viewer
from django_tally.history import Change, list_revisions

#: How many of the latest revisions of a number are looked at.
MOST_REVISIONS = 200


def read_rulings(number: PlayerNumber, *, viewer: Viewer) -> list[StatChange]:
    """Return the latest voids, restorations, corrections and the like that moved a number, latest first.

    Each is told as the history in order of becoming known tells it, without the value after it. What moved
    several parts of a computed number is told once. Where the viewer may learn of days only, none is told,
    for a ruling on a row says that the row is there.

    :param number: one whose rows ``viewer`` may read; the caller must have checked it.
    """
    if not is_told_exactly(number, viewer):
        return []

    once: dict[tuple[str, str, int], Change] = {}
    for change in list_revisions(*list_stats_of(number), limit=MOST_REVISIONS):
        if is_ruling(change):
            once.setdefault((change.position[0], change.source, change.position[2]), change)
    rulings = list(once.values())
    return describe_changes(number, rulings, [None] * len(rulings), viewer)
