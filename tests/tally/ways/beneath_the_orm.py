"""Ways that pass no Django model: SQL, COPY, TRUNCATE, and the models of a migration."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from deltacrown.games.models import Match
from deltacrown.user_profile.models import UserProfile
from tests.conftest import NOON
from tests.tally.ways.declared import POSTGRESQL, SQLITE, way
from tests.tally.ways.of_many_rows import archive_by_hand
from tests.tally.ways.season import RESULTS, Season

GROUP = "Beneath the ORM"
UNSEEN = "Python is not asked"
COLUMNS = "(user_id, game_id, match_key, result, played_at)"
INSERT = f"INTO games_match {COLUMNS} VALUES (%s, %s, %s, %s, '2025-06-01 12:00:00+00:00')"


def execute(sql: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


@way(GROUP, "`INSERT`", gap=UNSEEN)
def sql_insert(season: Season) -> None:
    execute(f"INSERT {INSERT}", season.players[0].pk, season.games[1].pk, "raw", "WIN")


@way(GROUP, "`INSERT`, the player's first row in a game", gap=UNSEEN)
def sql_insert_into_a_new_game(season: Season) -> None:
    from deltacrown.games.models import Game

    execute(
        f"INSERT {INSERT}", season.players[0].pk, Game.objects.create(slug="g9", name="G9").pk, "raw", "LOSS"
    )


@way(GROUP, "`INSERT … ON CONFLICT DO UPDATE`", gap=UNSEEN)
def sql_insert_on_conflict(season: Season) -> None:
    taken = Match.objects.filter(result="WIN", voided_at=None, uncounted_reason="").order_by("pk")[0]
    upsert = (
        f"INSERT {INSERT} ON CONFLICT (game_id, match_key, user_id) DO UPDATE SET result = excluded.result"
    )
    execute(upsert, taken.user_id, taken.game_id, taken.match_key, "LOSS")
    execute(upsert, season.players[0].pk, season.games[0].pk, "raw", "WIN")


@way(GROUP, "`UPDATE`", gap=UNSEEN)
def sql_update(season: Season) -> None:
    execute("UPDATE games_match SET result = 'WIN', user_id = %s WHERE id %% 3 = 0", season.players[2].pk)


@way(GROUP, "`UPDATE` that flips the result alone", gap=UNSEEN)
def sql_update_of_the_result(season: Season) -> None:
    execute("UPDATE games_match SET result = 'LOSS' WHERE result = 'WIN'")


@way(GROUP, "`DELETE`", gap=UNSEEN)
def sql_delete(season: Season) -> None:
    execute("DELETE FROM games_match WHERE id %% 7 = 0")


@way(GROUP, "`INSERT OR REPLACE` of a row that is there", only=SQLITE, gap=UNSEEN)
def insert_or_replace(season: Season) -> None:
    taken = Match.objects.filter(result="WIN", voided_at=None, uncounted_reason="").order_by("pk")[0]
    execute(f"INSERT OR REPLACE {INSERT}", taken.user_id, taken.game_id, taken.match_key, "LOSS")


@way(GROUP, "`INSERT OR REPLACE` of a row that is not there", only=SQLITE, gap=UNSEEN)
def insert_or_replace_new(season: Season) -> None:
    execute(f"INSERT OR REPLACE {INSERT}", season.players[0].pk, season.games[0].pk, "fresh", "WIN")


@way(GROUP, "`MERGE`", only=POSTGRESQL, gap=UNSEEN)
def merge(season: Season) -> None:
    execute(
        "MERGE INTO games_match m USING (SELECT %s::bigint AS user_id) s "
        "ON m.user_id = s.user_id AND m.result = 'DRAW' "
        "WHEN MATCHED AND m.voided_at IS NULL THEN UPDATE SET result = 'WIN' WHEN MATCHED THEN DELETE",
        season.players[1].pk,
    )


@way(
    GROUP,
    "rows deleted and inserted elsewhere in one statement (`WITH … RETURNING`)",
    only=POSTGRESQL,
    moves=False,
)
def move_in_one_statement(season: Season) -> None:
    columns = ", ".join(str(field.column) for field in Match._meta.concrete_fields)
    moved = f"DELETE FROM games_match WHERE user_id = %s RETURNING {columns}"
    execute(
        f"WITH gone AS ({moved}) INSERT INTO games_archivedmatch ({columns}) SELECT {columns} FROM gone",
        season.players[0].pk,
    )


@way(GROUP, "`COPY`", only=POSTGRESQL, gap=UNSEEN)
def copy(season: Season) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY games_match {COLUMNS} FROM STDIN") as rows:
        for number in range(50):
            rows.write_row(
                (
                    season.players[number % 4].pk,
                    season.games[0].pk,
                    f"copy{number}",
                    RESULTS[number % 3],
                    NOON,
                )
            )


@way(GROUP, "`TRUNCATE`", only=POSTGRESQL, gap=UNSEEN)
def truncate(season: Season) -> None:
    archive_by_hand(season)  # some rows must survive in the archive, and go on counting
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("TRUNCATE games_match CASCADE")


@way(GROUP, "`INSERT` of a profile after its rows", moves=False, gap=UNSEEN)
def sql_insert_of_a_profile_late(season: Season) -> None:
    profile = UserProfile.objects.get(user=season.players[0])
    UserProfile.objects.filter(user=profile.user_id).delete()
    execute(
        "INSERT INTO user_profile_userprofile (user_id, public_id) VALUES (%s, %s)",
        profile.user_id,
        profile.public_id,
    )


@way(GROUP, "the models a data migration gets", gap="its models are not the ones that were wrapped")
def write_in_a_migration(season: Season) -> None:
    state = MigrationLoader(connection).project_state()
    historical = state.apps.get_model("games", "Match")
    historical.objects.filter(result="WIN").update(result="LOSS")
    historical(
        user_id=season.players[0].pk, game_id=season.games[0].pk, match_key="m", result="WIN", played_at=NOON
    ).save()
