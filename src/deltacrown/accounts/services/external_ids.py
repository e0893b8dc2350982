"""Ids of players at providers such as Steam: add and remove them, find players by them.

What staff or an import says is confirmed, and finds the player. What a player says of themselves is kept and
finds nobody until it is confirmed: nobody gets another's matches by claiming their id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.contrib.auth.hashers import make_password
from django.utils.text import slugify
from django.utils.translation import gettext_noop

from deltacrown.accounts import signals
from deltacrown.accounts.models import ExternalId, User
from deltacrown.accounts.services.merged import follow_merges
from deltacrown.accounts.services.players import find_username_faults, resolve_usernames
from deltacrown.core.external_ids import ExternalAddress, IdTable, Refusals, find_rows, parse_address
from deltacrown.core.names import make_name_key, tidy_username
from deltacrown.core.races import find_or_insert
from django_tally.transactions import atomic_service

TABLE = IdTable(
    ExternalId,
    "user",
    Refusals(
        unknown=gettext_noop("The player has no id %(id)s."),
        taken=gettext_noop("%(id)s is another player's: check the id, or remove it there first."),
        too_many=gettext_noop("A player has at most %(most)s external ids: remove one first."),
    ),
)
#: How much of an id is part of a username made of it.
LONGEST_PART = 100

__all__ = [
    "add_external_id",
    "create_players_by_id",
    "find_players_by_id",
    "list_external_ids",
    "remove_external_id",
]


@atomic_service
def add_external_id(*, user: User, external_id: str, confirmed: bool) -> ExternalId:
    """Add an id to a player, or confirm one they claimed; an id that is there already changes nothing.

    :param external_id: as ``provider:id``.
    :param confirmed: staff or an import says so. Else it is a claim, which finds nobody.
    :raises InvalidExternalId: it is not written as an id of its provider.
    :raises ExternalIdTaken: it is to be confirmed, and is another player's.
    :raises TooManyExternalIds: the player has 50.
    """
    row: ExternalId = TABLE.attach(user, parse_address(external_id), confirmed=confirmed)
    return row


@atomic_service
def remove_external_id(*, user: User, external_id: str) -> None:
    """Remove an id from a player: from now on it finds nobody.

    :raises InvalidExternalId: it is not written as an id of its provider.
    :raises ExternalIdNotFound: the player has no such id.
    """
    TABLE.detach(user, parse_address(external_id))


def list_external_ids(user: User) -> list[ExternalId]:
    """Return the ids of a player, by provider."""
    return list(ExternalId.objects.filter(user=user).order_by("provider", "value"))


def find_players_by_id(external_ids: Iterable[str]) -> dict[str, User]:
    """Return id as given → the player it is confirmed of; others are left out. One query for every 500.

    The player is the one into whom the account was merged, if it was.
    """
    found = find_rows(ExternalId.objects.select_related("user"), external_ids)
    ends = follow_merges(row.user for row in found.values())
    return {text: ends[row.user_id] for text, row in found.items()}


@atomic_service
def create_players_by_id(*, names: Mapping[str, str]) -> dict[str, User]:
    """Return a player for every external id; create those that nobody has, with the id confirmed of them.

    A player who is created is called by the name given, if that can be a username and nobody has or had it,
    else by the id: ``steam-76561198000000042``.

    :param names: external id → the name that the player should have; ``""`` for none.
    :raises InvalidExternalId: an id is not written as one of its provider; nobody is created.
    """
    addresses = {text: parse_address(text, field="player") for text in names}
    players, created = find_or_insert(lambda: _create_missing(addresses, names))
    if created:
        signals.players_created.send(User, users=created)
    return players


def _create_missing(
    addresses: Mapping[str, ExternalAddress], names: Mapping[str, str]
) -> tuple[dict[str, User], list[User]]:
    players = find_players_by_id(addresses)
    missing: dict[tuple[str, str], str] = {}
    for text, address in addresses.items():
        if text not in players:
            missing.setdefault(address.identity, text)

    wished = [tidy_username(names[text]) for text in missing.values()]
    usernames = _choose_usernames([addresses[text] for text in missing.values()], wished)
    # Sorted, so that two writers wait for the unique index in the same order (no deadlock).
    users = [User(username=name, password=make_password(None)) for name in sorted(usernames)]
    created = {user.username: user for user in User.objects.bulk_create(users)}

    owners = {identity: created[name] for identity, name in zip(missing, usernames, strict=True)}
    rows = [_build_row(addresses[text], owners[identity]) for identity, text in sorted(missing.items())]
    ExternalId.objects.bulk_create(rows)
    new = {text: owners[address.identity] for text, address in addresses.items() if text not in players}
    return players | new, list(created.values())


def _build_row(address: ExternalAddress, user: User) -> ExternalId:
    return ExternalId(user=user, provider=address.provider, value=address.value, key=address.key)


def _choose_usernames(addresses: Sequence[ExternalAddress], wished: Sequence[str]) -> list[str]:
    """Return a free username for each id: the one wished for, or one made of the id."""
    made = [_make_username(address) for address in addresses]
    numbered = [f"{name}-{number}" for name in made for number in range(2, 6)]
    unfree = _list_unfree([*filter(None, wished), *made, *numbered])
    taken = {make_name_key(name) for name in unfree}
    chosen: list[str] = []
    for wish, name in zip(wished, made, strict=True):
        options = [wish, name, *(f"{name}-{number}" for number in range(2, 6))]
        free = next((each for each in options if each and make_name_key(each) not in taken), name)
        taken.add(make_name_key(free))
        chosen.append(free)
    return chosen


def _list_unfree(names: Sequence[str]) -> set[str]:
    """Return the names that cannot be a new player's: those that break a rule, or are or were another's."""
    used = resolve_usernames(names)
    return {*find_username_faults(names), *used.rows, *used.ambiguous}


def _make_username(address: ExternalAddress) -> str:
    """Convert an id to a username: ``steam-76561198000000042``, ``riot-guy-euw``."""
    value = slugify(address.value.replace("#", "-").replace("/", "-"))[:LONGEST_PART].strip("-_")
    return f"{address.provider}-{value or 'player'}"
