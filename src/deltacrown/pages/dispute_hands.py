"""Who has a dispute in hand, and the disputes in the hands of who runs a tournament."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right
from deltacrown.core.errors import InvalidInput
from deltacrown.core.pagination import Page, paginate
from deltacrown.moderation import services as moderation
from deltacrown.moderation.models import Dispute
from deltacrown.pages.bench import require_right
from deltacrown.pages.desks import get_desk
from deltacrown.pages.disputes import PER_PAGE, RELATED, DisputeItem, check_status, describe_disputes
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.people.addresses import find_users
from django_tally.transactions import atomic_service


class Hand(StrEnum):
    """What can be done about who has a dispute in hand."""

    CLAIM = "claim"
    RELEASE = "release"
    ASSIGN = "assign"


@dataclass(frozen=True)
class DisputesDesk:
    """The disputes about a tournament, for who runs it."""

    tournament: Tournament
    found: Page[DisputeItem]


def get_disputes_desk(
    slug: str, status: str, page: str | None = None, *, viewer: User, limit: int = PER_PAGE
) -> DisputesDesk:
    """Return a page of the disputes about a tournament with one status, the longest waiting first.

    :raises DomainError: as ``get_desk``.
    :raises InvalidInput: for another status, or an invalid cursor.
    """
    event = get_desk(slug, viewer=viewer)
    check_status(status)
    rows = moderation.list_disputes_of(event, viewer=viewer).filter(status=status).select_related(*RELATED)
    listing = f"disputes-of/{event.pk}/{status}"
    found = paginate(rows, listing=listing, order=("filed_at", "id"), cursor=page, limit=limit)
    return DisputesDesk(event, found.with_items(describe_disputes))


@atomic_service
def hand_dispute(*, handle: str, hand: Hand, to: str = "", by: User, now: datetime) -> Dispute:
    """Take a dispute on, give it back, or give it to somebody.

    :param to: the public id of whom it is given to.
    :raises MayNotModerate: ``by`` may not view disputes.
    :raises NotFound: there is no such dispute.
    :raises InvalidInput: ``to`` names nobody.
    :raises DomainError: as the services.
    """
    require_right(by, Right.VIEW_DISPUTES)
    dispute = moderation.get_dispute(handle, viewer=by)
    if hand is Hand.CLAIM:
        return moderation.claim_dispute(dispute=dispute, by=by, now=now)
    if hand is Hand.RELEASE:
        return moderation.release_dispute(dispute=dispute, by=by)
    person = find_users([to]).get(to)
    if person is None:
        raise InvalidInput(_("Choose who is to have the dispute in hand."), field="to")
    return moderation.assign_dispute(dispute=dispute, to=person, by=by, now=now)
