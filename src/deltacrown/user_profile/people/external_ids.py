"""What players say of themselves: which ids at other providers are theirs."""

from __future__ import annotations

from datetime import datetime

from deltacrown.accounts.models import ExternalId, User
from deltacrown.accounts.services import add_external_id
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
