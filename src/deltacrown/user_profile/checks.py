"""What ``manage.py check`` says of the catalogue of numbers, and with ``--database`` of profiles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Warning
from django.db import models

from deltacrown.user_profile.models import GameStats, PrivacySettings, UserProfile
from deltacrown.user_profile.numbers.evidence import write_sentence
from deltacrown.user_profile.people.profiles import list_users_without_privacy, list_users_without_profile
from deltacrown.user_profile.people.standings import list_unsynced
from deltacrown.user_profile.stat_fields import DerivedStat, Stat, list_leaderboards, list_numbers, list_twins
from django_tally.numbers import list_components
from django_tally.schema import have_columns

Model = type[models.Model]


def check_everyone_has_a_profile(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Return a warning for users without a profile row, without a privacy row, or of another standing."""
    if "default" not in (databases or ()):
        return []
    if not have_columns([get_user_model(), UserProfile, PrivacySettings], using="default"):
        return []

    without = {
        "have no profile row": list_users_without_profile().count(),
        "have no privacy settings row": list_users_without_privacy().count(),
        "are not active and not closed, or the reverse": list_unsynced().count(),
    }
    return [
        Warning(
            f"{count} users {what}.",
            hint="Run `manage.py backfill_profiles`.",
            id="user_profile.W001",
        )
        for what, count in without.items()
        if count
    ]


def check_catalogue(**_: Any) -> list[CheckMessage]:
    """Find declarations that cannot be shown as they say."""
    return check_numbers(UserProfile, GameStats)


def check_numbers(profile: Model, per_game: Model) -> list[CheckMessage]:
    """Find the faults in the numbers of a profile, and in their twins per game."""
    messages = list(_check_twins(profile, per_game))
    if messages:
        return messages  # what is shown of a twin cannot be judged without its number

    messages += [message for field in list_numbers(profile) for message in _check_sentence(profile, field)]
    return messages + list(_check_leaderboards(profile, per_game))


def _check_twins(profile: Model, per_game: Model) -> Iterator[CheckMessage]:
    names = {field.name for field in list_numbers(profile)}

    for field in list_numbers(per_game):
        if field.twin_of not in names:
            hint = "Set twin_of to the name of the number it is, counted in one game; declare that one first."
            label = f"{per_game._meta.label}.{field.name}"
            message = f"{label} is the twin of {field.twin_of!r}, which is no number."
            yield Error(message, hint=hint, obj=field, id="user_profile.E001")


def _check_sentence(profile: Model, field: Stat | DerivedStat) -> Iterator[CheckMessage]:
    parts = {stat.name: 0 for stat in list_components(profile, field.name)}
    try:
        write_sentence(field, 0, parts, 0)
    except (KeyError, IndexError, ValueError) as error:
        hint = f"It may name rows, rows_word, value, {', '.join(parts)}."
        message = f"The sentence of {profile._meta.label}.{field.name} cannot be written: {error!r}."
        yield Error(message, hint=hint, obj=field, id="user_profile.E002")


def _check_leaderboards(profile: Model, per_game: Model) -> Iterator[CheckMessage]:
    fields = {field.name: field for field in list_numbers(profile)}
    twins = list_twins(per_game)

    for name, board in list_leaderboards(profile).items():
        label, sample = f"{profile._meta.label}.{name}", board.sample and board.sample.stat

        if sample and sample not in fields:
            hint = "Name a number of the profile."
            message = f"The leaderboard by {label} asks for a sample of {sample!r}, which is no number."
            yield Error(message, hint=hint, obj=fields[name], id="user_profile.E003")
            continue

        if sample and name in twins and sample not in twins:
            hint = f"Declare {sample} per game too."
            message = f"The leaderboard by {label} of each game needs {sample}, which is not kept per game."
            yield Error(message, hint=hint, obj=fields[name], id="user_profile.E003")
