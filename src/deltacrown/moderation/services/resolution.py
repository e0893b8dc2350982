"""Resolve disputes. Moderators and who runs the tournament do it, never a party; each is resolved once."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.audit import record_deed, write_about
from deltacrown.core.dates import write_day
from deltacrown.core.deeds import Deed
from deltacrown.core.errors import Conflict
from deltacrown.core.inputs import check_past, check_text
from deltacrown.moderation import signals
from deltacrown.moderation.models import Dispute
from deltacrown.moderation.services.parties import require_resolver
from deltacrown.moderation.services.remedies import Remedy, apply_remedy
from django_tally.transactions import atomic_service

RESOLUTION_LENGTH = 2000


class AlreadyResolved(Conflict):
    """The dispute was already resolved with the other outcome."""


@atomic_service
def uphold_dispute(*, dispute: Dispute, by: User, remedy: Remedy, resolution: str, now: datetime) -> Dispute:
    """Uphold a dispute: record the decision and apply the remedy, in one transaction.

    The remedy goes through the service of the app that owns the disputed rows. A dispute upheld before
    is returned unchanged, so that no remedy is applied twice.

    :param resolution: the explanation, at most 2,000 characters; also shown as the reason of the changes.
    :raises MayNotResolve: ``by`` may not resolve it, or is a party to it.
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
    :raises MayNotResolve: ``by`` may not resolve it, or is a party to it.
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
    require_resolver(dispute, by)
    return dispute


def _is_resolved(dispute: Dispute, outcome: Dispute.Status) -> bool:
    """Return whether the dispute already has this outcome; raise ``AlreadyResolved`` if it has the other."""
    if dispute.status == Dispute.Status.OPEN:
        return False
    if dispute.status != outcome:
        message = _("The dispute was already rejected on %(day)s.")
        if dispute.status == Dispute.Status.UPHELD:
            message = _("The dispute was already upheld on %(day)s.")
        # A constraint sees to it that one that is not open has this date.
        day = write_day(dispute.resolved_at) if dispute.resolved_at else ""
        raise AlreadyResolved(message % {"day": day}, field="dispute")
    return True


def _resolve(dispute: Dispute, outcome: Dispute.Status, by: User, resolution: str, now: datetime) -> None:
    check_past(now, field="now")
    dispute.status, dispute.resolution = outcome, resolution
    dispute.resolved_by, dispute.resolved_at = by, now
    dispute.save(update_fields=["status", "resolution", "resolved_by", "resolved_at"])
    deed = Deed.UPHELD if outcome == Dispute.Status.UPHELD else Deed.REJECTED
    about = write_about("dispute", dispute.pk)
    record_deed(deed=deed, by=by, of=dispute.reporter_id, about=about, reason=resolution)
