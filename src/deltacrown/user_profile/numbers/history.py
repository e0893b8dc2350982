"""When and why a number changed: by when it happened, or by when it became known."""

from __future__ import annotations

from deltacrown.accounts.models import User
from deltacrown.core.days import Precision
from deltacrown.core.pagination import check_limit
from deltacrown.games.models import Game
from deltacrown.user_profile.numbers.access import find_precision, find_readable_number
from deltacrown.user_profile.numbers.catalogue import NumberReading, PlayerNumber
from deltacrown.user_profile.numbers.changes import (
    HistoryOrder,
    StatChange,
    StatHistory,
    Value,
    read_history_order,
)
from deltacrown.user_profile.numbers.happenings import get_days_of_happening, get_happenings
from deltacrown.user_profile.numbers.known_changes import get_known_changes, get_known_days
from deltacrown.user_profile.privacy import Viewer

__all__ = ["HistoryOrder", "StatChange", "StatHistory", "Value", "get_stat_history"]


def get_stat_history(
    user: User,
    stat: str,
    page: str | None = None,
    *,
    game: Game | str | None = None,
    order: HistoryOrder | str = HistoryOrder.HAPPENED,
    limit: int = 10,
    viewer: Viewer = None,
) -> StatHistory:
    """Return a page of the changes that made the number ``stat`` of ``user`` what it is, the latest first.

    The deltas of all pages add up to the number, in either order. Of a computed number, such as a rate, the
    changes of its parts are listed, each with what the number was after it. Where the viewer may not see a
    history from which the changes follow, they are told by the day.

    :param game: a game or its slug: the player's number in that game.
    :param order: by when what each row tells of happened, or by when this site learnt of each change.
    :param limit: 1 to 50.
    :raises NotFound: when there is no such number or game.
    :raises HistoryHidden: when ``viewer`` may not see the rows behind it.
    :raises InvalidInput: for an order, cursor or limit that cannot be taken.
    """
    check_limit(limit)
    read_history_order(order)
    number = find_readable_number(user, stat, game, viewer)
    precision = find_precision(user, stat, viewer)
    return read_stat_history(number, page, order=order, limit=limit, viewer=viewer, precision=precision)


def read_stat_history(
    number: PlayerNumber,
    page: str | None = None,
    *,
    order: HistoryOrder | str = HistoryOrder.HAPPENED,
    limit: int = 10,
    viewer: Viewer = None,
    precision: Precision,
    reading: NumberReading | None = None,
) -> StatHistory:
    """As ``get_stat_history``, without the privacy check; the caller must have made it.

    :param precision: how exactly ``viewer`` may learn of the number; see ``find_precision``.
    :param reading: the number as the caller has just read it; read here when left out.
    """
    check_limit(limit)
    chosen = read_history_order(order)
    reading = reading or number.read_with_parts()
    if precision is Precision.EXACT:
        read = get_happenings if chosen is HistoryOrder.HAPPENED else get_known_changes
        return read(number, page, limit=limit, viewer=viewer, reading=reading)

    read_days = get_days_of_happening if chosen is HistoryOrder.HAPPENED else get_known_days
    return read_days(number, page, limit=limit, reading=reading)
