"""Convert between public ids and users."""

from __future__ import annotations

from collections.abc import Iterable

from deltacrown.accounts.models import User
from deltacrown.core.inputs import is_storable
from deltacrown.user_profile.models import UserProfile
from django_tally.batches import in_batches

LONGEST_PUBLIC_ID = 20


def find_users(public_ids: Iterable[str]) -> dict[str, User]:
    """Return public id → user; unknown public ids are left out. One query per 500 public ids."""
    asked = sorted({public_id for public_id in public_ids if _is_possible(public_id)})

    found: dict[str, User] = {}
    for batch in in_batches(asked):
        profiles = UserProfile.objects.filter(public_id__in=batch).select_related("user").defer("bio")
        found |= {profile.public_id: profile.user for profile in profiles}
    return found


def list_public_ids(user_ids: Iterable[int]) -> dict[int, str]:
    """Return user id → public id; users without a profile are left out. One query per 500 users."""
    asked = sorted(set(user_ids))

    found: dict[int, str] = {}
    for batch in in_batches(asked):
        found |= dict(UserProfile.objects.filter(user__in=batch).values_list("user_id", "public_id"))
    return found


def _is_possible(public_id: str) -> bool:
    """Return False for text that is no public id and that a database may refuse as a parameter."""
    return len(public_id) <= LONGEST_PUBLIC_ID and is_storable(public_id, multiline=False)
