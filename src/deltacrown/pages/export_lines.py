"""The lines of an export of matches: plain rows, read in large parts and written without models between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F, QuerySet, TextField, Value
from django.db.models.functions import Cast, NullIf

from deltacrown.core.documents import AmongKeys, iterate_columns, read_rows
from deltacrown.core.prepared import Parameter, PreparedRows
from deltacrown.core.told_json import tidy_documents
from deltacrown.interchange.formats.deltacrown.writing import (
    FIELDS,
    WORD_OF_END,
    MatchBatch,
    write_all_played,
)
from deltacrown.tournaments.models import TournamentMatchResult
from deltacrown.user_profile.histories.sides import Side, name_by_team
from django_tally.batches import in_batches

#: Rows read at a time: each statement that continues the list is written anew.
BATCH = 3_000
#: Matches whose tournaments are asked for at a time, where each is a value of the statement.
DESCRIBED = 500
#: An index of the rows of a player has it.
ORDER = ("recorded_at", "id")


#: What is read of a row; what it is in the order of comes first.
READ = (
    *ORDER,
    "match_key",
    "game__slug",
    "result",
    "played_at",
    "is_time_known",
    "kind",
    "side",
    "score",
    "placement",
    "ended_by",
    "uncounted_reason",
    "void_reason",
    "sequence",
)
_STATS_AS_TEXT = NullIf(Cast("stats", TextField()), Value("{}", TextField()))


class _Described(NamedTuple):
    """What a tournament adds to a line."""

    match: int
    tournament: str
    round: str
    series: str
    map: str
    details: dict[str, Any]
    team_id: int | None
    team: str


_NONE = _Described(0, "", "", "", "", {}, None, "")


def iterate_stats(sources: Sequence[QuerySet[Any]]) -> Iterator[dict[str, Any]]:
    """Yield the stats of the rows of one player that have some; see ``iterate_batches``."""
    rows = [source.exclude(stats={}).values_list(*ORDER, "stats") for source in sources]
    for *_, stats in iterate_columns(rows, order=ORDER, size=BATCH):
        yield from stats


def iterate_batches(
    sources: Sequence[QuerySet[Any]], *, player: str, as_text: bool = False
) -> Iterator[MatchBatch]:
    """Yield the lines of the rows of one player, the earliest recorded first.

    There is no privacy check; the caller must have made it. A batch continues at a position: rows recorded
    meanwhile may or may not be included, and none is left out or listed twice.

    :param player: what the lines call the player.
    :param as_text: for NDJSON alone: stats are not taken apart where the database writes them as JSON does.
    """
    is_text = as_text and connection.vendor == "postgresql"
    stats, written = (_STATS_AS_TEXT, {"stats"}) if is_text else (F("stats"), set())
    rows = [source.values_list(*READ, stats) for source in sources]
    for columns in iterate_columns(rows, order=ORDER, size=BATCH):
        read = dict(zip((*READ, "stats"), columns, strict=True))
        if is_text:
            read["stats"] = tidy_documents(read["stats"])
        yield MatchBatch(_describe_lines(read, player), written=written)


def _describe_lines(row: Mapping[str, Sequence[Any]], player: str) -> dict[str, Sequence[Any]]:
    """Return the values of lines by the names of their columns."""
    matches = row["id"]
    described = _describe(matches)
    teams = {pk: Side(told.team_id, told.team) for pk, told in described.items() if told.team_id}
    sides = name_by_team(dict(zip(matches, row["side"], strict=True)), teams)
    told = zip(*(described.get(match, _NONE) for match in matches), strict=True)
    of = dict(zip(_Described._fields, told, strict=True))
    nothing = [None] * len(matches)
    columns: dict[str, Sequence[Any]] = {
        "match_key": row["match_key"],
        "game": row["game__slug"],
        "player": [player] * len(matches),
        "result": list(map(str.lower, row["result"])),
        "played_at": write_all_played(row["played_at"], row["is_time_known"]),
        "kind": list(map(str.lower, row["kind"])),
        "side": [sides[match] for match in matches],
        "score": row["score"],
        "placement": row["placement"],
        "ended_by": [WORD_OF_END[ended_by] for ended_by in row["ended_by"]],
        "uncounted": row["uncounted_reason"],
        "voided": row["void_reason"],
        "team": of["team"],
        "tournament": of["tournament"],
        "round": of["round"],
        "series": of["series"],
        "best_of": nothing,
        "map": of["map"],
        "sequence": row["sequence"],
        "player_name": nothing,
        "country": nothing,
        "stats": row["stats"],
        "details": of["details"],
    }
    return {name: columns[name] for name in FIELDS}


def _describe(matches: Sequence[int]) -> dict[int, _Described]:
    described = ((*told, team or "") for *told, team in _read_descriptions(matches))
    return {told.match: told for told in map(_Described._make, described)}


def _read_descriptions(matches: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    if connection.vendor == "postgresql":
        yield from read_rows(_list_descriptions().filter(AmongKeys(F("match_id"), matches)))
        return
    for batch in in_batches(matches, DESCRIBED):
        yield from _prepare().read(*batch, *[batch[-1]] * (DESCRIBED - len(batch)))


@cache
def _prepare() -> PreparedRows:
    # By the column: a list of matches takes no parameters.
    asked: list[Any] = [Parameter(number) for number in range(DESCRIBED)]
    return PreparedRows(lambda: _list_descriptions().filter(match__id__in=asked))


def _list_descriptions() -> QuerySet[Any]:
    told = ("match_id", "tournament__slug", "round", "series", "map_name", "stats", "team_id", "team__name")
    return TournamentMatchResult.objects.values_list(*told)
