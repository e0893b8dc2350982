"""What becomes of notifications when accounts are merged, or a player is anonymised.

They are news: a merge carries none over. Those of the merged account wait with it for the merge to be undone,
and those that name it are not shown, as nobody is followed by it any more.
"""

from deltacrown.accounts.belongings import Belonging, OnAnonymise, OnMerge
from deltacrown.accounts.texts import describe
from deltacrown.notifications.models import Notification, NotificationChoice

BELONGINGS = [
    Belonging(Notification, "user", OnMerge.KEEP, OnAnonymise.DELETE),
    Belonging(Notification, "other", OnMerge.KEEP, OnAnonymise.DELETE),
    Belonging(NotificationChoice, "user", OnMerge.KEEP, OnAnonymise.DELETE),
]

TEXTS = [
    describe(Notification, nameless="kind fact"),
    describe(NotificationChoice, nameless="kind"),
]
