"""Staff verified a player's identity."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from deltacrown.user_profile.models import KycVerification
from deltacrown.user_profile.timeline.kind import RowKind


class KycVerified(RowKind[KycVerification]):
    """A verification, visible to the player and staff alone."""

    type = "KYC_VERIFIED"
    label = "Verified"
    sentence = gettext_noop("Completed verification")
    order = 7
    fact = "kyc"
    dated_by = "reviewed_at"
    is_private = True

    def list_rows(self) -> QuerySet[KycVerification]:
        return KycVerification.objects.filter(status=KycVerification.Status.VERIFIED)
