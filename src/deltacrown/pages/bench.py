"""What the pages of the moderators' bench share: who may open them, and whom they name."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.accounts.services import find_players
from deltacrown.core.errors import DomainError, InvalidInput, NotFound
from deltacrown.core.inputs import is_storable
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.people.addresses import PUBLIC_ID, get_account
from deltacrown.user_profile.privacy import Viewer
from deltacrown.user_profile.standing import SHOWN
from deltacrown.user_profile.unlisted import sees_unlisted

#: Each of these opens the moderators' pages of players; what is on them follows the single right.
OPENS_PLAYERS = (
    Right.VIEW_HIDDEN,
    Right.SUSPEND_PLAYERS,
    Right.REMOVE_PICTURES,
    Right.MERGE_PLAYERS,
    Right.ANONYMISE_PLAYERS,
)


class MayNotModerate(DomainError):
    """The page is for staff with a right that the viewer has not."""

    code = "forbidden"


def require_right(viewer: Viewer, *rights: Right) -> User:
    """Return the viewer, who has one of ``rights``.

    :raises MayNotModerate: they have none.
    """
    if viewer is not None and viewer.is_authenticated and any(has_right(viewer, each) for each in rights):
        return viewer
    message = _("This page is for staff with the permission %(right)s.")
    raise MayNotModerate(message % {"right": ", ".join(rights)})


def may_open_players(viewer: Viewer) -> bool:
    """Return whether the viewer may open the moderators' pages of players."""
    return viewer is not None and any(has_right(viewer, each) for each in OPENS_PLAYERS)


def find_person(text: str, *, field: str) -> User:
    """Return whom a public id or a username names, whatever the standing; a merged account itself.

    :raises InvalidInput: it names nobody.
    """
    given = text.strip()
    if is_storable(given, multiline=False):
        if PUBLIC_ID.fullmatch(given.upper()):
            try:
                return get_account(given.upper()).user
            except NotFound:
                pass
        elif found := find_players([given]).get(given):
            return found
    message = _("Nobody is called %(name)s: give a public id, as DC-25-000042, or a username.")
    at_field = _("This names nobody: give a public id, as DC-25-000042, or a username.")
    raise InvalidInput(message % {"name": repr(given[:40])}, field=field, at_field=at_field)


def name_people(keys: Iterable[int | None], *, viewer: User) -> dict[int, UserProfile]:
    """Return the profiles of people, by key, as far as the viewer may know who they are: in one query."""
    asked = {key for key in keys if key is not None}
    if not asked:
        return {}
    profiles = UserProfile.objects.select_related("user").filter(user__in=asked).defer("bio")
    if not sees_unlisted(viewer):
        profiles = profiles.filter(standing__in=SHOWN)
    return {profile.user_id: profile for profile in profiles}
