"""How many entered a tournament, who they are by team, and what the viewer's own registration is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet

from deltacrown.accounts.models import User
from deltacrown.core.names import make_name_key
from deltacrown.core.prepared import Parameter, PreparedRows
from deltacrown.pages.tournament_entrants import EntrantLink, link_player
from deltacrown.tournaments.models import Tournament, TournamentParticipation
from deltacrown.user_profile.privacy import Viewer

Status = TournamentParticipation.Status
#: The most players that are listed of one team on the front page.
ROSTER_SHOWN = 30


@dataclass(frozen=True)
class OwnEntry:
    """The viewer's own registration.

    :param team: the name of the team they were registered with; empty in a solo event.
    """

    status: Status
    registered_at: datetime
    team: str

    @property
    def stands(self) -> bool:
        """Return whether it was neither withdrawn nor disqualified."""
        return self.status in TournamentParticipation.STANDING


@dataclass(frozen=True)
class Entries:
    """The registrations of a tournament, without those that were withdrawn.

    :param entrants: players in a solo event, else teams: they take the places.
    """

    players: int
    entrants: int
    checked_in: int
    own: OwnEntry | None


@dataclass(frozen=True)
class EnteredItem:
    """An entrant on the front page: a team with its roster, or a player."""

    entrant: EntrantLink
    roster: list[EntrantLink]
    status: Status
    registered_at: datetime


def count_entries(event: Tournament, viewer: Viewer) -> Entries:
    """Return how many entered, and the viewer's own registration, in one query."""
    is_team = event.entrant_kind == Tournament.EntrantKind.TEAM
    if isinstance(viewer, User):
        rows = _count(is_team, True).read(event.pk, viewer.pk)
    else:
        rows = _count(is_team, False).read(event.pk)
    players, entrants, checked_in, *own = rows[0] if rows else (0, 0, 0)
    own_entry = None
    if own and own[0]:
        status, registered_at, team = own
        own_entry = OwnEntry(Status(status), registered_at, team or "")
    return Entries(players, entrants, checked_in, own_entry)


@cache
def _count(is_team: bool, with_own: bool) -> PreparedRows:
    """Return the query that counts the entries of the tournament 0, with the own one of the user 1."""
    return PreparedRows(lambda: _list_counts(is_team, with_own))


def _list_counts(is_team: bool, with_own: bool) -> QuerySet[Any]:
    stays = ~Q(status=Status.WITHDRAWN)
    # A player is registered once, so nothing has to be sorted to count players.
    entrant = "team" if is_team else "user"
    counts: dict[str, Any] = {
        "players": Count("pk", filter=stays),
        "entrants": Count(entrant, filter=stays, distinct=is_team),
        "checked_in": Count(entrant, filter=Q(status=Status.CHECKED_IN), distinct=is_team),
    }
    if with_own:
        # There is one at most: the most of it is it.
        own = Q(user=Parameter(1))
        counts["own_status"] = Max("status", filter=own)
        counts["own_time"] = Max("registered_at", filter=own)
        counts["own_team"] = Max("team__name", filter=own)
    # A group is of one tournament, so there is one, or none where nobody entered.
    entered = TournamentParticipation.objects.filter(tournament=Parameter(0)).order_by()
    counted: QuerySet[Any] = entered.values("tournament").annotate(**counts).values_list(*counts)
    return counted


def list_entered(event: Tournament, *, limit: int) -> list[EnteredItem]:
    """Return the entrants that registered first and did not withdraw, teams with their rosters; one query."""
    rows = TournamentParticipation.objects.filter(tournament=event).exclude(status=Status.WITHDRAWN)
    rows = rows.select_related("user__profile", "team")
    if event.entrant_kind != Tournament.EntrantKind.TEAM:
        found = rows.order_by("registered_at", "id")[:limit]
        return [
            EnteredItem(link_player(row.user.profile), [], Status(row.status), row.registered_at)
            for row in found
        ]

    of_teams = rows.filter(team__isnull=False)
    first = of_teams.order_by().values("team").annotate(first=Min("registered_at")).order_by("first", "team")
    teams: dict[int, EnteredItem] = {}
    for row in of_teams.filter(team__in=first.values("team")[:limit]).order_by("registered_at", "id"):
        item = EnteredItem(
            EntrantLink(row.team.name, team_slug=row.team.slug), [], Status(row.status), row.registered_at
        )
        roster = teams.setdefault(row.team_id, item).roster
        if len(roster) < ROSTER_SHOWN:
            roster.append(link_player(row.user.profile))
    for item in teams.values():
        # By the names that are shown: an order by username would tell login names.
        item.roster.sort(key=lambda player: (make_name_key(player.name), player.public_id))
    return [*teams.values()]
