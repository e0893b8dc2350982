"""The invitations to a tournament as who runs it has them: sending them, and taking them back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.core.pagination import Page, paginate
from deltacrown.pages.desks import get_desk
from deltacrown.pages.invitations import (
    LATEST_FIRST,
    State,
    describe_state,
    read_handle,
    show_person,
    write_handle,
)
from deltacrown.pages.naming import find_listed_players, say_unknown
from deltacrown.pages.tournament_entrants import EntrantLink, link_player
from deltacrown.teams.models import Team
from deltacrown.teams.services import resolve_teams
from deltacrown.tournaments import services
from deltacrown.tournaments.models import Tournament, TournamentInvitation
from deltacrown.tournaments.services import Sent
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.people.blocks import find_blocked
from deltacrown.user_profile.standing import has_shown_player, require_good_standing
from django_tally.transactions import atomic_service

PER_PAGE = 50
#: As many are invited at once.
MOST_NAMES = 100
Status = Tournament.Status


class Inviting(StrEnum):
    """Whether somebody can be invited now, and else why not."""

    OPEN = "open"
    DRAFT = "draft"
    CLOSED = "closed"
    BEGUN = "begun"
    OVER = "over"


@dataclass(frozen=True)
class DeskInvitation:
    """An invitation.

    :param key: by which the entrant is invited again: the public id, or the slug of the team.
    :param by: who invited; None where their account is closed.
    :param settled_by: who answered or took it back.
    """

    entrant: EntrantLink
    key: str
    state: State
    invited_at: datetime
    by: UserProfile | None
    settled_at: datetime | None
    settled_by: UserProfile | None
    handle: str
    can_take_back: bool

    @property
    def can_invite_again(self) -> bool:
        """Return whether the entrant has no invitation to answer, and does not take part."""
        return self.state in {State.LEFT, State.DECLINED, State.TAKEN_BACK}


@dataclass(frozen=True)
class InvitationsPage:
    """The invitations to a tournament by the page, and whether more can be sent."""

    tournament: Tournament
    lines: Page[DeskInvitation]
    inviting: Inviting


@dataclass(frozen=True)
class NamedInvitation:
    """What came of a name.

    :param name: of who is meant, or the text as it was written.
    :param sent: None of a name that is nobody's, or of several.
    :param problem: what is wrong with it.
    """

    name: str
    sent: Sent | None
    problem: str = ""


def get_invitations_desk(
    slug: str, page: str | None = None, *, viewer: User, now: datetime, limit: int = PER_PAGE
) -> InvitationsPage:
    """Return the invitations to a tournament, the latest first, without those of closed accounts.

    :raises DomainError: as ``get_desk``.
    """
    event = get_desk(slug, viewer=viewer)
    related = ("user__profile", "team", "invited_by__profile", "settled_by__profile")
    rows = services.list_invitations(event, viewer, now).select_related(*related)
    rows = rows.filter(Q(user__isnull=True) | Q(has_shown_player()))
    listing = f"organise/{event.pk}/invitations"
    found = paginate(rows, listing=listing, order=LATEST_FIRST, cursor=page, limit=limit)
    return InvitationsPage(
        event, found.with_items(lambda rows: _describe(rows, event)), _find_inviting(event, now)
    )


@atomic_service
def invite_named(*, slug: str, names: str, by: User, now: datetime) -> list[NamedInvitation]:
    """Invite the players, or teams, that are named, one on a line; return what came of each name.

    Who is not listed, and between whom and ``by`` or the organiser a block stands, is nobody.

    :raises DomainError: as ``get_desk`` and ``invite_entrants``, or there are no names, or too many.
    :raises Suspended: ``by`` is.
    """
    event = get_desk(slug, viewer=by)
    require_good_standing(by, now)
    texts = _read_names(names)
    is_team = event.entrant_kind == Tournament.EntrantKind.TEAM
    rows, problems = _find_teams(texts) if is_team else _find_players(texts, event, by)
    users = [each for each in rows.values() if isinstance(each, User)]
    teams = [each for each in rows.values() if isinstance(each, Team)]
    sent = services.invite_entrants(tournament=event, users=users, teams=teams, by=by, now=now)
    came = {each.entrant.pk: each.sent for each in sent}
    return [
        NamedInvitation(_name(rows[text]), came[rows[text].pk])
        if text in rows
        else NamedInvitation(text, None, problems[text])
        for text in texts
    ]


@atomic_service
def take_back(*, slug: str, handle: str, by: User, now: datetime) -> bool:
    """Take an invitation to a tournament back; return whether it was still to be answered.

    :raises DomainError: as ``get_desk`` and ``take_back_invitation``.
    :raises InvitationNotFound: there is none.
    """
    event = get_desk(slug, viewer=by)
    row = services.list_invitations(event, by, now).filter(pk=read_handle(handle)).first()
    if row is None:
        raise services.InvitationNotFound(_("There is no such invitation."), field="invitation")
    row.tournament = event
    return services.take_back_invitation(invitation=row, by=by, now=now)


def _read_names(text: str) -> list[str]:
    names = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
    if not names:
        raise InvalidInput(_("This is needed."), field="names")
    if len(names) > MOST_NAMES:
        message = _("These are more than %(most)s names: invite them in parts.")
        raise InvalidInput(message % {"most": MOST_NAMES}, field="names")
    return names


def _find_players(
    texts: Sequence[str], event: Tournament, by: User
) -> tuple[dict[str, User | Team], dict[str, str]]:
    found = find_listed_players(texts)
    runners = [by, event.organiser] if event.organiser else [by]
    blocked = find_blocked(found.rows.values(), among=runners)
    rows: dict[str, User | Team] = {text: user for text, user in found.rows.items() if user.pk not in blocked}
    return rows, {text: found.several.get(text) or say_unknown(text) for text in texts if text not in rows}


def _find_teams(texts: Sequence[str]) -> tuple[dict[str, User | Team], dict[str, str]]:
    found = resolve_teams(texts)
    unknown = _("This is no team’s name; look it up by the search.")
    several = {text: f"{sentence}." for text, sentence in found.ambiguous.items()}
    return dict(found.rows), {text: several.get(text, unknown) for text in texts if text not in found.rows}


def _name(entrant: User | Team) -> str:
    return str(entrant.profile.name) if isinstance(entrant, User) else entrant.name


def _find_inviting(event: Tournament, now: datetime) -> Inviting:
    if event.status != Status.OPEN:
        others = {Status.DRAFT: Inviting.DRAFT, Status.RUNNING: Inviting.BEGUN}
        return others.get(Status(event.status), Inviting.OVER)
    closes_at = event.registration_closes_at
    return Inviting.CLOSED if closes_at is not None and now >= closes_at else Inviting.OPEN


def _describe(rows: Sequence[TournamentInvitation], event: Tournament) -> list[DeskInvitation]:
    is_ahead = event.status in {Status.OPEN, Status.RUNNING}
    return [
        DeskInvitation(
            entrant=_link(row),
            key=row.team.slug if row.team else row.user.profile.public_id if row.user else "",
            state=describe_state(row),
            invited_at=row.invited_at,
            by=show_person(row.invited_by),
            settled_at=row.settled_at,
            settled_by=show_person(row.settled_by),
            handle=write_handle(row),
            can_take_back=is_ahead and describe_state(row) in {State.WAITING, State.LAPSED},
        )
        for row in rows
    ]


def _link(row: TournamentInvitation) -> EntrantLink:
    if row.team is not None:
        return EntrantLink(row.team.name, team_slug=row.team.slug)
    return link_player(row.user.profile) if row.user is not None else EntrantLink("")
