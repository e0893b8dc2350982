"""Build the rows of a match from its record."""

from __future__ import annotations

from datetime import datetime

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
    return Match(
        user=line.user,
        game=record.game,
        match_key=record.match_key,
        kind=record.kind,
        side=line.side,
        result=line.result,
        score=line.score_text,
        placement=line.placement,
        ended_by=line.ended_by,
        uncounted_reason=uncounted_reason,
        sequence=record.sequence,
        stats=dict(line.stats),
        played_at=record.played_at,
        is_time_known=record.is_time_known,
        voided_at=now if void_reason else None,
        void_reason=void_reason,
    )
