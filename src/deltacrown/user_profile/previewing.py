"""A rule of privacy: what others would see of a player under settings, also such as are not saved.

``privacy`` asks the database for the settings of each owner; here they are given, and are of one owner. Both
must come to the same: a test compares them for every audience and every combination of settings.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from deltacrown.games.models import MatchRow
from deltacrown.user_profile.models import PrivacySettings, UserActivity
from deltacrown.user_profile.models.activity_types import list_activity_types
from deltacrown.user_profile.privacy import Audience, has_happened


def filter_activity_as_shown(
    activities: QuerySet[Any], audience: Audience, flags: PrivacySettings
) -> QuerySet[Any]:
    """Return the entries of one player that strangers or followers see.

    :param audience: ``ANONYMOUS`` or ``FOLLOWER``; the others see the same as one of these, or everything.
    """
    shown = [UserActivity.Visibility.PUBLIC]
    if audience is Audience.FOLLOWER:
        shown.append(UserActivity.Visibility.FOLLOWERS)
    hidden = [
        each.value
        for each in list_activity_types()
        if each.is_private or (each.shown_by and not getattr(flags, each.shown_by))
    ]
    return activities.filter(has_happened(), visibility__in=shown).exclude(activity_type__in=hidden)


def find_told_exactly(flags: PrivacySettings) -> Q:
    """Return the condition on entries of one player that others are told their times, not the days alone."""
    types = list_activity_types()
    told = [each.value for each in types if all(getattr(flags, flag) for flag in each.time_shown_by)]
    return Q(activity_type__in=told)


def shows_line(kind: MatchRow.Kind, flags: PrivacySettings) -> bool:
    """Return whether the others of a match see the player's line in it."""
    return kind == MatchRow.Kind.TOURNAMENT or flags.show_match_history
