"""Another key for a match whose key names somebody, for all its lines, live and archived.

Matches of one time are ordered by their keys, and streaks follow from that order: it must stay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import count

from deltacrown.core.natural_order import get_numbered_key
from deltacrown.games.models import MATCH_TABLES, list_match_sources
from django_tally.transactions import atomic_service

LONGEST_KEY = MATCH_TABLES[0]._meta.get_field("match_key").max_length or 100
#: Comes before every character that a key usually goes on with.
FIRST = "!"


@atomic_service
def rekey_match(*, game: int, old: str, new: str) -> str:
    """Give a match the key ``new``, or one like it that no other match has and that keeps the order."""
    tables = [
        table._base_manager.filter(game=game, match_key=old).select_for_update(no_key=True)
        for table in MATCH_TABLES
    ]
    lines = [line for rows in tables for line in rows.order_by("pk").only("user_id", "played_at", "sequence")]
    if not lines:
        return old

    siblings = _list_siblings(game, old, lines)
    key = _find_free(game, _keep_order(old, new, siblings))
    for table in MATCH_TABLES:
        table._base_manager.filter(game=game, match_key=old).update(match_key=key)
    return key


def _list_siblings(game: int, old: str, lines: Sequence[object]) -> list[tuple[int | None, str]]:
    """Return sequence and key of the other matches that these players played at the same time."""
    players = {line.user_id for line in lines}  # type: ignore[attr-defined]
    times = {line.played_at for line in lines}  # type: ignore[attr-defined]
    found: set[tuple[int | None, str]] = set()
    for rows in list_match_sources(user__in=players, played_at__in=times):
        others = rows.values_list("sequence", "match_key", "game_id")
        found.update((sequence, key) for sequence, key, of in others if (of, key) != (game, old))
    sequences = {line.sequence for line in lines}  # type: ignore[attr-defined]
    return [(sequence, key) for sequence, key in found if sequence in sequences]


def _keep_order(old: str, new: str, siblings: Sequence[tuple[int | None, str]]) -> str:
    """Return ``new``, or what comes next to the key that ``old`` came after."""
    if _rank(old, siblings) == _rank(new[:LONGEST_KEY], siblings):
        return new
    before = [key for _, key in siblings if _order(key) < _order(old)]
    return f"{max(before, key=_order, default='')}{FIRST}{new}"


def _rank(key: str, siblings: Sequence[tuple[int | None, str]]) -> list[bool]:
    return [_order(other) < _order(key) for _, other in siblings]


def _order(key: str) -> str:
    return get_numbered_key(None, key)


def _find_free(game: int, wanted: str) -> str:
    """Return ``wanted``, shortened and numbered as need be."""
    if len(wanted) > LONGEST_KEY:
        digest = hashlib.sha256(wanted.encode()).hexdigest()[:12]
        wanted = f"{wanted[: LONGEST_KEY - 20]}~{digest}"
    for number in count(1):
        key = wanted if number == 1 else f"{wanted}~{number}"
        if not any(rows.exists() for rows in list_match_sources(game=game, match_key=key)):
            return key
    raise AssertionError("unreachable")
