"""Find users without a profile or privacy row, create these rows, and sync standings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import F, Model, QuerySet

from deltacrown.accounts.models import User
from deltacrown.core.inputs import check_past
from deltacrown.core.name_keys import list_named_models, mend_name_keys
from deltacrown.freshness.triggers import forget_token
from deltacrown.user_profile.models import PrivacySettings, PublicIdCounter, StandingChange, UserProfile
from deltacrown.user_profile.people.standings import sync_standings
from django_tally.history import forget_owner
from django_tally.schema import have_columns
from django_tally.transactions import atomic_service

BATCH = 1000

#: Called with the number of rows created so far.
Progress = Callable[[int], object]


@dataclass(frozen=True)
class Provisioned:
    """The number of rows created, by kind, of rows whose name keys were mended, and of standings synced."""

    profiles: int
    privacy_settings: int
    names: int = 0
    standings: int = 0


def list_users_without_profile() -> QuerySet[User]:
    """Return users without a profile row: there are none unless rows were deleted or the trigger missing."""
    return get_user_model().objects.filter(profile__isnull=True).order_by("pk")


def list_users_without_privacy() -> QuerySet[User]:
    """Return users without a privacy row."""
    return get_user_model().objects.filter(privacy_settings__isnull=True).order_by("pk")


def ensure_profiles(progress: Progress | None = None, *, mend_names: bool = True) -> Provisioned:
    """Create the missing profile and privacy rows, one batch per transaction; mend name keys and standings.

    The numbers of a new profile are counted from the source rows of its user. A run that is stopped keeps
    the batches it has committed; a second run creates nothing.

    :param progress: called after each batch with the number of rows created so far.
    :param mend_names: look through all names; without it, only for missing rows.
    """
    profiles = privacy = 0

    while users := list(list_users_without_profile()[:BATCH]):
        profiles += _create_profiles(users=users)
        if progress:
            progress(profiles)

    while users := list(list_users_without_privacy()[:BATCH]):
        privacy += _create_privacy(users=users)
        if progress:
            progress(profiles + privacy)

    names = mend_name_keys() if mend_names else 0
    return Provisioned(profiles, privacy, names, sync_standings())


@atomic_service
def _create_profiles(*, users: list[User]) -> int:
    numbers = _reserve_numbers(user.date_joined.year % 100 for user in users)

    profiles = []
    for user in users:
        year = user.date_joined.year % 100
        profiles.append(UserProfile(user=user, public_id=f"DC-{year:02d}-{numbers[year]:06d}"))
        numbers[year] += 1

    # Another run may have created some of them meanwhile.
    return len(UserProfile.objects.bulk_create(profiles, ignore_conflicts=True))


def _reserve_numbers(years: Iterable[int]) -> dict[int, int]:
    """Reserve consecutive public id numbers, one per item of ``years``; return year → its first number."""
    first = {}
    for year, wanted in sorted(Counter(years).items()):
        PublicIdCounter.objects.get_or_create(year=year, defaults={"last": 0})
        PublicIdCounter.objects.filter(year=year).update(last=F("last") + wanted)
        first[year] = PublicIdCounter.objects.get(year=year).last - wanted + 1
    return first


@atomic_service
def allot_public_id(*, year: int) -> str:
    """Return a public id that nobody has had, of the year of joining."""
    number = _reserve_numbers([year % 100])[year % 100]
    return f"DC-{year % 100:02d}-{number:06d}"


@atomic_service
def record_own_export(*, user: User, now: datetime) -> None:
    """Record that everything kept of a player was exported for them, to the end."""
    check_past(now, field="now")
    UserProfile.objects.filter(user=user).update(data_exported_at=now)


@atomic_service
def _create_privacy(*, users: list[User]) -> int:
    rows = [PrivacySettings(user=user) for user in users]
    return len(PrivacySettings.objects.bulk_create(rows, ignore_conflicts=True))


@atomic_service
def forget_player(*, pk: int) -> None:
    """Delete what is kept of a deleted user without a foreign key: revisions of earlier rows, the token."""
    forget_owner(pk)
    forget_token(pk)


def ensure_profiles_after_migrating(*, using: str, **_: Any) -> None:
    """Create the rows of users who were created before the trigger was installed."""
    if using != "default":
        return
    tables: list[type[Model]] = [
        *list_named_models(),
        UserProfile,
        PrivacySettings,
        PublicIdCounter,
        StandingChange,
    ]
    if have_columns(tables, using=using):
        ensure_profiles()
