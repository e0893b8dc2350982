"""Players as people: profiles, public ids, display names, follows, verification."""
