"""Read disputes: one by its handle, or lists for reporters and moderators."""

from __future__ import annotations

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.core.audit import audit
from deltacrown.core.errors import NotFound
from deltacrown.core.pagination import InvalidCursor, Page, paginate, read_position, write_position
from deltacrown.moderation.models import Dispute

_HANDLES = "dispute-handle"


class DisputeNotFound(NotFound):
    """There is no such dispute."""


def write_handle(dispute: Dispute) -> str:
    """Return an opaque handle for the dispute, which does not reveal its primary key."""
    return write_position(_HANDLES, [dispute.pk])


def get_dispute(handle: str, *, viewer: User) -> Dispute:
    """Return the dispute with this handle, for its reporter or for staff who may view disputes.

    :raises DisputeNotFound: there is none, or the viewer may not see it.
    """
    try:
        (pk,) = read_position(_HANDLES, handle)
    except InvalidCursor:
        pk = None
    found = Dispute.objects.select_related("reporter__profile", "result__tournament").filter(pk=pk).first()
    if found is None or not _may_see(found, viewer):
        raise DisputeNotFound(_("There is no such dispute."), field="handle")
    return found


def _may_see(dispute: Dispute, viewer: User) -> bool:
    if dispute.reporter_id == viewer.pk:
        return True
    if not has_right(viewer, Right.VIEW_DISPUTES):
        return False
    audit.info("staff %s read dispute %s of user %s", viewer.pk, dispute.pk, dispute.reporter_id)
    return True


def list_disputes(
    page: str | None = None, *, viewer: User, status: str | None = None, limit: int = 20
) -> Page[Dispute]:
    """Return a page of disputes, latest first: all for who may view disputes, the viewer's own for others.

    :param status: ``OPEN``, ``UPHELD`` or ``REJECTED``; None for all.
    :raises InvalidInput: the cursor or the limit is not valid.
    """
    rows = Dispute.objects.select_related("reporter__profile", "result__tournament")
    sees_all = has_right(viewer, Right.VIEW_DISPUTES)
    if sees_all:
        audit.info("staff %s read the list of disputes", viewer.pk)
    else:
        rows = rows.filter(reporter=viewer)
    narrowed = rows.filter(status=status) if status else rows
    listing = f"disputes/{'' if sees_all else viewer.pk}/{status}"
    return paginate(narrowed, listing=listing, order=("-filed_at", "-id"), cursor=page, limit=limit)
