"""The page on which a party of a dispute says their side, and the ways there."""

from __future__ import annotations

from datetime import datetime

from deltacrown.accounts.models import User
from deltacrown.moderation import services as moderation
from deltacrown.moderation.models import DisputeStatement
from deltacrown.moderation.services import Asked
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.privacy import Viewer
from django_tally.transactions import atomic_service


def get_statement_page(handle: str, *, viewer: User) -> Asked:
    """Return what a party is asked, and what they said.

    :raises NotFound: there is no such dispute, or the viewer is not asked about it. Nobody learns which.
    """
    return moderation.get_asked(handle, viewer=viewer)


@atomic_service
def state(*, handle: str, words: str, author: User, now: datetime) -> DisputeStatement:
    """Record what a party says, or change it; who is suspended says their side, too.

    :raises DomainError: as the service.
    """
    return moderation.state(handle=handle, words=words, author=author, now=now)


def find_question(tournament: Tournament, *, viewer: Viewer) -> str:
    """Return the handle under which the viewer is asked about a result; empty where they are not."""
    if viewer is None or not viewer.is_authenticated:
        return ""
    return moderation.find_question_of_results(tournament, viewer=viewer)
