"""The rows of encounters, wherever they are: in the live table or in the archive."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TypeVar

from deltacrown.accounts.models import User
from deltacrown.core.errors import NotFound
from deltacrown.core.inputs import check_text
from deltacrown.games.models import MATCH_TABLES, Game, MatchQuerySet, MatchRow
from deltacrown.games.services.records import EncounterKey
from deltacrown.games.services.rules import LONGEST_KEY
from django_tally.batches import in_batches

T = TypeVar("T")

#: Far below SQLite's 32,766 parameters, and a batch of usual size in one query.
KEYS_PER_QUERY = 10_000


class MatchNotFound(NotFound):
    """No match with that key is recorded in that game."""


def list_encounter(game: Game, match_key: str) -> list[MatchRow]:
    """Return the rows of one encounter, live and archived, oldest first, ``user`` loaded; empty when it is unknown."""
    rows: dict[int, MatchRow] = {}
    for table in MATCH_TABLES:
        rows |= {row.pk: row for row in table.objects.of_encounter(game, match_key).select_related("user", "game")}
    return [rows[pk] for pk in sorted(rows)]


def get_encounter_row(game: Game, match_key: str, *, user: User) -> MatchRow:
    """Return the user's row of an encounter, or its oldest row when they have none.

    :raises MatchNotFound: it is not recorded.
    """
    check_text(match_key, field="match_key", limit=LONGEST_KEY, required=True)
    rows = list_encounter(game, match_key)
    if not rows:
        raise MatchNotFound(f"No match {match_key!r} is recorded in {game.name}; check the key and the game.", field="match_key")
    return next((row for row in rows if row.user_id == user.pk), rows[0])


def list_encounters(keys: Collection[EncounterKey]) -> dict[EncounterKey, list[MatchRow]]:
    """Return the rows of many encounters by key, in two queries for up to 10,000 keys; unknown ones are left out."""
    rows = {row.pk: row for found in _iterate_rows(keys) for row in found}
    encounters: dict[EncounterKey, list[MatchRow]] = {}
    for pk in sorted(rows):
        encounters.setdefault((rows[pk].game_id, rows[pk].match_key), []).append(rows[pk])
    return _pick(encounters, keys)


def list_row_ids(keys: Collection[EncounterKey]) -> dict[EncounterKey, dict[int, int]]:
    """Return player's id → row's id for many encounters by key, in as many queries as ``list_encounters``."""
    encounters: dict[EncounterKey, dict[int, int]] = {}
    for found in _iterate_rows(keys):
        for pk, game, match_key, user in found.values_list("pk", "game_id", "match_key", "user_id"):
            encounters.setdefault((game, match_key), {})[user] = pk
    return _pick(encounters, keys)


def _iterate_rows(keys: Collection[EncounterKey]) -> Iterator[MatchQuerySet]:
    """Yield the rows with any of the games and any of the match keys, which may be more than was asked for."""
    for batch in in_batches(sorted(set(keys)), KEYS_PER_QUERY):
        games, match_keys = {game for game, _ in batch}, {match_key for _, match_key in batch}
        for table in MATCH_TABLES:
            yield table.objects.filter(game__in=games, match_key__in=match_keys)


def _pick(encounters: dict[EncounterKey, T], keys: Collection[EncounterKey]) -> dict[EncounterKey, T]:
    wanted = set(keys)
    return {key: encounter for key, encounter in encounters.items() if key in wanted}


def lock_encounter(game: Game, match_key: str) -> list[MatchRow]:
    """Lock and return the rows of one encounter, ``user`` loaded.

    :raises MatchNotFound: it has none.
    """
    check_text(match_key, field="match_key", limit=LONGEST_KEY, required=True)
    rows: dict[int, MatchRow] = {}
    for table in MATCH_TABLES:
        locked = table.objects.of_encounter(game, match_key).select_for_update(no_key=True, of=("self",))
        rows |= {row.pk: row for row in locked.select_related("user", "game").order_by("pk")}
    if not rows:
        raise MatchNotFound(f"No match {match_key!r} is recorded in {game.name}; check the key and the game.", field="match_key")
    return [rows[pk] for pk in sorted(rows)]
