"""Tournaments and their results, found by what programs call them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import NotFound
from deltacrown.core.former_names import find_by_slug
from deltacrown.core.inputs import is_storable
from deltacrown.core.names import make_name_key
from deltacrown.core.sentences import end_sentence
from deltacrown.teams.models import Team
from deltacrown.tournaments.models import FormerTournamentName, Tournament, TournamentResult
from deltacrown.tournaments.services.entrants import get_entrant, name_of
from django_tally.batches import in_batches


class ResultNotFound(NotFound):
    """The entrant has no result in the tournament."""


def find_tournaments(
    slugs: Iterable[str],
    *,
    among: QuerySet[Tournament] | None = None,
) -> dict[str, Tournament]:
    """Return slug → tournament for those there are; a former slug finds its tournament too.

    :param among: only these; any, in any state, when it is left out.
    """
    asked = {slug for slug in slugs if len(slug) <= 100 and is_storable(slug)}
    rows = Tournament.objects.select_related("game") if among is None else among
    return find_by_slug(rows, FormerTournamentName, asked)


def list_former_names(tournaments: Collection[int]) -> dict[int, set[str]]:
    """Return tournament's id → the keys of its former names, of those that have any. One query for 500."""
    names: dict[int, set[str]] = {}
    for batch in in_batches(sorted(tournaments)):
        rows = FormerTournamentName.objects.filter(owner__in=batch)
        for owner, name in rows.values_list("owner_id", "name"):
            names.setdefault(owner, set()).add(make_name_key(name))
    return names


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
        message = _("%(name)s has no result in %(tournament)s")
        said = {"name": name_of(entrant), "tournament": tournament.name}
        raise ResultNotFound(end_sentence(message % said), field="result")
    return result
