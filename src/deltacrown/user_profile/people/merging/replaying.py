"""Since when a player's matches, as this site knew them at each time, earned an achievement.

A match is what it was then: before it was voided, corrected, or moved to another player. The search halves
the times, so that a history of ten thousand matches is evaluated about a dozen times.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from functools import cache
from operator import itemgetter
from typing import Any

from django.utils.dateparse import parse_datetime

from deltacrown.core.natural_order import get_numbered_key
from deltacrown.games.models import MATCH_TABLES, Game, Match
from deltacrown.user_profile.achievements.progress import MatchProgress
from django_tally.models import Revision

COLUMNS = (
    "user_id",
    "played_at",
    "result",
    "match_key",
    "game_id",
    "sequence",
    "voided_at",
    "uncounted_reason",
)
#: Where a match has its place in the order of play, and its result; None while it does not count.
Played = tuple[Any, str] | None
#: The times from which on a match was known as something, and as what.
Versions = tuple[list[datetime], list[Played]]


def find_first_earned(user: int, slugs: Collection[str]) -> dict[str, datetime]:
    """Return slug → since when it was earned by what was known, for those that are earned now."""
    if not slugs:
        return {}
    matches = list(_read_versions(user))
    times = sorted({time for known, _ in matches for time in known})
    earned = _remember_earned(matches, times)
    found = {}
    for slug in slugs:
        if times and slug in earned(len(times) - 1):
            found[slug] = times[_find_first(earned, slug, len(times) - 1)]
    return found


def _find_first(earned: Callable[[int], set[str]], slug: str, last: int) -> int:
    """Return the first place from which on something is earned that is earned at the last."""
    low, high = 0, last
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if slug in earned(middle) else (middle + 1, high)
    return low


def _remember_earned(matches: list[Versions], times: list[datetime]) -> Callable[[int], set[str]]:
    @cache
    def list_earned(place: int) -> set[str]:
        at = times[place]
        known = (states[bisect_right(since, at) - 1] for since, states in matches if since[0] <= at)
        progress, earned = MatchProgress(), set()
        for _, result in sorted(filter(None, known), key=itemgetter(0)):
            earned.update(progress.take(result))
        return earned

    return list_earned


def _read_versions(user: int) -> Iterator[Versions]:
    slugs = dict(Game.objects.values_list("pk", "slug"))
    told: dict[int, list[Any]] = {}
    for revision in Revision.objects.filter(owner=user, source=Match._meta.label).order_by("pk"):
        told.setdefault(revision.row, []).append(revision)
    for revisions in told.values():
        first = revisions[0]
        since = [first.recorded_at, *(each.changed_at for each in revisions)]
        yield (
            since,
            [_read_image(image, user, slugs) for image in (first.old, *(each.new for each in revisions))],
        )
    for table in MATCH_TABLES:
        rows = table.objects.filter(user=user).values("pk", "recorded_at", *COLUMNS)
        yield from (
            ([row["recorded_at"]], [_read_image(row, user, slugs)])
            for row in rows.iterator()
            if row["pk"] not in told
        )


def _read_image(image: Any, user: int, slugs: dict[int, str]) -> Played:
    if image is None or image["user_id"] != user or image["voided_at"] or image["uncounted_reason"]:
        return None
    played_at = image["played_at"]
    if isinstance(played_at, str):
        parsed = parse_datetime(played_at)
        assert parsed is not None, played_at  # noqa: S101 - the image holds what the database wrote
        played_at = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    key = get_numbered_key(image["sequence"], image["match_key"], slugs[image["game_id"]])
    return (played_at, key), image["result"]
