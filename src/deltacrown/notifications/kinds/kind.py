"""What a kind of notification is: which facts it tells whom, and what it says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import Q
from django.dispatch import Signal
from django.utils.functional import Promise

from deltacrown.games.models import MatchRow
from deltacrown.notifications.models import Notification

#: The name of a page of the site, and what its address needs.
PageName = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class News:
    """A fact that a player is to be told.

    :param fact: names it; the same fact is told once in each kind.
    """

    user_id: int
    kind: str
    fact: str
    happened_at: datetime
    match_id: int | None = None
    tournament_id: int | None = None
    dispute_id: int | None = None
    achievement_id: int | None = None
    other_id: int | None = None


@dataclass(frozen=True)
class Event:
    """A signal that a kind follows.

    :param list_news: what of it is told to whom, from what the signal announces and the time.
    """

    signal: Signal
    list_news: Callable[[Mapping[str, Any], datetime], Iterable[News]]


@dataclass(frozen=True)
class Told:
    """What a notification says today.

    :param sentence: in the reader's language, with places for the names, as in ``%(player)s follows you.``
    :param page: what it leads to.
    """

    sentence: str
    page: PageName
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Return the sentence with its names."""
        return self.sentence % self.names


class NotificationKind:
    """A kind of notification. A new one is a subclass in a file here, and its place in ``KINDS``.

    :cvar kind: what is stored, at most 24 characters.
    :cvar label: what it is called where it is switched on and off.
    :cvar related: what is fetched along with its rows.
    """

    kind: ClassVar[str]
    label: ClassVar[Promise]
    related: ClassVar[tuple[str, ...]] = ()

    def list_events(self) -> Iterable[Event]:
        """Return what it follows."""
        raise NotImplementedError

    def is_shown(self) -> Q:
        """Return the condition on its rows that their player may see today what they tell."""
        return Q()

    def tell(self, row: Notification, match: MatchRow | None) -> Told:
        """Return what a row says; it needs no query.

        :param match: the player's own line that the row is about, where it is still theirs.
        """
        raise NotImplementedError
