"""The only door through which users are written in bulk, and the one that finds them by name.

Usernames are compared without regard to case, by the database's own folding, the one its unique key
uses. SQLite folds ASCII letters only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db.models import Value
from django.db.models.functions import Lower

from deltacrown.accounts import signals
from deltacrown.accounts.models import User
from deltacrown.core.batches import in_batches
from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import check_text
from deltacrown.core.races import find_or_insert
from deltacrown.core.transactions import atomic_service

__all__ = ["InvalidUsername", "create_players", "find_players"]

LONGEST_USERNAME = 150


class InvalidUsername(InvalidInput):
    """A name no user can have."""


@atomic_service
def create_players(*, usernames: Sequence[str]) -> dict[str, User]:
    """Return a user for every name, created where there is none; the same names again create nobody.

    A created user has no usable password: they sign in once they set one. Of names that differ in
    case only the first is created, and stands for the others.

    :return: each name as asked → its user.
    :raises InvalidUsername: a name breaks the rules of usernames; nobody is created.
    """
    for username in usernames:
        check_username(username)
    players, created = find_or_insert(lambda: _create_missing(usernames))
    if created:
        signals.players_created.send(User, users=created)
    return players


def find_players(usernames: Iterable[str]) -> dict[str, User]:
    """Return each name as asked → its user, compared without regard to case; unknown names are left out."""
    asked = sorted(set(usernames))
    users = [user for batch in in_batches(asked) for user in _list_named(batch)]
    exact = {user.username: user for user in users}
    folded = {_fold(user.username): user for user in users}
    found = {username: exact.get(username) or folded.get(_fold(username)) for username in asked}
    return {username: user for username, user in found.items() if user is not None}


def check_username(username: str) -> None:
    """Refuse a name the model's own validators refuse.

    :raises InvalidUsername: naming it and the rule.
    """
    check_text(username, field="username", limit=LONGEST_USERNAME, required=True)
    for validate in User._meta.get_field("username").validators:
        try:
            validate(username)
        except ValidationError as error:
            raise InvalidUsername(f"{username!r} is no username: {' '.join(error.messages)}", field="username") from error


def _create_missing(usernames: Sequence[str]) -> tuple[dict[str, User], list[User]]:
    known = find_players(usernames)
    missing: dict[str, str] = {}
    for username in usernames:
        if username not in known:
            missing.setdefault(_fold(username), username)
    # In order of the folded name: two writers wait for each other's names in one order.
    new = [User(username=User.normalize_username(missing[key]), password=make_password(None)) for key in sorted(missing)]
    created = User.objects.bulk_create(new)
    by_fold = dict(zip(sorted(missing), created, strict=True))
    return {username: known.get(username) or by_fold[_fold(username)] for username in usernames}, created


def _list_named(usernames: Sequence[str]) -> Iterable[User]:
    names = [Lower(Value(User.normalize_username(username))) for username in usernames if _is_possible(username)]
    return User.objects.annotate(folded=Lower("username")).filter(folded__in=names)


def _is_possible(username: str) -> bool:
    """Leave out what no database takes as a parameter: it is nobody's name."""
    return username.isprintable() and len(username) <= LONGEST_USERNAME


def _fold(username: str) -> str:
    return User.normalize_username(username).lower()
