"""Refusals of services as pages answer them: the status, and the title of the page."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from deltacrown.accounts.backends import SignInClosed
from deltacrown.accounts.entrance.mails import MailNotSent
from deltacrown.accounts.entrance.providers import Denied, NotProven, ProviderAway
from deltacrown.accounts.services import MayNotGrant
from deltacrown.core.errors import Conflict, DomainError, Gone, NotFound, TooManyRequests
from deltacrown.moderation.services import MayNotResolve, NotAParticipant
from deltacrown.pages.bench import MayNotModerate
from deltacrown.teams.services import MayNotManage
from deltacrown.tournaments.services import MayNotOrganise
from deltacrown.user_profile.people.anonymising import MayNotAnonymise
from deltacrown.user_profile.people.avatars import MayNotRemovePictures
from deltacrown.user_profile.people.merging import MayNotMerge
from deltacrown.user_profile.people.standings import MayNotChangeStanding
from deltacrown.user_profile.privacy import HistoryHidden
from deltacrown.user_profile.standing import NotEnterable, Suspended


class NotNow(DomainError):
    """What it takes to answer is away for a moment."""

    code = "unavailable"


class RefusalAnswer(NamedTuple):
    """The status of a refusal, and the title of its page."""

    status: int
    title: Promise | str


#: The first class that fits decides.
ANSWERS: dict[type[DomainError], RefusalAnswer] = {
    NotFound: RefusalAnswer(404, _("Not found")),
    Gone: RefusalAnswer(410, _("Closed")),
    SignInClosed: RefusalAnswer(410, _("Closed")),
    HistoryHidden: RefusalAnswer(403, _("Hidden")),
    Suspended: RefusalAnswer(403, _("Suspended")),
    NotEnterable: RefusalAnswer(403, _("Not allowed")),
    MayNotResolve: RefusalAnswer(403, _("Not allowed")),
    NotAParticipant: RefusalAnswer(403, _("Not allowed")),
    MayNotChangeStanding: RefusalAnswer(403, _("Not allowed")),
    MayNotGrant: RefusalAnswer(403, _("Not allowed")),
    MayNotManage: RefusalAnswer(403, _("Not allowed")),
    **dict.fromkeys(
        (MayNotModerate, MayNotMerge, MayNotAnonymise, MayNotRemovePictures),
        RefusalAnswer(403, _("Not allowed")),
    ),
    MayNotOrganise: RefusalAnswer(403, _("Not allowed")),
    NotNow: RefusalAnswer(503, _("Not now")),
    MailNotSent: RefusalAnswer(503, _("No mail")),
    Denied: RefusalAnswer(400, _("Not confirmed")),
    NotProven: RefusalAnswer(400, _("Not confirmed")),
    ProviderAway: RefusalAnswer(503, _("Not now")),
    TooManyRequests: RefusalAnswer(429, _("Too many requests")),
    Conflict: RefusalAnswer(409, _("Conflict")),
    DomainError: RefusalAnswer(400, _("Invalid request")),
}


def get_answer(error: DomainError) -> RefusalAnswer:
    """Return how a page answers ``error``."""
    return next(answer for kind, answer in ANSWERS.items() if isinstance(error, kind))


def get_form_status(error: DomainError) -> int:
    """Return the status of a form that was refused with ``error``.

    Who names something that does not exist has filled in the form wrongly: the page itself is there.
    """
    return 400 if isinstance(error, NotFound) else get_answer(error).status
