"""Change a player's standing: suspend and lift, close and reopen. Each change is logged with why and by whom.

What a standing means for who sees whom is in ``user_profile/standing.py``. A database trigger
(``people/standing_triggers.py``) makes a change of ``is_active`` that goes past these services have the same
effect; these write the profile first, so that the trigger finds nothing left to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, Q, QuerySet
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.accounts.services import set_active
from deltacrown.core.audit import record_deed, write_about
from deltacrown.core.dates import write_iso_minute
from deltacrown.core.deeds import Deed
from deltacrown.core.errors import Conflict, DomainError, InvalidInput
from deltacrown.core.inputs import check_datetime, check_past, check_text
from deltacrown.user_profile.models import Standing, StandingChange, UserProfile
from deltacrown.user_profile.privacy import Viewer, is_self, sees_hidden
from deltacrown.user_profile.standing import SHOWN, is_listed
from django_tally.batches import in_batches
from django_tally.database_clock import DatabaseNow
from django_tally.transactions import atomic_service

LONGEST_REASON = 500


class MayNotChangeStanding(DomainError):
    """The person may not change this player's standing."""

    code = "forbidden"


class StandingRefused(Conflict):
    """The player's standing is one from which this change cannot be made."""


@dataclass(frozen=True)
class ToldStanding:
    """What a player and staff are told of a standing.

    :param decided_by: by whom; told to staff only, and None for what happened by itself.
    """

    standing: Standing
    until: datetime | None = None
    reason: str = ""
    changed_at: datetime | None = None
    decided_by: User | None = None


@atomic_service
def suspend_player(
    *, user: User, until: datetime | None, reason: str, by: User, now: datetime
) -> StandingChange:
    """Suspend a player, or change the end or the reason of a suspension. The same again changes nothing.

    :param until: when it ends by itself; None for a suspension without an end.
    :raises InvalidInput: ``until`` is over, the reason is empty or too long, or ``now`` is in the future.
    :raises MayNotChangeStanding: ``by`` has not the right to, or is the player; or the player is staff.
    :raises StandingRefused: the account is closed, merged or anonymised.
    """
    check_past(now, field="now")
    check_text(reason, field="reason", limit=LONGEST_REASON, required=True, multiline=True)
    _check_until(until, now)
    locked, profile = _lock(user)
    _check_may_decide(locked, by)
    _check_is_open(locked, profile)

    latest = _find_latest(locked)
    same = (profile.standing, profile.standing_until) == (Standing.SUSPENDED, until)
    if same and latest and latest.standing == Standing.SUSPENDED and latest.reason == reason.strip():
        return latest
    return _change(profile, Standing.SUSPENDED, until=until, reason=reason, by=by, now=now)


@atomic_service
def lift_suspension(*, user: User, by: User, now: datetime, reason: str = "") -> StandingChange | None:
    """End a suspension now. Return None, having changed nothing, for a player who is not suspended.

    :raises InvalidInput: the reason is too long, or ``now`` is in the future.
    :raises MayNotChangeStanding: ``by`` has not the right to, or is the player; or the player is staff.
    :raises StandingRefused: the account is closed, merged or anonymised.
    """
    _check_arguments(reason, now)
    locked, profile = _lock(user)
    _check_may_decide(locked, by)
    _check_is_open(locked, profile)
    if profile.standing == Standing.ACTIVE:
        return None
    return _change(profile, Standing.ACTIVE, reason=reason, by=by, now=now)


@atomic_service
def close_account(*, user: User, by: User, now: datetime, reason: str = "") -> StandingChange | None:
    """Close an account: its player signs in nowhere, and its pages are gone until it is reopened.

    A player who closes their own account has ``ACCOUNT_CLOSING_DAYS`` to reopen it; then it is anonymised.
    One that staff closes stays closed until staff reopens it, also one that its player had closed before.
    Return None, having changed nothing, for an account that is closed so already.

    :raises InvalidInput: the reason is too long, or ``now`` is in the future.
    :raises MayNotChangeStanding: ``by`` is neither the player nor staff who may; or the player is staff.
    :raises StandingRefused: the account is merged or anonymised.
    """
    _check_arguments(reason, now)
    locked, profile = _lock(user)
    is_own = by.pk == locked.pk
    if not is_own:
        _check_may_decide(locked, by)
    _check_is_somebodys(locked, profile)
    if profile.standing == Standing.CLOSED and (is_own or not _was_closed_by_player(locked)):
        return None

    until = now + timedelta(days=settings.ACCOUNT_CLOSING_DAYS) if is_own else None
    change = _change(profile, Standing.CLOSED, until=until, reason=reason, by=by, now=now)
    set_active(user=user, is_active=False)
    return change


