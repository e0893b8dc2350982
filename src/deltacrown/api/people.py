"""The players, teams and games that a body names by public id or slug."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from deltacrown.accounts.models import User
from deltacrown.accounts.services import find_players_by_id
from deltacrown.api.access import RECORDER, Caller
from deltacrown.core.errors import InvalidInput
from deltacrown.teams.models import Team
from deltacrown.teams.services import find_teams_by_id, resolve_teams
from deltacrown.user_profile.histories.filters import get_game as find_game
from deltacrown.user_profile.people.addresses import find_users

Value = TypeVar("Value")

__all__ = ["by_username", "find_game", "find_player", "find_players_named", "find_team", "find_teams_named"]


def find_player(public_id: str, *, field: str, by: Caller | None = None) -> User:
    """Return the player with this public id, or with this external id.

    :param by: who asks: only who records matches may name players by external id.
    :raises InvalidInput: there is none; ``field`` says where it was named.
    """
    return find_players_named([public_id], field=field, by=by)[0]


def find_players_named(public_ids: Iterable[str], *, field: str, by: Caller | None = None) -> list[User]:
    """Return the players with these public ids or external ids, in the same order.

    :param by: as of ``find_player``.

    :raises InvalidInput: one of them is unknown.
    """
    named = list(public_ids)
    found = find_users(named)
    if by is not None and RECORDER.admits(by):
        found |= find_players_by_id(named)
    for public_id in named:
        if public_id not in found:
            raise InvalidInput(
                f"There is no player {public_id[:40]!r}: public ids look like DC-25-000042.", field=field
            )
    return [found[public_id] for public_id in named]


def by_username(values: Mapping[str, Value], *, field: str, by: Caller | None = None) -> dict[str, Value]:
    """Return ``values``, given by public id or external id, by username instead.

    :param by: as of ``find_player``.

    :raises InvalidInput: a public id is unknown.
    """
    users = find_players_named(values, field=field, by=by)
    return {user.username: value for user, value in zip(users, values.values(), strict=True)}


def find_team(slug: str, *, field: str, by: Caller | None = None) -> Team:
    """Return the team with this slug or name, present or former, or with this external id.

    :param by: as of ``find_player``.
    :raises InvalidInput: there is none, or several teams had the name.
    """
    return find_teams_named([slug], field=field, by=by)[slug]


def find_teams_named(slugs: Iterable[str], *, field: str, by: Caller | None = None) -> dict[str, Team]:
    """Return the teams with these slugs, names, present or former, or external ids, by what they were named.

    :param by: as of ``find_player``.

    :raises InvalidInput: one of them is unknown, or several teams had the name.
    """
    named = list(slugs)
    by_id = find_teams_by_id(named) if by is not None and RECORDER.admits(by) else {}
    found = resolve_teams(slug for slug in named if slug not in by_id)
    teams = by_id | found.rows
    for slug in named:
        if slug in found.ambiguous:
            raise InvalidInput(f"{found.ambiguous[slug]}.", field=field)
        if slug not in teams:
            raise InvalidInput(f"There is no team {slug[:80]!r}: use its slug or its name.", field=field)
    return teams
