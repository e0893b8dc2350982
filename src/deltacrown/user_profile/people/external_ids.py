"""What players say of themselves: which ids at other providers are theirs."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from deltacrown.accounts.models import ExternalId, User
from deltacrown.accounts.services import add_external_id
from deltacrown.core.external_ids import ExternalIdTaken
from deltacrown.core.inputs import check_past
from deltacrown.user_profile.standing import require_good_standing
from django_tally.transactions import atomic_service


@atomic_service
def claim_external_id(*, user: User, external_id: str, now: datetime) -> ExternalId:
    """Record that a player says an id is theirs: it finds nobody before staff confirm it.

    :raises Suspended: the player is suspended.
    :raises DomainError: as ``add_external_id``.
    """
    check_past(now, field="now")
    require_good_standing(user, now)
    return add_external_id(user=user, external_id=external_id, confirmed=False)


@atomic_service
def link_proven_id(*, user: User, external_id: str, now: datetime) -> ExternalId:
    """Link an id that its provider has just confirmed to be the player's: from now on it finds them.

    :raises Suspended: the player is suspended.
    :raises ExternalIdTaken: it finds somebody else. Staff decide then: a provider says who has an id now, and
        not whose matches were recorded for it.
    :raises TooManyExternalIds: the player has 50.
    """
    check_past(now, field="now")
    require_good_standing(user, now)
    try:
        return add_external_id(user=user, external_id=external_id, confirmed=True)
    except ExternalIdTaken as refusal:
        message = _(
            "%(id)s already finds another player here, so it was not linked. If that is you as well, ask the"
            " people who run this site to merge the two accounts, and name your public id."
        )
        raise ExternalIdTaken(message % {"id": external_id}, field="external_id") from refusal
