"""What who runs a tournament does with one pairing: rule, take back, follow, schedule, remove."""

from __future__ import annotations

from datetime import datetime

from deltacrown.accounts.models import User
from deltacrown.pages.tournaments import get_tournament
from deltacrown.tournaments.models import Pairing
from deltacrown.tournaments.services import Outcome, pairings, require_organiser
from django_tally.transactions import atomic_service


def _get(slug: str, handle: str, by: User) -> Pairing:
    """Return a pairing to who runs its tournament."""
    event = get_tournament(slug, viewer=by)
    require_organiser(event, by)
    return pairings.get_pairing(event, handle)


@atomic_service
def rule(*, slug: str, handle: str, outcome: Outcome, reason: str, by: User, now: datetime) -> Pairing:
    """Enter the result of a pairing."""
    row = _get(slug, handle, by)
    return pairings.rule_pairing(pairing=row, outcome=outcome, reason=reason, by=by, now=now)


@atomic_service
def take_back(*, slug: str, handle: str, reason: str, by: User, now: datetime) -> Pairing:
    """Take a confirmed result back."""
    return pairings.take_back_pairing(pairing=_get(slug, handle, by), reason=reason, by=by, now=now)


@atomic_service
def follow(*, slug: str, handle: str, by: User, now: datetime) -> Pairing:
    """Let those move on who won by the recorded matches."""
    return pairings.follow_recorded(pairing=_get(slug, handle, by), by=by, now=now)


@atomic_service
def schedule(*, slug: str, handle: str, scheduled_at: datetime | None, by: User) -> None:
    """Set when a pairing is to be played."""
    pairings.schedule_pairing(pairing=_get(slug, handle, by), scheduled_at=scheduled_at)


@atomic_service
def remove(*, slug: str, handle: str, by: User) -> None:
    """Remove a pairing that was made by hand."""
    pairings.remove_pairing(pairing=_get(slug, handle, by))