@atomic_service
def reopen_account(*, user: User, by: User, now: datetime, reason: str = "") -> StandingChange | None:
    """Reopen a closed account; a suspension from before that has not ended holds again, as it was decided.

    Return None, having changed nothing, for an account that is not closed.

    :raises InvalidInput: the reason is too long, or ``now`` is in the future.
    :raises MayNotChangeStanding: ``by`` is neither staff who may, nor the player who closed it; or the time
        in which the player may is over.
    :raises StandingRefused: the account is merged or anonymised.
    """
    _check_arguments(reason, now)
    locked, profile = _lock(user)
    if by.pk != locked.pk:
        _check_may_decide(locked, by)
    _check_is_somebodys(locked, profile)
    if profile.standing != Standing.CLOSED:
        return None
    if by.pk == locked.pk:
        _check_may_reopen(locked, profile, now)

    before = find_decision(locked)
    if before and before.standing == Standing.SUSPENDED and not _is_over(before, now):
        change = _change(
            profile,
            Standing.SUSPENDED,
            until=before.until,
            reason=before.reason,
            by=before.decided_by,
            now=now,
        )
    else:
        change = _change(profile, Standing.ACTIVE, reason=reason, by=by, now=now)
    record_deed(deed=Deed.REOPENED, by=by, of=locked, reason=reason)
    set_active(user=user, is_active=True)
    return change


@atomic_service
def end_suspensions(*, now: datetime) -> int:
    """Record the end of each suspension whose time is over; return how many.

    Nobody waits for it: a suspension that is over counts for nothing anywhere.
    """
    check_datetime(now, field="now")
    over = UserProfile.objects.filter(standing=Standing.SUSPENDED, standing_until__lte=now).order_by(
        "user_id"
    )
    profiles = list(over.select_for_update(no_key=True).only("user_id", "standing", "standing_until"))
    for profile in profiles:
        _change(profile, Standing.ACTIVE, reason="", by=None, now=now)
    return len(profiles)


@atomic_service
def sync_standings() -> int:
    """Close the accounts of users who are not active, and open those of users who are; return how many.

    A trigger does so as users are written. This does it for users who were written while it was not there.
    """
    closing = list(_lock_rows(list_unsynced().filter(user__is_active=False)))
    opening = list(_lock_rows(list_unsynced().filter(user__is_active=True)))
    for batch in in_batches([profile.user_id for profile in closing]):
        UserProfile.objects.filter(user__in=batch).update(standing=Standing.CLOSED, standing_until=None)
        StandingChange.objects.bulk_create(
            StandingChange(user_id=user, standing=Standing.CLOSED) for user in batch
        )
    for profile in opening:
        _reopen_by_itself(profile)
    return len(closing) + len(opening)


def list_unsynced() -> QuerySet[UserProfile]:
    """Return the profiles whose standing is not that of a user who is active, or is not."""
    stands = Q(standing__in=[Standing.ACTIVE, Standing.SUSPENDED])
    is_unsynced = stands & Q(user__is_active=False) | Q(standing=Standing.CLOSED, user__is_active=True)
    return UserProfile.objects.filter(is_unsynced).order_by("user_id")


def get_standing(user: User, viewer: Viewer, known: UserProfile | None = None) -> ToldStanding | None:
    """Return a player's standing as the player and staff are told it; None for everybody else.

    :param known: the player's profile, where it is read already.
    """
    is_staff = sees_hidden(viewer) or has_right(viewer, Right.SUSPEND_PLAYERS)
    if not is_self(viewer, user) and not is_staff:
        return None

    profile = known or UserProfile.objects.filter(user=user).first()
    if profile is None or profile.standing == Standing.ACTIVE:
        return ToldStanding(Standing.ACTIVE)
    listed = UserProfile.objects.filter(is_listed(), user=user)
    change = _list_latest(user, Standing(profile.standing)).annotate(is_over=Exists(listed)).first()
    if change.is_over if change else listed.exists():
        return ToldStanding(Standing.ACTIVE)
    return ToldStanding(
        standing=Standing(profile.standing),
        until=profile.standing_until,
        reason=change.reason if change else "",
        changed_at=change.changed_at if change else None,
        decided_by=change.decided_by if change and is_staff else None,
    )


def _reopen_by_itself(profile: UserProfile) -> None:
    before = find_decision(profile.user)
    holds = Q(until__isnull=True) | Q(until__gt=DatabaseNow())
    is_suspended = before is not None and before.standing == Standing.SUSPENDED
    if before and is_suspended and StandingChange.objects.filter(holds, pk=before.pk).exists():
        profile.standing, profile.standing_until = Standing.SUSPENDED, before.until
        change = StandingChange(until=before.until, reason=before.reason, decided_by=before.decided_by)
    else:
        profile.standing, profile.standing_until = Standing.ACTIVE, None
        change = StandingChange()
    change.user_id, change.standing = profile.user_id, profile.standing
    profile.save(update_fields=["standing", "standing_until"])
    change.save(force_insert=True)


@atomic_service
def record_standing(
    *,
    profile: UserProfile,
    standing: Standing,
    reason: str,
    by: User | None,
    now: datetime,
    until: datetime | None = None,
) -> StandingChange:
    """Record a standing that follows from a merge, its undo or an anonymisation; the caller made the checks.

    An account that is closed stays so, and is suspended or active once it is reopened.
    """
    if profile.standing == Standing.CLOSED and standing in SHOWN:
        return _log(profile, standing, reason=reason, by=by, now=now, until=until)
    return _change(profile, standing, reason=reason, by=by, now=now, until=until)


