"""Subscribe to what happens in the other apps. No handler decides anything.

Which events tell whom is declared by the kinds, in ``kinds``. A handler runs inside the transaction that
wrote the fact: both are committed, or neither. It costs one statement, and none where nobody is told.

Not subscribed: matches that are recorded, so that an import of a hundred thousand tells nobody and costs
nothing; suspensions, which the head of every page tells.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.dispatch import Signal

from deltacrown.core import clock
from deltacrown.core.gathering import do_gathered
from deltacrown.notifications.kinds import KINDS, Event, News
from deltacrown.notifications.services.telling import tell_news


def on_announced(event: Event, **announced: Any) -> None:
    do_gathered(_tell, event.list_news(announced, clock.now()))


def _tell(news: list[News]) -> None:
    if news:
        tell_news(news=news)


#: A signal and its handler.
SUBSCRIPTIONS: tuple[tuple[Signal, Callable[..., None]], ...] = tuple(
    (event.signal, partial(on_announced, event)) for kind in KINDS.values() for event in kind.list_events()
)


def connect() -> None:
    """Subscribe to everything; called when the apps are ready."""
    for signal, handler in SUBSCRIPTIONS:
        signal.connect(handler)


def disconnect() -> None:
    """Unsubscribe, for tests of an app without these reactions."""
    for signal, handler in SUBSCRIPTIONS:
        signal.disconnect(handler)
