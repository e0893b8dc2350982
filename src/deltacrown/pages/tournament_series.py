"""The series of a tournament, and the list of what was played in it: a series as one, with its games."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, Max, OuterRef
from django.utils.translation import gettext as _

from deltacrown.core.either import IsAmong
from deltacrown.core.errors import NotFound
from deltacrown.core.inputs import is_storable
from deltacrown.core.natural_order import get_numbered_key, get_sort_key
from deltacrown.core.pagination import Page, check_limit, read_position, write_position
from deltacrown.core.sentences import end_sentence
from deltacrown.games.models import list_match_sources
from deltacrown.pages.series import GAMES_SHOWN, SeriesItem, describe_series
from deltacrown.pages.tournament_matches import (
    TournamentMatchItem,
    describe_matches,
    keep_last,
    list_described,
)
from deltacrown.tournaments.models import Tournament, TournamentSeriesResult

#: Of a match and of a series that were played at one time, the series is listed first.
OF_MATCH, OF_SERIES = 0, 1


@dataclass(frozen=True)
class PlayedItem:
    """What the list of a tournament's matches holds: a series with its games, or a match of none.

    :param matches: the games of the series, at most 15, in the order of play; or the one match.
    """

    series: SeriesItem | None
    matches: list[TournamentMatchItem]

    @property
    def round(self) -> str:
        """Return the round, as the organiser calls it."""
        return self.series.round if self.series else self.matches[0].round

    @property
    def more(self) -> int:
        """Return how many games of the series are left out."""
        return self.series.games - len(self.matches) if self.series else 0


@dataclass(frozen=True)
class SeriesPage:
    """A series, and its games by the page, latest first."""

    tournament: Tournament
    series: SeriesItem
    lines: Page[TournamentMatchItem]


@dataclass(frozen=True)
class _Place:
    """A place in a list of series and matches of one tournament."""

    at: datetime
    kind: int
    key: str
    sequence: int | None = None

    @property
    def play_order(self) -> str:
        """Return what orders the places of one kind and time, as the database does."""
        if self.kind == OF_SERIES:
            return get_sort_key(self.key)
        return get_numbered_key(self.sequence, self.key)

    @property
    def order(self) -> tuple[datetime, int, str]:
        return self.at, self.kind, self.play_order


def list_series_items(event: Tournament, page: str | None = None, *, limit: int) -> Page[SeriesItem]:
    """Return a page of the series of a tournament, those played last first.

    :raises InvalidInput: for a cursor or limit that cannot be taken.
    """
    check_limit(limit)
    listing = f"series of tournament/{event.pk}"
    after = _read_after(listing, page) if page else None

    shown, cursor = _cut(listing, _list_series_places(event, after, limit), limit)
    items = describe_series(event.slug, [place.key for place in shown])
    return Page([items[place.key] for place in shown if place.key in items], cursor, cursor is not None)


def list_played_items(event: Tournament, page: str | None = None, *, limit: int) -> Page[PlayedItem]:
    """Return a page of what was played in a tournament, latest first: each series as one, with its games.

    :raises InvalidInput: for a cursor or limit that cannot be taken.
    """
    check_limit(limit)
    listing = f"played/{event.pk}"
    after = _read_after(listing, page) if page else None

    places = [*_list_series_places(event, after, limit), *_list_match_places(event, after, limit)]
    shown, cursor = _cut(listing, places, limit)
    series = describe_series(event.slug, [place.key for place in shown if place.kind == OF_SERIES])

    keys = [place.key for place in shown if place.kind == OF_MATCH]
    for item in series.values():
        keys += item.match_keys[-GAMES_SHOWN:]
    matches = {match.match_key: match for match in describe_matches(event, keys)}

    items = []
    for place in shown:
        if place.kind == OF_MATCH:
            items.append(PlayedItem(None, [matches[place.key]]))
        elif place.key in series:
            item = series[place.key]
            items.append(PlayedItem(item, [matches[key] for key in item.match_keys[-GAMES_SHOWN:]]))
    return Page(items, cursor, cursor is not None)


def get_series(event: Tournament, series: str) -> SeriesItem:
    """Return the series of a tournament with this name.

    :raises NotFound: there is none.
    """
    found = describe_series(event.slug, [series]) if is_storable(series, multiline=False) else {}
    if series not in found:
        sentence = _("There is no series %(series)s in %(tournament)s")
        told = {"series": repr(series[:100]), "tournament": event.name}
        raise NotFound(end_sentence(sentence % told), field="series")
    return found[series]


def _list_series_places(event: Tournament, after: _Place | None, limit: int) -> list[_Place]:
    rows = TournamentSeriesResult.objects.filter(tournament=event).order_by()
    groups = rows.values("series").annotate(latest=Max("played_at"))
    found = keep_last(groups, limit + 1, up_to=after.at if after else None)
    places = [_Place(latest, OF_SERIES, name) for name, latest in found.values_list("series", "latest")]
    return _cut_before(places, after)


def _list_match_places(event: Tournament, after: _Place | None, limit: int) -> list[_Place]:
    """Return the matches of no series, and those whose series has no row, as raw SQL may leave it."""
    series = TournamentSeriesResult.objects.filter(
        tournament=OuterRef("tournament"), series=OuterRef("series")
    )
    alone = list_described(event).filter(~Exists(series)).values("match_id")

    places: dict[str, _Place] = {}
    for rows in list_match_sources(IsAmong("pk", alone)):
        groups = rows.order_by().values("match_key").annotate(latest=Max("played_at"))
        groups = groups.annotate(last_sequence=Max("sequence"))
        found = keep_last(groups, limit + 1, up_to=after.at if after else None)
        for key, latest, sequence in found.values_list("match_key", "latest", "last_sequence"):
            places[key] = _Place(latest, OF_MATCH, key, sequence)
    return _cut_before([*places.values()], after)


def _cut_before(places: list[_Place], after: _Place | None) -> list[_Place]:
    """Return the places that come after another one."""
    return places if after is None else [place for place in places if place.order < after.order]


def _cut(listing: str, places: list[_Place], limit: int) -> tuple[list[_Place], str | None]:
    """Return the first places, latest first, and the cursor of what follows them."""
    places.sort(key=lambda place: place.order, reverse=True)
    shown = places[:limit]
    if len(places) <= limit:
        return shown, None

    last = shown[-1]
    return shown, write_position(listing, [last.at.isoformat(), last.kind, last.key, last.sequence])


def _read_after(listing: str, page: str) -> _Place:
    at, kind, key, sequence = read_position(listing, page)
    return _Place(datetime.fromisoformat(at), kind, key, sequence)
