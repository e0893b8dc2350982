"""Which of two rows of one fact stays, where it is not simply the kept account's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deltacrown.accounts.models import ExternalId
from deltacrown.user_profile.models import ExperienceAward, KycVerification, UserAchievement


def _is_earlier(row: UserAchievement, than: UserAchievement) -> bool:
    return row.earned_at < than.earned_at


def _is_worth_more(row: ExperienceAward, than: ExperienceAward) -> bool:
    return (-row.points, row.awarded_at) < (-than.points, than.awarded_at)


def _is_better_verified(row: KycVerification, than: KycVerification) -> bool:
    """A verification that was granted is not lost to a request."""
    verified = KycVerification.Status.VERIFIED
    return row.status == verified and than.status != verified


def _is_confirmed(row: ExternalId, than: ExternalId) -> bool:
    """What staff confirmed is not lost to a claim."""
    return row.is_confirmed and not than.is_confirmed


#: Table → whether the merged account's row stays, and not the kept one's.
PREFERS: dict[Any, Callable[[Any, Any], bool]] = {
    UserAchievement: _is_earlier,
    ExperienceAward: _is_worth_more,
    KycVerification: _is_better_verified,
    ExternalId: _is_confirmed,
}
