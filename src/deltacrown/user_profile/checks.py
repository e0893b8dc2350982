"""Checks of profiles for ``manage.py check --database``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Warning

from deltacrown.user_profile.models import PrivacySettings, UserProfile
from deltacrown.user_profile.people.profiles import list_users_without_privacy, list_users_without_profile
from django_tally.schema import have_tables


def check_everyone_has_a_profile(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Return a warning for users without a profile row, and one for users without a privacy row."""
    if "default" not in (databases or ()):
        return []
    if not have_tables([get_user_model(), UserProfile, PrivacySettings], using="default"):
        return []

    without = {
        "profile": list_users_without_profile().count(),
        "privacy settings": list_users_without_privacy().count(),
    }
    return [
        Warning(
            f"{count} users have no {what} row.",
            hint="Run `manage.py backfill_profiles`.",
            id="user_profile.W001",
        )
        for what, count in without.items()
        if count
    ]
