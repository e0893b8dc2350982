"""Every line that was played in a tournament, live or archived, read once for all that is told of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet

from deltacrown.core.either import IsAmong
from deltacrown.core.prepared import Parameter
from deltacrown.core.prepared_keys import KeyedRows, is_among
from deltacrown.games.models import list_match_sources
from deltacrown.tournaments.models import Tournament, TournamentMatchResult

#: What is read of a match row, in the order of the fields of ``PlayedRow``.
_COLUMNS = (
    "pk",
    "match_key",
    "user_id",
    "side",
    "result",
    "score",
    "placement",
    "ended_by",
    "uncounted_reason",
    "voided_at",
    "void_reason",
    "played_at",
    "is_time_known",
    "sequence",
    "stats",
)


#: What is read of what the tournament says: the match row, and then the fields of ``Told``.
_SAID = ("match_id", "team_id", "team__name", "team__slug", "round", "series", "map_name")


class Told(NamedTuple):
    """What the tournament says of a line; ``team_name`` and ``team_slug`` are of today."""

    team: int | None = None
    team_name: str | None = None
    team_slug: str | None = None
    round: str = ""
    series: str = ""
    map_name: str = ""


@dataclass(frozen=True, slots=True)
class PlayedRow:
    """One player's line of a match of a tournament."""

    pk: int
    match_key: str
    user: int
    side: str
    result: str
    score: str
    placement: int | None
    ended_by: str
    uncounted_reason: str
    voided_at: datetime | None
    void_reason: str
    played_at: datetime
    is_time_known: bool
    sequence: int | None
    stats: Mapping[str, Any]
    told: Told

    @property
    def counts(self) -> bool:
        """Return whether it counts for numbers, as the condition ``COUNTS`` does."""
        return self.voided_at is None and not self.uncounted_reason


def list_played_rows(tournament: Tournament, matches: Collection[int] | None = None) -> list[PlayedRow]:
    """Return the lines of a tournament's matches, void ones too, in two queries.

    A row that is being archived is in both tables for a moment, and is returned once.

    :param matches: the keys of match rows, to return these alone.
    """
    if matches is not None:
        said = _SAID_OF.read(tournament.pk, keys=matches)
        return _put_together(said, lambda: _PLAYED.read(keys=matches))

    described = TournamentMatchResult.objects.filter(tournament=tournament)
    played = _list_played(IsAmong("pk", described.values("match_id")))
    return _put_together(described.values_list(*_SAID), played.iterator)


def _put_together(
    said: Iterable[tuple[Any, ...]], read: Callable[[], Iterable[tuple[Any, ...]]]
) -> list[PlayedRow]:
    """Return the lines of which something is told.

    :param read: reads the match rows, ``_COLUMNS`` of each; it is not called where nothing is told.
    """
    told = {pk: Told(*rest) for pk, *rest in said}
    if not told:
        return []
    found = []
    for values in read():
        # What was told is taken out, so that a row of both tables is not returned twice.
        of_it = told.pop(values[0], None)
        if of_it is not None:
            fields: list[Any] = [*values, of_it]
            found.append(PlayedRow(*fields))
    return found


def _list_played(condition: Any) -> QuerySet[Any]:
    live, archived = (rows.order_by().values_list(*_COLUMNS) for rows in list_match_sources(condition))
    return live.union(archived, all=True)


_SAID_OF = KeyedRows(
    lambda keys: TournamentMatchResult.objects.filter(
        is_among("match_id", keys), tournament=Parameter(0)
    ).values_list(*_SAID),
    given=1,
)
_PLAYED = KeyedRows(lambda keys: _list_played(is_among("id", keys)))
