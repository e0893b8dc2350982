"""The names, addresses and ids by which a player is known, and what stands in their place."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import Q

from deltacrown.accounts.models import ExternalId, User
from deltacrown.accounts.services import find_players
from deltacrown.accounts.texts import Text, list_texts
from deltacrown.core.mentions import Mentions

#: Columns whose names are said alone only now and then: found as they are written.
SPOKEN = {"accounts.User.first_name", "accounts.User.last_name"}
#: Columns whose texts are names at other sites, where they may be somebody else's.
IDS = f"{ExternalId._meta.label}."


def collect_names(players: Collection[int], *, username: str, public_id: str) -> dict[str, Any]:
    """Return every name of some accounts, which are one person's, as JSON to be kept until the work is done.

    :param username: what stands in the place of names and addresses.
    :param public_id: what stands in the place of public ids.
    """
    new: dict[str, str] = {}
    spoken: list[str] = []
    others: set[str] = set()
    for column, name in _leave_out_others(_read_names(players), players):
        new[name] = public_id if column.endswith(".public_id") else username
        (spoken.append if column in SPOKEN else others.add)(name)
    for user in User.objects.filter(pk__in=players):
        if full_name := user.get_full_name():
            new.setdefault(full_name, username)
    # A username that is somebody's first name, too, is found like a username.
    said = {name for name in spoken if name not in others}
    return {"new": new, "spoken": [name for name in new if name in said], "players": sorted(players)}


def read_mentions(names: dict[str, Any], words: Collection[str] = ()) -> Mentions:
    """Return what finds the names that ``collect_names`` returned.

    :param words: those that are words of facts as well, folded.
    """
    return Mentions(
        names["new"],
        spoken=names["spoken"],
        words=words,
        is_another=lambda word: bool(find_players([word])),
    )


def _read_names(players: Collection[int]) -> Iterator[tuple[str, str]]:
    """Yield column and name, of every column that is declared to hold a player's name."""
    for texts in list_texts():
        columns = texts.list_columns(Text.NAME)
        if not columns:
            continue
        rows = texts.model._base_manager.filter(**{f"{texts.owner}__in": players})
        for values in rows.order_by("pk").values_list(*columns):
            for column, value in zip(columns, values, strict=True):
                if value and str(value).strip():
                    yield f"{texts.label}.{column}", str(value)


def _leave_out_others(names: Iterator[tuple[str, str]], players: Collection[int]) -> list[tuple[str, str]]:
    """Leave out the ids at providers that name somebody else: anybody may claim what is another's."""
    listed = list(names)
    ids = {name for column, name in listed if column.startswith(IDS)}
    known = find_players(ids)
    rows = ExternalId.objects.filter(Q(value__in=ids) | Q(key__in=ids), is_confirmed=True)
    confirmed = rows.exclude(user__in=players).values_list("value", "key")
    others = {text for row in confirmed for text in row}
    others |= {name for name, user in known.items() if user.pk not in players}
    return [(column, name) for column, name in listed if not (column.startswith(IDS) and name in others)]
