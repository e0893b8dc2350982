"""Who may do what with a tournament: for API and pages; commands and imports act for the site itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.core.dates import write_iso_minute
from deltacrown.core.errors import Conflict
from deltacrown.games.models import list_match_sources
from deltacrown.teams.models import Team
from deltacrown.teams.services import list_captains, list_roster, list_teams_led, name_captains
from deltacrown.tournaments.models import (
    EntryChange,
    InvitationQuerySet,
    Tournament,
    TournamentInvitation,
    TournamentMatchResult,
    TournamentParticipation,
)
from deltacrown.tournaments.services.entrants import get_entrant, list_entrant_roster
from deltacrown.tournaments.services.organisers import MayNotOrganise, is_co_organiser

#: How long after its results became official who runs a tournament still changes its matches.
RULED_FOR = timedelta(days=7)


class RegistrationClosed(Conflict):
    """The time until which players and captains register has passed."""


def can_organise(tournament: Tournament, user: User) -> bool:
    """Return whether ``user`` runs the tournament: as organiser or beside them, or as staff who run all."""
    if tournament.organiser_id == user.pk or has_right(user, Right.MANAGE_TOURNAMENTS):
        return True
    return is_co_organiser(tournament, user)


def require_organiser(tournament: Tournament, user: User) -> None:
    """Refuse unless ``user`` runs the tournament.

    :raises MayNotOrganise: they do not.
    """
    if not can_organise(tournament, user):
        message = _(
            "Only the organiser of %(tournament)s, and staff with the permission %(right)s, may do this."
        )
        raise MayNotOrganise(message % {"tournament": tournament.name, "right": Right.MANAGE_TOURNAMENTS})


def require_currency_say(tournament: Tournament, user: User) -> None:
    """Refuse unless ``user`` may set the currency of the prizes: the organiser until the end, then staff.

    :raises MayNotOrganise: they may not.
    """
    require_organiser(tournament, user)
    is_over = tournament.status in {Tournament.Status.COMPLETED, Tournament.Status.ANNULLED}
    if is_over and not has_right(user, Right.MANAGE_TOURNAMENTS):
        message = _(
            "%(tournament)s is completed; staff with the permission %(right)s can change the currency of "
            "its prizes."
        )
        if tournament.status == Tournament.Status.ANNULLED:
            message = _(
                "%(tournament)s is annulled; staff with the permission %(right)s can change the currency of "
                "its prizes."
            )
        raise MayNotOrganise(message % {"tournament": tournament.name, "right": Right.MANAGE_TOURNAMENTS})


def require_entry(
    tournament: Tournament,
    by: User,
    *,
    user: User | None,
    team: Team | None,
    now: datetime,
    roster: Iterable[User] | None = None,
) -> None:
    """Refuse unless ``by`` may register an entrant: themselves, or their team; the organiser anybody.

    A team that has captains is entered by one of them, another by any member.

    :param roster: who is to play for the team; a member may name present members only.
    :raises MayNotOrganise: they may not.
    :raises RegistrationClosed: it is too late for all but the organiser.
    """
    if can_organise(tournament, by):
        return
    closes_at = tournament.registration_closes_at
    if closes_at is not None and now >= closes_at and tournament.status == Tournament.Status.OPEN:
        raise RegistrationClosed(
            _("Registration for %(tournament)s closed at %(time)s; ask the organiser.")
            % {"tournament": tournament.name, "time": write_iso_minute(closes_at)},
            field="tournament",
        )
    if team is None and user is not None and user.pk == by.pk:
        return

    is_open = tournament.status == Tournament.Status.OPEN
    members = {member.pk for member in list_roster(team, now)} if team is not None else set()
    if team is not None and by.pk in members and is_open:
        _check_captain(team, by, now)
    if by.pk not in members:
        raise MayNotOrganise(
            _("You can enter yourself and the teams you are in; the organiser enters others.")
            if is_open
            else _("You can enter yourself and the teams you are in.")
        )
    if not {player.pk for player in roster or ()} <= members:
        raise MayNotOrganise(
            _("The roster names players who are not in the team; the organiser can enter it so.")
            if is_open
            else _("The roster names players who are not in the team."),
            field="roster",
        )


def require_say(
    tournament: Tournament, by: User, *, user: User | None, team: Team | None, now: datetime
) -> None:
    """Refuse unless ``by`` may act for a registered entrant: check it in, or withdraw it.

    That are the player, the captains that the team has now, whether they play or not, and the organiser. For
    a team without a captain those on its roster as it was registered, whoever is in the team now.

    :raises MayNotOrganise: they may not.
    :raises NotRegistered: the entrant is not registered.
    """
    if can_organise(tournament, by):
        return
    roster = list_entrant_roster(tournament, get_entrant(tournament, user, team))
    if team is not None and _check_captain(team, by, now):
        return
    if by.pk not in {row.user_id for row in roster}:
        if team is None:
            raise MayNotOrganise(_("Only the player, the organiser and staff may do this."))
        message = _("Only the players %(team)s registered, the organiser and staff may do this.")
        raise MayNotOrganise(message % {"team": team.name})


def require_roster_change(
    tournament: Tournament, by: User, *, team: Team, joining: Iterable[User], now: datetime
) -> None:
    """Refuse unless ``by`` may change a roster: who may withdraw it, before the start; the organiser always.

    :param joining: who is to join; a player may name present members of the team only.
    :raises MayNotOrganise: they may not.
    :raises NotRegistered: the team is not registered.
    """
    if can_organise(tournament, by):
        return
    require_say(tournament, by, user=None, team=team, now=now)
    if tournament.status not in {Tournament.Status.DRAFT, Tournament.Status.OPEN}:
        message = _("%(tournament)s has started; its organiser and staff change rosters.")
        raise MayNotOrganise(message % {"tournament": tournament.name})
    members = {member.pk for member in list_roster(team, now)}
    if not {player.pk for player in joining} <= members:
        raise MayNotOrganise(
            _("Somebody who is to join is not in the team; the organiser can add them."), field="add"
        )


def require_dating(tournament: Tournament, by: User, at: datetime | None) -> None:
    """Refuse a time other than now unless ``by`` runs the tournament: others only do their own.

    :raises MayNotOrganise: they may not.
    """
    if at is not None and not can_organise(tournament, by):
        message = _("Only the organiser of %(tournament)s and staff date a step; leave at out.")
        raise MayNotOrganise(message % {"tournament": tournament.name}, field="at")


def filter_entry_changes(tournament: Tournament, viewer: User) -> QuerySet[EntryChange]:
    """Return the log of a tournament as far as ``viewer`` may see it.

    Who runs the tournament sees all of it. A player sees what happened to them, and to the team they are
    registered with as a whole; everybody else nothing.
    """
    rows = EntryChange.objects.filter(tournament=tournament)
    if can_organise(tournament, viewer):
        return rows
    entries = TournamentParticipation.objects.filter(tournament=tournament, user=viewer)
    of_team = Q(user=None, team__in=entries.filter(team__isnull=False).values("team"))
    return rows.filter(Q(user=viewer) | of_team)


def filter_own_invitations(viewer: User, now: datetime) -> list[InvitationQuerySet]:
    """Return the invitations that ``viewer`` answers: their own, and those of the teams they act for.

    Besides them, who runs the tournament sees an invitation, and nobody else.
    """
    rows = TournamentInvitation.objects.all()
    return [rows.filter(user=viewer), rows.filter(team__in=list_teams_led(viewer, now).order_by())]


def require_return(
    tournament: Tournament, by: User, *, user: User | None, team: Team | None, now: datetime
) -> None:
    """Refuse unless ``by`` may take a withdrawal back: who may withdraw; after the start the organiser only.

    :raises MayNotOrganise: they may not.
    :raises NotRegistered: the entrant is not registered.
    """
    require_say(tournament, by, user=user, team=team, now=now)
    has_started = tournament.status not in {Tournament.Status.DRAFT, Tournament.Status.OPEN}
    if has_started and not can_organise(tournament, by):
        message = _("%(tournament)s has started; its organiser and staff can take a withdrawal back.")
        raise MayNotOrganise(message % {"tournament": tournament.name})


def _check_captain(team: Team, by: User, now: datetime) -> bool:
    """Return whether ``by`` is a captain of the team; False where the team has none.

    :raises MayNotOrganise: the team has captains, and they are none of them.
    """
    captains = list_captains(team, now)
    if by.pk in {captain.pk for captain in captains}:
        return True
    if captains:
        message = _("Only %(captains)s, the organiser and staff may do this.")
        raise MayNotOrganise(message % {"captains": name_captains(captains)})
    return False


def can_rule_match(tournament: Tournament, match_key: str, user: User, *, now: datetime) -> bool:
    """Return whether ``user`` may void, restore and correct a match of the tournament.

    That are staff who may change every match; and who runs the tournament, while it runs and until seven days
    after its results became official, but in no match they played in. Three queries at most.
    """
    if has_right(user, Right.CHANGE_MATCHES):
        return True
    if not can_organise(tournament, user) or not _is_fresh(tournament, now):
        return False
    described = TournamentMatchResult.objects.filter(tournament=tournament)
    own = list_match_sources(game=tournament.game_id, match_key=match_key)
    lines = [line for source in own for line in source.values_list("pk", "user_id")]
    is_here = described.filter(match__in=[pk for pk, _user in lines]).exists() if lines else False
    return is_here and user.pk not in {player for _pk, player in lines}


def require_match_ruling(tournament: Tournament, match_key: str, user: User, *, now: datetime) -> None:
    """Refuse unless ``user`` may void, restore and correct a match of the tournament.

    :raises MayNotOrganise: they may not.
    """
    if not can_rule_match(tournament, match_key, user, now=now):
        message = _(
            "Who runs %(tournament)s changes its matches while it runs and until %(days)s days after its "
            "results became official, but none they played in; later, staff with the permission %(right)s do."
        )
        said = {"tournament": tournament.name, "days": RULED_FOR.days, "right": Right.CHANGE_MATCHES}
        raise MayNotOrganise(message % said)


def _is_fresh(tournament: Tournament, now: datetime) -> bool:
    """Return whether the tournament runs, or its results became official a few days ago."""
    if tournament.status == Tournament.Status.RUNNING:
        return True
    if tournament.status != Tournament.Status.COMPLETED:
        return False
    ended_at = tournament.results.aggregate(at=Max("decided_at"))["at"] or tournament.ends_at
    return ended_at is not None and now < ended_at + RULED_FOR
