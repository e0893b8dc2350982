"""A player's own invitations to tournaments: those to them, and those to the teams they act for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.core.signing import BadSignature
from django.db.models import Count
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.pagination import Order, Page, paginate
from deltacrown.core.sealing import seal, unseal
from deltacrown.pages.tournament_deeds import Obstacle, require_enterable_team
from deltacrown.teams.models import Team
from deltacrown.tournaments import services
from deltacrown.tournaments.models import (
    InvitationQuerySet,
    Tournament,
    TournamentInvitation,
    TournamentParticipation,
)
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.people.blocks import is_unblocked
from deltacrown.user_profile.privacy import Viewer
from deltacrown.user_profile.standing import SHOWN, is_suspended, require_good_standing
from django_tally.transactions import atomic_service

LATEST_FIRST: Order = ("-invited_at", "-id")
PER_PAGE = 20
#: The most that the page of a tournament asks at once: of the teams of one captain.
MOST_ASKED = 10
Status = TournamentInvitation.Status
EventStatus = Tournament.Status
_HANDLE = "invitation"


class State(StrEnum):
    """How an invitation stands, by what was said of it, the tournament, and who is entered."""

    WAITING = "waiting"
    LAPSED = "lapsed"
    ENTERED = "entered otherwise"
    ACCEPTED = "accepted"
    LEFT = "accepted, and left"
    DECLINED = "declined"
    TAKEN_BACK = "taken back"


@dataclass(frozen=True)
class OwnInvitation:
    """An invitation as who answers it has it.

    :param team: which team is invited; None where it is the player.
    :param inviter: who invited; None where their account is closed.
    :param obstacle: why it cannot be accepted now, though entries are taken.
    :param handle: names it in forms.
    """

    tournament: Tournament
    team: Team | None
    state: State
    invited_at: datetime
    settled_at: datetime | None
    inviter: UserProfile | None
    obstacle: Obstacle | None
    handle: str

    @property
    def can_accept(self) -> bool:
        """Return whether it can be accepted, as far as a list knows."""
        return self.state is State.WAITING and self.obstacle is None

    @property
    def can_decline(self) -> bool:
        """Return whether declining it says anything."""
        is_ahead = self.tournament.status in {EventStatus.OPEN, EventStatus.RUNNING}
        return is_ahead and self.state in {State.WAITING, State.LAPSED}


def list_own_invitations(
    page: str | None = None, *, viewer: User, now: datetime, limit: int = PER_PAGE
) -> Page[OwnInvitation]:
    """Return a page of the invitations that ``viewer`` answers, the latest first; three queries at most.

    Those by somebody whom ``viewer`` blocks are left out.
    """
    sources = _list_rows(viewer, now)
    listing = f"invitations/{viewer.pk}"
    found = paginate(sources, listing=listing, order=LATEST_FIRST, cursor=page, limit=limit)
    return found.with_items(lambda rows: _describe(rows, viewer, now))


def list_asked(event: Tournament, *, viewer: Viewer, now: datetime) -> list[OwnInvitation]:
    """Return the invitations to a tournament that wait for ``viewer``. One query, none for a visitor.

    Whether there is room is not looked up: the page of the tournament says it anyway.
    """
    if not isinstance(viewer, User) or event.status != EventStatus.OPEN:
        return []
    of_players, of_teams = _list_rows(viewer, now)
    rows = of_teams if event.entrant_kind == Tournament.EntrantKind.TEAM else of_players
    asked = rows.filter(tournament=event, status=Status.INVITED).order_by(*LATEST_FIRST)[:MOST_ASKED]
    waiting = [row for row in asked if describe_state(row) is State.WAITING]
    return [_describe_one(row, None) for row in waiting]


@atomic_service
def answer_invitation(*, handle: str, accept: bool, by: User, now: datetime) -> TournamentInvitation:
    """Accept an invitation to ``by``, or to a team for which they act, or decline it; return it.

    :raises DomainError: as ``services.answer_invitation``.
    :raises InvitationNotFound: ``by`` has no such invitation.
    :raises Suspended: ``by`` is, and accepts.
    :raises NotEnterable: a player of the team cannot be entered now.
    """
    key = read_handle(handle)
    found = [row for rows in _list_rows(by, now) for row in rows.filter(pk=key)]
    if not found:
        raise services.InvitationNotFound(_("There is no such invitation to you."), field="invitation")
    row = found[0]
    if accept and describe_state(row) is State.WAITING:
        require_good_standing(by, now)
        require_enterable_team(row.tournament, row.team, by, now)
    return services.answer_invitation(invitation=row, accept=accept, by=by, now=now)


def describe_state(row: TournamentInvitation) -> State:
    """Return how an invitation stands, of ``services`` that asked for it."""
    if row.status == Status.ACCEPTED:
        return State.ACCEPTED if row.is_entered else State.LEFT
    if row.status != Status.INVITED:
        return State.DECLINED if row.status == Status.DECLINED else State.TAKEN_BACK
    if row.is_entered:
        return State.ENTERED
    return State.WAITING if row.takes_entries else State.LAPSED


def write_handle(row: TournamentInvitation) -> str:
    """Return what names an invitation in forms."""
    return seal(row.pk, name=_HANDLE)


def read_handle(handle: str) -> int:
    """Return the key of the invitation; 0, which none has, of what was not sealed here."""
    try:
        return int(unseal(handle, name=_HANDLE))
    except BadSignature:
        return 0


def show_person(user: User | None) -> UserProfile | None:
    """Return the profile of who invited or answered, fetched along; None where its pages are gone."""
    profile: UserProfile | None = getattr(user, "profile", None)
    return profile if profile is not None and profile.standing in SHOWN else None


def _list_rows(viewer: User, now: datetime) -> list[InvitationQuerySet]:
    unblocked = is_unblocked(viewer, "invited_by")
    related = ("tournament__game", "team", "invited_by__profile")
    return [
        rows.filter(unblocked).select_related(*related) for rows in services.list_own_invitations(viewer, now)
    ]


def _describe(rows: Sequence[TournamentInvitation], viewer: User, now: datetime) -> list[OwnInvitation]:
    profile = getattr(viewer, "profile", None)
    is_barred = profile is not None and is_suspended(profile, now)
    waiting = [row for row in rows if describe_state(row) is State.WAITING]
    full = set() if is_barred else _find_full([row.tournament for row in waiting])

    def find_obstacle(row: TournamentInvitation) -> Obstacle | None:
        if is_barred:
            return Obstacle.SUSPENDED
        return Obstacle.FULL if row.tournament_id in full else None

    return [_describe_one(row, find_obstacle(row)) for row in rows]


def _describe_one(row: TournamentInvitation, obstacle: Obstacle | None) -> OwnInvitation:
    state = describe_state(row)
    return OwnInvitation(
        tournament=row.tournament,
        team=row.team,
        state=state,
        invited_at=row.invited_at,
        settled_at=row.settled_at,
        inviter=show_person(row.invited_by),
        obstacle=obstacle if state is State.WAITING else None,
        handle=write_handle(row),
    )


def _find_full(events: Sequence[Tournament]) -> set[int]:
    """Return the keys of the tournaments without a place left. One query, if any has a limit."""
    places = {event.pk: event for event in events if event.capacity is not None}
    if not places:
        return set()
    rows = TournamentParticipation.objects.filter(tournament__in=list(places))
    rows = rows.exclude(status=TournamentParticipation.Status.WITHDRAWN).order_by()
    counted = rows.values("tournament").annotate(
        users=Count("user", distinct=True), teams=Count("team", distinct=True)
    )
    count_of: dict[str, Callable[[dict[str, int]], int]] = {
        Tournament.EntrantKind.SOLO: lambda found: found["users"],
        Tournament.EntrantKind.TEAM: lambda found: found["teams"],
    }
    full = set()
    for found in counted:
        event = places[found["tournament"]]
        if event.capacity is not None and count_of[event.entrant_kind](found) >= event.capacity:
            full.add(event.pk)
    return full
