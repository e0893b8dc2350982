"""What a file says of the players who are created with it: display names and countries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from django.core.exceptions import ValidationError
from django.db.models import Q

from deltacrown.core.errors import DomainError
from deltacrown.core.inputs import is_blank
from deltacrown.core.names import clean_name
from deltacrown.core.namesakes import find_taken
from deltacrown.interchange.directory import NewPlayer
from deltacrown.interchange.drafts import PlayerTexts
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.people.identities import LONGEST_DISPLAY_NAME, Identity, set_identities
from django_tally.batches import in_batches


def describe_newcomers(players: Sequence[NewPlayer]) -> dict[int, str]:
    """Set the display names and countries of new players, as far as they can be kept.

    A display name that is somebody else's is left out, and the player is shown by username: two people of one
    name are no reason to refuse what they played. Nothing changes of a player who has a text already, whom
    another writer created meanwhile.

    :return: user's id → what was left out, and why.
    """
    written = _list_written({player.user.pk for player in players})
    players = [player for player in players if player.user.pk not in written]
    left_out: dict[int, list[str]] = {player.user.pk: [] for player in players}
    names: dict[int, str] = {}
    countries: dict[int, str] = {}
    for player in players:
        faults = left_out[player.user.pk]
        names[player.user.pk] = _take_name(player.texts.name, faults)
        countries[player.user.pk] = _take_country(player.texts.country, faults)

    _leave_out_taken(names, left_out)
    set_identities(
        identities=[
            Identity(player.user, display_name=names[player.user.pk], country=countries[player.user.pk])
            for player in players
        ]
    )
    return {user: "; ".join(faults) for user, faults in left_out.items() if faults}


def read_texts(user_ids: Iterable[int]) -> dict[int, PlayerTexts]:
    """Return user's id → display name and country, of players who have either. One query for every 500."""
    found: dict[int, PlayerTexts] = {}
    for batch in in_batches(sorted(set(user_ids))):
        said = UserProfile.objects.filter(~Q(display_name="") | ~Q(country=""), user__in=batch)
        rows = said.values_list("user_id", "display_name", "country")
        found |= {user: PlayerTexts(name, country) for user, name, country in rows}
    return found


def _list_written(users: Collection[int]) -> set[int]:
    """Return who has any text on the profile already."""
    found: set[int] = set()
    for batch in in_batches(sorted(users)):
        rows = UserProfile.objects.filter(user__in=batch).exclude(display_name="", country="", bio="")
        found.update(rows.values_list("user_id", flat=True))
    return found


def _take_name(text: str, faults: list[str]) -> str:
    if not text or is_blank(text):
        return ""
    try:
        return clean_name(text, field="player_name", limit=LONGEST_DISPLAY_NAME)
    except DomainError as refusal:
        faults.append(f"player_name is left out: {refusal.message.rstrip('.')}")
        return ""


def _take_country(text: str, faults: list[str]) -> str:
    try:
        UserProfile._meta.get_field("country").clean(text.upper(), None)
    except ValidationError:
        faults.append(f"country “{text}” is left out: write two letters, as in ISO 3166-1")
        return ""
    return text.upper()


def _leave_out_taken(names: dict[int, str], left_out: dict[int, list[str]]) -> None:
    """Leave out the names of other players; of two new players of one name, the first has it."""
    owners: dict[str, int | None] = {}
    for user, name in list(names.items()):
        if not name:
            continue
        if name in owners:
            left_out[user].append(f"player_name is left out: “{name}” is another player's too")
            names[user] = ""
        else:
            owners[name] = user

    taken = find_taken("player", list(owners), owners=owners)
    for user, name in list(names.items()):
        if name in taken:
            left_out[user].append(f"player_name is left out: {taken[name]}")
            names[user] = ""
