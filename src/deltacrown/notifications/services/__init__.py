"""The door of notifications: reading one's own, choosing how one is told, mailing and deleting them."""

from deltacrown.notifications.services.choosing import Choice, UnknownKind, list_choices, set_choices
from deltacrown.notifications.services.mailing import Mailing, get_mail_address, send_mails
from deltacrown.notifications.services.pruning import delete_old_notifications
from deltacrown.notifications.services.reading import (
    NotificationNotFound,
    ShownNotification,
    count_unread,
    list_notifications,
    mark_all_read,
    open_notification,
)
from deltacrown.notifications.services.telling import tell_news

__all__ = [
    "Choice",
    "Mailing",
    "NotificationNotFound",
    "ShownNotification",
    "UnknownKind",
    "count_unread",
    "delete_old_notifications",
    "get_mail_address",
    "list_choices",
    "list_notifications",
    "mark_all_read",
    "open_notification",
    "send_mails",
    "set_choices",
    "tell_news",
]
