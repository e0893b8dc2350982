"""The kinds of notifications, in the order in which they are listed where one switches them on and off.

A suspension is not among them: the head of every page tells it. Nor are matches that are recorded.
"""

from __future__ import annotations

from deltacrown.notifications.kinds.achievements import AchievementEarned
from deltacrown.notifications.kinds.disputes import DisputeAnswered, Disputed
from deltacrown.notifications.kinds.follows import Followed
from deltacrown.notifications.kinds.invitations import Invited
from deltacrown.notifications.kinds.kind import Event, News, NotificationKind, Told
from deltacrown.notifications.kinds.matches import MatchCorrected, MatchRestored, MatchVoided
from deltacrown.notifications.kinds.results import DisqualificationLifted, Disqualified, ResultCorrected
from deltacrown.notifications.kinds.teams import InvitedToTeam

__all__ = ["KINDS", "Event", "News", "NotificationKind", "Told"]

KINDS: dict[str, NotificationKind] = {
    each.kind: each
    for each in (
        Invited(),
        DisputeAnswered(),
        Disputed(),
        MatchCorrected(),
        MatchVoided(),
        MatchRestored(),
        ResultCorrected(),
        Disqualified(),
        DisqualificationLifted(),
        AchievementEarned(),
        InvitedToTeam(),
        Followed(),
    )
}
