"""Identity verification: asked for by the player, decided by staff. No document is stored, nor what was seen in one.

How identities are checked is outside this system; here is only that somebody on the staff did, when, and what they
decided. It is shown to the player and to staff alone.
"""

from __future__ import annotations

from datetime import datetime

from deltacrown.accounts.models import User
from deltacrown.core.errors import Conflict, DomainError
from deltacrown.core.inputs import check_moment
from deltacrown.user_profile import signals
from deltacrown.user_profile.models import KycVerification
from deltacrown.user_profile.privacy import Viewer, is_staff, require_verification
from django_tally.transactions import atomic_service

Status = KycVerification.Status


class MayNotReview(DomainError):
    """Only active staff decide, and never about themselves."""

    code = "forbidden"


class NotRequested(Conflict):
    """The player has not asked to be verified."""


@atomic_service
def request_verification(*, user: User, now: datetime) -> KycVerification:
    """Ask to be verified, again after a rejection; asking while it is pending or done changes nothing.

    :raises InvalidInput: ``now`` has no time zone.
    """
    check_moment(now, field="now")
    verification, created = KycVerification.objects.select_for_update(no_key=True).get_or_create(user=user, defaults={"requested_at": now})
    if verification.status == Status.REJECTED:
        verification.status, verification.requested_at = Status.PENDING, now
        verification.reviewed_at = verification.reviewed_by = None
        verification.save(update_fields=["status", "requested_at", "reviewed_at", "reviewed_by"])
        created = True
    if created:
        signals.verification_changed.send(KycVerification, verification=verification)
    return verification


@atomic_service
def verify(*, user: User, by: User, now: datetime) -> KycVerification:
    """Decide that a player is who they say; deciding so twice keeps the first decision.

    :raises MayNotReview: ``by`` is not active staff, or is the player.
    :raises NotRequested: the player has not asked.
    """
    return _decide(user, Status.VERIFIED, by, now)


@atomic_service
def reject(*, user: User, by: User, now: datetime) -> KycVerification:
    """Decide that a player is not verified, also one who was before; they may ask again.

    :raises MayNotReview: ``by`` is not active staff, or is the player.
    :raises NotRequested: the player has not asked.
    """
    return _decide(user, Status.REJECTED, by, now)


def get_verification(owner: User, viewer: Viewer) -> KycVerification | None:
    """The state of a player's verification; None when they never asked.

    :raises HistoryHidden: the viewer is neither the player nor staff.
    """
    require_verification(owner, viewer)
    return KycVerification.objects.filter(user=owner).first()


def _decide(user: User, status: str, by: User, now: datetime) -> KycVerification:
    check_moment(now, field="now")
    if not is_staff(by):
        raise MayNotReview("Only staff decide about verifications.", field="by")
    if by.pk == user.pk:
        raise MayNotReview("Nobody decides about their own verification; ask another member of the staff.", field="by")
    verification = KycVerification.objects.select_for_update(no_key=True).filter(user=user).first()
    if verification is None:
        raise NotRequested(f"{user.username} has not asked to be verified.", field="user")
    if verification.status != status:
        verification.status, verification.reviewed_at, verification.reviewed_by = status, now, by
        verification.save(update_fields=["status", "reviewed_at", "reviewed_by"])
        signals.verification_changed.send(KycVerification, verification=verification)
    return verification
