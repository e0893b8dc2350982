"""Refusals of services as pages answer them: the status, and the title of the page."""

from __future__ import annotations

from typing import NamedTuple

from deltacrown.core.errors import Conflict, DomainError, NotFound, TooManyRequests
from deltacrown.moderation.services import MayNotResolve, NotAParticipant
from deltacrown.user_profile.privacy import HistoryHidden


class RefusalAnswer(NamedTuple):
    """The status of a refusal, and the title of its page."""

    status: int
    title: str


#: The first class that fits decides.
ANSWERS: dict[type[DomainError], RefusalAnswer] = {
    NotFound: RefusalAnswer(404, "Not found"),
    HistoryHidden: RefusalAnswer(403, "Hidden"),
    MayNotResolve: RefusalAnswer(403, "Not allowed"),
    NotAParticipant: RefusalAnswer(403, "Not allowed"),
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
