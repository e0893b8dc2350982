"""A site's worth of rows, made by the database itself, ten thousand to a statement.

Players are uneven, as they are: of n players, number n·r² plays, for r drawn evenly, so that the
most active hundredth has about a tenth of all matches.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection

#: Rows inserted in one statement.
BATCH = 10_000
#: The table after that of the users, whose profiles only a trigger makes.
AFTER_USERS = "teams_team"


@dataclass(frozen=True)
class Size:
    """How much of what; everything else follows from it."""

    players: int = 50_000
    matches: int = 1_000_000
    games: int = 5
    teams: int = 2_000
    tournaments: int = 1_000


TABLES = {
    "accounts_user": (
        "INSERT INTO accounts_user (username, first_name, last_name, email, password, is_superuser, is_staff, is_active, date_joined) "
        "SELECT 'player' || i, '', '', '', '!', false, false, true, timestamptz '2024-01-01' + i * interval '10 minutes' "
        "FROM generate_series({start}, {end}) i",
        lambda size: size.players,
    ),
    "teams_team": (
        "INSERT INTO teams_team (slug, name) SELECT 'team-' || i, 'Team ' || i FROM generate_series({start}, {end}) i",
        lambda s: s.teams,
    ),
    "games_game": (
        "INSERT INTO games_game (slug, name) SELECT 'game-' || i, 'Game ' || i FROM generate_series({start}, {end}) i",
        lambda s: s.games,
    ),
    "tournaments_tournament": (
        "INSERT INTO tournaments_tournament (slug, name, game_id, status, starts_at) SELECT 'cup-' || i, 'Cup ' || i, "
        "(SELECT min(id) FROM games_game) + i % 5, 'COMPLETED', timestamptz '2024-01-01' + i * interval '16 hours' "
        "FROM generate_series({start}, {end}) i",
        lambda s: s.tournaments,
    ),
    "games_match": (
        "INSERT INTO games_match (user_id, game_id, match_key, kind, side, result, score, stats, played_at) "
        "SELECT (SELECT min(user_id) FROM user_profile_userprofile) + floor({players} * u * u)::bigint, "
        "(SELECT min(id) FROM games_game) + floor(5 * g)::bigint, 'm' || i, CASE WHEN i % 5 = 0 THEN 'TOURNAMENT' ELSE 'CASUAL' END, '', "
        "(ARRAY['WIN', 'LOSS', 'LOSS', 'WIN', 'DRAW'])[1 + floor(5 * r)::int], floor(30 * r)::int, "
        "jsonb_build_object('kills', floor(30 * g)::int, 'deaths', floor(20 * r)::int), timestamptz '2024-01-01' + i * interval '1 minute' "
        "FROM (SELECT i, random() u, random() g, random() r FROM generate_series({start}, {end}) i) drawn",
        lambda s: s.matches,
    ),
    "tournaments_tournamentmatchresult": (
        "INSERT INTO tournaments_tournamentmatchresult (tournament_id, user_id, match_id, opponent_user_id, round) "
        "SELECT (SELECT min(id) FROM tournaments_tournament) + id % {tournaments}, user_id, id, "
        "(SELECT min(user_id) FROM user_profile_userprofile) + id % {players}, 'Round 1' FROM games_match "
        "WHERE kind = 'TOURNAMENT' AND id - (SELECT min(id) FROM games_match) BETWEEN {start} - 1 AND {end} - 1",
        lambda s: s.matches,
    ),
    "tournaments_tournamentparticipation": (
        "INSERT INTO tournaments_tournamentparticipation (tournament_id, user_id, registered_at) "
        "SELECT (SELECT min(id) FROM tournaments_tournament) + floor({tournaments} * t)::bigint, "
        "(SELECT min(user_id) FROM user_profile_userprofile) + floor({players} * u * u)::bigint, "
        "timestamptz '2024-01-01' + i * interval '5 minutes' "
        "FROM (SELECT i, random() u, random() t FROM generate_series({start}, {end}) i) drawn ON CONFLICT DO NOTHING",
        lambda s: s.players * 4,
    ),
    "tournaments_tournamentresult": (
        "INSERT INTO tournaments_tournamentresult (tournament_id, user_id, placement, decided_at) "
        "SELECT tournament_id, user_id, 1 + id % 32, registered_at + interval '1 day' FROM tournaments_tournamentparticipation "
        "WHERE id % 2 = 0 AND id BETWEEN {start} AND {end}",
        lambda s: s.players * 4,
    ),
    "user_profile_useractivity": (
        "INSERT INTO user_profile_useractivity (user_id, activity_type, description, visibility, dedupe_key, created_at) "
        "SELECT (SELECT min(user_id) FROM user_profile_userprofile) + i % {players}, 'TEAM_JOINED', 'Joined team number ' || i, "
        "(ARRAY['PUBLIC', 'PUBLIC', 'PUBLIC', 'FOLLOWERS', 'PRIVATE'])[1 + (i / {players}) % 5], 'a' || i, "
        "timestamptz '2024-01-01' + i * interval '2 minutes' FROM generate_series({start}, {end}) i",
        lambda s: s.players * 10,
    ),
    "teams_teammembership": (
        "INSERT INTO teams_teammembership (team_id, user_id, joined_at) SELECT (SELECT min(id) FROM teams_team) + i % {teams}, "
        "(SELECT min(user_id) FROM user_profile_userprofile) + i % {players}, timestamptz '2024-01-01' + i * interval '1 minute' "
        "FROM generate_series({start}, {end}) i",
        lambda s: s.players,
    ),
    "user_profile_experienceaward": (
        "INSERT INTO user_profile_experienceaward (user_id, points, reason, dedupe_key, awarded_at) "
        "SELECT (SELECT min(user_id) FROM user_profile_userprofile) + i % {players}, 10 + i % 90, 'for playing', 'x' || i, "
        "timestamptz '2024-01-01' + i * interval '1 minute' FROM generate_series({start}, {end}) i",
        lambda s: s.players * 2,
    ),
}


def fill(size: Size, note: Callable[[str, int, float], None], *, through_triggers: bool) -> None:
    """Make every row; ``note`` is told each table, its rows and the seconds they took.

    :param through_triggers: else the triggers are put in afterwards, and the numbers recounted, as ``migrate`` does it.
    """
    from django_tally import deployment
    from django_tally.triggers import installation

    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.7)")
        for table, (sql, count) in TABLES.items():
            if table == AFTER_USERS and not through_triggers:
                installation.drop_triggers(connection)
            started, rows = time.perf_counter(), 0
            for start in range(1, count(size) + 1, BATCH):
                cursor.execute(fit(sql, size, start, min(start + BATCH - 1, count(size))))
                rows += cursor.rowcount
            note(table, rows, time.perf_counter() - started)
        started = time.perf_counter()
        if not through_triggers:
            deployment.sync_after_migrating(using="default")
            note("triggers put in, everything recounted", size.matches, time.perf_counter() - started)
        cursor.execute("VACUUM ANALYZE")


def fit(sql: str, size: Size, start: int, end: int) -> str:
    """The statement for rows ``start`` to ``end``."""
    return sql.format(
        start=start, end=end, players=size.players, teams=size.teams, tournaments=size.tournaments
    )
