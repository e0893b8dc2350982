"""Read disputes: one by its handle, or lists for reporters and moderators."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.core.audit import record_deed, write_about
from deltacrown.core.deeds import Deed
from deltacrown.core.errors import NotFound
from deltacrown.core.pagination import InvalidCursor, Page, paginate, read_position, write_position
from deltacrown.moderation.models import Dispute
from deltacrown.moderation.services.concerning import exclude_concerning, exclude_parties
from deltacrown.moderation.services.parties import is_affected, runs_disputed
from deltacrown.tournaments.models import Tournament, TournamentMatchResult
from deltacrown.tournaments.services import require_organiser

_HANDLES = "dispute-handle"


class DisputeNotFound(NotFound):
    """There is no such dispute."""


def write_handle(dispute: Dispute) -> str:
    """Return an opaque handle for the dispute, which does not reveal its primary key."""
    return write_position(_HANDLES, [dispute.pk])


def get_dispute(handle: str, *, viewer: User) -> Dispute:
    """Return the dispute with this handle, for its reporter, for staff who may view disputes, and for who
    runs its tournament; the latter two only if they are no party to it.

    :raises DisputeNotFound: there is none, or the viewer may not see it.
    """
    found = find_dispute(handle)
    if found is None or not _may_see(found, viewer):
        raise DisputeNotFound(_("There is no such dispute."), field="handle")
    return found


def find_dispute(handle: str) -> Dispute | None:
    """Return the dispute with this handle, whoever may see it; None when there is none."""
    try:
        (pk,) = read_position(_HANDLES, handle)
    except InvalidCursor:
        return None
    rows = Dispute.objects.select_related("reporter__profile", "result__tournament", "assigned_to__profile")
    return rows.filter(pk=pk).first()


def _may_see(dispute: Dispute, viewer: User) -> bool:
    if dispute.reporter_id == viewer.pk:
        return True
    about = write_about("dispute", dispute.pk)
    if not has_right(viewer, Right.VIEW_DISPUTES):
        if runs := runs_disputed(dispute, viewer):
            record_deed(deed=Deed.READ_ORGANISED, by=viewer, of=dispute.reporter_id, about=about)
        return runs
    if is_affected(dispute, viewer):
        return False
    told = {"dispute": dispute.pk}
    record_deed(deed=Deed.READ_DISPUTE, by=viewer, of=dispute.reporter_id, about=about, told=told)
    return True


def list_disputes(
    page: str | None = None, *, viewer: User, status: str | None = None, limit: int = 20
) -> Page[Dispute]:
    """Return a page of disputes, latest first: all for who may view disputes, the viewer's own for others.

    Those to which the viewer is a party are left out, unless they filed them.

    :param status: ``OPEN``, ``UPHELD`` or ``REJECTED``; None for all.
    :raises InvalidInput: the cursor or the limit is not valid.
    """
    rows = Dispute.objects.select_related("reporter__profile", "result__tournament")
    sees_all = has_right(viewer, Right.VIEW_DISPUTES)
    if sees_all:
        record_deed(deed=Deed.READ_DISPUTES, by=viewer)
        rows = exclude_concerning(rows, viewer)
    else:
        rows = rows.filter(reporter=viewer)
    narrowed = rows.filter(status=status) if status else rows
    listing = f"disputes/{'' if sees_all else viewer.pk}/{status}"
    return paginate(narrowed, listing=listing, order=("-filed_at", "-id"), cursor=page, limit=limit)


def list_disputes_of(tournament: Tournament, *, viewer: User) -> QuerySet[Dispute]:
    """Return the disputes about matches and results of a tournament, for who runs it.

    Those to which the viewer is a party are left out.

    :raises MayNotOrganise: ``viewer`` does not run it.
    """
    require_organiser(tournament, viewer)
    record_deed(deed=Deed.READ_ORGANISED, by=viewer, about=write_about("tournament", tournament.slug))
    described = TournamentMatchResult.objects.filter(tournament=tournament)
    concerned = Q(result__tournament=tournament) | Q(match_id__in=described.values("match_id"))
    return exclude_parties(Dispute.objects.filter(concerned), viewer)
