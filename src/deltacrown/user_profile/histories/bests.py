"""A player's bests: the most in one match, the best run, the best day, and how each agent or map went.

All of it follows from the latest matches that count, so it is told to who may see the match history alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from deltacrown.accounts.models import User
from deltacrown.core.days import start_of_day
from deltacrown.core.pagination import paginate
from deltacrown.games.models import MatchRow, add_play_order, list_match_sources
from deltacrown.user_profile.histories.match_words import LEADING_NUMBERS, is_number, list_texts
from deltacrown.user_profile.histories.matches import ORDER
from deltacrown.user_profile.histories.reported import write_reported
from deltacrown.user_profile.histories.versus import Record
from deltacrown.user_profile.privacy import Viewer, require_match_history

#: How many of the latest matches that count are looked at.
LOOKED_AT = 1000
#: Of how many matches in a row the best run is.
RUN = 20
#: How many won on one day are worth telling.
GOOD_DAY = 2
#: How many games are told of where none is asked for; of each, and of the one asked for, how much.
GAMES, TOPS_EACH, TABLES_EACH, LINES_EACH = 3, 2, 1, 5
TOPS, TABLES, LINES = 6, 3, 12
#: Reported numbers of which more is no feat, and endings of the names of such.
NO_FEATS = {"deaths", "minutes", "seconds", "duration", "fouls", "own_goals", "errors", "rank", "placement"}
NO_FEAT_ENDINGS = ("_lost", "_conceded", "_missed", "_taken")
LONGEST_NAME = 40


@dataclass(frozen=True)
class Top:
    """The most that was reported of one match.

    :param name: of the reported number.
    """

    name: str
    value: float
    match: MatchRow


@dataclass(frozen=True)
class Run:
    """The best of all runs of ``RUN`` matches; of equal ones the latest."""

    record: Record
    since: datetime
    until: datetime


@dataclass(frozen=True)
class GoodDay:
    """The day in UTC with the most wins; of equal ones the latest."""

    day: datetime
    won: int


@dataclass(frozen=True)
class Share:
    """How the matches went of which this was reported.

    :param reported: the filter that keeps them.
    """

    value: str
    reported: str
    record: Record


@dataclass(frozen=True)
class ShareTable:
    """How the matches of one game went, by one of the texts reported, the most played first."""

    game_slug: str
    game_name: str
    name: str
    shares: list[Share]


@dataclass(frozen=True)
class Bests:
    """What is best in the latest matches.

    :param matches: how many were looked at.
    :param since: when the first of them was played, where there are more before it.
    """

    matches: int
    since: datetime | None
    tops: list[Top]
    run: Run | None
    good_day: GoodDay | None
    tables: list[ShareTable]


def read_bests(user: User, game: str | None = None, *, viewer: Viewer) -> Bests:
    """Return the bests of ``user`` in the latest matches that count, as far as ``viewer`` may see.

    :param game: a game's slug; without one, those of the most played games.
    :raises HistoryHidden: ``user`` hides the matches from ``viewer``.
    """
    require_match_history(user, viewer)
    rows = _read_latest(user, game)
    by_game: defaultdict[int, list[MatchRow]] = defaultdict(list)
    for row in rows:
        by_game[row.game_id].append(row)
    played_most = sorted(by_game.values(), key=lambda some: (-len(some), some[0].game.slug))[:GAMES]
    tops, tables, lines = (TOPS, TABLES, LINES) if game else (TOPS_EACH, TABLES_EACH, LINES_EACH)
    return Bests(
        matches=len(rows),
        since=rows[-1].played_at if len(rows) == LOOKED_AT else None,
        tops=[top for some in played_most for top in _list_tops(some)[:tops]],
        run=_find_best_run(rows),
        good_day=_find_best_day(rows),
        tables=[table for some in played_most for table in _list_tables(some, lines)[:tables]],
    )


def _read_latest(user: User, game: str | None) -> list[MatchRow]:
    wanted = {"user": user} if game is None else {"user": user, "game__slug": game}
    sources = [
        add_play_order(source.counted()).select_related("game") for source in list_match_sources(**wanted)
    ]
    found: list[MatchRow] = paginate(
        sources, listing="bests", order=ORDER, limit=LOOKED_AT, max_limit=LOOKED_AT
    ).items
    return found


def _list_tops(rows: Iterable[MatchRow]) -> list[Top]:
    """Return the most of each reported number, those that everybody knows first. The latest come first."""
    found: dict[str, Top] = {}
    for row in rows:
        for name, value in row.stats.items():
            if is_number(value) and value > 0 and (name not in found or value > found[name].value):
                found[name] = Top(name, value, row)

    names = [name for name in found if _is_feat(name)]
    leading = [name for name in LEADING_NUMBERS if name in names]
    return [found[name] for name in [*leading, *sorted(set(names).difference(leading))]]


def _is_feat(name: str) -> bool:
    return len(name) <= LONGEST_NAME and name not in NO_FEATS and not name.endswith(NO_FEAT_ENDINGS)


def _find_best_run(rows: Sequence[MatchRow]) -> Run | None:
    """Return the run with the most won, and of those the one with the fewest lost."""
    best: tuple[tuple[int, int], int] | None = None
    for start in range(len(rows) - RUN + 1):
        record = _sum_up(rows[start : start + RUN])
        if best is None or (record.won, -record.lost) > best[0]:
            best = (record.won, -record.lost), start
    if best is None or not best[0][0]:
        return None
    run = rows[best[1] : best[1] + RUN]
    return Run(_sum_up(run), run[-1].played_at, run[0].played_at)


def _find_best_day(rows: Iterable[MatchRow]) -> GoodDay | None:
    won = Counter(start_of_day(row.played_at) for row in rows if row.result == MatchRow.Result.WIN)
    day, count = max(won.items(), key=lambda each: (each[1], each[0]), default=(None, 0))
    return GoodDay(day, count) if day and count >= GOOD_DAY else None


def _list_tables(rows: Sequence[MatchRow], most: int) -> list[ShareTable]:
    """Return the tables of one game in which there is a choice: of one map alone, none."""
    found: defaultdict[str, defaultdict[str, list[MatchRow]]] = defaultdict(lambda: defaultdict(list))
    names: dict[str, str] = {}
    for row in rows:
        for name in list_texts(row.stats):
            names[name] = row.stats[name]
            if write_reported(name, row.stats[name]):
                found[name][row.stats[name]].append(row)

    game = rows[0].game
    tables = []
    for name in list_texts(names):
        by_value = found[name]
        ranked = sorted(by_value, key=lambda value: (-len(by_value[value]), value))[:most]
        shares = [Share(value, f"{name}:{value}", _sum_up(by_value[value])) for value in ranked]
        if len(shares) > 1:
            tables.append(ShareTable(game.slug, game.name, name, shares))
    return tables


def _sum_up(rows: Iterable[MatchRow]) -> Record:
    results = Counter(row.result for row in rows)
    won, lost, drawn = (
        results[each] for each in (MatchRow.Result.WIN, MatchRow.Result.LOSS, MatchRow.Result.DRAW)
    )
    return Record(won, lost, drawn)
