"""The texts on a profile that its player writes: display name, country, bio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput, NotFound
from deltacrown.core.inputs import check_text
from deltacrown.user_profile.models import UserProfile
from django_tally.batches import in_batches
from django_tally.transactions import atomic_service

FIELDS = ("display_name", "country", "bio")
LONGEST_BIO = 1000


class ProfileNotFound(NotFound):
    """The user has no profile row."""


@dataclass(frozen=True)
class Identity:
    """The texts on the profile of a player.

    :param display_name: at most 60 characters; empty shows the username.
    :param country: two capital letters of ISO 3166-1, or empty.
    :param bio: at most 1,000 characters, lines allowed.
    """

    user: User
    display_name: str = ""
    country: str = ""
    bio: str = ""


@atomic_service
def set_identities(*, identities: Sequence[Identity]) -> None:
    """Set the texts of many profiles, all or none; the stats of the profiles are not touched.

    :raises InvalidInput: a value is invalid; ``field`` names it.
    :raises ProfileNotFound: a user has no profile; ``backfill_profiles`` creates it.
    """
    for identity in identities:
        _check_identity(identity)
    by_user = {identity.user.pk: identity for identity in identities}
    for batch in in_batches(sorted(by_user)):
        locked = UserProfile.objects.select_for_update(no_key=True).filter(user__in=batch).order_by("pk")
        profiles = {profile.user_id: profile for profile in locked}
        for pk in batch:
            if pk not in profiles:
                raise ProfileNotFound(
                    f"{by_user[pk].user.username} has no profile; run backfill_profiles.", field="user"
                )
            for field in FIELDS:
                setattr(profiles[pk], field, getattr(by_user[pk], field))
        UserProfile.objects.bulk_update(profiles.values(), FIELDS)


def _check_identity(identity: Identity) -> None:
    """Raise ``InvalidInput`` for texts that the columns, or a database, cannot keep."""
    check_text(identity.display_name, field="display_name", limit=60)
    check_text(identity.bio, field="bio", limit=LONGEST_BIO, multiline=True)
    try:
        UserProfile._meta.get_field("country").clean(identity.country, None)
    except ValidationError as error:
        raise InvalidInput(f"country: {error.messages[0]}", field="country") from error
