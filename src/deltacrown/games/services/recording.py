"""Recording matches: one door for one and for many, safe to repeat and to run twice at once.

The match key decides. A key that is recorded is never written again: the same content changes
nothing, other content is refused and must come through ``correct_match``. A delivery repeated
after a moderator *corrected* the match is refused too, since nothing in the row says whether the
delivery is older than the correction; one repeated after the match was *voided* changes nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Sequence
from datetime import datetime
from operator import attrgetter

from django.db import connection

from deltacrown.core.errors import Conflict, DomainError
from deltacrown.core.inputs import is_same_json
from deltacrown.core.names import make_name_key
from deltacrown.core.races import find_or_insert
from deltacrown.games import signals
from deltacrown.games.models import Match, MatchRow
from deltacrown.games.services.lines import list_lines_by_match
from deltacrown.games.services.records import (
    LineRecord,
    MatchKey,
    MatchRecord,
    RecordedMatch,
    RecordOutcome,
    RecordStatus,
)
from deltacrown.games.services.rules import check_record
from django_tally.transactions import atomic_service

#: The rows of matches by key.
Lines = dict[MatchKey, list[MatchRow]]

#: The space of this module's advisory locks, and into how many queues the match keys are spread.
#: A batch holds at most that many locks; PostgreSQL's lock table has room for 6,400 by default.
LOCK_SPACE, LOCK_QUEUES = 0x6D61, 1024
ROWS_PER_INSERT = 5_000


class MatchConflict(Conflict):
    """The match key is recorded already, with other content."""


@atomic_service
def record_match(*, record: MatchRecord, now: datetime) -> RecordedMatch:
    """Record one match, or find that it is recorded.

    :return: its rows, and whether this call created them.
    :raises InvalidInput: the record breaks a rule.
    :raises MatchConflict: the key is recorded with other content.
    """
    [outcome], lines = _record([record], now)
    if outcome.refusal:
        raise outcome.refusal

    return RecordedMatch(rows=lines[record.key], created=outcome.status == RecordStatus.CREATED)


@atomic_service
def record_matches(*, records: Sequence[MatchRecord], now: datetime) -> list[RecordOutcome]:
    """Record many matches, each whole or refused with its reason, in a constant number of queries.

    Meant for up to a few thousand rows at a time. Of two records in the batch with one key the
    first is recorded and the second compared with it.

    :return: the outcome of each record, in the order given.
    """
    outcomes, _ = _record(records, now)
    return outcomes


def _record(records: Sequence[MatchRecord], now: datetime) -> tuple[list[RecordOutcome], Lines]:
    """Record what breaks no rule; return the outcome of each record, and the rows of those."""
    faults = [_find_fault(record, now) for record in records]
    sound = [record for record, fault in zip(records, faults, strict=True) if fault is None]
    new, lines = find_or_insert(lambda: _insert_unknown(sound, now)) if sound else (set(), {})

    outcomes: list[RecordOutcome] = []
    created: list[MatchKey] = []
    for record, fault in zip(records, faults, strict=True):
        if fault is not None:
            outcomes.append(RecordOutcome.refused(fault))
        elif record.key in new:
            outcomes.append(RecordOutcome(status=RecordStatus.CREATED))
            created.append(record.key)
            new.remove(record.key)  # of the records with one key, the first was inserted
        elif conflict := find_conflict(record, lines[record.key]):
            outcomes.append(RecordOutcome.refused(conflict))
        else:
            outcomes.append(RecordOutcome(status=RecordStatus.UNCHANGED))

    if created:
        signals.matches_recorded.send(Match, rows=[row for key in created for row in lines[key]])
    return outcomes, lines


def _find_fault(record: MatchRecord, now: datetime) -> DomainError | None:
    try:
        check_record(record, now=now)
    except DomainError as error:
        return error
    return None


def _insert_unknown(records: Sequence[MatchRecord], now: datetime) -> tuple[set[MatchKey], Lines]:
    """Insert the rows of every match that has none; return the keys of those, and the rows of all."""
    keys = {record.key for record in records}
    queue_for(keys)
    lines = list_lines_by_match(keys)

    first: dict[MatchKey, MatchRecord] = {}
    for record in records:
        if record.key not in lines:
            first.setdefault(record.key, record)

    rows = [_build_row(record, line, now) for record in first.values() for line in record.lines]
    # One order for all, so that writers do not deadlock.
    rows.sort(key=attrgetter("game_id", "match_key", "user_id"))
    for row in Match.objects.bulk_create(rows, batch_size=ROWS_PER_INSERT):
        lines.setdefault((row.game_id, row.match_key), []).append(row)
    return set(first), lines


def queue_for(keys: Collection[MatchKey]) -> None:
    """Let one transaction at a time record a key, or correct its match.

    The unique key alone stops the same player's row twice; it would let two deliveries of one key
    with different players each insert theirs. SQLite has one writer at a time anyway.
    """
    if connection.vendor != "postgresql":
        return
    queues = sorted({zlib.crc32(f"{game}:{match_key}".encode()) % LOCK_QUEUES for game, match_key in keys})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, queue) FROM unnest(%s::int[]) AS queue", [LOCK_SPACE, queues]
        )


def _build_row(record: MatchRecord, line: LineRecord, now: datetime) -> Match:
    return Match(
        user=line.user,
        game=record.game,
        match_key=record.match_key,
        kind=record.kind,
        side=line.side,
        result=line.result,
        score=line.score,
        stats=dict(line.stats),
        played_at=record.played_at,
        voided_at=now if record.void_reason else None,
        void_reason=record.void_reason,
    )


def find_conflict(record: MatchRecord, rows: Sequence[MatchRow]) -> MatchConflict | None:
    """Return the refusal of a record whose key is recorded as ``rows`` with other content, else None.

    Whether a row was voided since is not compared. A record that comes void for a match that counts differs.
    """
    difference = _find_difference(record, {row.user_id: row for row in rows})
    if not difference:
        return None
    field, detail = difference
    remedy = "if it is wrong as recorded, use correct_match"
    if field == "void_reason":
        remedy = "void it with void_match"
    elif any(row.is_voided for row in rows):
        remedy = "it is void: if it is wrong as recorded, use restore_match and then correct_match"
    name = f"Match {record.match_key!r} of {record.game.name}"
    what = f"{name} is recorded already and differs in {field}: {detail}."
    return MatchConflict(f"{what} Nothing was changed; {remedy}.", field=field)


def _find_difference(record: MatchRecord, rows: dict[int, MatchRow]) -> tuple[str, str] | None:
    """Return the first field that differs, and both values in words.

    A delivery may know fewer of the players than are recorded, as the export of one player's matches does.
    """
    if not {line.user.pk for line in record.lines} <= rows.keys():
        return "lines", f"it names players who are not among the {len(rows)} recorded"
    for line in sorted(record.lines, key=lambda line: line.user.username):
        if difference := _find_line_difference(record, line, rows[line.user.pk]):
            return difference
    return None


def _find_line_difference(record: MatchRecord, line: LineRecord, row: MatchRow) -> tuple[str, str] | None:
    given = {
        "played_at": record.played_at,
        "kind": record.kind,
        "result": line.result,
        "side": line.side,
        "score": line.score,
    }
    for field, value in given.items():
        recorded = getattr(row, field)
        if field == "side" and _is_same_side(line, recorded):
            continue
        if recorded != value:
            return field, f"{recorded!s} is recorded for {line.user.username}, {value!s} was given"
    if not is_same_json(row.stats, dict(line.stats)):
        return "stats", f"other numbers are recorded for {line.user.username}"
    if record.void_reason and not row.is_voided:
        return "void_reason", "it counts, and was given as void"
    return None


def _is_same_side(line: LineRecord, recorded: str) -> bool:
    """Return whether a side is the same under another of its names: a team may have been renamed since."""
    return bool(recorded) and make_name_key(recorded) in {make_name_key(line.side), *line.side_words}
