"""Tournaments won."""

from __future__ import annotations

from deltacrown.user_profile.achievements.measures.podiums import Podiums
from deltacrown.user_profile.achievements.tournament_facts import TournamentFact


class Titles(Podiums):
    """Tournament results of placement 1."""

    def counts(self, fact: TournamentFact) -> bool:
        return fact.placement == 1
