"""The pages about a player's stats: the rows behind one, its changes, its past values, its explanation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from deltacrown.user_profile.histories.filters import get_game, read_as_of
from deltacrown.user_profile.histories.line_counts import count_lines
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.catalogue import GameLine, StatLine, get_game_breakdown, list_stats
from deltacrown.user_profile.numbers.explanation import StatExplanation
from deltacrown.user_profile.numbers.history import StatHistory
from deltacrown.user_profile.numbers.past import get_stat, list_stats_as_of
from deltacrown.user_profile.numbers.rows import StatRows
from deltacrown.user_profile.people.addresses import get_player
from deltacrown.user_profile.privacy import Viewer
from deltacrown.user_profile.services import stats_service


@dataclass(frozen=True)
class StatPage:
    """One stat of a player and the rows behind it."""

    profile: UserProfile
    rows: StatRows


@dataclass(frozen=True)
class PastValue:
    """The value of a stat at a past time.

    :param asked: the date or datetime as the reader wrote it.
    :param at: the datetime meant; of a date, its end.
    :param is_day: whether a date was asked for.
    """

    asked: str
    at: datetime
    is_day: bool
    value: int | Decimal | None


@dataclass(frozen=True)
class StatHistoryPage:
    """The changes of one stat of a player, and its past value if one was asked for."""

    profile: UserProfile
    history: StatHistory
    past: PastValue | None


@dataclass(frozen=True)
class StatValuesPage:
    """All stats of a player, now or at a past time.

    :param as_of: the past time, or ``None`` for now.
    :param hidden: names of the stats whose past values the viewer may not see; empty for now.
    """

    as_of: datetime | None
    stats: list[StatLine]
    hidden: list[str]


@dataclass(frozen=True)
class StatValuePage:
    """One stat of a player, now or at a past time; ``as_of`` is ``None`` for now."""

    as_of: datetime | None
    stat: StatLine


def get_stat_page(
    public_id: str,
    stat: str,
    filters: Mapping[str, Any],
    page: str | None,
    *,
    limit: int = 10,
    viewer: Viewer,
) -> StatPage:
    """Return one stat of a player with the rows behind it, as ``viewer`` may see them."""
    profile = get_player(public_id, viewer=viewer)
    rows = stats_service.get_stat_rows(
        profile.user,
        stat,
        page,
        filters=filters,
        limit=limit,
        viewer=viewer,
    )
    if rows.kind == "matches":
        rows = replace(rows, items=count_lines(rows.items))
    return StatPage(profile, rows)


def get_stat_history_page(
    public_id: str,
    stat: str,
    page: str | None,
    *,
    game: str | None,
    as_of: str | None = None,
    limit: int = 10,
    viewer: Viewer,
    now: datetime,
) -> StatHistoryPage:
    """Return the changes of one stat of a player, and its value at a past time if ``as_of`` names one.

    :param as_of: a date, or a datetime with a time zone.
    """
    profile = get_player(public_id, viewer=viewer)
    history = stats_service.get_stat_history(
        profile.user,
        stat,
        page,
        game=game,
        limit=limit,
        viewer=viewer,
    )
    if not as_of:
        return StatHistoryPage(profile, history, None)

    at = read_as_of(as_of, now=now)
    value = stats_service.get_stat_as_of(profile.user, stat, at, game=history.game, viewer=viewer, now=now)
    past = PastValue(as_of, at, is_day="T" not in as_of.upper(), value=value)
    return StatHistoryPage(profile, history, past)


def get_stat_values(public_id: str, *, as_of: str | None, viewer: Viewer, now: datetime) -> StatValuesPage:
    """Return all stats of a player, now or at the past time that ``as_of`` names."""
    user = get_player(public_id, viewer=viewer).user
    if not as_of:
        return StatValuesPage(None, list_stats(user), [])

    at = read_as_of(as_of, now=now)
    past = list_stats_as_of(user, at, viewer=viewer, now=now)
    return StatValuesPage(at, past.stats, past.hidden)


def get_stat_value(
    public_id: str, stat: str, *, game: str | None, as_of: str | None, viewer: Viewer, now: datetime
) -> StatValuePage:
    """Return one stat of a player, now or at the past time that ``as_of`` names.

    :raises HistoryHidden: a past value is asked for, and its rows are hidden from ``viewer``, or told by the
        day only and ``as_of`` is a time within one.
    """
    user = get_player(public_id, viewer=viewer).user
    at = read_as_of(as_of, now=now) if as_of else None
    return StatValuePage(at, get_stat(user, stat, at=at, game=game, viewer=viewer, now=now))


def list_games_of(public_id: str) -> list[GameLine]:
    """Return a player's stats in each game played, the most played first."""
    return get_game_breakdown(get_player(public_id).user)


def get_explanation(public_id: str, stat: str, *, game: str | None, viewer: Viewer) -> StatExplanation:
    """Return why a stat of a player has its value, as ``viewer`` may see it."""
    user = get_player(public_id, viewer=viewer).user
    named = get_game(game) if game else None
    return stats_service.explain_stat(user, stat, game=named, viewer=viewer)