def find_decision(user: User) -> StandingChange | None:
    """Return the change that says whether an account is suspended, or is once it is reopened."""
    return _find_latest(user, *SHOWN)


def _change(
    profile: UserProfile,
    standing: Standing,
    *,
    reason: str,
    by: User | None,
    now: datetime,
    until: datetime | None = None,
) -> StandingChange:
    profile.standing, profile.standing_until = standing, until
    profile.save(update_fields=["standing", "standing_until"])
    return _log(profile, standing, reason=reason, by=by, now=now, until=until)


def _log(
    profile: UserProfile,
    standing: Standing,
    *,
    reason: str,
    by: User | None,
    now: datetime,
    until: datetime | None,
) -> StandingChange:
    change = StandingChange(
        user_id=profile.user_id,
        standing=standing,
        until=until,
        reason=reason.strip(),
        decided_by=by,
        changed_at=now,
    )
    change.save(force_insert=True)
    until_when = f" until {write_iso_minute(until)}" if until else ""
    record_deed(
        deed=Deed.STANDING_CHANGED,
        by=by,
        of=profile.user_id,
        about=write_about("standing", standing),
        reason=reason,
        who="" if by else "itself",
        told={"standing": standing, "until": until_when},
    )
    return change


def _lock(user: User) -> tuple[User, UserProfile]:
    """Lock an account and its profile, in the order in which the trigger on users locks them."""
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    return locked, UserProfile.objects.select_for_update(no_key=True).get(user=locked)


def _lock_rows(profiles: QuerySet[UserProfile]) -> QuerySet[UserProfile]:
    return profiles.select_for_update(no_key=True, of=("self",)).only("user_id", "standing", "standing_until")


def _find_latest(user: User, *standings: Standing) -> StandingChange | None:
    return _list_latest(user, *standings).first()


def _list_latest(user: User, *standings: Standing) -> QuerySet[StandingChange]:
    changes = StandingChange.objects.filter(user=user).select_related("decided_by__profile")
    if standings:
        changes = changes.filter(standing__in=standings)
    return changes.order_by("-changed_at", "-id")


def _is_over(change: StandingChange, now: datetime) -> bool:
    return change.until is not None and change.until <= now


def _was_closed_by_player(user: User) -> bool:
    closing = _find_latest(user, Standing.CLOSED)
    return closing is not None and closing.decided_by_id == user.pk


def _check_arguments(reason: str, now: datetime) -> None:
    check_past(now, field="now")
    check_text(reason, field="reason", limit=LONGEST_REASON, multiline=True)


def _check_until(until: datetime | None, now: datetime) -> None:
    if until is None:
        return
    check_datetime(until, field="until")
    if until <= now:
        message = _("until %(time)s is over; give a time to come, or none for no end.")
        raise InvalidInput(message % {"time": write_iso_minute(until)}, field="until")


def _check_may_decide(user: User, by: User) -> None:
    if not has_right(by, Right.SUSPEND_PLAYERS):
        message = _("Changing the standing of players takes the permission %(right)s.")
        raise MayNotChangeStanding(message % {"right": Right.SUSPEND_PLAYERS}, field="by")
    if by.pk == user.pk:
        message = _("Nobody decides about their own standing; ask another member of the staff.")
        raise MayNotChangeStanding(message, field="by")
    if (user.is_staff or user.is_superuser) and not by.is_superuser:
        message = _("%(name)s is staff: only a superuser changes the standing of staff.")
        raise MayNotChangeStanding(message % {"name": user.username}, field="by")


def _check_is_somebodys(user: User, profile: UserProfile) -> None:
    """Refuse an account that is nobody's any more."""
    if profile.standing == Standing.MERGED:
        message = _("This account was merged into another; decide about that one, or undo the merge first.")
        if user.merged_into:
            message = _(
                "This account was merged into %(name)s; decide about that one, or undo the merge first."
            ) % {"name": user.merged_into.username}
        raise StandingRefused(message, field="user")
    if profile.standing == Standing.ANONYMISED:
        message = _("This account was anonymised, which cannot be undone; nobody signs in to it any more.")
        raise StandingRefused(message, field="user")


def _check_is_open(user: User, profile: UserProfile) -> None:
    _check_is_somebodys(user, profile)
    if profile.standing == Standing.CLOSED:
        message = _("The account of %(name)s is closed; reopen it first.") % {"name": user.username}
        raise StandingRefused(message, field="user")


def _check_may_reopen(user: User, profile: UserProfile, now: datetime) -> None:
    if not _was_closed_by_player(user):
        message = _("Staff closed this account, so staff reopens it; ask them.")
        raise MayNotChangeStanding(message, field="by")
    if profile.standing_until is None or profile.standing_until <= now:
        message = _("The time to reopen this account is over; ask staff, before it is anonymised.")
        raise MayNotChangeStanding(message, field="by")
