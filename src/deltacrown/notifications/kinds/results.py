"""An official result of a player was corrected, or they were disqualified, or that was lifted."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deltacrown.games.models import MatchRow
from deltacrown.notifications.kinds.kind import Event, News, NotificationKind, Told
from deltacrown.notifications.models import Notification
from deltacrown.tournaments import signals


class TournamentKind(NotificationKind):
    """Tells of a decision in a tournament, to those whom it is about but not to who decided it."""

    related = ("tournament",)

    @abstractmethod
    def get_sentence(self) -> str:
        """Return what it says, with the ``tournament``."""

    def build(self, announced: Mapping[str, Any], users: Iterable[int | None]) -> Iterable[News]:
        """Yield the news of a decision; a team's own row has no player."""
        by, tournament, at = announced["by"], announced["tournament"], announced["now"]
        for user in dict.fromkeys(users):
            if user is not None and (by is None or user != by.pk):
                fact = f"{tournament.pk}:{at.isoformat()}"
                yield News(
                    user_id=user, kind=self.kind, fact=fact, happened_at=at, tournament_id=tournament.pk
                )

    def tell(self, row: Notification, match: MatchRow | None) -> Told:
        """Return what was decided in which tournament."""
        # What it is about is deleted with it.
        slug, name = (row.tournament.slug, row.tournament.name) if row.tournament else ("", "")
        return Told(self.get_sentence(), ("tournament-results", (slug,)), {"tournament": name})


class ResultCorrected(TournamentKind):
    """A placement or a prize is another one now, also because somebody else's is."""

    kind = "RESULT_CORRECTED"
    label = gettext_lazy("An official result of yours was corrected")

    def list_events(self) -> Iterable[Event]:
        """Return a correction, and what moves others up and down."""
        return [
            Event(signals.result_corrected, self._list_changed),
            Event(signals.entrant_disqualified, self._list_moved),
            Event(signals.disqualification_lifted, self._list_moved),
        ]

    def _list_changed(self, announced: Mapping[str, Any], now: datetime) -> Iterable[News]:
        return self.build(announced, [each.result.user_id for each in announced["changes"]])

    def _list_moved(self, announced: Mapping[str, Any], now: datetime) -> Iterable[News]:
        return self.build(announced, [each.result.user_id for each in announced["moved"]])

    def get_sentence(self) -> str:
        """Return what it says."""
        return _("Your official result in %(tournament)s was corrected.")


class Disqualified(TournamentKind):
    """The player, or their team, was disqualified."""

    kind = "DISQUALIFIED"
    label = gettext_lazy("You were disqualified")

    def list_events(self) -> Iterable[Event]:
        """Return the decision."""
        return [Event(signals.entrant_disqualified, self._list)]

    def _list(self, announced: Mapping[str, Any], now: datetime) -> Iterable[News]:
        return self.build(announced, [each.user_id for each in announced["participations"]])

    def get_sentence(self) -> str:
        """Return what it says."""
        return _("You were disqualified in %(tournament)s.")


class DisqualificationLifted(Disqualified):
    """A disqualification was lifted."""

    kind = "DISQUALIFICATION_LIFTED"
    label = gettext_lazy("A disqualification of yours was lifted")

    def list_events(self) -> Iterable[Event]:
        """Return the decision."""
        return [Event(signals.disqualification_lifted, self._list)]

    def get_sentence(self) -> str:
        """Return what it says."""
        return _("Your disqualification in %(tournament)s was lifted.")
