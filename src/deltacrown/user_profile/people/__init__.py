"""Players as people: their profiles and public ids, what they say of themselves, whom they follow, whether they are verified."""
