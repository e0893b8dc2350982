"""Export the matches of the whole site to a file that can be imported."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from django.db.models import QuerySet

from deltacrown.core.errors import InvalidInput
from deltacrown.core.pagination import iterate_pages
from deltacrown.games.models import MatchRow, list_match_sources
from deltacrown.interchange.cells import BYTE_ORDER_MARK, write_cell
from deltacrown.interchange.formats.deltacrown.writing import (
    WrittenLine,
    list_columns,
    write_json,
)
from deltacrown.tournaments.models import TournamentMatchResult

#: Name endings → whether the file is CSV; each may be followed by ``.gz``.
ENDINGS = {".csv": True, ".ndjson": False, ".jsonl": False}
#: A file that is being written; it gets its name when it is whole.
PART = ".part"


def count_lines() -> int:
    """Return how many lines an export of all matches has."""
    return sum(source.count() for source in list_match_sources())


def export_matches(*, path: Path, replace: bool = False, progress: Callable[[int], object]) -> int:
    """Write every match, live and archived, void ones too, in the order they were recorded; return the lines.

    The file gets its name when it is whole: an export that is stopped leaves none.

    :param path: CSV, or NDJSON by ``.ndjson`` or ``.jsonl``; either may be gzipped by ``.gz``.
    :param replace: overwrite a file that is there.
    :param progress: called with the number of lines written since the last call.
    :raises InvalidInput: the name has another ending, or the file is there.
    """
    is_csv = _check_path(path, replace=replace)

    with _open_part(path) as file:
        written = 0
        for batch in _write_csv(file) if is_csv else _write_ndjson(file):
            written += batch
            progress(batch)

    return written


def _check_path(path: Path, *, replace: bool) -> bool:
    """Return whether the file is to be CSV."""
    ending = Path(path.name.removesuffix(".gz")).suffix
    if ending not in ENDINGS:
        raise InvalidInput(f"{path.name}: end the name in .csv, .ndjson or .jsonl, with or without .gz.")
    if path.exists() and not replace:
        raise InvalidInput(f"{path} is there already: give another name, or --replace.")
    if not path.parent.is_dir():
        raise InvalidInput(f"{path.parent} is no folder: make it first.")

    return ENDINGS[ending]


@contextmanager
def _open_part(path: Path) -> Iterator[TextIO]:
    """Open a file beside ``path``, which takes its place when everything was written."""
    part = path.with_name(path.name + PART)
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(part, "wt", encoding="utf-8", newline="") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write_csv(file: TextIO) -> Iterator[int]:
    columns = list_columns(list_match_sources())

    file.write(BYTE_ORDER_MARK)
    writer = csv.writer(file)
    writer.writerow(columns)
    for lines in _iterate_lines():
        for line in lines:
            writer.writerow([write_cell(value) for value in line.as_row(columns)])
        yield len(lines)


def _write_ndjson(file: TextIO) -> Iterator[int]:
    for lines in _iterate_lines():
        file.writelines(f"{write_json(line)}\n" for line in lines)
        yield len(lines)


def _iterate_lines() -> Iterator[list[WrittenLine]]:
    sources: list[QuerySet[Any]] = [source.select_related("user", "game") for source in list_match_sources()]
    for rows in iterate_pages(sources, order=("id",)):
        details = _get_details([row.pk for row in rows])
        yield [_write_line(row, details.get(row.pk)) for row in rows]


def _get_details(ids: Collection[int]) -> dict[int, TournamentMatchResult]:
    found = TournamentMatchResult.objects.filter(match_id__in=ids).select_related("tournament", "team")
    return {detail.match_id: detail for detail in found}


def _write_line(row: MatchRow, detail: TournamentMatchResult | None) -> WrittenLine:
    return WrittenLine(
        match_key=row.match_key,
        game=row.game.slug,
        player=row.user.username,
        result=row.result,
        played_at=row.played_at,
        kind=row.kind,
        side=row.side,
        score=row.score,
        team=detail.team.name if detail and detail.team else "",
        tournament=detail.tournament.slug if detail else "",
        round=detail.round if detail else "",
        series=detail.series if detail else "",
        map=detail.map_name if detail else "",
        details=detail.stats if detail else {},
        voided=row.void_reason,
        stats=row.stats,
    )
