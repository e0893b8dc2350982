"""The pages about a player's stats: the rows behind one, its changes, its past values, its explanation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from deltacrown.games.models import Game, Season
from deltacrown.pages.seasons import list_choices
from deltacrown.pages.stat_charts import ChartChoice, ReadNumber, StatChart, get_stat_chart
from deltacrown.user_profile.histories.filters import get_game, is_date, read_as_of, read_known_at
from deltacrown.user_profile.histories.line_ups import add_opponents
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.access import KnownPlayer, find_precision, find_readable_number
from deltacrown.user_profile.numbers.catalogue import (
    GameLine,
    NumberReading,
    StatLine,
    get_game_breakdown,
    get_number,
    get_stat_field,
)
from deltacrown.user_profile.numbers.explanation import MatchVerdict, StatExplanation, explain_match
from deltacrown.user_profile.numbers.history import HistoryOrder, StatHistory, read_stat_history
from deltacrown.user_profile.numbers.past import Value, get_past_number, get_stat, list_stats_as_of
from deltacrown.user_profile.numbers.rolling import Rolling
from deltacrown.user_profile.numbers.row_sources import list_row_sources
from deltacrown.user_profile.numbers.rows import StatRows
from deltacrown.user_profile.numbers.rulings import read_latest, read_rulings
from deltacrown.user_profile.numbers.series import StatSeries
from deltacrown.user_profile.people.addresses import get_player
from deltacrown.user_profile.privacy import Viewer
from deltacrown.user_profile.services import stats_service

#: How many of the latest changes stand beside the rows.
LATEST = 5
#: The kinds of rows that can be filtered by a game the player played.
GAMES_OFFERED = {"matches", "series"}
#: The kinds of rows that can be filtered by a season.
SEASONS_OFFERED = {*GAMES_OFFERED, "tournaments"}


@dataclass(frozen=True)
class StatPage:
    """One stat of a player and the rows behind it, and with all of them its chart if one is asked for.

    :param games: the games to filter the rows by, and ``seasons`` the seasons.
    :param latest: with the chart, what moved the number last, as it became known.
    """

    profile: UserProfile
    rows: StatRows
    games: Sequence[Game] = ()
    seasons: Sequence[Season] = ()
    chart: StatChart | None = None
    latest: StatHistory | None = None


@dataclass(frozen=True)
class PastValue:
    """The value of a stat at a past time: by what happened, by what was known, or by both.

    :param asked: the date or datetime as the reader wrote it, by what happened; empty for all that happened.
    :param at: the datetime meant; of a date, its end.
    :param is_day: whether ``asked`` is a date.
    :param known_asked: the same by what this site knew; empty for what it knows now.
    :param known_at: the datetime meant; of a date, its end, and of today now.
    :param is_known_day: whether ``known_asked`` is a date, of a day that is over.
    :param shown: what this site showed at ``at``, where ``known_at`` was not asked for; else ``value``.
    """

    asked: str
    at: datetime | None
    is_day: bool
    value: Value
    known_asked: str
    known_at: datetime | None
    is_known_day: bool
    shown: Value

    @property
    def was_shown_otherwise(self) -> bool:
        """Return whether what is known now of that time is not what this site showed then."""
        return self.shown != self.value


@dataclass(frozen=True)
class StatHistoryPage:
    """The changes of one stat of a player, and its past value if one was asked for."""

    profile: UserProfile
    history: StatHistory
    past: PastValue | None
    chart: StatChart | None = None


@dataclass(frozen=True)
class StatValuesPage:
    """All stats of a player, now or at a past time.

    :param as_of: by what happened up to then; ``None`` for all of it.
    :param known_at: by what this site knew then; ``None`` for what it knows now.
    :param hidden: names of the stats whose past values the viewer may not see; empty for now.
    """

    as_of: datetime | None
    known_at: datetime | None
    stats: list[StatLine]
    hidden: list[str]


@dataclass(frozen=True)
class StatValuePage:
    """One stat of a player, now or at a past time; the times are those of ``StatValuesPage``."""

    as_of: datetime | None
    known_at: datetime | None
    stat: StatLine


def get_stat_page(
    public_id: str,
    stat: str,
    filters: Mapping[str, Any],
    page: str | None,
    *,
    limit: int = 10,
    chart: ChartChoice | None = None,
    viewer: Viewer,
    now: datetime,
) -> StatPage:
    """Return one stat of a player with the rows behind it, as ``viewer`` may see them.

    :param chart: draws the number over time, on the first page of all its rows.
    """
    known = KnownPlayer.get(public_id, viewer)
    if get_rows_kind(stat) in GAMES_OFFERED:
        known = known.read_games()
    profile, user = known.profile, known.profile.user
    rows = stats_service.get_stat_rows(
        user, stat, page, filters=filters, limit=limit, viewer=viewer, known=known
    )
    if rows.kind == "matches":
        rows = replace(rows, items=add_opponents(rows.items, viewer=viewer))
    games = [row.game for row in known.in_games.values()]
    seasons = list_choices(games or None) if rows.kind in SEASONS_OFFERED else None
    shown = StatPage(profile, rows, games, seasons or ())
    if chart is None or page or rows.is_narrowed:
        return shown

    # Who may read the rows was decided with them.
    number, reading = get_number(user, stat, rows.game), NumberReading(rows.stat, rows.parts)
    precision = find_precision(user, stat, viewer, flags=known.flags)
    latest, rulings = read_latest(number, reading, limit=LATEST, viewer=viewer, precision=precision)
    read = ReadNumber(number, rows.stat, precision, rulings, rows.evidence, seasons)
    drawn = get_stat_chart(read, chart, viewer=viewer, now=now)
    return replace(shown, chart=drawn, latest=latest)


def get_rows_kind(stat: str) -> str:
    """Return the shape of the rows behind a stat: ``matches``, ``series``, ``tournaments`` …

    :raises NotFound: when there is no such stat.
    """
    get_stat_field(UserProfile, stat)
    return list_row_sources(UserProfile, stat)[0].kind


def explain_match_of(
    profile: UserProfile, stat: str, text: str, *, game: Game | None, viewer: Viewer
) -> MatchVerdict:
    """Return whether a match of a player counts for a stat; see ``explain_match``."""
    return explain_match(profile.user, stat, text, game=game, viewer=viewer)


def get_stat_series(
    public_id: str,
    stat: str,
    filters: Mapping[str, Any],
    *,
    by: str,
    start: str | None = None,
    end: str | None = None,
    known_at: str | None = None,
    rolling: str | None = None,
    viewer: Viewer,
    now: datetime,
) -> StatSeries:
    """Return one stat of a player over time, as ``viewer`` may see it.

    :param filters: as ``get_stat_page`` takes them; with ``game``, the player's number in that game.
    :param start: a date, or a datetime with a time zone, as ``end`` and ``known_at``.
    :param rolling: ``20m`` for the last 20 matches, ``90d`` for the last 90 days.
    """
    return stats_service.get_stat_series(
        get_player(public_id, viewer=viewer).user,
        stat,
        by=by,
        start=start,
        end=end,
        known_at=read_known_at(known_at, now=now) if known_at else None,
        filters=filters,
        rolling=Rolling.read(rolling) if rolling else None,
        viewer=viewer,
        now=now,
    )


def get_stat_history_page(
    public_id: str,
    stat: str,
    page: str | None,
    *,
    game: str | None,
    order: str | None = None,
    as_of: str | None = None,
    known_at: str | None = None,
    limit: int = 10,
    chart: ChartChoice | None = None,
    viewer: Viewer,
    now: datetime,
) -> StatHistoryPage:
    """Return the changes of one stat of a player, and its value at a past time if one is asked for.

    :param order: ``happened``, which is meant when it is left out, or ``known``.
    :param as_of: a date, or a datetime with a time zone: by what happened up to then.
    :param known_at: the same: by what this site knew then.
    :param chart: draws the number over time, on the first page.
    """
    player = KnownPlayer.get(public_id, viewer)
    profile, user, flags = player.profile, player.profile.user, player.flags
    number = find_readable_number(user, stat, game, viewer, flags=flags)
    precision = find_precision(user, stat, viewer, flags=flags)
    history = read_stat_history(
        number,
        page,
        order=order or HistoryOrder.HAPPENED,
        limit=limit,
        viewer=viewer,
        precision=precision,
        reading=player.read_off(number),
    )
    drawn = None
    if chart is not None and not page:
        rulings = read_rulings(number, viewer=viewer, precision=precision)
        read = ReadNumber(number, history.stat, precision, rulings)
        drawn = get_stat_chart(read, chart, viewer=viewer, now=now)
    if not as_of and not known_at:
        return StatHistoryPage(profile, history, None, drawn)

    at, known = _read_times(as_of, known_at, now)
    found = get_past_number(
        user, stat, at, known_at=known, game=number.game, viewer=viewer, now=now, flags=flags
    )
    past = PastValue(
        asked=as_of or "",
        at=at,
        is_day=is_date(as_of or ""),
        value=found.value,
        known_asked=known_at or "",
        known_at=known,
        is_known_day=is_date(known_at or "") and known != now,
        shown=found.shown,
    )
    return StatHistoryPage(profile, history, past, drawn)


def get_stat_values(
    public_id: str, *, as_of: str | None, known_at: str | None, viewer: Viewer, now: datetime
) -> StatValuesPage:
    """Return all stats of a player, now or at the past times that ``as_of`` and ``known_at`` name."""
    user = get_player(public_id, viewer=viewer).user
    at, known = _read_times(as_of, known_at, now)
    past = list_stats_as_of(user, at, known_at=known, viewer=viewer, now=now)
    return StatValuesPage(at, known, past.stats, past.hidden)


def get_stat_value(
    public_id: str,
    stat: str,
    *,
    game: str | None,
    as_of: str | None,
    known_at: str | None,
    viewer: Viewer,
    now: datetime,
) -> StatValuePage:
    """Return one stat of a player, now or at the past times that ``as_of`` and ``known_at`` name.

    :raises HistoryHidden: a past value is asked for, and its rows are hidden from ``viewer``, or told by the
        day only and a time is one within a day.
    """
    user = get_player(public_id, viewer=viewer).user
    at, known = _read_times(as_of, known_at, now)
    line = get_stat(user, stat, at=at, known_at=known, game=game, viewer=viewer, now=now)
    return StatValuePage(at, known, line)


def _read_times(
    as_of: str | None, known_at: str | None, now: datetime
) -> tuple[datetime | None, datetime | None]:
    at = read_as_of(as_of, now=now) if as_of else None
    return at, read_known_at(known_at, now=now) if known_at else None


def list_games_of(public_id: str) -> list[GameLine]:
    """Return a player's stats in each game played, the most played first."""
    return get_game_breakdown(get_player(public_id).user)


def get_explanation(public_id: str, stat: str, *, game: str | None, viewer: Viewer) -> StatExplanation:
    """Return why a stat of a player has its value, as ``viewer`` may see it."""
    user = get_player(public_id, viewer=viewer).user
    named = get_game(game) if game else None
    return stats_service.explain_stat(user, stat, game=named, viewer=viewer)
