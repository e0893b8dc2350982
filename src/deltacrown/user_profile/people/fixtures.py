"""Loading fixtures: profiles keep the public ids of the dump.

Users come first in a dump, and the trigger gives each the next free public id. If the dump has gaps, that may be the
id of a profile later in the dump; two users of one load then exchange ids. A user who existed before the load never
loses an id, and the counter never goes back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models.signals import post_save, pre_save

from deltacrown.user_profile.models import PublicIdCounter, UserProfile

#: The users created by the present load, by database and key; None while nothing is loaded.
_newcomers: ContextVar[set[tuple[str, int]] | None] = ContextVar("newcomers", default=None)


@contextmanager
def loading() -> Iterator[None]:
    """Let users who are loaded within this context exchange public ids with each other."""
    token = _newcomers.set(set())
    try:
        yield
    finally:
        _newcomers.reset(token)


def connect_fixtures() -> None:
    """Connect the receivers for users, profiles and counters."""
    pre_save.connect(_keep_counting, sender=PublicIdCounter)
    post_save.connect(_note_newcomer, sender=get_user_model())
    pre_save.connect(_claim_public_id, sender=UserProfile)
    post_save.connect(_hand_over_public_id, sender=UserProfile)


def _keep_counting(instance: PublicIdCounter, raw: bool, using: str, **_: Any) -> None:
    if raw:
        reached = PublicIdCounter.objects.using(using).filter(pk=instance.pk).values_list("last", flat=True).first()
        instance.last = max(instance.last, reached or 0)


def _note_newcomer(instance: Any, raw: bool, created: bool, using: str, **_: Any) -> None:
    newcomers = _newcomers.get()
    if raw and created and newcomers is not None:
        newcomers.add((using, instance.pk))


def _claim_public_id(instance: UserProfile, raw: bool, using: str, **_: Any) -> None:
    rows = UserProfile.objects.using(using)
    holder = rows.filter(public_id=instance.public_id).exclude(pk=instance.pk).first() if raw else None
    if holder is None or not {(using, holder.pk), (using, instance.pk)} <= (_newcomers.get() or set()):
        return  # not two users of this load: the unique key decides
    given = rows.filter(pk=instance.pk).values_list("public_id", flat=True).first()
    rows.filter(pk=holder.pk).update(public_id=f"moving {holder.pk}"[:20])
    instance._handed_over = (holder.pk, given)  # type: ignore[attr-defined]


def _hand_over_public_id(instance: UserProfile, using: str, **_: Any) -> None:
    if handed_over := instance.__dict__.pop("_handed_over", None):
        key, given = handed_over
        UserProfile.objects.using(using).filter(pk=key).update(public_id=given)
