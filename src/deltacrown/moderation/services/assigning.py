"""Say who has a dispute in hand: so that two moderators do not read the same one."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.core.audit import record_deed, write_about
from deltacrown.core.deeds import Deed
from deltacrown.core.errors import Conflict, InvalidInput
from deltacrown.moderation.models import Dispute
from deltacrown.moderation.services.parties import (
    is_affected,
    require_moderator,
    require_no_party,
)
from django_tally.transactions import atomic_service

_BACKEND = "django.contrib.auth.backends.ModelBackend"


class AlreadyAssigned(Conflict):
    """Somebody else has the dispute in hand."""


class NotOpen(Conflict):
    """The dispute is resolved."""


@atomic_service
def claim_dispute(*, dispute: Dispute, by: User, now: datetime) -> Dispute:
    """Take a dispute on, unless somebody has it; again changes nothing.

    :raises MayNotResolve: ``by`` may not resolve it.
    :raises AlreadyAssigned: somebody else has it; the refusal names them.
    :raises NotOpen: it is resolved.
    """
    _require(dispute, by)
    if _set(_find(dispute).filter(assigned_to=None), by, now):
        _log(Deed.DISPUTE_CLAIMED, dispute, by)
    taken = _reload(dispute)
    if taken.assigned_to_id != by.pk:
        message = _("%(name)s has it already.")
        name = taken.assigned_to.profile.name if taken.assigned_to else ""
        raise AlreadyAssigned(message % {"name": name}, field="dispute")
    return taken


@atomic_service
def release_dispute(*, dispute: Dispute, by: User) -> Dispute:
    """Give a dispute back, so that nobody has it; one that nobody has is returned unchanged.

    :raises MayNotResolve: ``by`` may not resolve it.
    :raises AlreadyAssigned: somebody else has it.
    :raises NotOpen: it is resolved.
    """
    _require(dispute, by)
    if _find(dispute).filter(assigned_to=by).update(assigned_to=None, assigned_at=None):
        _log(Deed.DISPUTE_RELEASED, dispute, by)
    left = _reload(dispute)
    if left.assigned_to is not None:
        message = _("%(name)s has it; give it to somebody else instead.")
        raise AlreadyAssigned(message % {"name": left.assigned_to.profile.name}, field="dispute")
    return left


@atomic_service
def assign_dispute(*, dispute: Dispute, to: User, by: User, now: datetime) -> Dispute:
    """Give a dispute to somebody who may resolve it, whoever had it; again changes nothing.

    :raises MayNotResolve: ``by`` may not resolve it.
    :raises InvalidInput: ``to`` may not.
    :raises NotOpen: it is resolved.
    """
    _require(dispute, by)
    if not has_right(to, Right.RESOLVE_DISPUTES):
        raise InvalidInput(_("This names nobody who may resolve disputes; choose from the list."), field="to")
    if to.pk == dispute.reporter_id or is_affected(dispute, to):
        raise InvalidInput(_("This names a party to the dispute; choose somebody else."), field="to")
    if _set(_find(dispute).exclude(assigned_to=to), to, now):
        _log(Deed.DISPUTE_ASSIGNED, dispute, by, to)
    return _reload(dispute)


def list_resolvers(dispute: Dispute) -> list[User]:
    """Return whom the dispute can be given to: who may resolve disputes and did not file it, by name."""
    able = User.objects.with_perm(Right.RESOLVE_DISPUTES, backend=_BACKEND).filter(is_staff=True)
    people = User.objects.filter(pk__in=able.values("pk")).exclude(pk=dispute.reporter_id)
    return list(people.select_related("profile").order_by("username"))


def _require(dispute: Dispute, by: User) -> None:
    require_moderator(by)
    require_no_party(dispute, by)


def _find(dispute: Dispute) -> QuerySet[Dispute]:
    return Dispute.objects.filter(pk=dispute.pk, status=Dispute.Status.OPEN)


def _set(rows: QuerySet[Dispute], to: User, now: datetime) -> int:
    return rows.update(assigned_to=to, assigned_at=now)


def _reload(dispute: Dispute) -> Dispute:
    found = Dispute.objects.select_related("assigned_to__profile").get(pk=dispute.pk)
    if found.status != Dispute.Status.OPEN:
        raise NotOpen(_("The dispute is resolved already; nobody has to take it on."), field="dispute")
    return found


def _log(deed: Deed, dispute: Dispute, by: User, to: User | None = None) -> None:
    record_deed(deed=deed, by=by, of=to, about=write_about("dispute", dispute.pk))
