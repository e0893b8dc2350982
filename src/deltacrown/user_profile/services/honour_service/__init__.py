"""Awarding the declared achievements by the facts, and taking them back with the facts."""

from deltacrown.user_profile.services.honour_service.settling import (
    HonourChanges,
    define_catalogue,
    note_matches,
    review_play,
    review_tournaments,
)

__all__ = ["HonourChanges", "define_catalogue", "note_matches", "review_play", "review_tournaments"]
