"""Results that are away for a time, as those of an account that is merged into another entrant's.

While they are away the others stay where they are, and are ruled on. When they come back they are where they
would be had they been there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from deltacrown.tournaments.models import Disqualification, Tournament
from deltacrown.tournaments.services.result_table import ResultTable
from deltacrown.tournaments.services.states import lock_tournament
from django_tally.transactions import atomic_service

#: What is kept of the standings of one tournament while results are away, as JSON.
KeptStandings = dict[str, Any]


def keep_standings(*, tournament: Tournament, returning: Collection[int]) -> KeptStandings:
    """Return what :func:`take_back_results` needs later.

    :param returning: the keys of the results that will be away.
    """
    rulings = Disqualification.objects.filter(tournament=tournament).order_by("pk")
    return {
        "tournament": tournament.pk,
        "returning": sorted(returning),
        "standings": ResultTable(tournament).keep(),
        "rulings": list(rulings.values_list("pk", flat=True)),
    }


def lock_standings(kept: Collection[Mapping[str, Any]]) -> None:
    """Lock the tournaments until the transaction ends, before any of their entrants is locked."""
    for tournament in Tournament.objects.filter(pk__in=[each["tournament"] for each in kept]).order_by("pk"):
        lock_tournament(tournament)


@atomic_service
def hand_over_rulings(*, kept: Mapping[str, Any], old: int, new: int) -> None:
    """Have the disqualifications of a player since then be of the other, whose entry it was."""
    rulings = Disqualification.objects.filter(tournament=kept["tournament"], user=old)
    rulings.exclude(pk__in=kept["rulings"]).update(user=new)


@atomic_service
def take_back_results(*, kept: Mapping[str, Any]) -> None:
    """Settle the results that are back. Nobody else's placement changes."""
    tournament = Tournament.objects.get(pk=kept["tournament"])
    lock_tournament(tournament)
    ResultTable(tournament).take_back(kept["returning"], kept["standings"])
