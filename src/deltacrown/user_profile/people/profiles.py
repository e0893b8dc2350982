"""The rows every user has: finding users without them and making them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import F, QuerySet

from deltacrown.accounts.models import User
from deltacrown.user_profile.models import PrivacySettings, PublicIdCounter, UserProfile
from django_tally.schema import have_columns
from django_tally.transactions import atomic_service

BATCH = 1000

#: Called with how many rows were made so far.
Progress = Callable[[int], object]


@dataclass(frozen=True)
class Provisioned:
    """How many rows of each kind were made."""

    profiles: int
    privacy_settings: int


def list_users_without_profile() -> QuerySet[User]:
    """Users who have no profile row; none, unless one was deleted or the trigger was away."""
    return get_user_model().objects.filter(profile__isnull=True).order_by("pk")


def list_users_without_privacy() -> QuerySet[User]:
    """Users who have no privacy row."""
    return get_user_model().objects.filter(privacy_settings__isnull=True).order_by("pk")


def ensure_profiles(progress: Progress | None = None) -> Provisioned:
    """Make the profile and privacy rows that are missing, a batch to a transaction; running again makes none.

    A new profile starts at what the sources say of its user. A run that is stopped keeps the batches it made.

    :param progress: called after each batch with how many rows were made in all.
    """
    profiles = privacy = 0
    while users := list(list_users_without_profile()[:BATCH]):
        profiles += _make_profiles(users=users)
        if progress:
            progress(profiles)
    while users := list(list_users_without_privacy()[:BATCH]):
        privacy += _make_privacy(users=users)
        if progress:
            progress(profiles + privacy)
    return Provisioned(profiles, privacy)


@atomic_service
def _make_profiles(*, users: list[User]) -> int:
    numbers = _take_numbers(user.date_joined.year % 100 for user in users)
    profiles = []
    for user in users:
        year = user.date_joined.year % 100
        profiles.append(UserProfile(user=user, public_id=f"DC-{year:02d}-{numbers[year]:06d}"))
        numbers[year] += 1
    # What another run made meanwhile stays as it is.
    return len(UserProfile.objects.bulk_create(profiles, ignore_conflicts=True))


def _take_numbers(years: Iterable[int]) -> dict[int, int]:
    """Reserve a run of public id numbers per year and return the first of each."""
    first = {}
    for year, wanted in sorted(Counter(years).items()):
        PublicIdCounter.objects.get_or_create(year=year, defaults={"last": 0})
        PublicIdCounter.objects.filter(year=year).update(last=F("last") + wanted)
        first[year] = PublicIdCounter.objects.get(year=year).last - wanted + 1
    return first


@atomic_service
def _make_privacy(*, users: list[User]) -> int:
    return len(
        PrivacySettings.objects.bulk_create(
            (PrivacySettings(user=user) for user in users), ignore_conflicts=True
        )
    )


def ensure_profiles_after_migrating(*, using: str, **_: Any) -> None:
    """Close the gap that users made before the trigger was installed would leave."""
    if using == "default" and have_columns(
        [get_user_model(), UserProfile, PrivacySettings, PublicIdCounter], using=using
    ):
        ensure_profiles()
