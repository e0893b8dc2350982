"""Pairings as they are read: by handle, by side, and with what was said of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import NotFound
from deltacrown.core.pagination import InvalidCursor, read_position, write_position
from deltacrown.teams.models import Team
from deltacrown.teams.services import find_captains, list_captains
from deltacrown.tournaments.models import Pairing, PairingReport, Seed, Tournament, TournamentParticipation
from deltacrown.tournaments.models.pairing import FIRST, SECOND, Side
from deltacrown.tournaments.services.entrants import group_rosters
from deltacrown.tournaments.services.pairings.outcomes import Outcome
from deltacrown.tournaments.services.permissions import can_organise

_HANDLES = "pairing"
ENTRANTS = ("first_user__profile", "first_team", "second_user__profile", "second_team")


class PairingNotFound(NotFound):
    """There is no such pairing, or the viewer is not one of its sides."""


def write_handle(pairing: Pairing) -> str:
    """Return an opaque handle for the pairing, which does not reveal its primary key."""
    return write_position(_HANDLES, [pairing.pk])


def get_pairing(tournament: Tournament, handle: str) -> Pairing:
    """Return the pairing of a tournament with this handle, its entrants loaded; whoever asks.

    :raises PairingNotFound: there is none.
    """
    try:
        (pk,) = read_position(_HANDLES, handle)
    except InvalidCursor:
        pk = None
    found = list_pairings(tournament).filter(pk=pk).first()
    if found is None:
        raise PairingNotFound(_("There is no such pairing."), field="handle")
    return found


def get_own_pairing(tournament: Tournament, handle: str, *, viewer: User, now: datetime) -> Pairing:
    """Return a pairing to somebody of one of its sides, or to who runs the tournament.

    :raises PairingNotFound: there is none, or the viewer has no part in it.
    """
    pairing = get_pairing(tournament, handle)
    if not (can_organise(tournament, viewer) or find_own_side(pairing, viewer, now)):
        raise PairingNotFound(_("There is no such pairing."), field="handle")
    return pairing


def list_pairings(tournament: Tournament) -> QuerySet[Pairing]:
    """Return all pairings of a tournament in order of play, their entrants loaded."""
    rows = Pairing.objects.filter(tournament=tournament).select_related(*ENTRANTS)
    return rows.order_by("number")


def filter_open(tournament: Tournament, viewer: User) -> QuerySet[Pairing]:
    """Return the pairings in which a player is to play next: their own, or of the team they entered with."""
    entered = TournamentParticipation.objects.filter(tournament=tournament, user=viewer).standing()
    teams = entered.filter(team__isnull=False).values("team")
    sides = Q(first_user=viewer) | Q(second_user=viewer) | Q(first_team__in=teams) | Q(second_team__in=teams)
    return list_pairings(tournament).filter(sides, state__in=Pairing.OPEN)


@dataclass(frozen=True)
class Part:
    """The part that a player has in the pairings of a tournament.

    :param teams: the ids of the teams whose pairings are theirs: they are on the roster, or lead the team.
    :param led: those of ``teams`` for which they report.
    """

    user_id: int
    teams: frozenset[int] = frozenset()
    led: frozenset[int] = frozenset()

    def find_reported_side(self, pairing: Pairing) -> Side | None:
        """Return the side for which they report; as ``find_reporting_side``, without a query."""
        users = (pairing.first_user_id, pairing.second_user_id)
        teams = (pairing.first_team_id, pairing.second_team_id)
        for side in (FIRST, SECOND):
            if users[side - 1] == self.user_id or teams[side - 1] in self.led:
                return side
        return None


def find_part(tournament: Tournament, viewer: User, now: datetime) -> Part:
    """Return the part of a player in all pairings of a tournament; two queries where teams enter it."""
    if tournament.entrant_kind == Tournament.EntrantKind.SOLO:
        return Part(viewer.pk)
    entered = tournament.participations.filter(user=viewer, team__isnull=False).values("team")
    rows = tournament.participations.filter(team__in=entered).order_by("pk")
    rosters = group_rosters(tournament, rows)
    on_roster = {team for team, roster in rosters.items() if viewer.pk in {row.user_id for row in roster}}
    captains = find_captains(now, user=viewer, teams=on_roster)
    leads = {team for team, leaders in captains.items() if viewer.pk in leaders}
    return Part(viewer.pk, frozenset(on_roster | leads), frozenset(leads | (on_roster - captains.keys())))


def filter_own(tournament: Tournament, part: Part) -> QuerySet[Pairing]:
    """Return the pairings of a tournament of which a player is on a side, as ``find_own_side`` tells it."""
    users = Q(first_user=part.user_id) | Q(second_user=part.user_id)
    teams = Q(first_team__in=part.teams) | Q(second_team__in=part.teams)
    return list_pairings(tournament).filter(users | teams)


def list_seeds(tournament: Tournament) -> QuerySet[Seed]:
    """Return the seeds of a tournament, the best first, their entrants loaded."""
    rows = Seed.objects.filter(tournament=tournament).select_related("user__profile", "team")
    return rows.order_by("position")


def list_standing_entrants(tournament: Tournament) -> list[User | Team]:
    """Return the entrants that neither withdrew nor were disqualified, as they registered. One query."""
    rows = TournamentParticipation.objects.filter(tournament=tournament).standing()
    is_team = tournament.entrant_kind == Tournament.EntrantKind.TEAM
    found: dict[int, User | Team] = {}
    for row in rows.select_related("user__profile", "team").order_by("registered_at", "pk"):
        entrant = row.team if is_team else row.user
        if entrant is not None:
            found.setdefault(entrant.pk, entrant)
    return [*found.values()]


def list_players(tournament: Tournament, entrant: User | Team) -> list[User]:
    """Return who plays for an entrant: the player, or the roster of the team."""
    if isinstance(entrant, User):
        return [entrant]
    rows = tournament.participations.filter(team=entrant).select_related("user").order_by("pk")
    return [row.user for row in group_rosters(tournament, rows).get(entrant.pk, [])]


def find_own_side(pairing: Pairing, viewer: User, now: datetime) -> Side | None:
    """Return the side that a player is on, as a player or as a captain of its team; None for others."""
    return _find_side(pairing, viewer, lambda team: _list_people(pairing.tournament, team, now))


def find_reporting_side(pairing: Pairing, by: User, now: datetime) -> Side | None:
    """Return the side for which somebody reports: the player; a captain, or without one all of the roster."""
    return _find_side(pairing, by, lambda team: _list_speakers(pairing.tournament, team, now))


def _find_side(pairing: Pairing, who: User, list_of: object) -> Side | None:
    sides: tuple[Side, Side] = (FIRST, SECOND)
    for side in sides:
        entrant = pairing.sides[side - 1]
        if isinstance(entrant, User) and entrant.pk == who.pk:
            return side
        if isinstance(entrant, Team) and callable(list_of) and who.pk in list_of(entrant):
            return side
    return None


def _list_people(tournament: Tournament, team: Team, now: datetime) -> set[int]:
    return _ids(list_players(tournament, team)) | _ids(list_captains(team, now))


def _list_speakers(tournament: Tournament, team: Team, now: datetime) -> set[int]:
    return _ids(list_captains(team, now)) or _ids(list_players(tournament, team))


def _ids(users: Iterable[User]) -> set[int]:
    return {user.pk for user in users}


def find_current_reports(pairing: Pairing, reports: Iterable[PairingReport]) -> dict[int, Outcome]:
    """Return side → what it reports now.

    :param reports: of the pairing, in the order in which they were made.
    """
    return {
        report.side: Outcome.read(report.outcome)
        for report in reports
        if report.kind == PairingReport.Kind.REPORT and report.revision == pairing.revision
    }
