"""An entry's own player hides it from everybody else, and shows it again."""

from __future__ import annotations

from deltacrown.accounts.models import User
from deltacrown.core.errors import DomainError, NotFound
from deltacrown.core.pagination import read_position, write_position
from deltacrown.user_profile.models import ActivityRow, ArchivedUserActivity, UserActivity
from deltacrown.user_profile.timeline.records import Type, Visibility, settled_visibility
from django_tally.transactions import atomic_service


class ActivityNotFound(NotFound):
    """There is no such entry, or it is another player's."""


class NotOwnActivity(DomainError):
    """Only its player decides who sees an entry."""

    code = "not-own"


@atomic_service
def hide_activity(*, user: User, activity: ActivityRow) -> ActivityRow:
    """Show an entry of one's own to nobody else, whatever becomes of its fact; hiding twice is hiding once.

    :raises NotOwnActivity: it is another player's.
    """
    return _set_visibility(user, activity, Visibility.PRIVATE)


@atomic_service
def show_activity(*, user: User, activity: ActivityRow) -> ActivityRow:
    """Show an entry of one's own to everyone again. A verification stays private.

    :raises NotOwnActivity: it is another player's.
    """
    return _set_visibility(user, activity, settled_visibility(activity.activity_type, Visibility.PUBLIC))


@atomic_service
def set_entry_hidden(*, user: User, handle: str, hidden: bool) -> ActivityRow:
    """Hide an entry of one's own timeline, or show it again.

    :param handle: what ``write_handle`` gave for it.
    :raises ActivityNotFound: it is gone.
    :raises InvalidCursor: the handle is damaged, or was made for another player.
    """
    (pk,) = read_position(_handles_of(user.pk), handle)
    found = (table._default_manager.filter(pk=pk, user=user, is_withdrawn=False).first() for table in (UserActivity, ArchivedUserActivity))
    activity = next(filter(None, found), None)
    if activity is None:
        raise ActivityNotFound("The entry is not on your timeline any more.", field="entry")
    return hide_activity(user=user, activity=activity) if hidden else show_activity(user=user, activity=activity)


def write_handle(activity: ActivityRow) -> str:
    """Return what a page may name an entry by, to its own player: sealed, and of no use to another."""
    return write_position(_handles_of(activity.user_id), [activity.pk])


def is_hidden(activity: ActivityRow) -> bool:
    """Whether its player has hidden an entry; a verification is private without that."""
    return activity.visibility == Visibility.PRIVATE and activity.activity_type != Type.KYC_VERIFIED


def _handles_of(user: int) -> str:
    return f"activity-entry/{user}"


def _set_visibility(user: User, activity: ActivityRow, visibility: str) -> ActivityRow:
    if activity.user_id != user.pk:
        raise NotOwnActivity("Only the player an entry is about decides who sees it.", field="entry")
    activity.visibility = visibility
    activity.save(update_fields=["visibility"])
    return activity
