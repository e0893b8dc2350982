"""The moderators' bench."""
