"""Placements on the podium."""

from __future__ import annotations

from typing import ClassVar

from deltacrown.user_profile.achievements.measure import TournamentMeasure
from deltacrown.user_profile.achievements.tournament_facts import TournamentSource, list_podiums
from deltacrown.user_profile.privacy import History


class Podiums(TournamentMeasure):
    """Tournament results of placement 3 or better. Placements are public record."""

    reveals: ClassVar[frozenset[History]] = frozenset()

    @classmethod
    def get_source(cls) -> TournamentSource:
        return list_podiums
