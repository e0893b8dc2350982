"""The numbers of a team: its official matches, series and titles, in all and by game.

A match counts once for the team, however many of its players have a row. Casual matches do not count: they
say nothing of a team, and a player may hide them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.db import connection

from deltacrown.games.models import COUNTS_SQL, MATCH_TABLES, Game
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
    """

    game: str = ""
    matches_played: int = 0
    matches_won: int = 0
    series_played: int = 0
    series_won: int = 0
    titles: int = 0

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
    by_game = [TeamNumbers(name, *map(int, counts)) for name, *counts in rows]
    columns = zip(*((row[1:]) for row in rows), strict=True)
    return TeamTotals(TeamNumbers("", *(sum(map(int, column)) for column in columns)), by_game)


def _write_sql() -> str:
    """Return the SQL that counts: one row a game, by its name.

    A side's result is that of its players who stayed, as ``match_sides`` tells it.
    """
    rank = "CASE result " + " ".join(f"WHEN '{r.value}' THEN {n}" for n, r in enumerate(RESULTS)) + " END"
    left = ", ".join(f"'{ending}'" for ending in sorted(map(str, LEFT)))
    described, events = TournamentMatchResult._meta.db_table, Tournament._meta.db_table
    public = f"tournament_id IN (SELECT id FROM {events} WHERE status <> '{Tournament.Status.DRAFT.value}')"
    of_team = f"SELECT match_id FROM {described} WHERE team_id = %(team)s AND {public}"
    # A row that is in both tables for a moment is one line.
    lines = " UNION ".join(
        f"SELECT id, game_id, match_key, ended_by, {rank} AS place FROM {table._meta.db_table}"
        f" WHERE id IN ({of_team}) AND {COUNTS_SQL}"
        for table in MATCH_TABLES
    )
    return f"""
        WITH lines AS ({lines}),
        sides AS (
            SELECT game_id,
                   COALESCE(MIN(CASE WHEN ended_by NOT IN ({left}) THEN place END), MIN(place)) AS place
            FROM lines GROUP BY game_id, match_key
        ),
        series AS (
            SELECT game_id, MIN({rank}) AS place FROM {TournamentSeriesResult._meta.db_table}
            WHERE team_id = %(team)s AND uncounted_reason = '' AND {public}
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
        SELECT game.name, SUM(played), SUM(won), SUM(in_series), SUM(series_won), SUM(titles)
        FROM counts JOIN {Game._meta.db_table} game ON game.id = counts.game_id
        GROUP BY game.id, game.name ORDER BY game.name, game.id
    """
