"""The entrants of a tournament as who runs it has them: entering, checking in, withdrawing, rosters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.core.pagination import Page
from deltacrown.pages.desks import get_desk
from deltacrown.pages.naming import get_named_player, get_named_team
from deltacrown.pages.teams import get_team
from deltacrown.pages.tournament_entrants import (
    EntrantLink,
    RegistrationItem,
    describe_registrations,
    list_entered_whole,
    list_registrations,
)
from deltacrown.pages.tournament_entries import Entries, count_entries
from deltacrown.teams.models import Team
from deltacrown.tournaments import services
from deltacrown.tournaments.models import Tournament, TournamentParticipation
from deltacrown.user_profile.people.addresses import find_users
from deltacrown.user_profile.standing import require_good_standing
from django_tally.transactions import atomic_service

Status = TournamentParticipation.Status
EventStatus = Tournament.Status
PER_PAGE = 50
TEAMS_PER_PAGE = 20


class DeskDeed(StrEnum):
    """What who runs a tournament does about an entrant that is there."""

    CHECK_IN = "check-in"
    UNCHECK = "take-back-check-in"
    WITHDRAW = "withdraw"
    TAKE_BACK = "take-back"


@dataclass(frozen=True)
class DeskEntrant:
    """An entrant: a player, or a team with its players.

    :param key: the public id, or the slug of the team; empty of who is left without a team.
    """

    key: str
    entrant: EntrantLink
    status: Status
    registered_at: datetime
    roster: list[RegistrationItem]
    deeds: list[DeskDeed]


@dataclass(frozen=True)
class DeskEntrantsPage:
    """The entrants of a tournament by the page, and whether somebody can be entered now.

    :param is_late: whether it would be after the start.
    """

    tournament: Tournament
    entries: Entries
    lines: Page[DeskEntrant]
    can_enter: bool
    is_late: bool


@dataclass(frozen=True)
class RosterPage:
    """The roster of a team, and whether it can be changed now."""

    tournament: Tournament
    team: Team
    players: list[EntrantLink]
    can_change: bool


def get_entrants_desk(slug: str, page: str | None, *, viewer: User) -> DeskEntrantsPage:
    """Return the entrants in the order they registered, a team with all its players.

    :raises DomainError: as ``get_desk``.
    """
    event = get_desk(slug, viewer=viewer)
    is_team = event.entrant_kind == Tournament.EntrantKind.TEAM
    if is_team:
        whole: Page[list[RegistrationItem]] = list_entered_whole(event, page, limit=TEAMS_PER_PAGE)
    else:
        single = list_registrations(event, page, limit=PER_PAGE)
        whole = single.with_items(lambda items: [[item] for item in items])
    lines = whole.with_items(lambda groups: [_describe(event, group) for group in groups])
    status = EventStatus(event.status)
    can_enter = status in {EventStatus.OPEN, EventStatus.RUNNING}
    return DeskEntrantsPage(
        event, count_entries(event, viewer), lines, can_enter, is_late=status == EventStatus.RUNNING
    )


def get_roster_desk(slug: str, team: str, *, viewer: User) -> RosterPage:
    """Return the roster of a team in a tournament.

    :raises NotRegistered: it is not registered.
    """
    event = get_desk(slug, viewer=viewer)
    found = get_team(team)
    rows = describe_registrations(services.list_entrant_roster(event, found))
    players = [row.player for row in rows if row.left_on is None]
    can_change = event.status in {EventStatus.OPEN, EventStatus.RUNNING}
    return RosterPage(event, found, players, can_change)


@atomic_service
def enter_named(*, slug: str, entrant: str, reason: str, by: User, now: datetime) -> str:
    """Enter the player or team that is named, also late; return the name.

    :raises DomainError: as ``register_player`` and ``register_team``, or nobody is so called.
    :raises Suspended: ``by`` is.
    """
    event = get_desk(slug, viewer=by)
    require_good_standing(by, now)
    if event.entrant_kind == Tournament.EntrantKind.TEAM:
        team = get_named_team(entrant, field="entrant")
        services.register_team(
            tournament=event, team=team, roster=None, now=now, late=True, reason=reason, by=by
        )
        return team.name
    user = get_named_player(entrant, viewer=by, field="entrant")
    services.register_player(tournament=event, user=user, now=now, late=True, reason=reason, by=by)
    return str(user.profile.name)


@atomic_service
def do_to_entrants(*, slug: str, deed: DeskDeed, keys: Sequence[str], by: User, now: datetime) -> list[str]:
    """Check entrants in, withdraw them, or take either back: all or none. Return their names.

    :param keys: public ids, or slugs of teams.
    :raises DomainError: as the steps themselves, or nobody is named, or somebody unknown.
    :raises Suspended: ``by`` is, and does not withdraw.
    """
    event = get_desk(slug, viewer=by)
    if not keys:
        raise InvalidInput(_("Tick somebody first."), field="entrant")
    if deed is not DeskDeed.WITHDRAW:
        require_good_standing(by, now)
    step = {
        DeskDeed.CHECK_IN: services.check_in,
        DeskDeed.UNCHECK: services.take_back_check_in,
        DeskDeed.WITHDRAW: services.withdraw,
        DeskDeed.TAKE_BACK: services.take_back_withdrawal,
    }[deed]
    names = []
    for user, team in _find_entrants(event, keys):
        step(tournament=event, user=user, team=team, now=now, by=by)
        names.append(team.name if team is not None else str(user.profile.name) if user else "")
    return names


@atomic_service
def change_desk_roster(
    *, slug: str, team: str, joins: str, leaves: str, reason: str, by: User, now: datetime
) -> list[str]:
    """Let a player join a roster, leave it, or replace another one who leaves; return what is odd about it.

    :param joins: the name or public id of who joins; empty for nobody.
    :param leaves: the public id of who leaves; empty for nobody.
    """
    event = get_desk(slug, viewer=by)
    require_good_standing(by, now)
    found = get_team(team)
    joining = get_named_player(joins, viewer=by, field="joins") if joins else None
    leaving = _get_user(leaves, "leaves") if leaves else None
    is_substitute = joining is not None and leaving is not None
    rows = services.change_roster(
        tournament=event,
        team=found,
        add=[joining] if joining is not None and not is_substitute else [],
        remove=[leaving] if leaving is not None and not is_substitute else [],
        replace=[(leaving, joining)] if joining is not None and leaving is not None else [],
        reason=reason,
        now=now,
        by=by,
    )
    return list(rows.warnings)


def _find_entrants(event: Tournament, keys: Sequence[str]) -> list[tuple[User | None, Team | None]]:
    if event.entrant_kind == Tournament.EntrantKind.TEAM:
        return [(None, get_team(key)) for key in dict.fromkeys(keys)]
    return [(_get_user(key, "entrant"), None) for key in dict.fromkeys(keys)]


def _get_user(public_id: str, field: str) -> User:
    found = find_users([public_id])
    if public_id not in found:
        raise InvalidInput(_("This is nobody’s public id: they look like DC-25-000042."), field=field)
    return found[public_id]


def _describe(event: Tournament, group: list[RegistrationItem]) -> DeskEntrant:
    first = group[0]
    is_team = event.entrant_kind == Tournament.EntrantKind.TEAM
    staying = [item for item in group if item.left_on is None] or group
    status = staying[0].status
    key = first.team_slug if is_team else first.player.public_id
    entrant = EntrantLink(first.team, team_slug=first.team_slug) if is_team and key else first.player
    deeds = _list_deeds(event, status) if key else []
    return DeskEntrant(key, entrant, status, first.registered_at, staying if is_team else [], deeds)


def _list_deeds(event: Tournament, status: Status) -> list[DeskDeed]:
    """Return what can be done, and would not be refused."""
    is_open, is_running = event.status == EventStatus.OPEN, event.status == EventStatus.RUNNING
    if not is_open and not is_running:
        return []
    if status == Status.WITHDRAWN:
        return [DeskDeed.TAKE_BACK]
    if status == Status.REGISTERED and is_open:
        return [DeskDeed.CHECK_IN, DeskDeed.WITHDRAW]
    if status == Status.CHECKED_IN and is_open:
        return [DeskDeed.UNCHECK, DeskDeed.WITHDRAW]
    return [DeskDeed.WITHDRAW] if status != Status.DISQUALIFIED else []
