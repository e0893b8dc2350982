"""Every line that was played in a tournament, live or archived, read once for all that is told of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from deltacrown.core.either import IsAmong
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
    described = TournamentMatchResult.objects.filter(tournament=tournament)
    if matches is not None:
        described = described.filter(match__in=matches)
    columns = ("team_id", "team__name", "team__slug", "round", "series", "map_name")
    told = {pk: Told(*rest) for pk, *rest in described.values_list("match_id", *columns)}
    if not told:
        return []

    live, archived = (
        rows.order_by().values_list(*_COLUMNS)
        for rows in list_match_sources(IsAmong("pk", described.values("match_id")))
    )
    found = []
    for values in live.union(archived, all=True).iterator():
        said = told.pop(values[0], None)
        if said is not None:
            fields: list[Any] = [*values, said]
            found.append(PlayedRow(*fields))
    return found
