"""The lines of an export of matches: plain rows, read in large parts and written without models between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.db.models import QuerySet

from deltacrown.core.pagination import iterate_pages
from deltacrown.core.prepared import Parameter, PreparedRows
from deltacrown.interchange.formats.deltacrown.writing import WrittenLine
from deltacrown.tournaments.models import TournamentMatchResult
from deltacrown.user_profile.histories.sides import Side, name_by_team
from django_tally.batches import in_batches

#: Rows read at a time: each statement that continues the list is written anew.
BATCH = 2_000
#: Matches whose tournaments are asked for at a time.
DESCRIBED = 500
COLUMNS = (
    "id",
    "recorded_at",
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
    "stats",
)


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


def iterate_lines(sources: Sequence[QuerySet[Any]], *, player: str) -> Iterator[WrittenLine]:
    """Yield the lines of the rows of one player, the earliest recorded first.

    There is no privacy check; the caller must have made it.

    :param player: what the lines call the player.
    """
    rows = [source.values_list(*COLUMNS, named=True) for source in sources]
    for batch in iterate_pages(rows, order=("recorded_at", "id"), size=BATCH):
        described = _describe([row.id for row in batch])
        teams = {pk: Side(told.team_id, told.team) for pk, told in described.items() if told.team_id}
        sides = name_by_team({row.id: row.side for row in batch}, teams)
        for row in batch:
            told = described.get(row.id, _NONE)
            yield WrittenLine(
                match_key=row.match_key,
                game=row.game__slug,
                player=player,
                result=row.result,
                played_at=row.played_at,
                kind=row.kind,
                side=sides[row.id],
                score=row.score,
                voided=row.void_reason,
                team=told.team,
                tournament=told.tournament,
                round=told.round,
                series=told.series,
                map=told.map,
                details=told.details,
                stats=row.stats,
                is_time_known=row.is_time_known,
                placement=row.placement,
                ended_by=row.ended_by,
                uncounted=row.uncounted_reason,
                sequence=row.sequence,
            )


def _describe(matches: Sequence[int]) -> dict[int, _Described]:
    found: dict[int, _Described] = {}
    for batch in in_batches(matches, DESCRIBED):
        padded = [*batch, *[batch[-1]] * (DESCRIBED - len(batch))]
        for match, *told, team_id, team in _prepare().read(*padded):
            found[match] = _Described._make([match, *told, team_id, team or ""])
    return found


@cache
def _prepare() -> PreparedRows:
    columns = (
        "match_id",
        "tournament__slug",
        "round",
        "series",
        "map_name",
        "stats",
        "team_id",
        "team__name",
    )

    def build() -> QuerySet[Any]:
        # By the column: a list of matches takes no parameters.
        asked: list[Any] = [Parameter(number) for number in range(DESCRIBED)]
        return TournamentMatchResult.objects.filter(match__id__in=asked).values_list(*columns)

    return PreparedRows(build)
