"""Convert between public ids and users."""

from __future__ import annotations

import re
from collections.abc import Iterable

from deltacrown.accounts.models import User
from deltacrown.core.errors import NotFound
from deltacrown.core.inputs import is_storable
from deltacrown.user_profile.models import UserProfile
from django_tally.batches import in_batches

LONGEST_PUBLIC_ID = 20
PUBLIC_ID = re.compile(r"DC-\d{2}-\d{6,12}")


def get_player(public_id: str) -> UserProfile:
    """Return the profile with this public id, its user fetched along.

    :raises NotFound: when there is none.
    """
    profile: UserProfile | None = None
    if is_storable(public_id, multiline=False):
        profile = UserProfile.objects.select_related("user").filter(public_id=public_id).first()
    if profile is None:
        message = f"There is no player {public_id!r}: public ids look like DC-25-000042."
        raise NotFound(message, field="public_id")
    return profile


def find_users(public_ids: Iterable[str]) -> dict[str, User]:
    """Return public id → its user; ids that nobody has are left out. One query for every 500."""
    asked = sorted({each for each in public_ids if _could_be_public_id(each)})
    found: dict[str, User] = {}
    for batch in in_batches(asked):
        profiles = UserProfile.objects.filter(public_id__in=batch).select_related("user").defer("bio")
        found |= {profile.public_id: profile.user for profile in profiles}
    return found


def list_public_ids(user_ids: Iterable[int]) -> dict[int, str]:
    """Return user's id → public id, for users with a profile. One query for every 500."""
    found: dict[int, str] = {}
    for batch in in_batches(sorted(set(user_ids))):
        found |= dict(UserProfile.objects.filter(user__in=batch).values_list("user_id", "public_id"))
    return found


def _could_be_public_id(text: str) -> bool:
    return len(text) <= LONGEST_PUBLIC_ID and is_storable(text, multiline=False)
