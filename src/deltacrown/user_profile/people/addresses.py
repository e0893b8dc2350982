"""Who is behind a public id."""

from __future__ import annotations

from collections.abc import Iterable

from deltacrown.accounts.models import User
from deltacrown.core.inputs import is_storable
from deltacrown.user_profile.models import UserProfile
from django_tally.batches import in_batches

LONGEST_PUBLIC_ID = 20


def find_users(public_ids: Iterable[str]) -> dict[str, User]:
    """Return public id → its user, for those there are; a query for every 500."""
    asked = sorted(
        {each for each in public_ids if len(each) <= LONGEST_PUBLIC_ID and is_storable(each, multiline=False)}
    )
    rows = [
        UserProfile.objects.filter(public_id__in=batch).select_related("user").defer("bio")
        for batch in in_batches(asked)
    ]
    return {profile.public_id: profile.user for found in rows for profile in found}


def list_public_ids(user_ids: Iterable[int]) -> dict[int, str]:
    """Return user's id → public id, for those with a profile; a query for every 500."""
    asked = sorted(set(user_ids))
    rows = [
        UserProfile.objects.filter(user__in=batch).values_list("user_id", "public_id")
        for batch in in_batches(asked)
    ]
    return {user: public_id for found in rows for user, public_id in found}
