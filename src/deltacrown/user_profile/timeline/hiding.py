"""Hide an entry of one's own timeline from everybody else, and show it again."""

from __future__ import annotations

from django.utils.translation import gettext

from deltacrown.accounts.models import User
from deltacrown.core.errors import DomainError, NotFound
from deltacrown.core.pagination import read_position, write_position
from deltacrown.user_profile.models import ActivityRow, ArchivedUserActivity, UserActivity
from deltacrown.user_profile.timeline.kinds import KINDS
from deltacrown.user_profile.timeline.records import Visibility
from django_tally.transactions import atomic_service


class ActivityNotFound(NotFound):
    """There is no such entry, or it is another player's."""


class NotOwnActivity(DomainError):
    """Only its player decides who sees an entry."""

    code = "not-own"


@atomic_service
def hide_activity(*, user: User, activity: ActivityRow) -> ActivityRow:
    """Hide an entry of one's own from everybody else, whatever happens to its fact.

    :raises NotOwnActivity: it is another player's.
    """
    return _set_visibility(user, activity, Visibility.PRIVATE)


@atomic_service
def show_activity(*, user: User, activity: ActivityRow) -> ActivityRow:
    """Show an entry of one's own to everyone again. One of a private kind stays private.

    :raises NotOwnActivity: it is another player's.
    """
    visibility = KINDS[activity.activity_type].settle_visibility(Visibility.PUBLIC)

    return _set_visibility(user, activity, visibility)


@atomic_service
def set_entry_hidden(*, user: User, handle: str, hidden: bool) -> ActivityRow:
    """Hide an entry of one's own timeline, or show it again.

    :param handle: what ``write_handle`` gave for it.
    :raises ActivityNotFound: it is gone.
    :raises InvalidCursor: the handle is damaged, or was made for another player.
    """
    (pk,) = read_position(_handles_of(user.pk), handle)
    shown = {"pk": pk, "user": user, "is_withdrawn": False}
    live = UserActivity.objects.filter(**shown).first()
    activity = live or ArchivedUserActivity.objects.filter(**shown).first()
    if activity is None:
        raise ActivityNotFound(gettext("The entry is not on your timeline any more."), field="entry")

    change = hide_activity if hidden else show_activity
    return change(user=user, activity=activity)


def write_handle(activity: ActivityRow) -> str:
    """Return a sealed name of an entry for pages of its own player; nobody else can use it."""
    return write_position(_handles_of(activity.user_id), [activity.pk])


def is_hidden(activity: ActivityRow) -> bool:
    """Return whether its player has hidden an entry; one of a private kind is private without that."""
    return activity.visibility == Visibility.PRIVATE and not KINDS[activity.activity_type].is_private


def _handles_of(user: int) -> str:
    return f"activity-entry/{user}"


def _set_visibility(user: User, activity: ActivityRow, visibility: str) -> ActivityRow:
    if activity.user_id != user.pk:
        raise NotOwnActivity(gettext("Only the player an entry is about decides who sees it."), field="entry")
    activity.visibility = visibility
    activity.save(update_fields=["visibility"])
    return activity
