"""Read the registrations and results that earn achievements."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet

from deltacrown.core.natural_order import get_sort_key
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
    rows = TournamentParticipation.objects.standing().filter(user__in=users)

    return _list_facts(rows, "registered_at")


def list_podiums(users: Collection[int]) -> list[TournamentFact]:
    """Return the results of placement 3 or better, oldest first."""
    rows = TournamentResult.objects.on_podium().filter(user__in=users)

    return _list_facts(rows, "decided_at", "placement")


def _list_facts(rows: QuerySet[Any], *columns: str) -> list[TournamentFact]:
    """Return the facts of ``rows``, oldest first; of those of one time, the slugs decide, in natural order.

    :param columns: the column of their time, and others that a fact has.
    """
    found = list(rows.values_list("tournament__slug", "user_id", "tournament__name", *columns))
    found.sort(key=lambda row: (row[3], get_sort_key(row[0])))

    return [TournamentFact(*fact) for _, *fact in found]
