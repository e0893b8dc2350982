"""What a file says of players: display names and countries, of those created with it and of those known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from django.core.exceptions import ValidationError
from django.db.models import Q

from deltacrown.core.errors import DomainError
from deltacrown.core.inputs import is_blank
from deltacrown.core.names import clean_name
from deltacrown.core.namesakes import find_taken
from deltacrown.interchange.directory import DescribedPlayer, PlayerProfiles
from deltacrown.interchange.drafts import PlayerTexts
from deltacrown.user_profile.models import Standing, UserProfile
from deltacrown.user_profile.people.identities import LONGEST_DISPLAY_NAME, Identity, set_identities
from django_tally.batches import in_batches


def describe_newcomers(players: Sequence[DescribedPlayer]) -> dict[int, str]:
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


def complete_known(players: Sequence[DescribedPlayer], replace: bool) -> dict[int, str]:
    """Set the display names and countries of known players where they have none and never signed in.

    Who has signed in may have left them empty on purpose. Nobody gets another's name, and of a player who
    was merged or anonymised nothing is set.

    :param players: each player once.
    :param replace: also change what they have.
    :return: user's id → what was left as it is, and why.
    """
    profiles = _load_profiles({player.user.pk for player in players})
    left_out: dict[int, list[str]] = {pk: [] for pk in profiles}
    names: dict[int, str] = {}
    countries: dict[int, str] = {}
    for player in players:
        if (profile := profiles.get(player.user.pk)) is not None:
            texts = _take_texts(player.texts, profile, left_out[profile.pk], replace=replace)
            names[profile.pk], countries[profile.pk] = texts

    _leave_out_taken(names, left_out)
    set_identities(
        identities=[
            Identity(
                profile.user,
                display_name=names[pk] or profile.display_name,
                country=countries[pk] or profile.country,
                bio=profile.bio,
            )
            for pk, profile in profiles.items()
            if names[pk] or countries[pk]
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


def _load_profiles(users: Collection[int]) -> dict[int, UserProfile]:
    found: dict[int, UserProfile] = {}
    for batch in in_batches(sorted(users)):
        rows = UserProfile.objects.filter(user__in=batch).select_related("user")
        rows = rows.exclude(standing__in=[Standing.MERGED, Standing.ANONYMISED])
        found |= {row.pk: row for row in rows}
    return found


def _take_texts(
    said: PlayerTexts, profile: UserProfile, faults: list[str], *, replace: bool
) -> tuple[str, str]:
    """Return the name and country that a known player gets, ``""`` where one stays; add why to ``faults``."""
    name = _take_name(said.name, faults)
    country = _take_country(said.country, faults) if said.country else ""
    if not profile.display_name and name == profile.user.username:
        name = ""  # it is shown already, and changes with the username
    wanted = {"player_name": (name, profile.display_name), "country": (country, profile.country)}
    has_signed_in = profile.user.last_login is not None
    chosen: list[str] = []
    for column, (text, present) in wanted.items():
        differs = bool(text) and text != present
        stays = differs and not replace and (bool(present) or has_signed_in)
        if stays:
            now = f"“{present}”" if present else "empty, as the player left it"
            faults.append(f"{column} stays {now}, the file says “{text}”: --update-players changes it")
        chosen.append(text if differs and not stays else "")
    return chosen[0], chosen[1]


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


#: How files read and write the texts of players.
PROFILES = PlayerProfiles(describe=describe_newcomers, complete=complete_known, read=read_texts)
