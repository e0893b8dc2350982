"""Tournaments and their results, found by what programs call them."""

from __future__ import annotations

from collections.abc import Iterable

from deltacrown.accounts.models import User
from deltacrown.core.errors import NotFound
from deltacrown.core.inputs import is_storable
from deltacrown.teams.models import Team
from deltacrown.tournaments.models import Tournament, TournamentResult
from deltacrown.tournaments.services.entrants import get_entrant, name_of
from django_tally.batches import in_batches


class ResultNotFound(NotFound):
    """The entrant has no result in the tournament."""


def find_tournaments(slugs: Iterable[str]) -> dict[str, Tournament]:
    """Return slug → tournament, in any state, for those there are."""
    asked = sorted({slug for slug in slugs if len(slug) <= 100 and is_storable(slug)})
    return {
        event.slug: event
        for batch in in_batches(asked)
        for event in Tournament.objects.filter(slug__in=batch)
    }


def get_result(
    tournament: Tournament, *, user: User | None = None, team: Team | None = None
) -> TournamentResult:
    """Return an entrant's official result: the player's in a solo event, the team's own row in a team event.

    :raises InvalidEntrant: a team is named in an event for players, or the other way round.
    :raises ResultNotFound: there is none.
    """
    entrant = get_entrant(tournament, user, team)
    rows = TournamentResult.objects.filter(tournament=tournament)
    found = rows.filter(user=user) if user is not None else rows.filter(team=team, user__isnull=True)
    result: TournamentResult | None = found.select_related("tournament").first()
    if result is None:
        raise ResultNotFound(f"{name_of(entrant)} has no result in {tournament.name}.", field="result")
    return result
