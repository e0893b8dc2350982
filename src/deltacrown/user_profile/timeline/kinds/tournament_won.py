"""A player, or their team, came first, second or third in a tournament."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from deltacrown.tournaments import signals
from deltacrown.tournaments.models import LAST_OF_PODIUM, TournamentResult
from deltacrown.user_profile.timeline.kind import Event, Limit, RowKind
from deltacrown.user_profile.timeline.records import Metadata, name_things

#: The text for each place of the podium.
PODIUM = {
    1: gettext_noop("🏆 Won %(tournament_name)s"),
    2: gettext_noop("Took second place in %(tournament_name)s"),
    3: gettext_noop("Took third place in %(tournament_name)s"),
}


def _list_changed(announced: Mapping[str, Any]) -> list[TournamentResult]:
    """Return the results that a correction, a disqualification or its lifting changed, or moved."""
    return [change.result for change in (*announced["changes"], *announced.get("moved", ()))]


class TournamentWon(RowKind[TournamentResult]):
    """An official placement on the podium. Players who tie get the same text."""

    type = "TOURNAMENT_WON"
    label = "Tournament podium"
    order = 4
    fact = "tournament"
    fact_id = "tournament"
    dated_by = "decided_at"
    related = ("tournament", "team")
    requires = ("tournament",)
    names = ("team", "game")
    events = (
        Event(signals.tournament_completed, itemgetter("results")),
        Event(signals.tournament_annulled, itemgetter("results")),
        Event(signals.annulment_lifted, itemgetter("results")),
        Event(signals.tournament_reopened, itemgetter("results")),
        Event(signals.result_corrected, _list_changed),
        Event(signals.entrant_disqualified, _list_changed),
        Event(signals.disqualification_lifted, _list_changed),
    )
    time_shown_by = ()
    limits = {"placement": Limit(range(1, LAST_OF_PODIUM + 1), f"1 to {LAST_OF_PODIUM} do")}

    def list_rows(self) -> QuerySet[TournamentResult]:
        return TournamentResult.objects.on_podium()

    def choose_sentence(self, metadata: Metadata) -> str:
        """Return the sentence of the place on the podium."""
        return PODIUM[int(metadata["placement"])]

    def list_metadata(self, row: TournamentResult) -> Metadata:
        return name_things(tournament=row.tournament, team=row.team) | {"placement": row.placement or 0}
