"""The numbers of a team: its official matches, series and titles, in all and by game.

A match counts once for the team, however many of its players have a row. Casual matches do not count: they
say nothing of a team, and a player may hide them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.db import connection
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from deltacrown.games.models import COUNTS_SQL, MATCH_TABLES, Game, MatchRow
from deltacrown.games.services import LEFT
from deltacrown.pages.match_sides import RESULTS
from deltacrown.teams.models import Team
from deltacrown.tournaments.models import (
    Tournament,
    TournamentMatchResult,
    TournamentResult,
    TournamentSeriesResult,
)


@dataclass(frozen=True)
class TeamNumbers:
    """What a team has played and won, of one game or of all.

    :param game: empty for all games.
    :param game_slug: empty for all games.
    """

    game: str = ""
    matches_played: int = 0
    matches_won: int = 0
    series_played: int = 0
    series_won: int = 0
    titles: int = 0
    game_slug: str = ""

    @property
    def win_rate(self) -> Decimal | None:
        """Return the percentage of matches won, with one digit; None where none was played."""
        if not self.matches_played:
            return None
        rate = Decimal(100 * self.matches_won) / self.matches_played
        return rate.quantize(Decimal("0.1"), ROUND_HALF_UP)


@dataclass(frozen=True)
class TeamTotals:
    """The numbers of a team, in all and by game; games that nothing counts in are left out."""

    overall: TeamNumbers
    by_game: list[TeamNumbers]


def count_numbers(team: Team) -> TeamTotals:
    """Return the numbers of a team, counted from the official rows; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_write_sql(), {"team": team.pk})
        rows = cursor.fetchall()
    by_game = [_make_numbers(name, slug, counts) for name, slug, *counts in rows]
    columns = zip(*((row[2:]) for row in rows), strict=True)
    return TeamTotals(_make_numbers("", "", [sum(column) for column in columns] or [0] * 5), by_game)


def _make_numbers(game: str, slug: str, counts: Iterable[int]) -> TeamNumbers:
    played, won, series_played, series_won, titles = map(int, counts)
    return TeamNumbers(game, played, won, series_played, series_won, titles, slug)


def is_counted(team: Team, table: type[MatchRow], *, only_won: bool) -> RawSQL:
    """Return the condition on rows of matches that the numbers of a team count their match.

    It reads the same statement as the numbers do, so that a list has as many matches as its number says.

    :param table: the table of the rows.
    :param only_won: whether it must be one that the team won.
    """
    own = table._meta.db_table
    won = "WHERE place = 0" if only_won else ""
    counted = f"WITH {_write_sides_sql()} SELECT game_id, match_key FROM sides {won}"
    is_one = f"({own}.game_id, {own}.match_key) IN ({counted % {'team': '%s'}})"
    return RawSQL(is_one, [team.pk] * counted.count("%(team)s"), output_field=BooleanField())  # noqa: S611 - of constants


def _write_sides_sql() -> str:
    """Return the SQL of ``sides``: the matches of a team that count, and the rank of its result in each.

    A side's result is that of its players who stayed, as ``match_sides`` tells it.
    """
    left = ", ".join(f"'{ending}'" for ending in sorted(map(str, LEFT)))
    described = TournamentMatchResult._meta.db_table
    of_team = f"SELECT match_id FROM {described} WHERE team_id = %(team)s AND {_write_public_sql()}"
    # A row that is in both tables for a moment is one line.
    lines = " UNION ".join(
        f"SELECT id, game_id, match_key, ended_by, {_write_rank_sql()} AS place FROM {table._meta.db_table}"
        f" WHERE id IN ({of_team}) AND {COUNTS_SQL}"
        for table in MATCH_TABLES
    )
    return f"""
        lines AS ({lines}),
        sides AS (
            SELECT game_id, match_key,
                   COALESCE(MIN(CASE WHEN ended_by NOT IN ({left}) THEN place END), MIN(place)) AS place
            FROM lines GROUP BY game_id, match_key
        )"""


def _write_rank_sql() -> str:
    return "CASE result " + " ".join(f"WHEN '{r.value}' THEN {n}" for n, r in enumerate(RESULTS)) + " END"


def _write_public_sql() -> str:
    """Return the condition that rows belong to a tournament that everybody sees."""
    drafts = f"WHERE status <> '{Tournament.Status.DRAFT.value}'"
    return f"tournament_id IN (SELECT id FROM {Tournament._meta.db_table} {drafts})"


def _write_sql() -> str:
    """Return the SQL that counts: one row a game, by its name."""
    events = Tournament._meta.db_table
    return f"""
        WITH {_write_sides_sql()},
        series AS (
            SELECT game_id, MIN({_write_rank_sql()}) AS place
            FROM {TournamentSeriesResult._meta.db_table}
            WHERE team_id = %(team)s AND uncounted_reason = '' AND {_write_public_sql()}
            GROUP BY game_id, tournament_id, series
        ),
        titles AS (
            SELECT event.game_id FROM {TournamentResult._meta.db_table} held
            JOIN {events} event ON event.id = held.tournament_id
            WHERE held.team_id = %(team)s AND held.user_id IS NULL AND held.placement = 1
            AND held.uncounted_reason = '' AND event.status <> '{Tournament.Status.DRAFT.value}'
        ),
        counts AS (
            SELECT game_id, 1 AS played, CASE WHEN place = 0 THEN 1 ELSE 0 END AS won,
                   0 AS in_series, 0 AS series_won, 0 AS titles FROM sides
            UNION ALL
            SELECT game_id, 0, 0, 1, CASE WHEN place = 0 THEN 1 ELSE 0 END, 0 FROM series
            UNION ALL
            SELECT game_id, 0, 0, 0, 0, 1 FROM titles
        )
        SELECT game.name, game.slug, SUM(played), SUM(won), SUM(in_series), SUM(series_won), SUM(titles)
        FROM counts JOIN {Game._meta.db_table} game ON game.id = counts.game_id
        GROUP BY game.id, game.name, game.slug ORDER BY game.name, game.id
    """
