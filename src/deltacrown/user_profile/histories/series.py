"""The series of a player: each one result over its games."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from deltacrown.accounts.models import User
from deltacrown.core.natural_order import SortKey
from deltacrown.core.pagination import Order, Page, check_limit, paginate
from deltacrown.games.models import MatchRow
from deltacrown.tournaments.models import TournamentSeriesResult
from deltacrown.user_profile.histories.filters import (
    GivenMatchFilters,
    MatchFilters,
    get_game,
    get_tournament_named,
    read_match_filters,
)
from deltacrown.user_profile.histories.opponents import find_opponent
from deltacrown.user_profile.privacy import Viewer, require_match_history

#: Of series whose last games were played at one time, the names decide, then the tournaments.
ORDER: Order = ("-played_at", "-series_order")
RELATED = ("tournament__game", "team", "opponent_team", "opponent_user__profile")


@dataclass(frozen=True)
class SeriesEntry:
    """One series of a player, as the player's side has it.

    :param slug: the tournament's, as ``name``; ``series`` is unique within it.
    :param opponent: a team's or a player's name; empty when unknown.
    :param opponent_public_id: of a player, else empty.
    :param best_of: the most games it was set for; ``None`` where nobody said.
    :param games_won: by the side, also while the player sat out; ``games_played`` are those of the player.
    :param uncounted_reason: why it counts nowhere; empty when it counts.
    :param played_at: when its last game was played, ``started_at`` its first.
    """

    slug: str
    name: str
    game_slug: str
    game_name: str
    series: str
    round: str
    team: str
    opponent: str
    opponent_public_id: str
    best_of: int | None
    result: TournamentSeriesResult.Result
    score: str
    games_won: int
    games_lost: int
    games_drawn: int
    games_played: int
    uncounted_reason: str
    started_at: datetime
    played_at: datetime
    is_time_known: bool

    @property
    def is_uncounted(self) -> bool:
        """Return whether it counts nowhere."""
        return bool(self.uncounted_reason)


def get_series_history(
    user: User,
    filters: GivenMatchFilters = None,
    page: str | None = None,
    *,
    limit: int = 10,
    viewer: Viewer = None,
) -> Page[SeriesEntry]:
    """Return a page of the series that ``user`` played, those played last first.

    :param filters: as ``get_match_history`` takes them. Every series is of the kind TOURNAMENT; its time is
        that of its last game.
    :param limit: 1 to 50.
    :raises HistoryHidden: when ``user`` hides their matches from ``viewer``.
    :raises InvalidInput: for a filter, cursor or limit that cannot be taken.
    """
    check_limit(limit)
    checked = read_match_filters(filters)
    require_match_history(user, viewer)

    played = TournamentSeriesResult.objects.filter(user=user)
    rows = narrow_series([played], checked.for_page(page), viewer=viewer)
    found = paginate(rows, listing=f"series/{user.pk}/{checked}", order=ORDER, cursor=page, limit=limit)
    return found.with_items(describe_series)


def narrow_series(
    sources: Sequence[QuerySet[Any]], filters: MatchFilters, *, viewer: Viewer = None
) -> list[QuerySet[Any]]:
    """As ``filter_series``, to be read in ``ORDER``, with what entries need fetched along."""
    return arrange_series(filter_series(sources, filters, viewer=viewer))


def arrange_series(sources: Sequence[QuerySet[Any]]) -> list[QuerySet[Any]]:
    """Return each of ``sources`` to be read in ``ORDER``, with what entries need fetched along."""
    return [in_play_order(source).select_related(*RELATED) for source in sources]


def filter_series(
    sources: Sequence[QuerySet[Any]], filters: MatchFilters, *, viewer: Viewer = None
) -> list[QuerySet[Any]]:
    """Return each of ``sources`` filtered, to be counted: in no order, and of their own columns.

    :param viewer: for the filters by opponent and tournament: what is hidden from the viewer is not found.
    """
    conditions: dict[str, Any] = {
        "game": filters.game and get_game(filters.game),
        "tournament": filters.tournament and get_tournament_named(filters.tournament, viewer),
        "result": filters.result,
        "played_at__gte": filters.played_from,
        "played_at__lt": filters.played_to,
    }
    wanted = Q(**{name: value for name, value in conditions.items() if value is not None})
    if filters.opponent is not None:
        found = find_opponent(filters.opponent, viewer)
        wanted &= Q(opponent_user=found) if isinstance(found, User) else Q(opponent_team=found)

    narrowed = [source.filter(wanted) for source in sources]
    # What a game reports is of one match, not of a series.
    is_none = filters.kind == MatchRow.Kind.CASUAL or filters.reported is not None
    return [source.none() for source in narrowed] if is_none else narrowed


def in_play_order(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Add ``series_order`` to series of one player, to be read in ``ORDER``."""
    ordered: QuerySet[Any] = rows.annotate(series_order=SortKey("series", "tournament__slug"))
    return ordered


def describe_series(rows: Sequence[TournamentSeriesResult]) -> list[SeriesEntry]:
    """Convert series of players, with what they name fetched along."""
    return [_entry(row) for row in rows]


def _entry(row: TournamentSeriesResult) -> SeriesEntry:
    opponent, opponent_public_id = "", ""
    if row.opponent_team:
        opponent = row.opponent_team.name
    elif row.opponent_user:
        opponent, opponent_public_id = row.opponent_user.profile.name, row.opponent_user.profile.public_id

    return SeriesEntry(
        slug=row.tournament.slug,
        name=row.tournament.name,
        game_slug=row.tournament.game.slug,
        game_name=row.tournament.game.name,
        series=row.series,
        round=row.round,
        team=row.team.name if row.team else "",
        opponent=opponent,
        opponent_public_id=opponent_public_id,
        best_of=row.best_of,
        result=TournamentSeriesResult.Result(row.result),
        score=row.score,
        games_won=row.games_won,
        games_lost=row.games_lost,
        games_drawn=row.games_drawn,
        games_played=row.games_played,
        uncounted_reason=row.uncounted_reason,
        started_at=row.started_at,
        played_at=row.played_at,
        is_time_known=row.is_time_known,
    )
