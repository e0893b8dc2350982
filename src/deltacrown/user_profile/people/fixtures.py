"""Loading fixtures: a profile gets the public id it was dumped with, though the database has just given its user another.

Users come first in a dump, and each is given the next free number on arrival. Where the dump has gaps, that may be
the number of a profile that comes later in it. Two users of one load exchange ids then; a user who was there
before the load never loses his, and the counter never goes back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models.signals import post_save, pre_save

from deltacrown.user_profile.models import PublicIdCounter, UserProfile

#: Users, by database and key, whom the load under way brought; nothing while no load is under way.
_newcomers: ContextVar[set[tuple[str, int]] | None] = ContextVar("newcomers", default=None)


@contextmanager
def loading() -> Iterator[None]:
    """Within, users that are loaded are newcomers: they may exchange public ids with each other."""
    token = _newcomers.set(set())
    try:
        yield
    finally:
        _newcomers.reset(token)


def connect() -> None:
    """Look at users, profiles and counters as they are loaded."""
    pre_save.connect(_keep_counting, sender=PublicIdCounter)
    post_save.connect(_note_newcomer, sender=get_user_model())
    pre_save.connect(_claim_public_id, sender=UserProfile)
    post_save.connect(_hand_over_public_id, sender=UserProfile)


def _keep_counting(instance: PublicIdCounter, raw: bool, using: str, **_: Any) -> None:
    if raw:
        reached = (
            PublicIdCounter.objects.using(using).filter(pk=instance.pk).values_list("last", flat=True).first()
        )
        instance.last = max(instance.last, reached or 0)


def _note_newcomer(instance: Any, raw: bool, created: bool, using: str, **_: Any) -> None:
    newcomers = _newcomers.get()
    if raw and created and newcomers is not None:
        newcomers.add((using, instance.pk))


def _claim_public_id(instance: UserProfile, raw: bool, using: str, **_: Any) -> None:
    rows = UserProfile.objects.using(using)
    holder = rows.filter(public_id=instance.public_id).exclude(pk=instance.pk).first() if raw else None
    if holder is None or not {(using, holder.pk), (using, instance.pk)} <= (_newcomers.get() or set()):
        return  # none of ours: the unique key refuses what is wrong
    given = rows.filter(pk=instance.pk).values_list("public_id", flat=True).first()
    rows.filter(pk=holder.pk).update(public_id=f"moving {holder.pk}"[:20])
    instance._handed_over = (holder.pk, given)  # type: ignore[attr-defined]


def _hand_over_public_id(instance: UserProfile, using: str, **_: Any) -> None:
    if handed_over := instance.__dict__.pop("_handed_over", None):
        key, given = handed_over
        UserProfile.objects.using(using).filter(pk=key).update(public_id=given)
