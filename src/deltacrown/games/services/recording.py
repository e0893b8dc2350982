"""Recording matches: one door for one and for many, safe to repeat and to run twice at once.

The match key decides. A key that is recorded is never written again: the same content changes
nothing, more players are added to those known, other content is refused and must come through
``correct_match``. A delivery repeated after a moderator *corrected* the match is refused too, since
nothing in the row says whether the delivery is older than the correction; one repeated after the
match was *voided* changes nothing, unless it has other content and ``replaces_void``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter

from deltacrown.core.errors import DomainError
from deltacrown.core.inserts import insert_rows
from deltacrown.core.races import find_or_insert
from deltacrown.games import signals
from deltacrown.games.models import Match
from deltacrown.games.services.building import build_rows
from deltacrown.games.services.doubles import warn_of_doubles
from deltacrown.games.services.lines import list_lines_by_match
from deltacrown.games.services.oddities import list_oddities
from deltacrown.games.services.queues import write_queueing
from deltacrown.games.services.records import (
    MatchKey,
    MatchRecord,
    RecordedMatch,
    RecordOutcome,
    RecordStatus,
)
from deltacrown.games.services.redelivering import LaterDeliveries, Lines
from deltacrown.games.services.rules import check_record
from django_tally.transactions import atomic_service


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

    is_new = outcome.status == RecordStatus.CREATED
    return RecordedMatch(rows=lines[record.key], created=is_new, warnings=outcome.warnings)


@atomic_service
def record_matches(
    *, records: Sequence[MatchRecord], now: datetime, postpones: bool = False
) -> list[RecordOutcome]:
    """Record many matches, each whole or refused with its reason, in a constant number of queries.

    Meant for up to a few thousand rows at a time. Of two records in the batch with one key the
    first is recorded and the second compared with it.

    :param postpones: refuse with ``Postponed`` what would add players to a recorded match, or replace it.
    :return: the outcome of each record, in the order given.
    """
    outcomes, _ = _record(records, now, postpones=postpones)
    return outcomes


def _record(
    records: Sequence[MatchRecord], now: datetime, *, postpones: bool = False
) -> tuple[list[RecordOutcome], Lines]:
    """Record what breaks no rule; return the outcome of each record, and the rows of those."""
    faults = [_find_fault(record, now) for record in records]
    sound = [record for record, fault in zip(records, faults, strict=True) if fault is None]
    new, lines = find_or_insert(lambda: _insert_unknown(sound, now)) if sound else (set(), {})

    later = LaterDeliveries(lines, now, postpones=postpones)
    outcomes: list[RecordOutcome] = []
    created: list[MatchKey] = []
    for record, fault in zip(records, faults, strict=True):
        if fault is not None:
            outcomes.append(RecordOutcome.refused(fault))
        elif record.key in new:
            outcomes.append(_taken(record, RecordStatus.CREATED))
            created.append(record.key)
            new.remove(record.key)  # of the records with one key, the first was inserted
        else:
            outcomes.append(later.judge(len(outcomes), record))

    if created:
        recorded = [row for key in created for row in lines[key] if row.pk is not None]
        signals.matches_recorded.send(Match, rows=recorded)
    later.write(outcomes)
    if not postpones:
        warn_of_doubles(records, outcomes)
    return outcomes, lines


def _taken(record: MatchRecord, status: RecordStatus) -> RecordOutcome:
    """Return the outcome of a record that was taken, with what looks odd about it, at every retry alike."""
    return RecordOutcome(status=status, warnings=tuple(list_oddities(record.lines)))


def _find_fault(record: MatchRecord, now: datetime) -> DomainError | None:
    try:
        check_record(record, now=now)
    except DomainError as error:
        return error
    return None


def _insert_unknown(records: Sequence[MatchRecord], now: datetime) -> tuple[set[MatchKey], Lines]:
    """Insert the rows of every match that has none; return the keys of those, and the rows of all."""
    keys = {record.key for record in records}
    lines = list_lines_by_match(keys, before=write_queueing(keys))

    first: dict[MatchKey, MatchRecord] = {}
    for record in records:
        if record.key not in lines:
            first.setdefault(record.key, record)

    rows = [row for record in first.values() for row in build_rows(record, now)]
    # One order for all, so that writers do not deadlock.
    rows.sort(key=attrgetter("game_id", "match_key", "user_id"))
    insert_rows(rows)
    for row in rows:
        lines.setdefault((row.game_id, row.match_key), []).append(row)
    return set(first), lines
