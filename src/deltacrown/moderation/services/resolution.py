"""Resolve disputes. Staff do it, never the reporter, and each dispute is resolved once."""

from __future__ import annotations

from datetime import datetime

from deltacrown.accounts.models import User
from deltacrown.core.errors import Conflict, DomainError
from deltacrown.core.inputs import check_text
from deltacrown.moderation import signals
from deltacrown.moderation.models import Dispute
from deltacrown.moderation.services.remedies import Remedy, apply_remedy
from django_tally.transactions import atomic_service

RESOLUTION_LENGTH = 2000


class MayNotResolve(DomainError):
    """The person is not staff, or filed the dispute themselves."""

    code = "forbidden"


class AlreadyResolved(Conflict):
    """The dispute was already resolved with the other outcome."""


@atomic_service
def uphold_dispute(*, dispute: Dispute, by: User, remedy: Remedy, resolution: str, now: datetime) -> Dispute:
    """Uphold a dispute: record the decision and apply the remedy, in one transaction.

    The remedy goes through the service of the app that owns the disputed rows. A dispute upheld before
    is returned unchanged, so that no remedy is applied twice.

    :param resolution: the explanation, at most 2,000 characters; also shown as the reason of the changes.
    :raises MayNotResolve: ``by`` is not staff or filed the dispute.
    :raises AlreadyResolved: the dispute was rejected.
    :raises InvalidInput: the resolution is empty or too long.
    :raises UnfitRemedy: the remedy does not fit what the dispute is about.
    """
    dispute = _get_for_resolution(dispute, by)
    if _is_resolved(dispute, Dispute.Status.UPHELD):
        return dispute

    check_text(resolution, field="resolution", limit=RESOLUTION_LENGTH, required=True, multiline=True)
    apply_remedy(dispute=dispute, remedy=remedy, reason=resolution, now=now, by=by)
    _resolve(dispute, Dispute.Status.UPHELD, by, resolution, now)
    signals.dispute_upheld.send(Dispute, dispute=dispute, remedy=remedy)
    return dispute


@atomic_service
def reject_dispute(*, dispute: Dispute, by: User, resolution: str, now: datetime) -> Dispute:
    """Reject a dispute. One rejected before is returned unchanged.

    :param resolution: the explanation, at most 2,000 characters.
    :raises MayNotResolve: ``by`` is not staff or filed the dispute.
    :raises AlreadyResolved: the dispute was upheld.
    :raises InvalidInput: the resolution is empty or too long.
    """
    dispute = _get_for_resolution(dispute, by)
    if _is_resolved(dispute, Dispute.Status.REJECTED):
        return dispute

    check_text(resolution, field="resolution", limit=RESOLUTION_LENGTH, required=True, multiline=True)
    _resolve(dispute, Dispute.Status.REJECTED, by, resolution, now)
    signals.dispute_rejected.send(Dispute, dispute=dispute)
    return dispute


def _get_for_resolution(dispute: Dispute, by: User) -> Dispute:
    """Lock and reload the dispute, and check that ``by`` may resolve it."""
    dispute = Dispute.objects.select_for_update(no_key=True).get(pk=dispute.pk)
    if not by.is_staff:
        raise MayNotResolve("Only staff can resolve a dispute.", field="by")
    if by.pk == dispute.reporter_id:
        raise MayNotResolve("You filed this dispute; another member of staff must resolve it.", field="by")
    return dispute


def _is_resolved(dispute: Dispute, outcome: Dispute.Status) -> bool:
    """Return whether the dispute already has this outcome; raise ``AlreadyResolved`` if it has the other."""
    if dispute.status == Dispute.Status.OPEN:
        return False
    if dispute.status != outcome:
        when = f"{dispute.resolved_at:%Y-%m-%d}"
        raise AlreadyResolved(
            f"The dispute was already {dispute.get_status_display().lower()} on {when}.",
            field="dispute",
        )
    return True


def _resolve(dispute: Dispute, outcome: Dispute.Status, by: User, resolution: str, now: datetime) -> None:
    dispute.status, dispute.resolution = outcome, resolution
    dispute.resolved_by, dispute.resolved_at = by, now
    dispute.save(update_fields=["status", "resolution", "resolved_by", "resolved_at"])
