"""Read the registrations and results that earn achievements."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import NamedTuple

from deltacrown.tournaments.models import TournamentParticipation, TournamentResult


class TournamentFact(NamedTuple):
    """A player's registration for a tournament, or result in it.

    :param tournament: the name people read.
    :param placement: None for a registration.
    """

    user_id: int
    tournament: str
    happened_at: datetime
    placement: int | None = None


#: Returns the facts of some players, oldest first, in one query.
TournamentSource = Callable[[Collection[int]], list[TournamentFact]]


def list_registrations(users: Collection[int]) -> list[TournamentFact]:
    """Return the registrations not withdrawn from, oldest first."""
    rows = TournamentParticipation.objects.standing().filter(user__in=users).order_by("registered_at", "id")
    columns = rows.values_list("user_id", "tournament__name", "registered_at")

    return [TournamentFact(*row) for row in columns]


def list_podiums(users: Collection[int]) -> list[TournamentFact]:
    """Return the results of placement 3 or better, oldest first."""
    rows = TournamentResult.objects.on_podium().filter(user__in=users).order_by("decided_at", "id")
    columns = rows.values_list("user_id", "tournament__name", "decided_at", "placement")

    return [TournamentFact(user or 0, *others) for user, *others in columns]
