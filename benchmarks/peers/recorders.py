"""How each peer records rows: by the best bulk way that its documentation names, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.db import connection, transaction

#: A line as it is told: the player's id, the game's id, the key, the result, and the time as text.
Told = tuple[int, int, str, str, str]


class Recorder:
    """Records lines in the tables of one peer."""

    def __init__(self, label: str) -> None:
        config = next(config for config in apps.get_app_configs() if config.name == label)
        self.player, self.of_game, self.line = map(config.get_model, ("Player", "PlayerGame", "Line"))
        self.keys: dict[tuple[int, int], int] = {}

    def prepare(self, past: Sequence[Told], others: Sequence[tuple[int, int]]) -> None:
        """Make the players of all lines, the lines of the past, and their numbers.

        :param others: player and game of lines that come later.
        """
        pairs = sorted({(player, game) for player, game, *_ in past} | {*others})
        self.player.objects.bulk_create([self.player(pk=pk) for pk in sorted({pair[0] for pair in pairs})])
        holders = [self.of_game(player_id=player, game=game) for player, game in pairs]
        self.of_game.objects.bulk_create(holders)
        self.keys = {(holder.player_id, holder.game): holder.pk for holder in holders}
        with connection.cursor() as cursor:
            # The numbers are set below. What a peer marks at each of millions of rows would take it hours.
            cursor.execute("SET session_replication_role = replica")
            self.copy(past)
            cursor.execute("SET session_replication_role = DEFAULT")
            for table, column in self._holders():
                cursor.execute(
                    f"UPDATE {table} SET matches_played = counted.played, matches_won = counted.won FROM "
                    f"({self._recount(column)}) counted WHERE {table}.id = counted.id"
                )
            cursor.execute("VACUUM ANALYZE")

    def build(self, rows: Sequence[Told]) -> list[Any]:
        """Return the lines, not saved."""
        return [
            self.line(
                player_id=player,
                player_game_id=self.keys[player, game],
                match_key=key,
                result=result,
                played_at=played_at,
            )
            for player, game, key, result, played_at in rows
        ]

    def copy(self, rows: Sequence[Told]) -> None:
        """Insert lines by ``COPY``."""
        columns = "player_id, player_game_id, match_key, result, played_at"
        into = f"COPY {self.line._meta.db_table} ({columns}) FROM STDIN"
        with connection.cursor() as cursor, cursor.copy(into) as copy:
            for player, game, key, result, played_at in rows:
                copy.write_row((player, self.keys[player, game], key, result, played_at))

    def record_by_signals(self, rows: Sequence[Told]) -> None:
        """Save each line: what is created in bulk sends no signals."""
        with transaction.atomic():
            for line in self.build(rows):
                line.save(force_insert=True)

    def record_by_loop(self, rows: Sequence[Told]) -> None:
        """Create the lines in bulk, then count anew for each player and game of them, in a loop."""
        lines = self.build(rows)
        with transaction.atomic():
            self.line.objects.bulk_create(lines)
            for holder, column in ((self.player, "player_id"), (self.of_game, "player_game_id")):
                for pk in {getattr(line, column) for line in lines}:
                    of_holder = self.line.objects.filter(**{column: pk})
                    holder.objects.filter(pk=pk).update(
                        matches_played=of_holder.count(), matches_won=of_holder.filter(result="WIN").count()
                    )

    def record_by_raw_sql(self, rows: Sequence[Told]) -> None:
        """Copy the lines, and add what was counted of them in one statement for each table of numbers."""
        with transaction.atomic():
            self.copy(rows)
            for (table, _), place in zip(self._holders(), (0, 1), strict=True):
                keys = [row[0] if place == 0 else self.keys[row[0], row[1]] for row in rows]
                played = Counter(keys)
                won = Counter(key for key, row in zip(keys, rows, strict=True) if row[3] == "WIN")
                with connection.cursor() as cursor:
                    cursor.execute(
                        f"UPDATE {table} SET matches_played = matches_played + played, "
                        "matches_won = matches_won + won "
                        "FROM unnest(%s::bigint[], %s::int[], %s::int[]) new(key, played, won) "
                        f"WHERE {table}.id = key",
                        [list(played), list(played.values()), [won[key] for key in played]],
                    )

    def record_by_computedfields(self, rows: Sequence[Told]) -> None:
        """Create the lines in bulk, and let what depends on them be computed, as documented for bulk work."""
        from computedfields.models import update_dependent

        with transaction.atomic():
            lines = self.line.objects.bulk_create(self.build(rows))
            update_dependent(self.line.objects.filter(pk__in=[line.pk for line in lines]))

    def record_by_denorm(self, rows: Sequence[Told]) -> None:
        """Create the lines in bulk; the triggers count them. Flush what they marked to be computed later."""
        from denorm import flush

        with transaction.atomic():
            self.line.objects.bulk_create(self.build(rows))
        flush()

    def count_wrong(self) -> int:
        """Return how many players, and players in a game, have a number that is not what a count gives."""
        wrong = 0
        with connection.cursor() as cursor:
            for table, column in self._holders():
                cursor.execute(
                    f"SELECT count(*) FROM {table} kept "
                    f"LEFT JOIN ({self._recount(column)}) counted USING (id) "
                    "WHERE (kept.matches_played, kept.matches_won) IS DISTINCT FROM "
                    "(coalesce(played, 0), coalesce(won, 0))"
                )
                wrong += cursor.fetchone()[0]
        return wrong

    def _holders(self) -> list[tuple[str, str]]:
        return [
            (self.player._meta.db_table, "player_id"),
            (self.of_game._meta.db_table, "player_game_id"),
        ]

    def _recount(self, column: str) -> str:
        return (
            f"SELECT {column} AS id, count(*) AS played, count(*) FILTER (WHERE result = 'WIN') AS won "
            f"FROM {self.line._meta.db_table} GROUP BY {column}"
        )


#: Way → the peer in whose process it is, and what records.
WAYS = {
    "signals with F()": ("signals", Recorder.record_by_signals),
    "a loop of the ORM": ("signals", Recorder.record_by_loop),
    "raw SQL and COPY": ("signals", Recorder.record_by_raw_sql),
    "django-computedfields": ("computedfields", Recorder.record_by_computedfields),
    "django-denorm-iplweb": ("denorm", Recorder.record_by_denorm),
}
