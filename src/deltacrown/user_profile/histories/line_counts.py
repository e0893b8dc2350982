"""How many lines a match has, for ``5th of 60``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Count, Q, QuerySet

from deltacrown.games.models import list_match_sources
from deltacrown.user_profile.histories.matches import MatchEntry
from deltacrown.user_profile.privacy import filter_match_by_visibility

#: A match by its game's slug and its match key.
MatchAddress = tuple[str, str]


def count_lines(entries: Sequence[MatchEntry]) -> list[MatchEntry]:
    """Return the same entries; those with a placement say how many lines their match has, in one query.

    Only where everybody may see all of its lines, since the number would tell that somebody hides theirs, and
    where it is no smaller than the placement: of a match with 60 players one may be known. It must not be
    kept with an entry: lines of other players are added without a word to the player whose entry it is.
    """
    placed = {(entry.game_slug, entry.match_key) for entry in entries if entry.placement is not None}
    counts = _read_counts(placed) if placed else {}

    counted = []
    for entry in entries:
        lines = counts.get((entry.game_slug, entry.match_key), 0)
        is_told = entry.placement is not None and max(entry.placement, 2) <= lines
        counted.append(replace(entry, lines=lines) if is_told else entry)
    return counted


def _read_counts(matches: Collection[MatchAddress]) -> dict[MatchAddress, int]:
    """Return how many lines matches have; of those that everybody may see whole."""
    slugs, keys = zip(*matches, strict=True)
    live, archived = [
        _count_of_each(source) for source in list_match_sources(game__slug__in=slugs, match_key__in=keys)
    ]

    all_lines: Counter[MatchAddress] = Counter()
    seen_lines: Counter[MatchAddress] = Counter()
    for slug, key, lines, seen in live.union(archived, all=True):
        all_lines[slug, key] += lines
        seen_lines[slug, key] += seen

    return {match: lines for match, lines in all_lines.items() if seen_lines[match] == lines}


def _count_of_each(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return by match how many of ``rows`` it has, and how many of them everybody may see."""
    public = filter_match_by_visibility(rows, None)
    seen = Count("pk", filter=Q(pk__in=public.values("pk")))

    grouped = rows.order_by().values_list("game__slug", "match_key")
    counted: QuerySet[Any] = grouped.annotate(lines=Count("pk"), seen=seen)
    return counted
