"""A match that a player was in was corrected, voided or restored. Matches that are recorded tell nobody."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.dispatch import Signal
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deltacrown.accounts.models import User
from deltacrown.core.dates import write_day
from deltacrown.games import signals
from deltacrown.games.models import MatchRow
from deltacrown.notifications.kinds.kind import Event, News, NotificationKind, Told
from deltacrown.notifications.models import Notification


class MatchKind(NotificationKind):
    """Tells of a change of a match, to those whose lines it is about but not to who decided it."""

    signal: ClassVar[Signal]
    related = ("user__profile",)

    def list_events(self) -> Iterable[Event]:
        """Return the change."""
        return [Event(self.signal, self._list)]

    def list_lines(self, announced: Mapping[str, Any]) -> dict[int, int | None]:
        """Return the player → their line, where they still have one."""
        return {row.user_id: row.pk for row in announced["rows"]}

    @abstractmethod
    def get_sentences(self) -> tuple[str, str]:
        """Return what it says where the match is known, and where it is not."""

    def _list(self, announced: Mapping[str, Any], now: datetime) -> Iterable[News]:
        by: User | None = announced.get("by")
        at: datetime = announced["now"]
        lines = self.list_lines(announced)
        about = min((line for line in lines.values() if line is not None), default=0)
        for user, line in lines.items():
            if by is None or user != by.pk:
                fact = f"{line or about}:{at.isoformat()}"
                yield News(user_id=user, kind=self.kind, fact=fact, happened_at=at, match_id=line)

    def tell(self, row: Notification, match: MatchRow | None) -> Told:
        """Return what was done, with the game and the day where the player has a line in it."""
        known, unknown = self.get_sentences()
        if match is None:
            return Told(unknown, ("player-matches", (row.user.profile.public_id,)))
        names = {"game": match.game.name, "day": write_day(match.played_at)}
        return Told(known, ("match", (match.game.slug, match.match_key)), names)


class MatchCorrected(MatchKind):
    """Its result, its players or something else of it was corrected."""

    kind = "MATCH_CORRECTED"
    label = gettext_lazy("A match of yours was corrected")
    signal = signals.match_corrected

    def list_lines(self, announced: Mapping[str, Any]) -> dict[int, int | None]:
        """Return who has a line that changed or is new, and who had one."""
        changes = announced["changes"]
        gone = [row.user_id for row in announced["removed"]] + [each.old_user_id for each in changes]
        lines: dict[int, int | None] = dict.fromkeys(gone)
        rows = [*announced["added"], *(each.row for each in changes)]
        return lines | {row.user_id: row.pk for row in rows}

    def get_sentences(self) -> tuple[str, str]:
        """Return what it says."""
        known = _("A match of yours was corrected: %(game)s, %(day)s.")
        return known, _("A match was corrected, and you are not in it any more.")


class MatchVoided(MatchKind):
    """It counts nowhere any more."""

    kind = "MATCH_VOIDED"
    label = gettext_lazy("A match of yours was voided")
    signal = signals.match_voided

    def get_sentences(self) -> tuple[str, str]:
        """Return what it says."""
        known = _("A match of yours was voided, and counts nowhere: %(game)s, %(day)s.")
        return known, _("A match of yours was voided, and counts nowhere.")


class MatchRestored(MatchKind):
    """A void was taken back."""

    kind = "MATCH_RESTORED"
    label = gettext_lazy("A voided match of yours was restored")
    signal = signals.match_restored

    def get_sentences(self) -> tuple[str, str]:
        """Return what it says."""
        known = _("A match of yours is restored, and counts again: %(game)s, %(day)s.")
        return known, _("A match of yours is restored, and counts again.")
