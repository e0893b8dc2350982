"""A player, or their team, registered for a tournament."""

from __future__ import annotations

from operator import itemgetter

from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from deltacrown.tournaments import signals
from deltacrown.tournaments.models import TournamentParticipation
from deltacrown.user_profile.timeline.kind import Event, RowKind
from deltacrown.user_profile.timeline.records import Metadata, name_things


class TournamentRegistered(RowKind[TournamentParticipation]):
    """A registration, also one withdrawn from later, or for a tournament that was cancelled."""

    type = "TOURNAMENT_REGISTERED"
    label = "Tournament registered"
    sentence = gettext_noop("Registered for %(tournament_name)s")
    order = 3
    fact = "tournament"
    fact_id = "tournament"
    dated_by = "registered_at"
    related = ("tournament", "team")
    requires = ("tournament",)
    names = ("team", "game")
    events = (
        Event(signals.players_registered, itemgetter("participations")),
        Event(signals.roster_changed, itemgetter("participations")),
    )
    shown_by = "show_tournament_stats"
    time_shown_by = ("show_tournament_stats",)

    def list_rows(self) -> QuerySet[TournamentParticipation]:
        return TournamentParticipation.objects.all()

    def list_metadata(self, row: TournamentParticipation) -> Metadata:
        return name_things(tournament=row.tournament, team=row.team)
