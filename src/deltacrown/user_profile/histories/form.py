"""The form of a player: the results of the latest matches that count, the streaks, and the days played on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from itertools import takewhile
from operator import itemgetter
from typing import Any

from django.db import connection
from django.db.models import Case, Exists, IntegerField, OuterRef, QuerySet, Value, When

from deltacrown.accounts.models import User
from deltacrown.core.natural_order import NumberedKey
from deltacrown.core.pagination import keep_latest
from deltacrown.core.prepared import Parameter, PreparedRows, PreparedText
from deltacrown.games.models import MATCH_TABLES, Game, Match, MatchRow, add_play_order, list_match_sources
from deltacrown.user_profile.histories.matches import ORDER

#: How many matches are read, of which most count: for the form, the streak of now, and a rolling rate.
READ = 100
#: A streak that goes through all matches read may be longer where there are so many.
LONG = READ // 2

#: Among how many of the latest matches that count the longest streak is looked for: not all are read.
LOOKED_BACK = 1000

#: The columns of a match in both tables.
_COLUMNS = [field.attname for field in Match._meta.concrete_fields]
#: Where ``read_latest`` has the time: after the table, the play order, and slug and name of the game.
_PLAYED_AT = 4 + _COLUMNS.index("played_at")

#: What a row of the statement tells; the others are days.
_LONGEST, _LOOKED_AT = 1, 2
#: How many matches were looked at, the longest run of those won, then each day of the period.
#: ``tie`` orders matches of one time.
_PLAYED = """
    WITH latest AS (
        SELECT played_at, tie, won
        FROM (SELECT * FROM ({live}) of_now UNION ALL SELECT * FROM ({archived}) of_then) of_both
        ORDER BY played_at DESC, tie DESC LIMIT {looked_back}
    ), runs AS (
        SELECT played_at, won,
            ROW_NUMBER() OVER (ORDER BY played_at, tie)
            - ROW_NUMBER() OVER (PARTITION BY won ORDER BY played_at, tie) AS run
        FROM latest
    ), longest AS (
        SELECT 1 AS what, COUNT(*) AS matches, SUM(won) AS wins, MIN(played_at) AS since,
            MAX(played_at) AS until
        FROM runs WHERE won = 1 GROUP BY run ORDER BY 2 DESC, 4 DESC LIMIT 1
    ), period AS ({live_days} UNION ALL {archived_days})
    SELECT 2, COUNT(*), SUM(won), MIN(played_at), MAX(played_at) FROM latest
    UNION ALL
    SELECT what, matches, wins, since, until FROM longest
    UNION ALL
    SELECT 0, COUNT(*), SUM(won), MIN(played_at), MAX(played_at) FROM period GROUP BY {day}
