"""A player joined the site."""

from __future__ import annotations

from operator import itemgetter

from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from deltacrown.accounts import signals
from deltacrown.accounts.models import User
from deltacrown.user_profile.timeline.kind import Event, RowKind


class ProfileCreated(RowKind[User]):
    """A user is made."""

    type = "PROFILE_CREATED"
    label = "Profile created"
    sentence = gettext_noop("Joined DeltaCrown")
    order = 1
    fact = "profile"
    player = "id"
    dated_by = "date_joined"
    events = (Event(signals.players_created, itemgetter("users")),)
    follows_deletion = False
    time_shown_by = ()

    def list_rows(self) -> QuerySet[User]:
        return User.objects.all()
