"""What players set of their privacy; ``user_profile.privacy`` decides by it who sees what."""

from __future__ import annotations

from deltacrown.accounts.models import User
from deltacrown.user_profile.models import PrivacySettings
from django_tally.transactions import atomic_service


def get_privacy(user: User) -> PrivacySettings:
    """Return the privacy settings of ``user``; with everything hidden when the row is missing."""
    return PrivacySettings.objects.filter(user=user).first() or PrivacySettings(
        user=user, show_match_history=False, show_tournament_stats=False
    )


@atomic_service
def set_privacy(*, user: User, show_match_history: bool, show_tournament_stats: bool) -> PrivacySettings:
    """Record the privacy settings of ``user``, which apply from the commit on.

    Create the row if it is missing.
    """
    settings, _ = PrivacySettings.objects.update_or_create(
        user=user,
        defaults={"show_match_history": show_match_history, "show_tournament_stats": show_tournament_stats},
    )
    return settings
