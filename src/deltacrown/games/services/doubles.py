"""Find matches that seem to be recorded under two keys, in one statement per table for a whole batch."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from deltacrown.core.cursors import reading_cursor
from deltacrown.core.days import ONE_DAY, start_of_day
from deltacrown.games.models import COUNTS_SQL, MATCH_TABLES, MatchRow
from deltacrown.games.services.lines import list_known_lines
from deltacrown.games.services.records import MatchKey, MatchRecord, RecordOutcome

#: What is said of a double, by whether only the day is known, and whether its key is told.
WARNINGS = {
    (False, False): gettext_noop(
        "Another match of the same players at the same time is recorded; void one if they are one match."
    ),
    (False, True): gettext_noop(
        "Another match of the same players at the same time is recorded under the key %(key)s; "
        "void one if they are one match."
    ),
    (True, False): gettext_noop(
        "Another match of the same players on the same day with the same score is recorded; "
        "void one if they are one match."
    ),
    (True, True): gettext_noop(
        "Another match of the same players on the same day with the same score is recorded "
        "under the key %(key)s; void one if they are one match."
    ),
}
LAST_OF_DAY = ONE_DAY - timedelta(microseconds=1)
#: The columns of a probe, with their types in PostgreSQL: number, whose match, when, what is said of it.
#: ``until`` is the time where it is known.
PROBE = {
    "n": "bigint",
    "game_id": "bigint",
    "first_player": "bigint",
    "last_player": "bigint",
    "players": "bigint",
    "own_key": "text",
    "since": "timestamptz",
    "until": "timestamptz",
    "place": "bigint",
    "told": "text",
    "score": "text",
}
SAME_SCORE = "probe.score <> '' AND m.score = probe.score AND m.result = probe.told"
#: Where another match can be: of one whose time is known, and of one of which only the day is.
AT_TIME = (
    "m.played_at IN (probe.until, probe.since)"
    f" AND (CASE WHEN m.is_time_known THEN m.played_at = probe.until ELSE {SAME_SCORE} END)"
)
ON_DAY = f"m.played_at >= probe.since AND m.played_at <= probe.until AND {SAME_SCORE}"
#: Looked at of each match: more do not make it clearer.
MOST_DOUBLES = 5
#: What a line of a match says that two deliveries of it would say alike: result and score.
Told = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A match that may be recorded under another key too.

    :param lines: player's id → result and score.
    """

    key: MatchKey
    played_at: datetime
    is_time_known: bool
    sequence: int | None
    lines: Mapping[int, Told]

    @classmethod
    def of_record(cls, record: MatchRecord) -> Subject:
        """Return a match as delivered."""
        return cls(
            key=record.key,
            played_at=record.played_at,
            is_time_known=record.is_time_known,
            sequence=record.sequence,
            lines={line.user.pk: (line.result, line.score_text) for line in record.lines},
        )

    @classmethod
    def of_rows(cls, rows: Sequence[MatchRow]) -> Subject:
        """Return a match as recorded."""
        first = rows[0]
        return cls(
            key=(first.game_id, first.match_key),
            played_at=first.played_at,
            is_time_known=first.is_time_known,
            sequence=first.sequence,
            lines={row.user_id: (row.result, row.score) for row in rows},
        )


@dataclass(frozen=True, kw_only=True)
class Double:
    """Another match that seems to be the same one.

    :param rows: its lines.
    :param is_by_day: whether only the day of one of the two is known. Then they have the same score.
    """

    match_key: str
    rows: Sequence[MatchRow]
    is_by_day: bool

    @property
    def is_official(self) -> bool:
        """Return whether everybody may see it: it is a match of a tournament."""
        return self.rows[0].kind == MatchRow.Kind.TOURNAMENT

    def describe(self, *, names_key: bool) -> str:
        """Return a warning.

        :param names_key: whether the reader may know its key.
        """
        return _(WARNINGS[self.is_by_day, names_key]) % {"key": repr(self.match_key)}


def find_doubles(subjects: Collection[Subject]) -> dict[MatchKey, list[Double]]:
    """Return by match those that count and seem to be the same: the first few, and no match that has none.

    Such a one has the same players, and the same time; or, where only a day is known of either, the same
    day, results and scores. Matches with numbers of their own among those of one time are not the same.
    """
    if not subjects:
        return {}
    by_number = dict(enumerate(subjects))
    clocked = {number: each for number, each in by_number.items() if each.is_time_known}
    by_day = {number: each for number, each in by_number.items() if not each.is_time_known}
    found = [*_probe(clocked, AT_TIME), *_probe(by_day, ON_DAY)]
    if not found:
        return {}

    keys = {(by_number[number].key[0], match_key) for number, match_key in found}
    lines = list_known_lines(keys)
    doubles: dict[MatchKey, list[Double]] = {}
    for number, match_key in found:
        subject = by_number[number]
        if double := _compare(subject, lines.get((subject.key[0], match_key), [])):
            doubles.setdefault(subject.key, []).append(double)
    return doubles


def warn_of_doubles(records: Sequence[MatchRecord], outcomes: list[RecordOutcome]) -> None:
    """Add to the outcomes of a batch that a match seems to be recorded under another key too.

    The key is told where the recorder delivers that match too, or everybody may see it.
    """
    taken = [place for place, outcome in enumerate(outcomes) if outcome.refusal is None]
    doubles = find_doubles([Subject.of_record(records[place]) for place in taken])
    for place in taken if doubles else []:
        if found := doubles.get(records[place].key):
            outcomes[place] = add_double(outcomes[place], found[0], records)


