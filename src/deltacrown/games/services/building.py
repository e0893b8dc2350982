"""Build the rows of a match from its record."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from deltacrown.games.models import Match
from deltacrown.games.services.counting import find_uncounted_reasons
from deltacrown.games.services.records import LineRecord, MatchRecord


def build_rows(record: MatchRecord, now: datetime) -> list[Match]:
    """Return the unsaved rows of a match."""
    uncounted = find_uncounted_reasons(record.lines, counts_forfeits=record.forfeit_rule)
    return [
        build_row(record, line, reason, now) for line, reason in zip(record.lines, uncounted, strict=True)
    ]


def build_row(record: MatchRecord, line: LineRecord, uncounted_reason: str, now: datetime) -> Match:
    """Return the unsaved row of one line."""
    void_reason = line.void_reason or record.void_reason
    said = {
        "user_id": line.user.pk,
        "game_id": record.game.pk,
        "match_key": record.match_key,
        "kind": record.kind,
        "side": line.side,
        "result": line.result,
        "score": line.score_text,
        "placement": line.placement,
        "ended_by": line.ended_by,
        "uncounted_reason": uncounted_reason,
        "sequence": record.sequence,
        "stats": dict(line.stats),
        "played_at": record.played_at,
        "is_time_known": record.is_time_known,
        "voided_at": now if void_reason else None,
        "void_reason": void_reason,
    }
    # In order, as they come from the database: of names, a model looks for each among its fields.
    columns: Any = (_get_defaults() | said).values()
    row = Match(*columns)
    _USER.set_cached_value(row, line.user)
    _GAME.set_cached_value(row, record.game)
    return row


_USER: Any = Match._meta.get_field("user")
_GAME: Any = Match._meta.get_field("game")


@cache
def _get_defaults() -> dict[str, Any]:
    """Return what every column of a row is if nothing is said, in the order of the model."""
    return {field.attname: field.get_default() for field in Match._meta.concrete_fields}
