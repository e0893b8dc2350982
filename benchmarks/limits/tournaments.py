"""The pages of a tournament with 3,000 entrants, who all played and were all placed."""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks.limits.figure import Figure, interleave

ENTRANTS = 3_000
SLUG = "benchmark-of-many-entrants"
#: The encounters of an elimination: of each round half of those of the one before.
ENCOUNTERS = (
    "WITH RECURSIVE rounds (round, playing) AS (SELECT 1, {entrants} UNION ALL "
    "SELECT round + 1, (playing + 1) / 2 FROM rounds WHERE playing > 1) "
    "SELECT round, pair, row_number() OVER (ORDER BY round, pair) AS number "
    "FROM rounds, generate_series(1, playing / 2) pair"
)
PLAYERS = "SELECT user_id, row_number() OVER (ORDER BY user_id) AS n FROM user_profile_userprofile"
MATCHES = (
    "WITH met AS ({encounters}), players AS ({players} LIMIT {entrants}), played AS ("
    "INSERT INTO games_match (user_id, game_id, match_key, kind, side, result, score, stats, played_at) "
    "SELECT p.user_id, {game}, '{slug}-' || number, 'TOURNAMENT', 'side ' || side, "
    "CASE side WHEN 0 THEN 'WIN' ELSE 'LOSS' END, '13', jsonb_build_object('kills', number * 7 % 30, "
    "'deaths', number * 5 % 20, 'assists', number % 9, 'agent', 'agent ' || number % 12), "
    "timestamptz '2025-01-01' + number * interval '1 minute' "
    "FROM met, generate_series(0, 1) side JOIN players p ON true "
    "WHERE p.n = (2 * pair - 1 + side) RETURNING id, user_id) "
    "INSERT INTO tournaments_tournamentmatchresult (tournament_id, user_id, match_id, round) "
    "SELECT {event}, user_id, id, 'Round' FROM played"
)
ENTERED = (
    "INSERT INTO tournaments_tournamentparticipation (tournament_id, user_id, registered_at) "
    "SELECT {event}, user_id, timestamptz '2025-01-01' + n * interval '1 second' "
    "FROM ({players} LIMIT {entrants}) p"
)
PLACED = (
    "INSERT INTO tournaments_tournamentresult (tournament_id, user_id, placement, decided_at) "
    "SELECT {event}, user_id, n, now() FROM ({players} LIMIT {entrants}) p"
)
#: The least that a database can be asked for: who won how often, over the lines of all matches.
LINES = (
    "SELECT m.user_id, count(*), count(*) FILTER (WHERE m.result = 'WIN') "
    "FROM tournaments_tournamentmatchresult d JOIN games_match m ON m.id = d.match_id "
    "WHERE d.tournament_id = %s GROUP BY 1"
)


def measure(samples: int = 20) -> list[Figure]:
    """Return what the front page takes, beside one statement over the lines of its matches.

    The tournament is filled in a transaction that is rolled back.
    """
    from django.db import transaction
    from django.test import Client

    with transaction.atomic():
        event = fill(ENTRANTS)
        client = Client(SERVER_NAME="localhost")
        page = partial(_read, client, f"/tournaments/{SLUG}/")
        ours, limit = interleave(page, partial(_run, LINES, [event.pk]), samples)
        transaction.set_rollback(True)
    peer = "one statement over the lines, without what games reported"
    name = f"tournament page, {ENTRANTS:,} entrants"
    return [Figure(name, ours, limit, budget=40, budget_of="value", peer=peer)]


def fill(entrants: int) -> Any:
    """Make a tournament in which the first players of the database play an elimination; return it."""
    from datetime import UTC, datetime

    from django.db import connection

    from deltacrown.games.models import Game
    from deltacrown.tournaments.models import Tournament

    game = Game.objects.order_by("pk")[0]
    event = Tournament.objects.create(
        slug=SLUG, name="Many", game=game, status="COMPLETED", starts_at=datetime(2025, 1, 1, tzinfo=UTC)
    )
    values = {"event": event.pk, "game": game.pk, "slug": SLUG, "entrants": entrants, "players": PLAYERS}
    values["encounters"] = ENCOUNTERS.format(entrants=entrants)
    with connection.cursor() as cursor:
        for statement in (MATCHES, ENTERED, PLACED):
            cursor.execute(statement.format(**values))
        cursor.execute("ANALYZE")
    return event


def _read(client: Any, path: str) -> None:
    answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answers {answer.status_code}")


def _run(statement: str, params: list[object]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        cursor.fetchall()
