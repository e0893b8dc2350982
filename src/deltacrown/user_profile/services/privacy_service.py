"""Decide who may see what."""

from deltacrown.user_profile.privacy import filter_activity_by_visibility

__all__ = ["filter_activity_by_visibility"]
