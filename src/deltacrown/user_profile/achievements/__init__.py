"""Achievements and experience: what can be earned, who earned it by which fact, and keeping both as the facts are."""
