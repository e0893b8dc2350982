"""The browsers that are signed in to an account, and the second factor that signing in asks for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, F, OuterRef

from deltacrown.accounts.models import User
from django_tally.batches import in_batches
from django_tally.transactions import atomic_service


@atomic_service
def end_sessions(*, user: User) -> User:
    """End every session of an account, also those that began before there was a list of them."""
    User.objects.filter(pk=user.pk).update(closings=F("closings") + 1)
    UserSession.objects.filter(user=user).delete()
    user.refresh_from_db(fields=["closings"])
    return user


@atomic_service
def end_every_session() -> int:
    """End the sessions of everybody, and return how many there were."""
    ended: int = Session.objects.all().delete()[0]
    UserSession.objects.all().delete()
    return ended


@atomic_service
def remove_second_factor(*, user: User) -> bool:
    """Let an account sign in with the password alone. Return False if it does already."""
    return bool(Authenticator.objects.filter(user=user).delete()[0])


def sweep_sessions(*, now: datetime) -> dict[str, int]:
    """Delete sessions that are over, and what is noted of sessions that are there no more."""
    over = list(Session.objects.filter(expire_date__lt=now).values_list("pk", flat=True))
    ended = sum([_delete_sessions(keys=batch) for batch in in_batches(over)])
    return {"sessions": ended, "notes": _delete_notes()}


@atomic_service
def _delete_sessions(*, keys: Sequence[str]) -> int:
    return Session.objects.filter(pk__in=keys).delete()[0]


@atomic_service
def _delete_notes() -> int:
    there = Session.objects.filter(pk=OuterRef("session_key"))
    deleted: int = UserSession.objects.exclude(Exists(there)).delete()[0]
    return deleted
