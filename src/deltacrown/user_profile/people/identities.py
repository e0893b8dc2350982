"""What is on a profile that its player writes: display name, country, bio, links."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput, NotFound
from deltacrown.core.inputs import check_past, check_text
from deltacrown.core.names import clean_name
from deltacrown.core.namesakes import NameTaken, find_taken, queue_for_names
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.models.links import ProfileLink
from deltacrown.user_profile.people.links import clean_links
from deltacrown.user_profile.signals import players_shown_otherwise
from deltacrown.user_profile.standing import require_good_standing
from django_tally.batches import in_batches
from django_tally.transactions import atomic_service

FIELDS = ("display_name", "country", "bio")
LONGEST_DISPLAY_NAME = 60
LONGEST_BIO = 1000


class ProfileNotFound(NotFound):
    """The user has no profile row."""


@dataclass(frozen=True)
class Identity:
    """The texts on the profile of a player.

    :param display_name: at most 60 characters, nobody else's name; empty shows the username.
    :param country: two capital letters of ISO 3166-1, or empty.
    :param bio: at most 1,000 characters, lines allowed.
    :param links: at most five, as ``people.links`` takes them; None leaves those there are.
    """

    user: User
    display_name: str = ""
    country: str = ""
    bio: str = ""
    links: Sequence[ProfileLink] | None = None


def get_identity(user: User) -> Identity:
    """Return what is on the profile of ``user``; nothing where there is no profile."""
    profile = UserProfile.objects.filter(user=user).first() or UserProfile()
    texts = {field: getattr(profile, field) for field in FIELDS}
    return Identity(user, links=profile.shown_links, **texts)


@atomic_service
def set_identities(*, identities: Sequence[Identity]) -> None:
    """Set the texts of many profiles, all or none; the stats of the profiles are not touched.

    :raises InvalidInput: a value is invalid; ``field`` names it.
    :raises NameTaken: a display name is that of another player, or looks like it.
    :raises ProfileNotFound: a user has no profile; ``backfill_profiles`` creates it.
    """
    cleaned = [_clean_identity(identity) for identity in identities]
    by_user = {identity.user.pk: identity for identity in cleaned}
    _check_namesakes(by_user.values())
    renamed: list[int] = []
    for batch in in_batches(sorted(by_user)):
        locked = UserProfile.objects.select_for_update(no_key=True).filter(user__in=batch).order_by("pk")
        profiles = {profile.user_id: profile for profile in locked}
        for pk in batch:
            if pk not in profiles:
                message = _("%(name)s has no profile; run backfill_profiles.")
                raise ProfileNotFound(message % {"name": by_user[pk].user.username}, field="user")
            profiles[pk].user = by_user[pk].user
            before = profiles[pk].name
            for field in FIELDS:
                setattr(profiles[pk], field, getattr(by_user[pk], field))
            links = by_user[pk].links
            if links is not None:
                profiles[pk].links = [link.as_stored() for link in links]
            if profiles[pk].name != before:
                renamed.append(pk)
        UserProfile.objects.bulk_update(profiles.values(), [*FIELDS, "links"])
    if renamed:
        players_shown_otherwise.send(UserProfile, users=renamed)


@atomic_service
def change_profile(
    *,
    user: User,
    now: datetime,
    display_name: str | None = None,
    country: str | None = None,
    bio: str | None = None,
    links: Sequence[ProfileLink] | None = None,
) -> None:
    """Change, at the wish of a player, what is on their profile; None leaves a thing as it is.

    :raises Suspended: the player is suspended, and may not write in public.
    :raises InvalidInput: as ``change_identity``; so are the others.
    """
    check_past(now, field="now")
    require_good_standing(user, now)
    change_identity(user=user, display_name=display_name, country=country, bio=bio, links=links)


@atomic_service
def change_identity(
    *,
    user: User,
    display_name: str | None = None,
    country: str | None = None,
    bio: str | None = None,
    links: Sequence[ProfileLink] | None = None,
) -> None:
    """Change some of what is on a profile, whatever the standing; None leaves a thing as it is.

    :raises InvalidInput: a value is invalid; ``field`` names it.
    :raises NameTaken: the display name is that of another player, or looks like it.
    :raises ProfileNotFound: the user has no profile; ``backfill_profiles`` creates it.
    """
    locked = UserProfile.objects.select_for_update(no_key=True).filter(user=user).first()
    present = locked or UserProfile()
    identity = Identity(
        user,
        display_name=present.display_name if display_name is None else display_name,
        country=present.country if country is None else country,
        bio=present.bio if bio is None else bio,
        links=links,
    )
    set_identities(identities=[identity])


def _clean_identity(identity: Identity) -> Identity:
    """Return an identity as it is stored. Raise ``InvalidInput`` for texts that cannot be kept."""
    check_text(identity.bio, field="bio", limit=LONGEST_BIO, multiline=True)
    try:
        UserProfile._meta.get_field("country").clean(identity.country, None)
    except ValidationError as error:
        message = _("country: %(message)s") % {"message": error.messages[0]}
        raise InvalidInput(message, field="country") from error

    if identity.links is not None:
        identity = replace(identity, links=clean_links(identity.links))
    if not identity.display_name:
        return identity
    # Not even blanks at its ends may break the line.
    check_text(identity.display_name, field="display_name", limit=LONGEST_DISPLAY_NAME * 4, required=True)
    name = clean_name(identity.display_name, field="display_name", limit=LONGEST_DISPLAY_NAME)
    return replace(identity, display_name=name)


def _check_namesakes(identities: Collection[Identity]) -> None:
    """Raise ``NameTaken`` for a display name that is another player's, or given to two players."""
    owners: dict[str, int | None] = {}
    for identity in identities:
        if identity.display_name and identity.display_name in owners:
            message = _("“%(name)s” is given to two players; choose another for one of them.")
            raise NameTaken(message % {"name": identity.display_name}, field="display_name")
        if identity.display_name:
            owners[identity.display_name] = identity.user.pk
    queue_for_names(owners)
    if taken := find_taken("player", list(owners), owners=owners):
        raise NameTaken(f"{next(iter(taken.values()))}.", field="display_name")
