"""Create many users at once, and look users up by name.

Usernames are compared case-insensitively. The database does the folding, as in its unique index on
the username; SQLite folds ASCII letters only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db.models import Value
from django.db.models.functions import Lower

from deltacrown.accounts import signals
from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import check_datetime, check_text
from deltacrown.core.races import find_or_insert
from django_tally.batches import in_batches
from django_tally.transactions import atomic_service

LONGEST_USERNAME = 150
#: Characters. Django hashes passwords of any length; hashing a huge one by mistake would take seconds.
LONGEST_PASSWORD = 4096


class InvalidUsername(InvalidInput):
    """The name breaks the rules for usernames."""


@atomic_service
def create_players(
    *, usernames: Sequence[str], joined_at: Mapping[str, datetime] | None = None
) -> dict[str, User]:
    """Return a user for every name; create the users that do not exist yet.

    Calling again with the same names creates nobody. A created user has no usable password and cannot
    sign in before one is set. When names differ only in case, one user is created, spelled like the
    first of them, and returned for all of them.

    :param joined_at: requested name → joining time, for users who joined in the past.
    :return: requested name → user.
    :raises InvalidInput: a datetime has no time zone; nobody is created.
    :raises InvalidUsername: a name breaks the rules for usernames; nobody is created.
    """
    joined_at = joined_at or {}

    for joined in joined_at.values():
        check_datetime(joined, field="joined_at")
    for username in usernames:
        check_username(username)

    players, created = find_or_insert(lambda: _create_missing(usernames, joined_at))
    if created:
        signals.players_created.send(User, users=created)
    return players


@atomic_service
def set_sign_in(*, user: User, password: str, is_staff: bool = False) -> User:
    """Set a user's password and their admin rights: all of them with ``is_staff``, none without.

    :raises InvalidInput: the password is empty or longer than 4,096 characters.
    """
    check_text(password, field="password", limit=LONGEST_PASSWORD, required=True)
    user.set_password(password)
    user.is_staff = user.is_superuser = is_staff
    user.save(update_fields=["password", "is_staff", "is_superuser"])
    return user


def find_players(usernames: Iterable[str]) -> dict[str, User]:
    """Return requested name → user, compared case-insensitively; unknown names are left out."""
    asked = sorted(set(usernames))
    users = [user for batch in in_batches(asked) for user in _list_named(batch)]

    exact = {user.username: user for user in users}
    folded = {_fold(user.username): user for user in users}
    found = {username: exact.get(username) or folded.get(_fold(username)) for username in asked}

    return {username: user for username, user in found.items() if user is not None}


def check_username(username: str) -> None:
    """Check a username with the validators of the model.

    :raises InvalidInput: the name is empty, too long or holds control characters.
    :raises InvalidUsername: a validator refuses it; the message gives the name and the rule.
    """
    check_text(username, field="username", limit=LONGEST_USERNAME, required=True)
    for validate in User._meta.get_field("username").validators:
        try:
            validate(username)
        except ValidationError as error:
            raise InvalidUsername(
                f"{username!r} is not a valid username: {' '.join(error.messages)}", field="username"
            ) from error


def _create_missing(
    usernames: Sequence[str], joined_at: Mapping[str, datetime]
) -> tuple[dict[str, User], list[User]]:
    known = find_players(usernames)

    missing: dict[str, str] = {}
    for username in usernames:
        if username not in known:
            missing.setdefault(_fold(username), username)

    # Sorted by folded name, so that two writers wait for the unique index in the same order (no deadlock).
    new = [_build_user(missing[key], joined_at.get(missing[key])) for key in sorted(missing)]
    created = User.objects.bulk_create(new)

    by_fold = dict(zip(sorted(missing), created, strict=True))
    players = {username: known.get(username) or by_fold[_fold(username)] for username in usernames}
    return players, created


def _build_user(username: str, joined_at: datetime | None) -> User:
    user = User(username=User.normalize_username(username), password=make_password(None))
    user.date_joined = joined_at or user.date_joined
    return user


def _list_named(usernames: Sequence[str]) -> Iterable[User]:
    possible = [username for username in usernames if _is_possible(username)]
    names = [Lower(Value(User.normalize_username(username))) for username in possible]
    return User.objects.annotate(folded=Lower("username")).filter(folded__in=names)


def _is_possible(username: str) -> bool:
    """Return False for text that no user is named and that a database may refuse as a parameter."""
    return username.isprintable() and len(username) <= LONGEST_USERNAME


def _fold(username: str) -> str:
    return User.normalize_username(username).lower()