"""


@dataclass(frozen=True)
class DayCount:
    """The matches of one day in UTC that count."""

    day: date
    played: int
    won: int


@dataclass(frozen=True)
class FormMatch:
    """One of the latest matches: how it ended, and what its page is found by."""

    game_slug: str
    game_name: str
    match_key: str
    result: MatchRow.Result
    played_at: datetime
    is_time_known: bool


@dataclass(frozen=True)
class Streak:
    """Matches of one result in a row, of those that count.

    :param is_longer: it began before the matches that were read.
    :param among: it is the longest of so many of the latest matches; None where it is of all.
    """

    result: MatchRow.Result
    length: int
    since: datetime
    until: datetime
    is_longer: bool = False
    among: int | None = None


def read_latest(user: User, game: str | None = None) -> list[MatchRow]:
    """Return the latest matches of ``user``, latest first, ``READ`` at most. One query for both tables.

    There is no privacy check; the caller must have made it. Of the games, the slug and the name are read.

    :param game: a game's slug.
    """
    read = _prepare_latest(game is not None, READ).read(user.pk, *_list_given(game))
    found = sorted(read, key=itemgetter(_PLAYED_AT, 1), reverse=True)
    return [_build(table, *row) for table, _, *row in found[:READ]]


@cache
def _prepare_latest(in_game: bool, number: int) -> PreparedRows:
    def build() -> QuerySet[Any]:
        parts = []
        for table, source in enumerate(list_match_sources(**_select(in_game))):
            ordered = add_play_order(keep_latest(source, "played_at", number))
            # The limit is inside, since a part of a union has none on SQLite.
            latest = ordered.order_by(*ORDER)[:number].values("pk")
            rows = add_play_order(source.model.objects.filter(pk__in=latest)).annotate(table=Value(table))
            parts.append(
                rows.order_by().values_list("table", "play_order", "game__slug", "game__name", *_COLUMNS)
            )
        both: QuerySet[Any] = parts[0].union(*parts[1:], all=True)
        return both

    return PreparedRows(build)


def _build(table: int, slug: str, name: str, *values: Any) -> MatchRow:
    row = MATCH_TABLES[table](**dict(zip(_COLUMNS, values, strict=True)))
    row.game = Game.from_db(None, ("id", "slug", "name"), (row.game_id, slug, name))
    return row


def tell_form(rows: Sequence[MatchRow]) -> list[FormMatch]:
    """Return those of one player's matches that count.

    :param rows: with their games, latest first.
    """
    return [
        FormMatch(
            row.game.slug,
            row.game.name,
            row.match_key,
            MatchRow.Result(row.result),
            row.played_at,
            row.is_time_known,
        )
        for row in rows
        if row.counts
    ]


def get_current_streak(form: Sequence[FormMatch]) -> Streak | None:
    """Return the streak that the latest match belongs to; None without a match.

    :param form: as ``tell_form`` returns it.
    """
    if not form:
        return None
    same = list(takewhile(lambda match: match.result == form[0].result, form))
    is_longer = len(same) == len(form) >= LONG
    return Streak(form[0].result, len(same), same[-1].played_at, same[0].played_at, is_longer)


def read_streak_and_days(
    user: User, game: str | None = None, *, since: datetime, until: datetime
) -> tuple[Streak | None, list[DayCount]]:
    """Return the most matches won in a row, the latest such streak, and the days that were played on.

    One query. The streak is of the latest ``LOOKED_BACK`` matches that count: a player may have a hundred
    thousand. There is no privacy check; the caller must have made it.

    :param game: a game's slug.
    :param since: the start of the first day; ``until`` the end of the last.
    """
    found = _prepare_played(game is not None, LOOKED_BACK).read(user.pk, *_list_given(game), since, until)

    longest, looked_at, days = None, 0, []
    for what, matches, wins, first, last in found:
        if what == _LOOKED_AT:
            looked_at = matches
        elif what == _LONGEST:
            longest = Streak(MatchRow.Result.WIN, matches, _read_time(first), _read_time(last))
        else:
            days.append(DayCount(_read_time(first).date(), matches, int(wins)))
    if longest and looked_at == LOOKED_BACK:
        longest = replace(longest, among=LOOKED_BACK)
    return longest, sorted(days, key=lambda each: each.day)


@cache
def _prepare_played(in_game: bool, looked_back: int) -> PreparedText:
    since, until = (Parameter(1 + in_game + place) for place in range(2))

    def write() -> tuple[str, list[Any]]:
        latest = [
            keep_latest(source, "played_at", looked_back).order_by("-played_at", "-tie")[:looked_back]
            for source in _list_keyed(in_game)
        ]
        period = [
            _add_won(source.filter(played_at__gte=since, played_at__lte=until)).values("played_at", "won")
            for source in _list_counted(in_game)
        ]
        statements, params = [], []
        for source in [*latest, *period]:
            sql, of_source = source.query.sql_with_params()
            statements.append(sql)
            params.extend(of_source)

        is_text = connection.vendor != "postgresql"
        live, archived, live_days, archived_days = statements
        sql = _PLAYED.format(
            live=live,
            archived=archived,
            live_days=live_days,
            archived_days=archived_days,
            day="DATE(played_at)" if is_text else "DATE_TRUNC('day', played_at, 'UTC')",
            looked_back=looked_back,
        )
        return sql, params

    return PreparedText(write)


def _list_keyed(in_game: bool) -> list[Any]:
    """Return the counted matches of each table: when, whether won, and what orders those of one time."""
    # The key that orders matches of one time is dear, and few matches have one of their time.
    tied = [
        Exists(rows.filter(played_at=OuterRef("played_at")).exclude(pk=OuterRef("pk")))
        for rows in _list_counted(in_game)
    ]
    key = NumberedKey("sequence", "match_key", "game__slug")
    tie = Case(When(tied[0] | tied[1], then=key), default=Value(""))
    return [
        _add_won(source).annotate(tie=tie).values("played_at", "tie", "won")
        for source in _list_counted(in_game)
    ]


def _add_won(rows: Any) -> Any:
    """Return rows in no order, with ``won`` as 1 or 0."""
    won = Case(When(result=MatchRow.Result.WIN, then=Value(1)), default=Value(0), output_field=IntegerField())
    return rows.order_by().annotate(won=won)


def _list_counted(in_game: bool) -> list[Any]:
    return [source.counted() for source in list_match_sources(**_select(in_game))]


def _select(in_game: bool) -> dict[str, Any]:
    """Return what selects the rows of the player, and of the game, that are given to the statement."""
    return {"user": Parameter(0), **({"game__slug": Parameter(1)} if in_game else {})}


def _list_given(game: str | None) -> list[str]:
    return [] if game is None else [game]


def _read_time(value: Any) -> datetime:
    """Return a time in UTC as the database gives it: SQLite as a text."""
    return (
        value.astimezone(UTC)
        if isinstance(value, datetime)
        else datetime.fromisoformat(value).replace(tzinfo=UTC)
    )
