"""A player joined a team."""

from __future__ import annotations

from operator import itemgetter

from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from deltacrown.teams import signals
from deltacrown.teams.models import TeamMembership
from deltacrown.user_profile.timeline.kind import Event, RowKind
from deltacrown.user_profile.timeline.records import Metadata, name_things


class TeamJoined(RowKind[TeamMembership]):
    """A period of membership begins. One ended at its own start was a mistake and does not appear."""

    type = "TEAM_JOINED"
    label = "Team joined"
    sentence = gettext_noop("Joined team %(team_name)s")
    order = 5
    fact = "membership"
    fact_id = "id"
    dated_by = "joined_at"
    related = ("team",)
    requires = ("team",)
    events = (
        Event(signals.team_joined, itemgetter("memberships")),
        Event(signals.team_left, itemgetter("memberships")),
    )
    time_shown_by = ()

    def list_rows(self) -> QuerySet[TeamMembership]:
        return TeamMembership.objects.lasting()

    def list_metadata(self, row: TeamMembership) -> Metadata:
        return name_things(team=row.team)
