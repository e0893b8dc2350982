"""Refusals of services as pages answer them: the status, and the title of the page."""

from __future__ import annotations

from typing import NamedTuple

from deltacrown.accounts.backends import SignInClosed
from deltacrown.core.errors import Conflict, DomainError, Gone, NotFound, TooManyRequests
from deltacrown.moderation.services import MayNotResolve, NotAParticipant
from deltacrown.teams.services import MayNotManage
from deltacrown.tournaments.services import MayNotOrganise
from deltacrown.user_profile.people.standings import MayNotChangeStanding
from deltacrown.user_profile.privacy import HistoryHidden
from deltacrown.user_profile.standing import NotEnterable, Suspended


class RefusalAnswer(NamedTuple):
    """The status of a refusal, and the title of its page."""

    status: int
    title: str


#: The first class that fits decides.
ANSWERS: dict[type[DomainError], RefusalAnswer] = {
    NotFound: RefusalAnswer(404, "Not found"),
    Gone: RefusalAnswer(410, "Closed"),
    SignInClosed: RefusalAnswer(410, "Closed"),
    HistoryHidden: RefusalAnswer(403, "Hidden"),
    Suspended: RefusalAnswer(403, "Suspended"),
    NotEnterable: RefusalAnswer(403, "Not allowed"),
    MayNotResolve: RefusalAnswer(403, "Not allowed"),
    NotAParticipant: RefusalAnswer(403, "Not allowed"),
    MayNotChangeStanding: RefusalAnswer(403, "Not allowed"),
    MayNotManage: RefusalAnswer(403, "Not allowed"),
    MayNotOrganise: RefusalAnswer(403, "Not allowed"),
    TooManyRequests: RefusalAnswer(429, "Too many requests"),
    Conflict: RefusalAnswer(409, "Conflict"),
    DomainError: RefusalAnswer(400, "Invalid request"),
}


def get_answer(error: DomainError) -> RefusalAnswer:
    """Return how a page answers ``error``."""
    return next(answer for kind, answer in ANSWERS.items() if isinstance(error, kind))


def get_form_status(error: DomainError) -> int:
    """Return the status of a form that was refused with ``error``.

    Who names something that does not exist has filled in the form wrongly: the page itself is there.
    """
    return 400 if isinstance(error, NotFound) else get_answer(error).status
