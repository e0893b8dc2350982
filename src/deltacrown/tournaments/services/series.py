"""Series: kept equal to what their games say, in the transaction that changes the games.

Nobody reports the result of a series. Whoever changes its games through the services has it synced; what raw
SQL changed is found by ``sync_all_series``, which runs every night.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from typing import Any

from django.db import connection

from deltacrown.core.inserts import insert_rows
from deltacrown.games.models import MATCH_TABLES
from deltacrown.tournaments.models import Tournament, TournamentMatchResult, TournamentSeriesResult
from deltacrown.tournaments.services.series_rules import SeriesLine, judge_series
from django_tally.batches import in_batches
from django_tally.transactions import atomic_service

#: What names a series: the tournament's id, and the name within it.
SeriesKey = tuple[int, str]

#: The space of this module's advisory locks, and into how many queues the series are spread.
LOCK_SPACE, LOCK_QUEUES = 0x7365, 1024
#: Ids in one statement, and series synced in one transaction by ``sync_all_series``.
IDS_PER_QUERY, SERIES_PER_BATCH = 10_000, 300
#: What is read of a line, in the order of ``SeriesLine``: from its description, and from its match row.
DESCRIBED = (
    "match_id",
    "tournament_id",
    "series",
    "team_id",
    "opponent_team_id",
    "opponent_user_id",
    "round",
    "best_of",
)
PLAYED = (
    "pk",
    "user_id",
    "match_key",
    "side",
    "result",
    "ended_by",
    "voided_at",
    "uncounted_reason",
    "played_at",
    "is_time_known",
    "sequence",
)
#: What follows from the games, by attribute.
FOLLOWING = (
    "game_id",
    "team_id",
    "opponent_team_id",
    "opponent_user_id",
    "round",
    "best_of",
    "result",
    "games_won",
    "games_lost",
    "games_drawn",
    "games_played",
    "uncounted_reason",
    "started_at",
    "played_at",
    "is_time_known",
)
COLUMNS = [name.removesuffix("_id") for name in FOLLOWING]


@dataclass(frozen=True)
class SyncedSeries:
    """What a sync wrote, or on a dry run would write: rows of players.

    :param series: how many series were looked at.
    """

    series: int = 0
    created: int = 0
    updated: int = 0
    deleted: int = 0

    @property
    def changed(self) -> int:
        """Return how many rows were not as the games say."""
        return self.created + self.updated + self.deleted

    def __add__(self, other: SyncedSeries) -> SyncedSeries:
        return SyncedSeries(
            self.series + other.series,
            self.created + other.created,
            self.updated + other.updated,
            self.deleted + other.deleted,
        )


def queue_for_series(keys: Collection[SeriesKey]) -> None:
    """Let one transaction at a time change the games of a series, so that none syncs without the other's.

    SQLite has one writer at a time anyway.
    """
    if connection.vendor != "postgresql" or not keys:
        return
    queues = sorted({zlib.crc32(f"{event}:{series}".encode()) % LOCK_QUEUES for event, series in keys})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, queue) FROM unnest(%s::int[]) AS queue", [LOCK_SPACE, queues]
        )


def list_series_of(match_ids: Sequence[int]) -> set[SeriesKey]:
    """Return the series of some match rows, live or archived."""
    found: set[SeriesKey] = set()
    for batch in in_batches(match_ids, IDS_PER_QUERY):
        described = TournamentMatchResult.objects.filter(match_id__in=batch).exclude(series="")
        found.update(described.values_list("tournament_id", "series").distinct())

    return found


@atomic_service
def sync_series(*, keys: Collection[SeriesKey], dry_run: bool = False) -> SyncedSeries:
    """Make the rows of some series say what their games say now, in a constant number of queries.

    A series without a game has no row. Repeating it changes nothing.

    :param dry_run: write nothing, count what differs.
    """
    wanted = {key for key in keys if key[1]}
    if not wanted:
        return SyncedSeries()

    queue_for_series(wanted)
    should_be = _judge(wanted)
    known = {
        (row.tournament_id, row.series, row.user_id): row
        for row in _filter_series(TournamentSeriesResult.objects.all(), wanted)
        if (row.tournament_id, row.series) in wanted
    }

    new = [row for key, row in should_be.items() if key not in known]
    gone = [row.pk for key, row in known.items() if key not in should_be]
    changed = []
    for key, row in should_be.items():
        if key in known and _differs(known[key], row):
            row.pk = known[key].pk
            changed.append(row)

    if not dry_run:
        _write(new, changed, gone)
    return SyncedSeries(series=len(wanted), created=len(new), updated=len(changed), deleted=len(gone))


def sync_all_series(*, dry_run: bool = False) -> SyncedSeries:
    """Compare every series with its games, and make it say what they say. Commits in batches.

    :param dry_run: write nothing, count what differs.
    """
    done = SyncedSeries()
    for keys in _batch(_iterate_keys(), SERIES_PER_BATCH):
        done += sync_series(keys=keys, dry_run=dry_run)
    return done


def _judge(wanted: Collection[SeriesKey]) -> dict[tuple[int, str, int], TournamentSeriesResult]:
    """Return (tournament, series, player) → the row that should be."""
    rows = _filter_series(TournamentMatchResult.objects.all(), wanted)
    described = {
        match: ((event, series), told)
        for match, event, series, *told in rows.values_list(*DESCRIBED)
        if (event, series) in wanted
    }
    lines: defaultdict[SeriesKey, list[SeriesLine]] = defaultdict(list)
    for match, *line in _iterate_matches(described):
        key, told = described[match]
        lines[key].append(SeriesLine(*told, *line))

    events = {event for event, _ in lines}
    games = dict(Tournament.objects.filter(pk__in=events).values_list("pk", "game_id")) if events else {}
    found = {}
    for event, series in sorted(lines):
        for result in judge_series(lines[event, series]):
            result.tournament_id, result.series, result.game_id = event, series, games[event]
            found[event, series, result.user_id] = result
    return found


def _iterate_matches(ids: Collection[int]) -> Iterator[tuple[Any, ...]]:
    """Yield ``PLAYED`` of the match rows with these ids; one that is being archived once, live."""
    seen: set[int] = set()
    for table in MATCH_TABLES:
        for batch in in_batches(sorted(ids), IDS_PER_QUERY):
            for row in table.objects.filter(pk__in=batch).values_list(*PLAYED):
                if row[0] not in seen:
                    seen.add(row[0])
                    yield row


def _filter_series(rows: Any, wanted: Collection[SeriesKey]) -> Any:
    """Return the rows with any of the tournaments and any of the names: all asked for, and maybe more."""
    return rows.filter(tournament__in={event for event, _ in wanted}, series__in={name for _, name in wanted})


def _differs(known: TournamentSeriesResult, row: TournamentSeriesResult) -> bool:
    return any(getattr(known, name) != getattr(row, name) for name in FOLLOWING)


def _write(
    new: Sequence[TournamentSeriesResult], changed: Sequence[TournamentSeriesResult], gone: Sequence[int]
) -> None:
    if new:
        insert_rows(new)
    if changed:
        TournamentSeriesResult.objects.bulk_update(changed, COLUMNS)
    if gone:
        TournamentSeriesResult.objects.filter(pk__in=gone).delete()


def _iterate_keys() -> Iterator[SeriesKey]:
    """Yield every series that has a game or a row, once, by tournament and name."""
    columns = ("tournament_id", "series")
    tables = [
        TournamentMatchResult.objects.exclude(series="").values_list(*columns).distinct(),
        TournamentSeriesResult.objects.values_list(*columns).distinct(),
    ]
    # Sorted by tournament alone: databases sort texts otherwise than Python.
    sorted_tables = [
        (
            key
            for _, keys in groupby(table.order_by("tournament_id").iterator(), key=lambda key: key[0])
            for key in sorted(set(keys))
        )
        for table in tables
    ]
    yield from (key for key, _ in groupby(merge(*sorted_tables)))


def _batch(keys: Iterable[SeriesKey], size: int) -> Iterator[list[SeriesKey]]:
    batch: list[SeriesKey] = []
    for key in keys:
        batch.append(key)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
