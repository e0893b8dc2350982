"""Achievements and experience: what can be earned, who earned it by which fact, synced with the facts."""
