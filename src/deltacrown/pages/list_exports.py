"""Exports of what the pages of a player list, row by row: series, tournaments, timeline.

Each is what its list gives the same viewer, page after page: the privacy module is asked the same, once,
before the first row is read. Rows are read in batches, so that memory does not grow with the list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from django.db.models import QuerySet

from deltacrown.core.pagination import Order, iterate_pages
from deltacrown.tournaments.models import TournamentParticipation, TournamentSeriesResult
from deltacrown.user_profile.histories import series, tournaments
from deltacrown.user_profile.histories.filters import (
    GivenMatchFilters,
    GivenTournamentFilters,
    read_match_filters,
    read_tournament_filters,
)
from deltacrown.user_profile.histories.series import SeriesEntry
from deltacrown.user_profile.histories.tournaments import TournamentEntry
from deltacrown.user_profile.people.addresses import get_player
from deltacrown.user_profile.privacy import Viewer, require_match_history, require_tournaments
from deltacrown.user_profile.timeline.reading import ActivityEntry, iterate_activity_timeline

#: Rows read at a time.
BATCH = 500

Entry = TypeVar("Entry")
Narrow = Callable[[Any], Sequence[QuerySet[Any]]]


def export_series(
    public_id: str, filters: GivenMatchFilters = None, *, viewer: Viewer = None
) -> Iterator[SeriesEntry]:
    """Return the series of a player, those played last first.

    :raises InvalidInput: at once, for a filter that cannot be taken; see ``get_series_history``.
    :raises NotFound: at once, when there is no such player.
    :raises HistoryHidden: at once, when the player hides their matches from ``viewer``.
    """
    user = get_player(public_id, viewer=viewer).user
    checked = read_match_filters(filters)
    require_match_history(user, viewer)

    played = TournamentSeriesResult.objects.filter(user=user)
    return _export(
        checked,
        lambda given: series.narrow_series([played], given, viewer=viewer),
        order=series.ORDER,
        describe=series.describe_series,
    )


def export_tournaments(
    public_id: str, filters: GivenTournamentFilters = None, *, viewer: Viewer = None
) -> Iterator[TournamentEntry]:
    """Return the tournaments that a player entered, latest registration first.

    :raises InvalidInput: at once, for a filter that cannot be taken; see ``get_tournament_breakdown``.
    :raises NotFound: at once, when there is no such player.
    :raises HistoryHidden: at once, when the player hides them from ``viewer``.
    """
    user = get_player(public_id, viewer=viewer).user
    checked = read_tournament_filters(filters)
    require_tournaments(user, viewer)

    entered = TournamentParticipation.objects.filter(user=user)
    return _export(
        checked,
        lambda given: tournaments.narrow_participations([entered], given, viewer=viewer),
        order=tournaments.ORDER,
        describe=tournaments.describe_participations,
    )


def export_activity(public_id: str, *, viewer: Viewer = None) -> Iterator[ActivityEntry]:
    """Return the timeline of a player as far as ``viewer`` may see it, latest first.

    :raises NotFound: at once, when there is no such player.
    """
    user = get_player(public_id, viewer=viewer).user
    return iterate_activity_timeline(user, viewer, size=BATCH)


def _export(
    filters: Any, narrow: Narrow, *, order: Order, describe: Callable[[Sequence[Any]], list[Entry]]
) -> Iterator[Entry]:
    """Return the rows that fit ``filters``; names in these are looked up at once, rows when they are read."""
    first, later = narrow(filters), narrow(filters.for_page("a later one"))
    batches = iterate_pages(first, later=later, order=order, size=BATCH)
    return (entry for rows in batches for entry in describe(rows))
