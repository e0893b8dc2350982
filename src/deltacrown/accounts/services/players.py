"""Users in bulk, and by name.

Usernames are compared without regard to case, by the database's own folding, the one its unique key
uses. SQLite folds ASCII letters only.
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
from deltacrown.core.inputs import check_moment, check_text
from deltacrown.core.races import find_or_insert
from django_tally.batches import in_batches
from django_tally.transactions import atomic_service

LONGEST_USERNAME = 150
#: Django hashes any length; this keeps a mistake from being hashed for seconds.
LONGEST_PASSWORD = 4096


class InvalidUsername(InvalidInput):
    """A name no user can have."""


@atomic_service
def create_players(
    *, usernames: Sequence[str], joined_at: Mapping[str, datetime] | None = None
) -> dict[str, User]:
    """Return a user for every name, created where there is none; the same names again create nobody.

    A created user has no usable password: they sign in once they set one. Of names that differ in
    case only the first is created, and stands for the others.

    :param joined_at: name as asked → when they joined, for those who did before now.
    :return: each name as asked → its user.
    :raises InvalidInput: a moment has no time zone; nobody is created.
    :raises InvalidUsername: a name breaks the rules of usernames; nobody is created.
    """
    joined_at = joined_at or {}
    for moment in joined_at.values():
        check_moment(moment, field="joined_at")
    for username in usernames:
        check_username(username)
    players, created = find_or_insert(lambda: _create_missing(usernames, joined_at))
    if created:
        signals.players_created.send(User, users=created)
    return players


@atomic_service
def set_sign_in(*, user: User, password: str, is_staff: bool = False) -> User:
    """Give a user a password, and with ``is_staff`` every right in the admin; without it none.

    :raises InvalidInput: the password is empty.
    """
    check_text(password, field="password", limit=LONGEST_PASSWORD, required=True)
    user.set_password(password)
    user.is_staff = user.is_superuser = is_staff
    user.save(update_fields=["password", "is_staff", "is_superuser"])
    return user


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
            raise InvalidUsername(
                f"{username!r} is no username: {' '.join(error.messages)}", field="username"
            ) from error


def _create_missing(
    usernames: Sequence[str], joined_at: Mapping[str, datetime]
) -> tuple[dict[str, User], list[User]]:
    known = find_players(usernames)
    missing: dict[str, str] = {}
    for username in usernames:
        if username not in known:
            missing.setdefault(_fold(username), username)
    # In order of the folded name: two writers wait for each other's names in one order.
    new = [_build_user(missing[key], joined_at.get(missing[key])) for key in sorted(missing)]
    created = User.objects.bulk_create(new)
    by_fold = dict(zip(sorted(missing), created, strict=True))
    return {username: known.get(username) or by_fold[_fold(username)] for username in usernames}, created


def _build_user(username: str, joined_at: datetime | None) -> User:
    user = User(username=User.normalize_username(username), password=make_password(None))
    user.date_joined = joined_at or user.date_joined
    return user


def _list_named(usernames: Sequence[str]) -> Iterable[User]:
    names = [
        Lower(Value(User.normalize_username(username))) for username in usernames if _is_possible(username)
    ]
    return User.objects.annotate(folded=Lower("username")).filter(folded__in=names)


def _is_possible(username: str) -> bool:
    """Leave out what no database takes as a parameter: it is nobody's name."""
    return username.isprintable() and len(username) <= LONGEST_USERNAME


def _fold(username: str) -> str:
    return User.normalize_username(username).lower()
