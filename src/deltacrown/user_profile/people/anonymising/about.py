"""What the player took part in: there, a name that is an ordinary word is a name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, OuterRef

from deltacrown.accounts.belongings import list_belongings
from deltacrown.accounts.models import User
from deltacrown.core.mentions import Mentions, Where
from deltacrown.games.models import MATCH_TABLES, list_match_sources
from deltacrown.user_profile.models import UserProfile
from django_tally.feeds import Model

#: Columns that say what a row is about, where a table has them.
CLUES = ("tournament_id", "game_id", "match_key", "match_id", "owner", "content_type_id", "object_id")


@dataclass
class Own:
    """The player's accounts, matches and tournaments.

    :param matches: game and key; ``rows``: the keys of their rows.
    """

    players: frozenset[int]
    tournaments: frozenset[int]
    matches: set[tuple[int, str]]
    rows: frozenset[int]
    log_entries: frozenset[tuple[int, str]]

    def is_about(self, row: Mapping[str, Any], users: Iterable[str], mentions: Mentions) -> bool:
        """Return whether a row is about the player.

        :param row: its columns, as far as they are among ``CLUES`` and ``users``.
        """
        if self.has_part(row, users):
            return True
        game, key = row.get("game_id"), row.get("match_key")
        if game is None or key is None or not self.matches:
            return False
        # An image may have the key that the match had before.
        return (game, mentions.replace(key, Where.OWN_FACT)) in self.matches

    def has_part(self, row: Mapping[str, Any], users: Iterable[str]) -> bool:
        """Return whether a row says by its keys that it is about the player."""
        if any(row.get(column) in self.players for column in users) or row.get("owner") in self.players:
            return True
        if row.get("tournament_id") in self.tournaments or row.get("match_id") in self.rows:
            return True
        if (row.get("content_type_id"), row.get("object_id")) in self.log_entries:
            return True
        return (row.get("game_id"), row.get("match_key")) in self.matches

    def move_match(self, game: int, old: str, new: str) -> None:
        """Record that a match has another key."""
        if (game, old) in self.matches:
            self.matches.add((game, new))


def find_own(players: Iterable[int]) -> Own:
    """Return what some accounts of one person took part in."""
    of = frozenset(players)
    matches: set[tuple[int, str]] = set()
    rows: set[int] = set()
    for source in list_match_sources(user__in=of):
        for pk, game, key in source.order_by().values_list("pk", "game_id", "match_key"):
            rows.add(pk)
            matches.add((game, key))

    kinds = [ContentType.objects.get_for_model(model).pk for model in (User, UserProfile)]
    entries = frozenset((kind, str(player)) for kind in kinds for player in of)
    return Own(of, frozenset(_find_tournaments(of)), matches, frozenset(rows), entries)


def list_clues(model: Model) -> tuple[list[str], list[str]]:
    """Return the columns of a table that name users, and those of ``CLUES`` that it has."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    users = [name for name, field in fields.items() if field.is_relation and field.related_model is User]
    clues = [name for name in CLUES if name in fields]
    if model is not LogEntry:
        clues = [name for name in clues if name not in {"content_type_id", "object_id"}]
    return users, clues


def is_stat_of_others(own: Own, name: str) -> bool:
    """Return whether matches in which the player was not have a stat of this name: it names no player."""
    for table in MATCH_TABLES:
        mine = table._base_manager.filter(
            game=OuterRef("game"), match_key=OuterRef("match_key"), user__in=own.players
        )
        if table._base_manager.filter(~Exists(mine), stats__has_key=name).exists():
            return True
    return False


def _find_tournaments(players: frozenset[int]) -> set[int]:
    found: set[int] = set()
    for belonging in list_belongings():
        columns = {field.attname for field in belonging.model._meta.concrete_fields}
        if "tournament_id" in columns:
            rows = belonging.model._base_manager.filter(**{f"{belonging.column}__in": players})
            found.update(rows.order_by().values_list("tournament_id", flat=True).distinct())
    return found
