"""Leaderboards of a period, counted from the rows by when their facts happened.

What is cached on profiles is of all time. A board of a period is computed from the same rows as known now: a
correction changes also the board of a season that is over, an archive or another player's doings do not.
"""

from __future__ import annotations

from django.utils.translation import gettext, gettext_noop

from deltacrown.accounts.models import User
from deltacrown.core.errors import NotFound
from deltacrown.core.pagination import check_limit, read_position, write_position
from deltacrown.games.models import Game
from deltacrown.user_profile.histories.filters import get_game
from deltacrown.user_profile.models import GameStats, UserProfile
from deltacrown.user_profile.numbers.board_periods import Period
from deltacrown.user_profile.numbers.catalogue import get_stat_field
from deltacrown.user_profile.numbers.leaderboards import (
    MAX_EACH_SIDE,
    MAX_LIMIT,
    Leaderboard,
    LeaderboardEntry,
    check_country,
    get_tie_rule,
    list_boards,
)
from deltacrown.user_profile.numbers.ranking import RankedRow, Ranking
from deltacrown.user_profile.numbers.row_sources import list_row_sources
from deltacrown.user_profile.privacy import History, find_hiding_histories
from deltacrown.user_profile.stat_fields import list_leaderboards, list_twin_leaderboards, list_twins

#: What a board says where players are left out of it.
_LEFT_OUT = {
    History.MATCHES: gettext_noop(
        "Players who hide their match history are not shown on boards of a past day."
    ),
    History.TOURNAMENTS: gettext_noop(
        "Players who hide their tournaments are not shown on boards of a past day."
    ),
}


def get_period_leaderboard(
    stat: str,
    period: Period,
    *,
    game: Game | str | None = None,
    country: str | None = None,
    circle_of: User | None = None,
    page: str | None = None,
    limit: int = 25,
) -> Leaderboard:
    """Return a page of the players ranked by ``stat`` over what happened in a period, best first.

    Ties share a rank and are listed by public id, as on the leaderboards of all time. Of a season of one
    game, the numbers in that game are ranked.

    :param stat: a number with a leaderboard of periods; ``list_period_boards`` has them.
    :param limit: 1 to 100.
    :raises NotFound: there is no such leaderboard of a period.
    :raises InvalidInput: for a game, country, cursor or limit that cannot be taken.
    """
    check_limit(limit, MAX_LIMIT)
    ranking = _find_ranking(stat, period, game=game, country=country, circle_of=circle_of)
    listing = _name_listing(stat, ranking)
    if page:
        value, public_id = read_position(listing, page)
        found = ranking.read_after(value, public_id, limit + 1)
    else:
        found = ranking.read_first(limit + 1)
    shown, has_next = found[:limit], len(found) > limit
    field = get_stat_field(ranking.holder, ranking.field.name)
    return Leaderboard(
        [row.entry for row in shown],
        _write_cursor(listing, shown[-1]) if has_next else None,
        has_next,
        stat=stat,
        label=field.label,
        meaning=field.meaning,
        unit=field.unit,
        rule=ranking.declared.get_rule(in_period=True),
        tie_rule=get_tie_rule(in_game=False),
        game=ranking.game,
        left_out=describe_left_out(ranking.leave_out),
        best=shown[0].best if shown else None,
    )


def find_period_page_around(
    user: User,
    stat: str,
    period: Period,
    *,
    game: Game | str | None = None,
    country: str | None = None,
    circle_of: User | None = None,
    before: int = 12,
) -> str | None:
    """Return the cursor of the page on which ``user`` is, as ``leaderboards.find_page_around``."""
    ranking = _find_ranking(stat, period, game=game, country=country, circle_of=circle_of)
    last = ranking.read_before(user, before + 1)
    return next((_write_cursor(_name_listing(stat, ranking), row) for row in last), None)


def list_period_neighbours(
    user: User,
    stat: str,
    period: Period,
    *,
    game: Game | str | None = None,
    country: str | None = None,
    circle_of: User | None = None,
    each_side: int = 5,
) -> list[LeaderboardEntry]:
    """Return ``user``'s place over a period, with those just before and after it.

    Nothing when they are not ranked.

    Everybody's ranks are those of the whole leaderboard.

    :param each_side: how many before, and how many after: 0 to 50.
    :raises NotFound: there is no such leaderboard of a period.
    :raises InvalidInput: for a game, country or number that cannot be taken.
    """
    check_limit(each_side + 1, MAX_EACH_SIDE + 1)
    ranking = _find_ranking(stat, period, game=game, country=country, circle_of=circle_of)
    found = ranking.read_around(user, each_side)
    return [row.entry for row in found]


def list_period_boards(*, in_game: bool = False) -> list[str]:
    """Return the names of the numbers with leaderboards of periods, in the order of the leaderboards.

    Those are all that are ranked but the ones whose rows others never see: the board of a day would tell what
    a hidden row of that day added.

    :param in_game: only those that exist for one game.
    """
    return [name for name, _ in list_boards(in_game=in_game) if _find_hiding(name) is not None]


def describe_left_out(histories: frozenset[History]) -> str:
    """Return who is left out because they hide one of ``histories``, in words; empty for nobody."""
    return " ".join(gettext(text) for history, text in _LEFT_OUT.items() if history in histories)


def list_left_out(stat: str, period: Period) -> frozenset[History]:
    """Return the histories of which one must not be hidden to be on the board.

    Whoever chooses the day could ask for every day, and read a hidden history from the differences. Declared
    seasons and the periods at hand are chosen by others: these boards show everybody.
    """
    return _find_hiding(stat) or frozenset() if period.as_of else frozenset()


def _find_hiding(stat: str) -> frozenset[History] | None:
    sample = list_leaderboards(UserProfile)[stat].sample
    names = [stat, *([sample.stat] if sample else [])]
    sources = [source for name in names for source in list_row_sources(UserProfile, name)]
    return find_hiding_histories(source.require for source in sources)


def _find_ranking(
    stat: str, period: Period, *, game: Game | str | None, country: str | None, circle_of: User | None
) -> Ranking:
    of_game = (get_game(game) if isinstance(game, str) else game) or period.game
    boards = list_period_boards(in_game=of_game is not None)
    if stat not in boards:
        message = (
            gettext("There is no leaderboard of a period in one game by %(stat)s: choose one of %(boards)s.")
            if of_game
            else gettext("There is no leaderboard of a period by %(stat)s: choose one of %(boards)s.")
        )
        raise NotFound(message % {"stat": repr(stat), "boards": ", ".join(boards)}, field="stat")
    if country is not None:
        check_country(country)

    name, holder = (list_twins(GameStats)[stat], GameStats) if of_game else (stat, UserProfile)
    declared = list_twin_leaderboards(GameStats, UserProfile) if of_game else list_leaderboards(UserProfile)
    return Ranking(
        holder,
        get_stat_field(holder, name),
        declared[name],
        period,
        of_game,
        country,
        list_left_out(stat, period),
        circle_of,
    )


def _write_cursor(listing: str, row: RankedRow) -> str:
    return write_position(listing, [row.ordered_by, row.entry.public_id])


def _name_listing(stat: str, ranking: Ranking) -> str:
    """Return what cursors are bound to: a period that moves on by a day is the same listing."""
    period = ranking.period
    season = period.season.slug if period.season else ""
    of_game = ranking.game.slug if ranking.game else ""
    circle = f"/{ranking.circle_of.pk}" if ranking.circle_of else ""
    return (
        f"period/{stat}/{period.name}/{season}/{period.as_of or ''}/{of_game}/{ranking.country or ''}{circle}"
    )
