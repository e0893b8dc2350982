"""Create many users at once, rename them, and look them up by name.

Usernames are compared by their stored key (``core.names``), the same on every database. A former username
finds its user as long as nobody else has it, now or formerly. Names of an account that was merged into
another find that one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError
from django.db.models import Q
from django.utils.translation import gettext as _

from deltacrown.accounts import signals
from deltacrown.accounts.models import LONGEST_USERNAME, AnsweredRequest, ApiKey, FormerUsername, User
from deltacrown.accounts.services.merged import follow_merges
from deltacrown.core.errors import DomainError
from deltacrown.core.former_names import AmbiguousName, Found, resolve_former_names
from deltacrown.core.inputs import check_past, check_text, is_storable
from deltacrown.core.names import InvalidName as InvalidUsername
from deltacrown.core.names import clean_username, make_name_key
from deltacrown.core.namesakes import NameTaken, find_taken, queue_for_names
from deltacrown.core.races import find_or_insert
from django_tally.batches import in_batches
from django_tally.transactions import atomic_service

#: Characters. Django hashes passwords of any length; hashing a huge one by mistake would take seconds.
LONGEST_PASSWORD = 4096

__all__ = [
    "InvalidUsername",
    "create_players",
    "depersonalise_user",
    "find_players",
    "find_username_faults",
    "rename_player",
    "resolve_usernames",
    "set_active",
    "set_sign_in",
]


@atomic_service
def create_players(
    *, usernames: Sequence[str], joined_at: Mapping[str, datetime] | None = None
) -> dict[str, User]:
    """Return a user for every name; create the users that do not exist yet.

    Calling again with the same names creates nobody, also after a user was renamed. A created user has no
    usable password and cannot sign in before one is set. Of two spellings of one name, one user is created,
    spelled like the first of them, and returned for both.

    :param joined_at: requested name → joining time, for users who joined in the past.
    :return: requested name → user.
    :raises InvalidInput: a datetime has no time zone or is in the future; nobody is created.
    :raises InvalidUsername: a name breaks the rules for usernames; nobody is created.
    :raises NameTaken: a name is another player's display name, or looks like another's; nobody is created.
    :raises AmbiguousName: nobody has a name now, and several had it; nobody is created.
    """
    joined_at = joined_at or {}

    for joined in joined_at.values():
        check_past(joined, field="joined_at")
    for username in usernames:
        check_username(username)

    try:
        players, created = find_or_insert(lambda: _create_missing(usernames, joined_at))
    except IntegrityError as error:
        message = _(
            "A username is taken in another spelling by a user without an up-to-date key; "
            "run backfill_profiles, then try again."
        )
        raise NameTaken(message, field="username") from error
    if created:
        signals.players_created.send(User, users=created)
    return players


@atomic_service
def rename_player(*, user: User, username: str) -> User:
    """Change a username. The former one still finds the user, unless somebody else takes it.

    :raises InvalidInput: the name is empty, too long or holds control characters.
    :raises InvalidUsername: the name breaks the rules for usernames.
    :raises NameTaken: the name is another player's, or looks like another's.
    """
    cleaned = check_username(username)
    queue_for_names([cleaned])
    if taken := find_taken("player", [cleaned], owners={cleaned: user.pk}):
        raise NameTaken(f"{taken[cleaned]}.", field="username")

    is_new = cleaned != user.username

    def write() -> None:
        if User.objects.filter(username_key=make_name_key(cleaned)).exclude(pk=user.pk).exists():
            message = _("“%(name)s” is the name of another player; choose another.") % {"name": cleaned}
            raise NameTaken(message, field="username")
        user.username = cleaned
        user.save(update_fields=["username"])

    find_or_insert(write)
    if is_new:
        signals.player_renamed.send(User, user=user)
    return user


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


@atomic_service
def set_active(*, user: User, is_active: bool) -> bool:
    """Set whether a user can sign in and use keys. Return False if that was so already."""
    user.is_active = is_active
    return bool(User.objects.filter(pk=user.pk).exclude(is_active=is_active).update(is_active=is_active))


@atomic_service
def depersonalise_user(*, user: User, username: str) -> User:
    """Give an account another username for good, and take everything from it that says whose it was.

    It has no former names, addresses, keys or stored answers afterwards, and nobody signs in to it.
    """
    was = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    User.objects.filter(pk=was.pk).update(
        username=username,
        first_name="",
        last_name="",
        email="",
        password=make_password(None),
        last_login=None,
        is_active=False,
    )
    # The trigger on renames has just kept the name.
    FormerUsername.objects.filter(owner=was).delete()
    ApiKey.objects.filter(owner=was).delete()
    AnsweredRequest.objects.filter(owner=was).delete()
    user.refresh_from_db()
    return user


def find_players(usernames: Iterable[str]) -> dict[str, User]:
    """Return requested name → user, in whatever spelling, by present and then by former names.

    Names that nobody has are left out, and so are former names of several.
    """
    return resolve_usernames(usernames).rows


def resolve_usernames(usernames: Iterable[str]) -> Found:
    """Find users by name as ``find_players`` does, and say which names are former names of several."""
    keys = {name: make_name_key(name) for name in dict.fromkeys(usernames) if _is_possible(name)}
    users: dict[str, User] = {}
    exact: dict[str, User] = {}
    for batch in in_batches(sorted({*keys, *keys.values()})):
        # Also by the exact name: raw SQL writes no key.
        for user in User.objects.filter(Q(username_key__in=batch) | Q(username__in=batch)):
            key = make_name_key(user.username)
            exact[user.username] = user
            if user.username_key == key or key not in users:
                users[key] = user

    present = {name: exact.get(name) or users[key] for name, key in keys.items() if key in users}
    unknown = {name: key for name, key in keys.items() if name not in present}
    former = resolve_former_names(
        FormerUsername, unknown, describe=lambda user: user.username, follow=follow_merges
    )
    ends = follow_merges(present.values())
    return Found({name: ends[user.pk] for name, user in present.items()} | former.rows, former.ambiguous)


def find_username_faults(usernames: Iterable[str]) -> dict[str, str]:
    """Return name → a sentence, for the names of new users that ``create_players`` would refuse.

    Of two names that look alike, the second is refused.
    """
    faults: dict[str, str] = {}
    first: dict[str, str] = {}
    for username in usernames:
        try:
            checked = check_username(username)
        except DomainError as error:
            faults[username] = error.message.rstrip(".")
        else:
            # Not before: making the key of a text that is too long takes time by the square of its length.
            first.setdefault(make_name_key(username), checked)

    taken = find_taken("player", list(first.values()))
    by_key = {make_name_key(name): fault for name, fault in taken.items()}
    return faults | {
        username: by_key[key]
        for username in usernames
        if username not in faults and (key := make_name_key(username)) in by_key
    }


def check_username(username: str) -> str:
    """Return a username as it is stored.

    :raises InvalidInput: the name is empty, too long or holds control characters.
    :raises InvalidUsername: it breaks a rule; the message gives the name and the rule.
    """
    return clean_username(username, field="username", limit=LONGEST_USERNAME)


def _create_missing(
    usernames: Sequence[str], joined_at: Mapping[str, datetime]
) -> tuple[dict[str, User], list[User]]:
    known, missing = _list_missing(usernames)
    while taken := find_taken("player", [check_username(name) for name in missing.values()]):
        # Another writer may have created some of them since we looked.
        before = missing
        known, missing = _list_missing(usernames)
        if missing == before:
            raise NameTaken(f"{next(iter(taken.values()))}.", field="username")

    # Sorted by key, so that two writers wait for the unique index in the same order (no deadlock).
    new = [_build_user(missing[key], joined_at.get(missing[key])) for key in sorted(missing)]
    created = User.objects.bulk_create(new)

    by_key = dict(zip(sorted(missing), created, strict=True))
    players = {name: known.rows.get(name) or by_key[make_name_key(name)] for name in usernames}
    return players, created


def _list_missing(usernames: Sequence[str]) -> tuple[Found, dict[str, str]]:
    """Return the users there are, and key → name, as first given, of those there are not."""
    known = resolve_usernames(usernames)
    if known.ambiguous:
        raise AmbiguousName(f"{next(iter(known.ambiguous.values()))}.", field="username")

    missing: dict[str, str] = {}
    for username in usernames:
        if username not in known.rows:
            missing.setdefault(make_name_key(username), username)
    return known, missing


def _build_user(username: str, joined_at: datetime | None) -> User:
    user = User(username=check_username(username), password=make_password(None))
    user.date_joined = joined_at or user.date_joined
    return user


def _is_possible(username: str) -> bool:
    """Return False for text that no user is named and that a database may refuse as a parameter."""
    return 0 < len(username) <= LONGEST_USERNAME * 4 and is_storable(username, multiline=False)
