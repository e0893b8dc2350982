"""Export the tournaments of the whole site to a file that can be imported, in an order of their facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from django.db.models import Q

from deltacrown.core.natural_order import SortKey
from deltacrown.core.pagination import iterate_pages
from deltacrown.games.models import Season
from deltacrown.interchange.batches import Batch
from deltacrown.interchange.directory import read_player_texts
from deltacrown.interchange.drafts import WITH_RESULTS
from deltacrown.interchange.formats.deltacrown.writing_tournaments import (
    COLUMNS,
    EntrantRows,
    write_tournament,
)
from deltacrown.interchange.outfile import write_file
from deltacrown.tournaments.models import (
    Disqualification,
    Tournament,
    TournamentParticipation,
    TournamentResult,
)

#: Tournaments read at a time.
BATCH = 50


def count_lines(season: Season | None = None) -> int:
    """Return how many lines an export of all tournaments has, or of those of one season."""
    entries, bare = TournamentParticipation.objects.all(), Tournament.objects.filter(participations=None)
    if season:
        entries = entries.filter(season.covers("tournament__starts_at", "tournament__game"))
        bare = bare.filter(season.covers("starts_at"))
    return entries.count() + bare.count()


def export_tournaments(
    *,
    path: Path,
    replace: bool = False,
    season: Season | None = None,
    progress: Callable[[int], object],
) -> int:
    """Write every tournament, drafts too, with entrants and results; return the lines.

    Earliest first. The file gets its name when it is whole: an export that is stopped leaves none.

    :param path: CSV, or NDJSON by ``.ndjson`` or ``.jsonl``; either may be gzipped by ``.gz``.
    :param replace: overwrite a file that is there.
    :param season: only tournaments that start on its days, in its game where it is of one.
    :param progress: called with the number of lines written since the last call.
    :raises InvalidInput: the name has another ending, or the file is there.
    """
    return write_file(
        path=path,
        replace=replace,
        columns=lambda: COLUMNS,
        batches=partial(_iterate_lines, season),
        progress=progress,
    )


def _iterate_lines(season: Season | None) -> Iterator[Batch]:
    rows = Tournament.objects.filter(season.covers("starts_at") if season else Q())
    rows = rows.annotate(slug_order=SortKey("slug")).select_related("game", "organiser")
    for tournaments in iterate_pages([rows], order=("starts_at", "slug_order"), size=BATCH):
        entrants = _find_entrants(tournaments)
        users = {entry.user_id for each in entrants.values() for rows in each for entry in rows.entries}
        texts = read_player_texts(users)
        lines = [
            line
            for tournament in tournaments
            for line in write_tournament(tournament, entrants[tournament.pk], texts)
        ]
        yield Batch({name: [line.get(name) or None for line in lines] for name in COLUMNS})


def _find_entrants(tournaments: Sequence[Tournament]) -> dict[int, list[EntrantRows]]:
    """Return the entrants of each tournament by its id. Three queries."""
    keys = [tournament.pk for tournament in tournaments]
    of_teams = {each.pk for each in tournaments if each.entrant_kind == Tournament.EntrantKind.TEAM}
    found: dict[int, dict[int | None, EntrantRows]] = defaultdict(dict)

    def entrant_of(row: TournamentParticipation | TournamentResult | Disqualification) -> EntrantRows:
        is_team = row.tournament_id in of_teams and row.team_id is not None
        rows = EntrantRows(team=row.team) if is_team else EntrantRows(user=row.user)
        return found[row.tournament_id].setdefault(row.team_id if is_team else row.user_id, rows)

    entries = TournamentParticipation.objects.filter(tournament__in=keys)
    for entry in entries.select_related("user", "team"):
        entrant_of(entry).entries.append(entry)

    # Those of one that runs again count nowhere until it is completed anew, and are no part of what it is.
    ended = [each.pk for each in tournaments if each.status in WITH_RESULTS]
    results = TournamentResult.objects.filter(tournament__in=ended)
    for result in results.select_related("user", "team"):
        rows = entrant_of(result)
        if rows.team is not None and result.user_id is not None:
            rows.shares.add(result.user_id)
        else:
            rows.official = result

    rulings = Disqualification.objects.standing().filter(tournament__in=keys)
    for ruling in rulings.select_related("user", "team"):
        entrant_of(ruling).ruling = ruling

    return {key: list(found[key].values()) for key in keys}
