"""The organiser's desks: the tournaments that somebody runs, how each stands, and its next steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.core.pagination import Page, paginate
from deltacrown.pages.tournament_entries import Entries, count_entries
from deltacrown.pages.tournaments import get_tournament
from deltacrown.tournaments import services
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.privacy import Viewer
from deltacrown.user_profile.standing import require_good_standing
from django_tally.transactions import atomic_service

Status = Tournament.Status
PER_PAGE = 30
ORDER = ("-starts_at", "-id")


class Step(StrEnum):
    """A step of a tournament as a whole."""

    OPEN = "open"
    START = "start"
    CANCEL = "cancel"


@dataclass(frozen=True)
class DeskPage:
    """How a tournament stands, and what can be done with it."""

    tournament: Tournament
    entries: Entries
    steps: list[Step]


def list_run(page: str | None = None, *, viewer: User, limit: int = PER_PAGE) -> Page[Tournament]:
    """Return a page of the tournaments that ``viewer`` runs, latest start first."""
    rows = Tournament.objects.select_related("game")
    if runs_all(viewer):
        return paginate(rows, listing="organise", order=ORDER, cursor=page, limit=limit)
    # Two lists that indexes serve; one condition with OR would read all tournaments.
    own = [rows.filter(organiser=viewer), rows.filter(co_organisers__user=viewer)]
    return paginate(own, listing=f"organise/{viewer.pk}", order=ORDER, cursor=page, limit=limit)


def runs_all(viewer: User) -> bool:
    """Return whether ``viewer`` may run the tournaments of everybody."""
    return has_right(viewer, Right.MANAGE_TOURNAMENTS)


def get_desk(slug: str, *, viewer: User) -> Tournament:
    """Return the tournament with this slug to who runs it.

    :raises MayNotOrganise: it is somebody else's.
    :raises NotFound: there is none, or it is the draft of somebody else.
    """
    event = get_tournament(slug, viewer=viewer)
    services.require_organiser(event, viewer)
    return event


def runs(event: Tournament, viewer: Viewer) -> bool:
    """Return whether ``viewer`` runs the tournament. No query about a visitor."""
    return isinstance(viewer, User) and services.can_organise(event, viewer)


def get_overview(slug: str, *, viewer: User) -> DeskPage:
    """Return how a tournament stands, to who runs it.

    :raises DomainError: as ``get_desk``.
    """
    event = get_desk(slug, viewer=viewer)
    entries = count_entries(event, viewer)
    steps = {
        Status.DRAFT: [Step.OPEN, Step.CANCEL],
        Status.OPEN: [Step.START, Step.CANCEL] if entries.entrants else [Step.CANCEL],
        Status.RUNNING: [Step.CANCEL],
    }
    return DeskPage(event, entries, steps.get(Status(event.status), []))


@atomic_service
def take_desk_step(*, slug: str, step: Step, reason: str = "", by: User, now: datetime) -> Tournament:
    """Open, start or cancel a tournament; a step taken before changes nothing.

    :param reason: why it is cancelled.
    :raises DomainError: as ``get_desk`` and the steps themselves.
    :raises Suspended: ``by`` is, and opens it.
    """
    event = get_desk(slug, viewer=by)
    if step is Step.OPEN:
        require_good_standing(by, now)
        return services.open_registration(tournament=event)
    if step is Step.START:
        return services.start_tournament(tournament=event)
    return services.cancel_tournament(tournament=event, reason=reason, now=now)
