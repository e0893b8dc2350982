"""The rulings that moved a number: what was decided about a row after it was recorded."""

from __future__ import annotations

from collections.abc import Sequence

from deltacrown.core.days import Precision
from deltacrown.user_profile.numbers.catalogue import NumberReading, PlayerNumber
from deltacrown.user_profile.numbers.change_words import is_ruling
from deltacrown.user_profile.numbers.changes import (
    Countdown,
    HistoryOrder,
    StatChange,
    StatHistory,
    make_page,
)
from deltacrown.user_profile.numbers.known_changes import (
    describe_changes,
    get_known_days,
    list_stats_of,
    take_back,
)
from deltacrown.user_profile.privacy import Viewer
from django_tally.history import Change, list_latest, list_revisions

#: How many of the latest revisions of a number are looked at.
MOST_REVISIONS = 200


def read_rulings(number: PlayerNumber, *, viewer: Viewer, precision: Precision) -> list[StatChange]:
    """Return the latest voids, restorations, corrections and the like that moved a number, latest first.

    Each is told as the history in order of becoming known tells it, without the value after it. What moved
    several parts of a computed number is told once. Where the viewer may learn of days only, none is told,
    for a ruling on a row says that the row is there.

    :param number: one whose rows ``viewer`` may read; the caller must have checked it.
    :param precision: how exactly ``viewer`` may learn of the number; see ``find_precision``.
    """
    if precision is not Precision.EXACT:
        return []

    rulings = _pick_rulings(list_revisions(*list_stats_of(number), limit=MOST_REVISIONS))
    return describe_changes(number, rulings, [None] * len(rulings), viewer)


def read_latest(
    number: PlayerNumber, reading: NumberReading, *, limit: int, viewer: Viewer, precision: Precision
) -> tuple[StatHistory, list[StatChange]]:
    """Return the latest changes of a number as they became known, and its rulings, read together.

    The changes are the first page of ``get_stat_history`` in that order, without the way to the next; the
    rulings those of ``read_rulings``.

    :param reading: the number as it is now.
    """
    if precision is not Precision.EXACT:
        return get_known_days(number, None, limit=limit, reading=reading), []

    changes, revisions = list_latest(*list_stats_of(number), limit=limit, revisions=MOST_REVISIONS)
    rulings = _pick_rulings(revisions)
    values = take_back(number, Countdown(list(reading.parts)), changes)
    told = describe_changes(number, [*changes, *rulings], [*values, *([None] * len(rulings))], viewer)
    latest = make_page(number, reading.line, told[: len(changes)], None, order=HistoryOrder.KNOWN)
    return latest, told[len(changes) :]


def _pick_rulings(revisions: Sequence[Change]) -> list[Change]:
    once: dict[tuple[str, str, int], Change] = {}
    for change in revisions:
        if is_ruling(change):
            once.setdefault((change.position[0], change.source, change.position[2]), change)
    return list(once.values())
