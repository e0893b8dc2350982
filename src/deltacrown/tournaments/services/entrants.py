"""Who entered a tournament: a player, or a team with the roster it registered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput, NotFound
from deltacrown.core.sentences import end_sentence
from deltacrown.teams.models import Team
from deltacrown.tournaments.models import Tournament, TournamentParticipation

Participation = TournamentParticipation.Status


class InvalidEntrant(InvalidInput):
    """Who is said to enter cannot: a team in an event for players, an empty roster, one player twice."""


class NotRegistered(NotFound):
    """The player or team is not registered for the tournament."""


def get_entrant(tournament: Tournament, user: User | None, team: Team | None) -> User | Team:
    """Return whichever of the two enters a tournament of its kind.

    :raises InvalidEntrant: it is missing, not saved, or the other one is given (too).
    """
    solo = tournament.entrant_kind == Tournament.EntrantKind.SOLO
    entrant, other, field = (user, team, "user") if solo else (team, user, "team")
    if entrant is None or other is not None:
        message = (
            _("The entrants of %(tournament)s are players; give a player and no team.")
            if solo
            else _("The entrants of %(tournament)s are teams; give a team and no player.")
        )
        raise InvalidEntrant(message % {"tournament": tournament.name}, field=field)
    if entrant.pk is None:
        message = _("%(name)s is not saved; create it first.") % {"name": name_of(entrant)}
        raise InvalidEntrant(message, field=field)
    return entrant


@dataclass(frozen=True)
class EntrantName:
    """What a message calls an entrant: what pages call it, as any member may run a tournament.

    The name is read when the message is written, for few entrants are in one.
    """

    entrant: User | Team

    def __str__(self) -> str:
        return self.entrant.shown_name if isinstance(self.entrant, User) else self.entrant.name


def name_of(entrant: User | Team) -> EntrantName:
    """Return what to call an entrant in a message."""
    return EntrantName(entrant)


def list_entrant_roster(tournament: Tournament, entrant: User | Team) -> list[TournamentParticipation]:
    """Return the registrations of an entrant that stand, or else those withdrawn; ``user``, ``team`` loaded.

    :raises NotRegistered: there are none.
    """
    rows = tournament.participations.select_related("user", "team")
    found = rows.filter(user=entrant) if isinstance(entrant, User) else rows.filter(team=entrant)
    rosters = group_rosters(tournament, found.order_by("pk"))
    if entrant.pk not in rosters:
        message = _("%(name)s is not registered for %(tournament)s")
        said = {"name": name_of(entrant), "tournament": tournament.name}
        raise NotRegistered(end_sentence(message % said), field="entrant")
    return rosters[entrant.pk]


def group_rosters(
    tournament: Tournament, rows: Iterable[TournamentParticipation]
) -> dict[int, list[TournamentParticipation]]:
    """Group registrations by the entrant's id, the player's or the team's.

    Members a team dropped when it registered again are left out; a team that withdrew keeps its last roster.
    """
    solo = tournament.entrant_kind == Tournament.EntrantKind.SOLO
    rosters: dict[int, list[TournamentParticipation]] = defaultdict(list)
    for row in rows:
        entrant = row.user_id if solo else row.team_id
        if entrant is not None:
            rosters[entrant].append(row)
    return {
        entrant: [row for row in roster if row.status != Participation.WITHDRAWN]
        or [row for row in roster if row.withdrawn_from]
        or roster
        for entrant, roster in rosters.items()
    }


def find_way_in(tournament: Tournament) -> str:
    """Return the service with which an organiser can let a disqualified entrant in again, for a message.

    A completed tournament may have published it without a placement, and then nothing but one lets it in.
    """
    is_over = tournament.status == Tournament.Status.COMPLETED
    return "correct_result" if is_over else "lift_disqualification"


def describe_out(tournament: Tournament, name: object) -> str:
    """Return that an entrant was disqualified, and how an organiser can let it in again."""
    sentence = _("%(name)s was disqualified from %(tournament)s; an organiser can use %(service)s.")
    return sentence % {"name": name, "tournament": tournament.name, "service": find_way_in(tournament)}


def bar_roster(roster: Iterable[TournamentParticipation]) -> None:
    """Record registrations as disqualified, with the status they had."""
    TournamentParticipation.objects.bulk_update(mark_barred(roster), ["status", "disqualified_from"])


def mark_barred(roster: Iterable[TournamentParticipation]) -> list[TournamentParticipation]:
    """Mark registrations as disqualified, remember the status they had, and return those that changed."""
    fresh = [row for row in roster if row.status != Participation.DISQUALIFIED]
    for row in fresh:
        row.disqualified_from, row.status = row.status, Participation.DISQUALIFIED
    return fresh


def bring_back_roster(roster: Iterable[TournamentParticipation]) -> None:
    """Give withdrawn registrations the status back that they had."""
    withdrawn = [row for row in roster if row.status == Participation.WITHDRAWN]
    for row in withdrawn:
        row.status, row.withdrawn_from = row.withdrawn_from or Participation.REGISTERED, ""
    TournamentParticipation.objects.bulk_update(withdrawn, ["status", "withdrawn_from"])


def let_in_roster(roster: Iterable[TournamentParticipation]) -> None:
    """Give disqualified registrations the status back that they had."""
    barred = [row for row in roster if row.status == Participation.DISQUALIFIED]
    for row in barred:
        row.status, row.disqualified_from = row.disqualified_from or Participation.REGISTERED, ""
    TournamentParticipation.objects.bulk_update(barred, ["status", "disqualified_from"])


def has_status(roster: Iterable[TournamentParticipation], status: str) -> bool:
    """Return whether every registration of an entrant has ``status``."""
    return all(row.status == status for row in roster)
