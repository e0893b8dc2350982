"""Which numbers of a player one match counts for."""

from __future__ import annotations

from dataclasses import dataclass

from deltacrown.games.models import MatchRow
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.stat_fields import Stat, list_numbers
from django_tally.explanation import explain_row


@dataclass(frozen=True)
class CountedFor:
    """A number that is counted from matches, and what one of them adds to it.

    :param value: what it adds; 0 where it does not count.
    :param reason: why it does not count; empty where it counts.
    """

    name: str
    label: str
    value: int
    reason: str


def list_counted_for(row: MatchRow) -> list[CountedFor]:
    """Return what a match row adds to each number that is counted from matches; one query for each.

    Only the player and staff are to be told: a number names its reason.
    """
    found = []
    for stat in list_numbers(UserProfile):
        if isinstance(stat, Stat) and not stat.internal and _reads(stat, row):
            verdict = explain_row(stat, row)
            found.append(CountedFor(stat.name, str(stat.label), verdict.value, verdict.reason))
    return found


def _reads(stat: Stat, row: MatchRow) -> bool:
    return any(isinstance(row, contribution.model) for contribution in stat.contributions)
