"""Convert between public ids, users and profiles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.accounts.services import follow_merges
from deltacrown.core.audit import record_deed
from deltacrown.core.deeds import Deed
from deltacrown.core.errors import Gone, NotFound
from deltacrown.core.inputs import is_storable
from deltacrown.core.prepared import Parameter, PreparedQuery
from deltacrown.user_profile.models import Standing, UserProfile
from deltacrown.user_profile.privacy import Viewer, sees_hidden
from deltacrown.user_profile.standing import SHOWN
from django_tally.batches import in_batches

LONGEST_PUBLIC_ID = 20
PUBLIC_ID = re.compile(r"DC-\d{2}-\d{6,12}")


class AccountClosed(Gone):
    """The account of a player is closed, and its pages are gone."""


def get_player(public_id: str, *, viewer: Viewer = None, related: Sequence[str] = ()) -> UserProfile:
    """Return the profile with this public id, its user fetched along, if ``viewer`` may see its pages.

    The pages of a closed account are shown to staff who see what players hide, which is logged.

    :param related: what else to fetch along, as ``user__privacy_settings``.
    :raises NotFound: when there is none.
    :raises AccountClosed: the account is closed, merged or anonymised.
    """
    profile = _follow(get_account(public_id, related=related))
    if profile.standing not in SHOWN:
        if not sees_hidden(viewer):
            raise AccountClosed(_("This account is closed."), field="public_id")
        record_deed(deed=Deed.READ_CLOSED, by=viewer, of=profile.user_id)
    return profile


@cache
def _with_public_id(related: tuple[str, ...]) -> PreparedQuery[UserProfile]:
    """Return the query for a profile with its user and ``related``: nearly every page of a player asks it."""
    profiles = UserProfile.objects.select_related("user", *related).order_by("pk")
    return PreparedQuery(lambda: profiles.filter(public_id=Parameter(0))[:1], is_by_key=True)


def get_any_player(public_id: str) -> UserProfile:
    """Return the profile with this public id, its user fetched along, whatever its standing: for staff.

    The id of an account that was merged into another finds that one.

    :raises NotFound: when there is none.
    """
    return _follow(get_account(public_id))


def get_account(public_id: str, *, related: Sequence[str] = ()) -> UserProfile:
    """Return the profile with this public id itself, also of an account that was merged into another.

    :param related: as ``get_player`` takes it.
    :raises NotFound: when there is none.
    """
    profile: UserProfile | None = None
    if is_storable(public_id, multiline=False):
        profile = _with_public_id(tuple(related)).first(public_id)
    if profile is None:
        message = _("There is no player %(id)s: public ids look like DC-25-000042.")
        raise NotFound(message % {"id": repr(public_id)}, field="public_id")
    return profile


def get_nameable_player(public_id: str) -> UserProfile:
    """Return as ``get_any_player``, for staff who change what a player is called.

    :raises NotFound: when there is none.
    :raises AccountClosed: the player was anonymised, and is to be called nothing again.
    """
    profile = get_any_player(public_id)
    if profile.standing == Standing.ANONYMISED:
        raise AccountClosed(_("This player was anonymised, which cannot be undone."), field="public_id")
    return profile


def find_users(public_ids: Iterable[str]) -> dict[str, User]:
    """Return public id → its user; ids that nobody has are left out. One query for every 500."""
    asked = sorted({each for each in public_ids if _could_be_public_id(each)})
    found: dict[str, User] = {}
    for batch in in_batches(asked):
        profiles = (
            UserProfile.objects.filter(public_id__in=batch).select_related("user").defer("bio", "links")
        )
        found |= {profile.public_id: profile.user for profile in profiles}
    ends = follow_merges(found.values())
    return {public_id: ends[user.pk] for public_id, user in found.items()}


def _follow(profile: UserProfile) -> UserProfile:
    """Return the profile of the account that stands for this one's now."""
    if profile.user.merged_into_id is None:
        return profile

    end = follow_merges([profile.user])[profile.user_id]
    found: UserProfile = UserProfile.objects.select_related("user").get(user=end)
    return found


def list_public_ids(user_ids: Iterable[int]) -> dict[int, str]:
    """Return user's id → public id, for users with a profile. One query for every 500."""
    found: dict[int, str] = {}
    for batch in in_batches(sorted(set(user_ids))):
        found |= dict(UserProfile.objects.filter(user__in=batch).values_list("user_id", "public_id"))
    return found


def profile_of(user: User) -> UserProfile:
    """Return the profile that was fetched with ``user``, with its ``user`` set.

    Django sets only one side of the relation, and reading the other would be a query.
    """
    profile: UserProfile = user.profile
    profile.user = user
    return profile


def _could_be_public_id(text: str) -> bool:
    return len(text) <= LONGEST_PUBLIC_ID and is_storable(text, multiline=False)
