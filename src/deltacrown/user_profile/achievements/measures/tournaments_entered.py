"""Tournaments entered."""

from __future__ import annotations

from deltacrown.user_profile.achievements.measure import TournamentMeasure
from deltacrown.user_profile.achievements.tournament_facts import TournamentSource, list_registrations
from deltacrown.user_profile.privacy import History


class TournamentsEntered(TournamentMeasure):
    """Tournaments entered and not withdrawn from."""

    reveals = frozenset({History.TOURNAMENTS})

    @classmethod
    def get_source(cls) -> TournamentSource:
        return list_registrations
