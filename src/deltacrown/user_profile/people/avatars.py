"""The pictures of players: set, taken away by their players or by staff, and read by who shows them.

A file is written once, under a random name that tells nothing of the player, and never changed: another
picture has another name, so that a name can be kept for ever by who has read it. The row says which file is
shown; a file that no row names is nobody's, and ``sweep_avatars`` deletes it.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.core.audit import record_deed
from deltacrown.core.deeds import Deed
from deltacrown.core.errors import DomainError, TooManyRequests
from deltacrown.core.inputs import check_past, check_text
from deltacrown.core.numerals import write_whole
from deltacrown.core.pictures import make_square
from deltacrown.freshness.rates import Rate, count_one
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.people.identities import ProfileNotFound
from deltacrown.user_profile.standing import SHOWN, require_good_standing
from django_tally.batches import in_batches
from django_tally.transactions import atomic_service

#: Where the files are, below the root of the storage, and how they end.
FOLDER, ENDING = "avatars", ".webp"
NAME = re.compile(r"[0-9a-f]{32}", re.ASCII)
#: A file that no row names may be that of an upload which is being committed; an older one is nobody's.
YOUNG = timedelta(days=1)
LONGEST_REASON = 500


class MayNotRemovePictures(DomainError):
    """The person has not the right to."""

    code = "forbidden"


@dataclass(frozen=True)
class Swept:
    """Files that no profile names.

    :param files: how many files there are.
    :param orphans: the names of those that are nobody's and older than a day.
    """

    files: int
    orphans: list[str]


def set_avatar(*, user: User, data: bytes, now: datetime) -> str:
    """Make a file of what a player sent, show it as their picture, and return its name.

    :param data: a PNG, JPEG, WebP or GIF; see ``core/pictures.py``.
    :raises Suspended: the player is suspended.
    :raises TooManyRequests: the player has sent more pictures lately than ``AVATAR_CHANGE_RATE`` allows.
    :raises InvalidInput: it is no picture that can be read, or too large, or too small.
    """
    # not atomic: the file is written before the row, and deleted if the row could not be
    check_past(now, field="now")
    require_good_standing(user, now)
    _count(user, now)
    picture = make_square(data, most_bytes=settings.AVATAR_MAX_BYTES, field="picture")
    name = secrets.token_hex(16)
    try:
        default_storage.save(_path(name), ContentFile(picture))
        _name_file(user=user, name=name, now=now)
    except BaseException:
        _delete_file(name)
        raise
    return name


def remove_avatar(*, user: User, now: datetime) -> bool:
    """Take a player's picture away at their wish. Return False, having changed nothing, without one.

    A suspended player may: it publishes nothing.
    """
    # not atomic: one service is
    check_past(now, field="now")
    return _take_away(user=user)


def remove_avatar_of(*, user: User, by: User, reason: str, now: datetime) -> bool:
    """Take a player's picture away, as staff. Return False, having changed nothing, without one.

    The player can choose another; whoever is to choose none is to be suspended.

    :raises MayNotRemovePictures: ``by`` has not the right to.
    :raises InvalidInput: no reason is given, or one that is too long.
    """
    # not atomic: one service is
    check_past(now, field="now")
    check_text(reason, field="reason", limit=LONGEST_REASON, required=True, multiline=True)
    if not has_right(by, Right.REMOVE_PICTURES):
        message = _("Removing pictures takes the permission %(right)s.") % {"right": Right.REMOVE_PICTURES}
        raise MayNotRemovePictures(message, field="by")
    is_removed = _take_away(user=user)
    if is_removed:
        record_deed(deed=Deed.PICTURE_REMOVED, by=by, of=user, reason=reason)
    return is_removed


def is_shown(name: str) -> bool:
    """Return whether this is the picture of a player whose pages are shown."""
    is_name = NAME.fullmatch(name) is not None
    return is_name and UserProfile.objects.filter(avatar=name, standing__in=SHOWN).exists()


def read_file(name: str) -> bytes | None:
    """Return a picture, a WebP; None for a file that is not there."""
    if NAME.fullmatch(name) is None:
        return None
    try:
        with default_storage.open(_path(name)) as file:
            found: bytes = file.read()
            return found
    except FileNotFoundError:
        return None


def delete_after_commit(names: list[str]) -> None:
    """Delete files once the transaction that took their names out of the rows is committed."""
    for name in names:
        if name:
            transaction.on_commit(partial(_delete_file, name), robust=True)


def sweep_avatars(*, now: datetime, dry_run: bool = False) -> Swept:
    """Delete the files that no profile names and that are older than a day; return how many there are.

    They are left by uploads that were stopped, and by users who were deleted.

    :param dry_run: delete nothing.
    """
    # not atomic: it writes no row
    names = _list_files()
    owned: set[str] = set()
    for batch in in_batches(names):
        owned.update(UserProfile.objects.filter(avatar__in=batch).values_list("avatar", flat=True))
    orphans = [
        name
        for name in names
        if name not in owned and default_storage.get_modified_time(_path(name)) < now - YOUNG
    ]
    if not dry_run:
        for name in orphans:
            _delete_file(name)
    return Swept(len(names), orphans)


@atomic_service
def _name_file(*, user: User, name: str, now: datetime) -> None:
    """Show the file ``name`` as the picture of a player; the one before goes once that is committed."""
    before = _lock(user)
    require_good_standing(user, now)
    UserProfile.objects.filter(user=user).update(avatar=name)
    delete_after_commit([before])


@atomic_service
def _take_away(*, user: User) -> bool:
    before = _lock(user)
    if not before:
        return False
    UserProfile.objects.filter(user=user).update(avatar="")
    delete_after_commit([before])
    return True


def _lock(user: User) -> str:
    """Lock a player's profile, and return the name of the present picture."""
    locked = UserProfile.objects.select_for_update(no_key=True).filter(user=user)
    found = locked.values_list("avatar", flat=True).first()
    if found is None:
        message = _("%(name)s has no profile; run backfill_profiles.") % {"name": user.username}
        raise ProfileNotFound(message, field="user")
    return str(found)


def _count(user: User, now: datetime) -> None:
    """Count an upload, also one that will be refused: reading a picture is work."""
    rate = Rate.read("avatar", settings.AVATAR_CHANGE_RATE)
    allowance = count_one(rate, "avatar-rate", str(user.pk), now=now)
    if allowance.left < 0:
        message = _("You have sent many pictures lately. Try again in %(seconds)s seconds.")
        told = message % {"seconds": write_whole(allowance.reset)}
        raise TooManyRequests(told, retry_after=allowance.reset)


def _list_files() -> list[str]:
    try:
        files = default_storage.listdir(FOLDER)[1]
    except FileNotFoundError:
        return []
    names = [file.removesuffix(ENDING) for file in files if file.endswith(ENDING)]
    return sorted(name for name in names if NAME.fullmatch(name))


def _path(name: str) -> str:
    return f"{FOLDER}/{name}{ENDING}"


def _delete_file(name: str) -> None:
    default_storage.delete(_path(name))
