"""What the front page of a large tournament tells of what was played, added up by the database.

``list_played_rows`` reads every line with all that a game reported of it, which for thousands of lines takes
longer than all else on the page. Here the database reads them, and returns what is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from deltacrown.games.models import COUNTS_SQL, MATCH_TABLES
from deltacrown.tournaments.models import Tournament, TournamentMatchResult, TournamentSeriesResult
from deltacrown.tournaments.services.summary import (
    PlayerNumbers,
    Totals,
    TournamentNumbers,
    TournamentSummary,
)
from django_tally.schema import table_of

#: The stats that are added up for everybody.
SUMMED = ("kills", "deaths")
#: The most lines of the encounters played last; of more the order is for ``list_played_rows`` to find.
MOST_LATEST = 2_000
#: Larger whole numbers are not added up by SQLite.
LARGEST = 10**12


@dataclass(frozen=True)
class PlayedFront:
    """What was played, in short.

    :param numbers: with the first players alone, and of what was reported only the sums asked for.
    :param drawn: how many series and matches there are that are not void.
    :param latest: the keys of the match rows of those played last, at least as many as were asked for.
    """

    numbers: TournamentNumbers
    drawn: int
    latest: list[int]


def read_played_front(
    tournament: Tournament, *, players: int, latest: int, with_totals: bool
) -> PlayedFront | None:
    """Return what was played in short, in one statement, and one more for all totals.

    The numbers are those of ``add_numbers`` over ``list_played_rows``, whatever the database. ``None`` where
    only these can tell them: a game reported kills or deaths as something else than whole numbers, or too
    much was played at the very end.

    :param players: how many of the best to list.
    :param latest: how many of the series and matches played last to name.
    :param with_totals: the sums of all that games reported; of kills and deaths alone without.
    """
    shown = _write_shown(int(players), int(latest))
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {_write_lines(tournament)} {shown}")
        rows = cursor.fetchall()
        head = next(row[1:] for row in rows if row[0] == 0)
        matches, users, teams, drawn, kills, killed, deaths, died, strange = (int(each or 0) for each in head)
        latest_rows = [int(row[1]) for row in rows if row[0] == 2]
        if strange or len(latest_rows) > MOST_LATEST:
            return None

        totals = _name_sums((killed, kills), (died, deaths))
        if with_totals:
            cursor.execute(f"WITH {_write_lines(tournament, with_stats=True)} {_write_totals()}")
            told = cursor.fetchall()
            if any(is_large for *_, is_large in told):
                return None
            totals = {name: int(total) for name, total, is_spoilt, _ in sorted(told) if not is_spoilt}

    summary = TournamentSummary(matches=matches, players=users, teams=teams, totals=totals)
    placed = sorted((row[8], row[1:]) for row in rows if row[0] == 1)
    best = [_read_player([int(each or 0) for each in values]) for _, values in placed]
    return PlayedFront(TournamentNumbers(summary, best), drawn, latest_rows)


def read_played_players(
    tournament: Tournament, *, after: PlayerNumbers | None, limit: int | None
) -> list[PlayerNumbers] | None:
    """Return the numbers of those who played, the best first, in one statement; None as for the front.

    It is told on the rows whether that is so: where no more come, the lines are to tell it.

    :param after: only those who come after this one.
    :param limit: how many at most; None for all.
    """
    odd = f"(SELECT COUNT(*) FROM lines WHERE counts AND ({_ODD}))"
    place, params = ", ".join(_list_order("b")), []
    follows = "true" if connection.vendor == "postgresql" else "1"
    if after is not None:
        whole = "BIGINT" if connection.vendor == "postgresql" else "INTEGER"
        names = ("user_id", "wins", "kills", "killed", "deaths", "died")
        given = ", ".join(f"CAST(%s AS {whole}) AS {name}" for name in names)
        other = ", ".join(_list_order("a"))
        follows = f"({place}) > (SELECT {other} FROM (SELECT {given}) a)"
        killed, died = ("kills" in after.totals, "deaths" in after.totals)
        params = [after.user_id, after.wins, after.kills, int(killed), after.deaths, int(died)]
    columns = ", ".join(f"b.{name}" for name in _NUMBERS)
    most = "" if limit is None else f" LIMIT {int(limit)}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {_write_lines(tournament)}, {_BY_USER} SELECT {odd}, {columns} FROM by_user b "
            f"WHERE {follows} ORDER BY {place}{most}",
            params or None,
        )
        rows = cursor.fetchall()
    if rows[0][0] if rows else after is not None:
        return None
    return [_read_player([int(each or 0) for each in values]) for _, *values in rows]


def _read_player(values: Sequence[int]) -> PlayerNumbers:
    user, games, wins, kills, killed, deaths, died, *_ = values
    return PlayerNumbers(
        user_id=user, games=games, wins=wins, totals=_name_sums((killed, kills), (died, deaths))
    )


def _name_sums(kills: tuple[int, int], deaths: tuple[int, int]) -> Totals:
    """Return the sums of what was reported at all.

    :param kills: how many lines have them, and what they come to; ``deaths`` likewise.
    """
    return {name: total for name, (lines, total) in (("deaths", deaths), ("kills", kills)) if lines}


def _write_lines(tournament: Tournament, *, with_stats: bool = False) -> str:
    """Return CTEs: ``told``, what the tournament says of each line, and ``lines``, all of them, live or not.

    A line in a series is of a group with the others of it, every other of one with those of its match.
    """
    described, series = table_of(TournamentMatchResult), table_of(TournamentSeriesResult)
    key = int(tournament.pk)
    live, archived = (
        _write_table(table_of(model), told, with_stats=with_stats)
        for model, told in zip(MATCH_TABLES, ("told", "unread"), strict=True)
    )
    return (
        f"told AS MATERIALIZED (SELECT d.match_id AS id, d.team_id, CASE WHEN d.series <> '' AND d.series IN "
        f"(SELECT s.series FROM {series} s WHERE s.tournament_id = {key}) THEN d.series END AS series "
        f"FROM {described} d WHERE d.tournament_id = {key}), "
        f"live AS MATERIALIZED ({live}), "
        # A row that is being archived is in both tables for a moment, and is read once.
        "unread AS MATERIALIZED (SELECT * FROM told "
        "WHERE (SELECT COUNT(user_id) FROM live) < (SELECT COUNT(*) FROM told) "
        "AND id NOT IN (SELECT id FROM live WHERE user_id IS NOT NULL)), "
        f"archived AS MATERIALIZED ({archived}), "
        "lines AS MATERIALIZED (SELECT * FROM live WHERE user_id IS NOT NULL "
        "UNION ALL SELECT * FROM archived WHERE user_id IS NOT NULL)"
    )


def _write_table(table: str, told: str, *, with_stats: bool) -> str:
    """Return the SELECT of the lines that are in one of the tables of matches, each found by its key.

    There may be rows without a player besides, of lines that are not in this table.

    :param told: the name of what is told of lines.
    """
    columns = "m.user_id, m.match_key, m.played_at, m.result, m.voided_at, m.uncounted_reason"
    if connection.vendor == "postgresql":
        columns += ", m.stats" if with_stats else ""
        columns += "".join(f", m.stats -> '{name}' AS {name}_json" for name in SUMMED)
        # The keys of an array are looked up in their order, through an index that is read once. A full join
        # is hashed or merged, whatever the planner takes the numbers for: loops would compare each with all.
        # OFFSET has what was reported read once, and each number made once, however often they are named.
        keys = f"ARRAY(SELECT id FROM {told})"
        found = f"SELECT m.id AS match_id, {columns} FROM {table} m WHERE m.id = ANY({keys}) OFFSET 0"
        numbers = "".join(f", {_read_number(f'm.{name}_json')} AS {name}_number" for name in SUMMED)
        joined = f"{told} t FULL JOIN ({found}) m ON m.match_id = t.id"
        source = f"(SELECT t.id, t.team_id, t.series, m.*{numbers} FROM {joined} OFFSET 0) m"
        line = "m"
    else:
        found = f"SELECT m.id AS match_id, {columns}, m.stats FROM {table} m"
        source, line = f"{told} t CROSS JOIN ({found}) m ON m.match_id = t.id", "t"
    summed = ", ".join(_read_whole(name) for name in SUMMED)
    return (
        f"SELECT {line}.id, m.user_id, m.match_key, {line}.team_id, {line}.series, m.played_at, "
        f"m.voided_at IS NULL AS stands, m.{COUNTS_SQL.replace(' AND ', ' AND m.')} AS counts, "
        f"CASE WHEN m.result = 'WIN' THEN 1 ELSE 0 END AS won, {summed}"
        f"{', m.stats' if with_stats else ''} FROM {source}"
    )


def _read_number(told: str) -> str:
    """Return a number for PostgreSQL: what was told where it is one."""
    return f"CASE jsonb_typeof({told}) WHEN 'number' THEN ({told})::numeric END"


def _read_whole(name: str) -> str:
    """Return two columns: a stat of a line where it is a whole number, and whether it was told at all."""
    if connection.vendor == "postgresql":
        number, is_told = f"m.{name}_number", f"m.{name}_json IS NOT NULL"
        is_whole = f"scale({number}) = 0 AND {number} BETWEEN -{LARGEST} AND {LARGEST}"
        number = f"{number}::bigint"
    else:
        number, kind = f"json_extract(m.stats, '$.{name}')", f"json_type(m.stats, '$.{name}')"
        is_whole, is_told = f"{kind} = 'integer' AND {_is_small(number)}", f"{kind} IS NOT NULL"
    return f"CASE WHEN {is_whole} THEN {number} END AS {name}, {is_told} AS {name}_told"


def _is_small(value: str) -> str:
    """Return a condition for SQLite: a number was read whole, and sums of such are whole."""
    return f"typeof({value}) = 'integer' AND {value} BETWEEN -{LARGEST} AND {LARGEST}"


#: What is counted of a player: matches, those won, sums of what was reported, and how many reported it.
_NUMBERS = ("user_id", "games", "wins", "kills", "killed", "deaths", "died")
_BY_USER = (
    "by_user AS (SELECT user_id, COUNT(*) AS games, SUM(won) AS wins, SUM(kills) AS kills, "
    "COUNT(kills) AS killed, SUM(deaths) AS deaths, COUNT(deaths) AS died "
    "FROM lines WHERE counts GROUP BY user_id)"
)
#: Whether a line has anything else than whole numbers.
_ODD = " OR ".join(f"({name}_told AND {name} IS NULL)" for name in SUMMED)


def _list_order(alias: str) -> list[str]:
    """Return what players are sorted by: kills per death where these were reported, else matches won."""
    kind = "numeric" if connection.vendor == "postgresql" else "REAL"
    deaths = f"COALESCE(NULLIF({alias}.deaths, 0), 1)"
    has = f"{alias}.killed > 0 AND {alias}.died > 0"
    return [
        f"CASE WHEN {has} THEN 0 ELSE 1 END",
        f"CASE WHEN {has} THEN 0 ELSE -{alias}.wins END",
        f"-(CAST(COALESCE({alias}.kills, 0) AS {kind}) / {deaths})",
        f"{alias}.user_id",
    ]


def _write_shown(players: int, latest: int) -> str:
    """Return the SELECT of the numbers (0), the best players (1), and the lines played last (2)."""
    nothing = "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL"
    order = ", ".join(_list_order("b"))
    best = f"SELECT b.* FROM by_user b ORDER BY {order} LIMIT {players}"
    return (
        f", {_BY_USER}, "
        "grouped AS (SELECT series IS NULL AS is_match, COALESCE(series, match_key) AS name, "
        "MAX(played_at) AS ended, MAX(CASE WHEN stands THEN 1 ELSE 0 END) AS is_drawn "
        "FROM lines GROUP BY series IS NULL, COALESCE(series, match_key)), "
        f"recent AS (SELECT ended FROM grouped ORDER BY ended DESC LIMIT {latest}), "
        "ended AS (SELECT is_match, name FROM grouped WHERE ended >= (SELECT MIN(ended) FROM recent)) "
        "SELECT 0 AS part, (SELECT COUNT(*) FROM (SELECT 1 FROM lines WHERE counts GROUP BY match_key) k), "
        "(SELECT COUNT(*) FROM by_user), "
        "(SELECT COUNT(DISTINCT team_id) FROM lines WHERE counts AND team_id IS NOT NULL), "
        "(SELECT SUM(is_drawn) FROM grouped), "
        "(SELECT SUM(kills) FROM by_user), (SELECT SUM(killed) FROM by_user), "
        "(SELECT SUM(deaths) FROM by_user), (SELECT SUM(died) FROM by_user), "
        f"(SELECT COUNT(*) FROM lines WHERE counts AND ({_ODD})) "
        # Rows of a UNION come in any order: each says its place.
        "UNION ALL SELECT 1, user_id, games, wins, kills, killed, deaths, died, "
        f"ROW_NUMBER() OVER (ORDER BY {order}), NULL FROM ({best}) b "
        f"UNION ALL SELECT 2, l.id, {nothing} FROM (SELECT l.id FROM lines l JOIN ended e "
        "ON e.is_match = (l.series IS NULL) AND e.name = COALESCE(l.series, l.match_key) "
        f"LIMIT {MOST_LATEST + 1}) l"
    )


def _write_totals() -> str:
    """Return the SELECT of each name that was reported: its sum, whether it is spoilt, or cannot be added."""
    if connection.vendor == "postgresql":
        number = "CASE jsonb_typeof(e.value) WHEN 'number' THEN e.value::numeric END"
        whole = f"CASE WHEN scale({number}) = 0 THEN {number} END"
        each, large = "CROSS JOIN LATERAL jsonb_each(l.stats) e", "false"
        spoilt = "COUNT(whole) < COUNT(*)"
    else:
        whole = f"CASE WHEN e.type = 'integer' AND {_is_small('e.value')} THEN e.value END"
        each, spoilt = "JOIN json_each(l.stats) e", "COUNT(whole) < COUNT(*)"
        large = f"MAX(e_type = 'integer' AND NOT ({_is_small('value')}))"
    read = f"SELECT e.key AS name, {whole} AS whole"
    read += ", e.type AS e_type, e.value AS value" if connection.vendor != "postgresql" else ""
    return (
        f"SELECT name, COALESCE(SUM(whole), 0), {spoilt}, {large} "
        f"FROM ({read} FROM lines l {each} WHERE l.counts) n GROUP BY name"
    )