def add_double(outcome: RecordOutcome, double: Double, records: Iterable[MatchRecord]) -> RecordOutcome:
    """Return an outcome with the warning of a double.

    :param records: what the recorder delivers with it.
    """
    is_own = any(record.match_key == double.match_key for record in records)
    warning = double.describe(names_key=is_own or double.is_official)
    return replace(outcome, warnings=(*outcome.warnings, warning))


def _probe(subjects: Mapping[int, Subject], when: str) -> list[tuple[int, str]]:
    """Return numbers with the keys of matches that have the first and last player, and as many players.

    :param when: ``AT_TIME`` or ``ON_DAY``.
    """
    if not subjects:
        return []
    # Hardly any match has another of its first player at its time, and that is a short look into an index.
    suspected = _ask(_write_suspicion(when, connection.vendor), subjects)
    suspects = {number: subjects[number] for (number,) in suspected}
    if not suspects:
        return []

    found: list[tuple[int, str]] = []
    for table in MATCH_TABLES:
        rows = _ask(_write_probe(table, when, connection.vendor), suspects)
        found += [(number, match_key) for number, others in rows for match_key in _read(others)]
    return found


@cache
def _write_suspicion(when: str, vendor: str) -> str:
    looks = " OR ".join(f"({_others(table, when)} LIMIT 1) IS NOT NULL" for table in MATCH_TABLES)
    return f"WITH probe AS ({_unpack(vendor)}) SELECT n FROM probe WHERE {looks}"


@cache
def _write_probe(table: type[Any], when: str, vendor: str) -> str:
    gather = "json_agg" if vendor == "postgresql" else "json_group_array"
    alike = f"{_others(table, when)} AND {_has_players(table)} LIMIT {MOST_DOUBLES}"
    gathered = f"SELECT n, (SELECT {gather}(match_key) FROM ({alike}) AS alike) AS others FROM probe"
    return f"WITH probe AS ({_unpack(vendor)}) SELECT n, others FROM ({gathered}) AS found"


def _ask(query: str, subjects: Mapping[int, Subject]) -> list[tuple[Any, ...]]:
    probes = [_build_probe(number, subject) for number, subject in subjects.items()]
    with reading_cursor(connection) as cursor:
        cursor.execute(query, [json.dumps(probes)])
        return list(cursor.fetchall())


def _others(table: type[Any], when: str) -> str:
    """Return the query of the keys of other matches of the first player of a probe.

    The sum with zero keeps PostgreSQL from reading all of the unique index (game, key, user) for a player,
    where it knows nothing of the table yet.
    """
    return (
        f"SELECT m.match_key FROM {connection.ops.quote_name(table._meta.db_table)} m "
        f"WHERE m.user_id = probe.first_player AND m.game_id + 0 = probe.game_id AND {when} "
        f"AND m.match_key <> probe.own_key AND {COUNTS_SQL} "
        "AND (m.sequence IS NULL OR probe.place < 0 OR m.sequence = probe.place)"
    )


def _has_players(table: type[Any]) -> str:
    """Return the condition that the match of a row ``m`` has the last player and as many; as ``_others``."""
    name = connection.ops.quote_name(table._meta.db_table)
    return (
        f"EXISTS (SELECT 1 FROM {name} l WHERE l.game_id = probe.game_id "
        "AND l.match_key = m.match_key AND l.user_id + 0 = probe.last_player) "
        f"AND probe.players = (SELECT COUNT(*) FROM {name} c "
        "WHERE c.game_id = probe.game_id AND c.match_key = m.match_key)"
    )


def _read(others: str | list[str] | None) -> list[str]:
    """Return a list as the databases return JSON."""
    return json.loads(others) if isinstance(others, str) else others or []


def _build_probe(number: int, subject: Subject) -> dict[str, Any]:
    """Return what to look for: at its time and the start of its day, or in all its day if that is known."""
    first, last = min(subject.lines), max(subject.lines)
    told, score = subject.lines[first]
    day = start_of_day(subject.played_at)
    return {
        "n": number,
        "game_id": subject.key[0],
        "first_player": first,
        "last_player": last,
        "players": len(subject.lines),
        "own_key": subject.key[1],
        "since": _write(day),
        "until": _write(subject.played_at if subject.is_time_known else day + LAST_OF_DAY),
        "place": -1 if subject.sequence is None else subject.sequence,
        "told": told,
        "score": score,
    }


def _write(value: datetime) -> str:
    return str(connection.ops.adapt_datetimefield_value(value))


def _unpack(vendor: str) -> str:
    """Return the SQL that reads the probes from their only parameter."""
    if vendor == "postgresql":
        named = ", ".join(f"{name} {kind}" for name, kind in PROBE.items())
        return f"SELECT * FROM json_to_recordset(%s::json) AS p({named})"

    named = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in PROBE)
    return f"SELECT {named} FROM json_each(%s)"


def _compare(subject: Subject, rows: Sequence[MatchRow]) -> Double | None:
    """Return the double that some lines are, if they have the same players, and where it matters scores."""
    if {row.user_id for row in rows} != subject.lines.keys():
        return None
    is_by_day = not (subject.is_time_known and rows[0].is_time_known)
    told = {row.user_id: (row.result, row.score) for row in rows}
    if is_by_day and told != dict(subject.lines):
        return None
    return Double(match_key=rows[0].match_key, rows=rows, is_by_day=is_by_day)
