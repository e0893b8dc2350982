"""The lines of matches, wherever their rows are: in the live table or in the archive."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from typing import TypeVar

from django.db import connection
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.cursors import reading_cursor
from deltacrown.core.errors import NotFound
from deltacrown.core.inputs import check_text
from deltacrown.core.together import Statement, send_together
from deltacrown.games.models import MATCH_TABLES, ArchivedMatch, Game, Match, MatchQuerySet, MatchRow
from deltacrown.games.services.records import MatchKey
from deltacrown.games.services.rules import LONGEST_KEY
from django_tally.batches import in_batches

T = TypeVar("T")

#: Far below SQLite's 32,766 parameters, and a batch of usual size in one query.
KEYS_PER_QUERY = 10_000


class MatchNotFound(NotFound):
    """No match with that key is recorded in that game."""


def list_match_lines(game: Game, match_key: str) -> list[MatchRow]:
    """Return the lines of one match, live and archived, oldest first, ``user`` loaded; none when unknown."""
    rows: dict[int, MatchRow] = {}
    for table in MATCH_TABLES:
        found = table.objects.of_match(game, match_key).select_related("user", "game")
        rows |= {row.pk: row for row in found}

    return [rows[pk] for pk in sorted(rows)]


def get_match_line(game: Game, match_key: str, *, user: User) -> MatchRow:
    """Return the user's line of a match.

    :raises MatchNotFound: it is not recorded, or the user did not play in it. Both are refused with the same
        words, so that nobody learns whether a match exists that they may not see.
    """
    check_text(match_key, field="match_key", limit=LONGEST_KEY, required=True)
    for row in list_match_lines(game, match_key):
        if row.user_id == user.pk:
            return row

    message = _("You played no match %(key)s in %(game)s; check the key and the game.")
    raise MatchNotFound(message % {"key": repr(match_key), "game": game.name}, field="match_key")


def lock_match_lines(game: Game, match_key: str) -> list[MatchRow]:
    """Lock and return the lines of one match, ``user`` loaded.

    :raises MatchNotFound: it is not recorded.
    """
    check_text(match_key, field="match_key", limit=LONGEST_KEY, required=True)
    rows: dict[int, MatchRow] = {}
    for table in MATCH_TABLES:
        locked = table.objects.of_match(game, match_key).select_for_update(no_key=True, of=("self",))
        rows |= {row.pk: row for row in locked.select_related("user", "game").order_by("pk")}
    if not rows:
        raise _not_found(game, match_key)

    return [rows[pk] for pk in sorted(rows)]


def save_lines(rows: Sequence[MatchRow], fields: Sequence[str]) -> None:
    """Write ``fields`` of rows of both tables, in order of id."""
    Match.objects.bulk_update([row for row in rows if isinstance(row, Match)], fields)
    ArchivedMatch.objects.bulk_update([row for row in rows if isinstance(row, ArchivedMatch)], fields)


def list_lines_by_match(
    keys: Collection[MatchKey], *, before: Sequence[Statement] = ()
) -> dict[MatchKey, list[MatchRow]]:
    """Return the lines of many matches by key, in three queries for up to 10,000 keys; only of known ones.

    It takes one where no key is known, as for most deliveries.

    :param before: statements to run first, sent along with that one.
    """
    known = _find_known(keys, before)
    return list_known_lines(known) if known else {}


def list_known_lines(keys: Collection[MatchKey]) -> dict[MatchKey, list[MatchRow]]:
    """Return the lines of many matches by key, in two queries for up to 10,000 keys; only of known ones."""
    rows = {row.pk: row for found in _iterate_rows(keys) for row in found}
    matches: dict[MatchKey, list[MatchRow]] = {}
    for pk in sorted(rows):
        matches.setdefault((rows[pk].game_id, rows[pk].match_key), []).append(rows[pk])

    return _pick(matches, keys)


def list_line_ids(keys: Collection[MatchKey]) -> dict[MatchKey, dict[int, int]]:
    """Return player's id → row's id for many matches by key; as ``list_lines_by_match``."""
    matches: dict[MatchKey, dict[int, int]] = {}
    for found in _iterate_rows(keys):
        for pk, game, match_key, user in found.values_list("pk", "game_id", "match_key", "user_id"):
            matches.setdefault((game, match_key), {})[user] = pk

    return _pick(matches, keys)


def _find_known(keys: Collection[MatchKey], before: Sequence[Statement]) -> set[MatchKey]:
    """Return the keys of which there is a line."""
    known: set[MatchKey] = set()
    for batch in in_batches(sorted(set(keys)), KEYS_PER_QUERY):
        is_postgresql = connection.vendor == "postgresql"
        asked = [list(part) for part in zip(*batch, strict=True)] if is_postgresql else [json.dumps(batch)]
        with reading_cursor(connection) as cursor:
            send_together(cursor, [*before, (_write_known(connection.vendor), asked)])
            known.update(cursor.fetchall())
        before = ()
    return known


@cache
def _write_known(vendor: str) -> str:
    """Return the statement of ``_find_known``: a look into an index for each key, by no other plan."""
    looks = " OR ".join(
        f"(SELECT 1 FROM {connection.ops.quote_name(table._meta.db_table)} m "
        "WHERE m.game_id = k.game AND m.match_key = k.name LIMIT 1) IS NOT NULL"
        for table in MATCH_TABLES
    )
    listed = "unnest(%s::bigint[], %s::text[]) AS k(game, name)"
    if vendor != "postgresql":
        pairs = "SELECT json_extract(value, '$[0]') AS game, json_extract(value, '$[1]') AS name"
        listed = f"({pairs} FROM json_each(%s)) AS k"
    return f"SELECT k.game, k.name FROM {listed} WHERE {looks}"


def _iterate_rows(keys: Collection[MatchKey]) -> Iterator[MatchQuerySet]:
    """Yield the rows with any of the games and any of the match keys: all asked for, and maybe more."""
    for batch in in_batches(sorted(set(keys)), KEYS_PER_QUERY):
        games = {game for game, _ in batch}
        match_keys = {match_key for _, match_key in batch}
        for table in MATCH_TABLES:
            yield table.objects.filter(game__in=games, match_key__in=match_keys)


def _pick(matches: dict[MatchKey, T], keys: Collection[MatchKey]) -> dict[MatchKey, T]:
    wanted = set(keys)
    return {key: match for key, match in matches.items() if key in wanted}


def _not_found(game: Game, match_key: str) -> MatchNotFound:
    message = _("No match %(key)s is recorded in %(game)s; check the key and the game.")
    return MatchNotFound(message % {"key": repr(match_key), "game": game.name}, field="match_key")
