"""A suspension goes along with the account that is merged: nobody escapes one by another account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_noop

from deltacrown.accounts.models import User
from deltacrown.user_profile.models import Standing, StandingChange, UserProfile
from deltacrown.user_profile.people.standings import find_decision, record_standing
from django_tally.database_clock import DatabaseNow
from django_tally.transactions import atomic_service

CAME_ALONG = gettext_noop("came with the account that was merged")
UNDONE = gettext_noop("Merge undone.")


@dataclass(frozen=True)
class Suspension:
    """A suspension that holds, or holds again once the account is reopened.

    :param until: when it ends; None for one without an end.
    """

    until: datetime | None

    def is_stricter(self, than: Suspension | None) -> bool:
        """Return whether it ends later; one without an end is stricter than any that ends."""
        if than is None or than.until is None:
            return than is None
        return self.until is None or self.until > than.until


def find_suspension(user: User) -> Suspension | None:
    """Return the suspension of an account that has not ended, also of one that is closed."""
    profile = UserProfile.objects.filter(user=user)
    standing = profile.values_list("standing", flat=True)[0]
    if standing == Standing.CLOSED:
        decision = find_decision(user)
        if decision is None or decision.standing != Standing.SUSPENDED:
            return None
        holds = Q(until__isnull=True) | Q(until__gt=DatabaseNow())
        is_held = StandingChange.objects.filter(holds, pk=decision.pk).exists()
        return Suspension(decision.until) if is_held else None
    holds = Q(standing_until__isnull=True) | Q(standing_until__gt=DatabaseNow())
    found = profile.filter(holds, standing=Standing.SUSPENDED).values_list("standing_until", flat=True)
    return next((Suspension(until) for until in found), None)


def find_coming_along(*, kept: User, merged: User) -> Suspension | None:
    """Return the suspension that the kept account takes over: of two, the one that ends later holds."""
    coming = find_suspension(merged)
    return coming if coming is not None and coming.is_stricter(find_suspension(kept)) else None


@atomic_service
def bring_along(*, kept: User, merged: User, by: User | None, now: datetime) -> dict[str, Any] | None:
    """Suspend the kept account as the merged one is, if that is stricter; return what undoes it.

    A kept account that is closed stays closed, and is suspended once it is reopened.
    """
    coming = find_coming_along(kept=kept, merged=merged)
    if coming is None:
        return None
    before = find_decision(kept)
    profile = UserProfile.objects.filter(user=kept)
    standing, until = profile.values_list("standing", "standing_until")[0]
    if standing == Standing.CLOSED:
        standing, until = (before.standing, before.until) if before else (Standing.ACTIVE, None)
    done = _write(kept, Standing.SUSPENDED, coming.until, reason=CAME_ALONG, by=by, now=now)
    return {
        "change": done.pk,
        "before": before and before.pk,
        "was": [standing, until.isoformat() if until else None],
    }


@atomic_service
def take_back(record: dict[str, Any] | None, *, kept: User, by: User | None, now: datetime) -> None:
    """Undo :func:`bring_along`, unless somebody has decided about the kept account since."""
    if record is None:
        return
    ours = StandingChange.objects.filter(pk=record["change"]).first()
    latest = find_decision(kept)
    if ours is None or latest is None or _read(ours) != _read(latest):
        return
    standing, until = record["was"]
    restore(kept, standing, until, before=record["before"], by=by, now=now)


@atomic_service
def restore(
    user: User, standing: str, until: Any, *, before: int | None, by: User | None, now: datetime
) -> None:
    """Give an account a standing back, as it was decided then.

    :param before: the change by which it had it.
    """
    decided = StandingChange.objects.filter(pk=before or 0, standing=standing).first()
    if decided is not None and standing != Standing.ACTIVE:
        _write(user, standing, until, reason=decided.reason, by=decided.decided_by, now=now)
    else:
        _write(user, standing, until, reason=UNDONE, by=by, now=now)


def _write(
    user: User, standing: str, until: Any, *, reason: str, by: User | None, now: datetime
) -> StandingChange:
    """Change the standing; of a closed account that which it has once it is reopened."""
    profile = UserProfile.objects.get(user=user)
    ends = parse_datetime(until) if isinstance(until, str) else until
    return record_standing(
        profile=profile, standing=Standing(standing), until=ends, reason=reason, by=by, now=now
    )


def _read(change: StandingChange) -> tuple[Any, ...]:
    return change.standing, change.until, change.reason, change.decided_by_id
