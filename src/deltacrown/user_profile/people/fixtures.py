"""Restore the public ids of profiles when fixtures are loaded.

A dump contains users before profiles. When a user is loaded, a trigger creates a profile with the next free
public id. If the dumped numbers have gaps, this id can be the one of a profile that comes later in the dump.
In that case two users of the same load exchange their ids. A user who existed before the load always keeps
their id, and the counter never decreases.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models.signals import post_save, pre_save

from deltacrown.user_profile.models import PublicIdCounter, UserProfile

#: Database alias and key of every user created by the load in progress; None outside a load.
_newcomers: ContextVar[set[tuple[str, int]] | None] = ContextVar("newcomers", default=None)


@contextmanager
def loading() -> Iterator[None]:
    """Return a context manager; users loaded inside it may exchange public ids with each other."""
    token = _newcomers.set(set())
    try:
        yield
    finally:
        _newcomers.reset(token)


def connect_fixtures() -> None:
    """Connect the signal receivers that handle users, profiles and counters while they are loaded."""
    pre_save.connect(_keep_counting, sender=PublicIdCounter)
    post_save.connect(_note_newcomer, sender=get_user_model())
    pre_save.connect(_claim_public_id, sender=UserProfile)
    post_save.connect(_hand_over_public_id, sender=UserProfile)


def _keep_counting(instance: PublicIdCounter, raw: bool, using: str, **_: Any) -> None:
    if raw:
        counters = PublicIdCounter.objects.using(using).filter(pk=instance.pk)
        reached = counters.values_list("last", flat=True).first()
        instance.last = max(instance.last, reached or 0)


def _note_newcomer(instance: Any, raw: bool, created: bool, using: str, **_: Any) -> None:
    newcomers = _newcomers.get()
    if raw and created and newcomers is not None:
        newcomers.add((using, instance.pk))


def _claim_public_id(instance: UserProfile, raw: bool, using: str, **_: Any) -> None:
    if not raw:
        return

    rows = UserProfile.objects.using(using)
    holder = rows.filter(public_id=instance.public_id).exclude(pk=instance.pk).first()
    newcomers = _newcomers.get() or set()
    if holder is None or not {(using, holder.pk), (using, instance.pk)} <= newcomers:
        return  # not both from this load: the unique constraint refuses a conflict

    # Give the holder a temporary id now; ``_hand_over_public_id`` gives it this profile's old id afterwards.
    given = rows.filter(pk=instance.pk).values_list("public_id", flat=True).first()
    rows.filter(pk=holder.pk).update(public_id=f"moving {holder.pk}"[:20])
    instance._handed_over = (holder.pk, given)  # type: ignore[attr-defined]


def _hand_over_public_id(instance: UserProfile, using: str, **_: Any) -> None:
    if handed_over := instance.__dict__.pop("_handed_over", None):
        key, given = handed_over
        UserProfile.objects.using(using).filter(pk=key).update(public_id=given)
