"""Record identity verifications: requested by players, decided by staff. No document is stored.

How identities are checked is outside this system. Recorded is only that a member of staff did, when, and the
decision. It is shown to the player and to staff alone.
"""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.core.audit import record_deed
from deltacrown.core.deeds import Deed
from deltacrown.core.errors import Conflict, DomainError
from deltacrown.core.inputs import check_past
from deltacrown.user_profile.models import KycVerification
from deltacrown.user_profile.privacy import Viewer, require_verification
from deltacrown.user_profile.standing import require_good_standing
from deltacrown.user_profile.timeline.kinds.kyc_verified import KycVerified
from deltacrown.user_profile.timeline.syncing import sync_timeline
from django_tally.transactions import atomic_service

Status = KycVerification.Status
DEEDS = {Status.VERIFIED: Deed.VERIFIED, Status.REJECTED: Deed.VERIFICATION_REJECTED}


class MayNotReview(DomainError):
    """Only active staff may decide, and never about themselves."""

    code = "forbidden"


class NotRequested(Conflict):
    """The player has not asked to be verified."""


@atomic_service
def request_verification(*, user: User, now: datetime) -> KycVerification:
    """Request verification, again after a rejection. A request while one is pending or done changes nothing.

    :raises Suspended: the player is suspended.
    :raises InvalidInput: ``now`` has no time zone, or is in the future.
    """
    check_past(now, field="now")
    require_good_standing(user, now)
    locked = KycVerification.objects.select_for_update(no_key=True)
    verification, created = locked.get_or_create(user=user, defaults={"requested_at": now})

    if verification.status == Status.REJECTED:
        verification.status, verification.requested_at = Status.PENDING, now
        verification.reviewed_at = verification.reviewed_by = None
        verification.save(update_fields=["status", "requested_at", "reviewed_at", "reviewed_by"])
        created = True

    if created:
        sync_timeline(kinds=[KycVerified], users=[user.pk])

    return verification


@atomic_service
def verify(*, user: User, by: User, now: datetime) -> KycVerification:
    """Record that a player is verified. Doing so twice keeps the first decision.

    :raises MayNotReview: ``by`` has not the right to, or is the player.
    :raises NotRequested: the player has not asked.
    """
    return _decide(user, Status.VERIFIED, by, now)


@atomic_service
def reject(*, user: User, by: User, now: datetime) -> KycVerification:
    """Record that a player is not verified, also one who was before; they may ask again.

    :raises MayNotReview: ``by`` has not the right to, or is the player.
    :raises NotRequested: the player has not asked.
    """
    return _decide(user, Status.REJECTED, by, now)


def get_verification(owner: User, viewer: Viewer) -> KycVerification | None:
    """Return a player's verification; None when they never asked.

    :raises HistoryHidden: the viewer is neither the player nor staff.
    """
    require_verification(owner, viewer)
    return KycVerification.objects.filter(user=owner).first()


def _decide(user: User, status: str, by: User, now: datetime) -> KycVerification:
    check_past(now, field="now")
    if not has_right(by, Right.DECIDE_VERIFICATIONS):
        message = _("Deciding about verifications takes the permission %(right)s.")
        raise MayNotReview(message % {"right": Right.DECIDE_VERIFICATIONS}, field="by")
    if by.pk == user.pk:
        message = _("Nobody decides about their own verification; ask another member of the staff.")
        raise MayNotReview(message, field="by")

    verification = KycVerification.objects.select_for_update(no_key=True).filter(user=user).first()
    if verification is None:
        message = _("%(name)s has not asked to be verified.") % {"name": user.username}
        raise NotRequested(message, field="user")

    if verification.status != status:
        verification.status, verification.reviewed_at, verification.reviewed_by = status, now, by
        verification.save(update_fields=["status", "reviewed_at", "reviewed_by"])
        sync_timeline(kinds=[KycVerified], users=[user.pk])
        record_deed(deed=DEEDS[Status(status)], by=by, of=user)

    return verification
