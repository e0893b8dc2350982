"""Export the matches of the whole site to a file that can be imported.

The order of the lines follows from what they say, not from when or how it was recorded: the same facts give
the same file on every database.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from django.db.models import Q, QuerySet

from deltacrown.core.names import make_name_key
from deltacrown.core.natural_order import SortKey
from deltacrown.games.models import MATCH_TABLES, MatchRow, Season, add_play_order, list_match_sources
from deltacrown.interchange.directory import read_player_texts
from deltacrown.interchange.drafts import NO_TEXTS, PlayerTexts
from deltacrown.interchange.formats.deltacrown.writing import FIELDS, MatchBatch, list_columns, write_match
from deltacrown.interchange.outfile import write_file
from deltacrown.teams.services import list_words_of_renamed
from deltacrown.tournaments.models import TournamentMatchResult

#: Rows read at a time.
BATCH = 500
ORDER = ("played_at", "play_order", "player_order")


def count_lines(season: Season | None = None) -> int:
    """Return how many lines an export of all matches has, or of those of one season."""
    return sum(source.count() for source in list_match_sources(_played_in(season)))


def export_matches(
    *,
    path: Path,
    replace: bool = False,
    season: Season | None = None,
    progress: Callable[[int], object],
) -> int:
    """Write every match, live and archived, void ones too, in the order they were played; return the lines.

    The file gets its name when it is whole: an export that is stopped leaves none.

    :param path: CSV, or NDJSON by ``.ndjson`` or ``.jsonl``; either may be gzipped by ``.gz``.
    :param replace: overwrite a file that is there.
    :param season: only matches played on its days, in its game where it is of one.
    :param progress: called with the number of lines written since the last call.
    :raises InvalidInput: the name has another ending, or the file is there.
    """
    return write_file(
        path=path,
        replace=replace,
        columns=lambda: list_columns(_iterate_stats(season)),
        batches=partial(_iterate_lines, season),
        progress=progress,
    )


def _played_in(season: Season | None) -> Q:
    return season.covers("played_at") if season else Q()


def _iterate_stats(season: Season | None) -> Iterator[dict[str, Any]]:
    for source in list_match_sources(_played_in(season)):
        yield from source.exclude(stats={}).values_list("stats", flat=True).iterator(chunk_size=2000)


def _iterate_lines(season: Season | None) -> Iterator[MatchBatch]:
    order = _iterate_ids(season)
    while ids := list(islice(order, BATCH)):
        rows = _load(ids)
        details = _get_details(ids)
        texts = read_player_texts({row.user_id for row in rows})
        words = list_words_of_renamed({detail.team_id for detail in details.values() if detail.team_id})
        lines = [
            _write_line(row, details.get(row.pk), texts.get(row.user_id, NO_TEXTS), words) for row in rows
        ]
        yield MatchBatch({name: [line[name] for line in lines] for name in FIELDS})


def _iterate_ids(season: Season | None) -> Iterator[int]:
    """Return the id of every row in order, by one statement: no index has this order, so it sorts once."""
    live, archived = (_order(source) for source in list_match_sources(_played_in(season)))
    rows = live.union(archived, all=True).order_by(*ORDER)
    return (pk for pk, *_ in rows.iterator(chunk_size=2000))


def _order(source: QuerySet[Any]) -> QuerySet[Any]:
    ordered: QuerySet[Any] = add_play_order(source).annotate(player_order=SortKey("user__username"))
    return ordered.values_list("id", *ORDER)


def _load(ids: Sequence[int]) -> list[MatchRow]:
    """Return rows by id, in that order; each is in the live table or, perhaps by now, in the archive."""
    rows: dict[int, MatchRow] = {}
    for table in MATCH_TABLES:
        missing = [pk for pk in ids if pk not in rows]
        found = table.objects.filter(pk__in=missing) if missing else table.objects.none()
        rows |= {row.pk: row for row in found.select_related("user", "game")}
    return [rows[pk] for pk in ids if pk in rows]


def _get_details(ids: Collection[int]) -> dict[int, TournamentMatchResult]:
    found = TournamentMatchResult.objects.filter(match_id__in=ids).select_related("tournament", "team")
    return {detail.match_id: detail for detail in found}


def _write_line(
    row: MatchRow, detail: TournamentMatchResult | None, texts: PlayerTexts, words: Mapping[int, set[str]]
) -> dict[str, Any]:
    """Return what the line of a row has; a side that is a former name of its team is called as it is today.

    :param words: the names of teams that were renamed, by the team's id.
    """
    team = detail.team if detail else None
    is_team = team is not None and make_name_key(row.side) in words.get(team.pk, set())
    return write_match(
        row,
        player=row.user.username,
        side=team.name if team and is_team else row.side,
        team=team.name if team else "",
        tournament=detail.tournament.slug if detail else "",
        round=detail.round if detail else "",
        series=detail.series if detail else "",
        best_of=detail.best_of if detail else None,
        map=detail.map_name if detail else "",
        details=detail.stats if detail else {},
        player_name=texts.name,
        country=texts.country,
    )
