"""Enter facts in players' timelines."""

from deltacrown.user_profile.timeline.entering import create_activity

__all__ = ["create_activity"]
