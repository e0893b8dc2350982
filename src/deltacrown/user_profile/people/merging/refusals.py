"""When accounts cannot be merged, or a merge cannot be undone: what is wrong, and what to do instead."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deltacrown.accounts.models import PlayerMerge, User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.accounts.services import follow_merges
from deltacrown.core.dates import write_day
from deltacrown.core.errors import Conflict, DomainError, InvalidInput
from deltacrown.core.numerals import write_whole
from deltacrown.user_profile.models import KycVerification, Standing, UserProfile
from deltacrown.user_profile.people.merging.planned import Plan


class MayNotMerge(DomainError):
    """Merging takes a right, and is not for one's own accounts alone to decide."""

    code = "forbidden"


class CannotMerge(Conflict):
    """These two accounts cannot be made one."""


class PlayersMet(Conflict):
    """Both accounts have a line in one match, which one person cannot have."""


class CannotUndoMerge(Conflict):
    """The merge cannot be undone, or not yet."""


def check_right(by: User | None) -> None:
    """Raise ``MayNotMerge`` for who has not the right; None is whoever runs commands."""
    if by is not None and not has_right(by, Right.MERGE_PLAYERS):
        message = _("Merging accounts takes the permission %(right)s.") % {"right": Right.MERGE_PLAYERS}
        raise MayNotMerge(message, field="by")


def check_accounts(kept: User, merged: User) -> None:
    """Raise the refusal of two accounts that cannot be merged, whatever they have."""
    if kept.pk == merged.pk:
        raise InvalidInput(_("These are one account already; name two."), field="merged")
    for field, user in (("merged", merged), ("kept", kept)):
        _check_account(field, user)
    if merged.is_staff or merged.is_superuser:
        message = _("%(name)s is staff; take the staff rights away first, or keep that account.")
        raise CannotMerge(message % {"name": merged.username}, field="merged")
    _check_verifications(kept, merged)


def check_meetings(plan: Plan, *, allowed: bool) -> None:
    """Raise ``PlayersMet`` when both have lines in one match and nobody said that this may be."""
    if plan.met and not allowed:
        message = ngettext(
            "They met in %(n)s match: that is a sign of two persons. If they are one all the same, "
            "merge with allow_meetings (--allow-meetings); one line of each is set aside.",
            "They met in %(n)s matches: that is a sign of two persons. If they are one all the same, "
            "merge with allow_meetings (--allow-meetings); one line of each is set aside.",
            plan.met,
        )
        raise PlayersMet(message % {"n": write_whole(plan.met)}, field="allow_meetings")


def check_undo(merge: PlayerMerge, *, now: datetime) -> None:
    """Raise ``CannotUndoMerge`` for a merge that is undone, too old, or that others were built on."""
    kept, merged = merge.kept, merge.merged
    if merge.undone_at is not None:
        message = _("The merge was undone already; merge again if it was right.")
        raise CannotUndoMerge(message, field="merge")
    if now > merge.undo_until or not merge.record:
        message = _("The merge could be undone until %(day)s; it stays.")
        raise CannotUndoMerge(message % {"day": write_day(merge.undo_until)}, field="merge")
    if kept.merged_into_id is not None:
        message = _("%(name)s was merged into another account since; undo that merge first.")
        raise CannotUndoMerge(message % {"name": kept.username}, field="merge")
    later = PlayerMerge.objects.standing().filter(kept=kept, pk__gt=merge.pk).order_by("-pk").first()
    if later is not None:
        message = _("%(name)s was merged into %(kept)s since; undo that merge first.")
        said = {"name": later.merged.username, "kept": kept.username}
        raise CannotUndoMerge(message % said, field="merge")
    if merged.merged_into_id != kept.pk or _is_anonymised(kept) or _is_anonymised(merged):
        message = _("An account of the two is not what it was; the merge stays.")
        raise CannotUndoMerge(message, field="merge")


def _check_account(field: str, user: User) -> None:
    if user.merged_into_id is not None:
        end = follow_merges([user])[user.pk]
        message = _("%(name)s was merged into %(kept)s; name %(kept)s instead.")
        raise CannotMerge(message % {"name": user.username, "kept": end.username}, field=field)
    if _is_anonymised(user):
        message = _("%(name)s is anonymised: nobody knows any more whose it was. Leave it as it is.")
        raise CannotMerge(message % {"name": user.username}, field=field)


def _is_anonymised(user: User) -> bool:
    return UserProfile.objects.filter(user=user, standing=Standing.ANONYMISED).exists()


def _check_verifications(kept: User, merged: User) -> None:
    status = dict(KycVerification.objects.filter(user__in=(kept, merged)).values_list("user", "status"))
    if set(status.values()) == {KycVerification.Status.VERIFIED, KycVerification.Status.REJECTED}:
        rejected = kept if status[kept.pk] == KycVerification.Status.REJECTED else merged
        message = _(
            "One of them was verified and %(name)s was rejected, which contradict each other; "
            "decide about %(name)s again first."
        )
        raise CannotMerge(message % {"name": rejected.username}, field="merged")
