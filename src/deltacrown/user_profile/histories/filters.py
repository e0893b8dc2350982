"""The filters of histories, and their conversion from text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, TypeVar

from django.db import models
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext

from deltacrown.core.days import add_days, end_of_day, to_utc
from deltacrown.core.errors import InvalidInput, NotFound
from deltacrown.games.models import Game, MatchRow, Season
from deltacrown.games.services import find_games, get_season
from deltacrown.tournaments.models import Tournament
from deltacrown.tournaments.services import find_tournaments
from deltacrown.user_profile.histories.names import (
    find_games_called,
    find_tournaments_called,
    list_choices,
)
from deltacrown.user_profile.histories.reported import check_reported
from deltacrown.user_profile.privacy import Viewer, filter_tournaments_by_visibility

SLUG = re.compile(r"[-a-zA-Z0-9_]+")
LARGEST_PLACEMENT = 2**31 - 1
DATE_LENGTH = len("2025-01-31")


@dataclass(frozen=True)
class MatchFilters:
    """Filters match rows; ``None`` filters nothing.

    :param game: a game's slug or name.
    :param kind: ``CASUAL`` or ``TOURNAMENT``, in any case.
    :param result: ``WIN``, ``LOSS``, ``DRAW`` or ``NONE``, in any case.
    :param played_from: the earliest datetime, or a date: from its start, UTC.
    :param played_to: the datetime before which, or a date: to its end, UTC.
    :param tournament: a tournament's slug or name.
    :param opponent: a player's public id, a team's slug, or a name of either.
    :param season: a season's slug: what was played on its days, in its game where it is of one.
    :param reported: a name and what the game reported under it, in words: ``agent:Jett``.
    """

    game: str | None = None
    kind: str | None = None
    result: str | None = None
    played_from: datetime | str | None = None
    played_to: datetime | str | None = None
    tournament: str | None = None
    opponent: str | None = None
    season: str | None = None
    reported: str | None = None

    def for_page(self, page: str | None) -> MatchFilters:
        """Return the filters that the statement of a page needs.

        A page after the first starts at its cursor, which lies before ``played_to`` already. Of two such
        bounds SQLite would search by the filter's, and read all the pages before.
        """
        return self if page is None else replace(self, played_to=None)


@dataclass(frozen=True)
class TournamentFilters:
    """Filters the tournaments a player entered.

    :param game: a game's slug or name.
    :param status: of the tournament: ``OPEN``, ``RUNNING``, ``COMPLETED`` …, in any case.
    :param placement: the player's placement in it.
    :param tournament: a tournament's slug or name.
    :param registered_from: the earliest datetime, or a date: from its start, UTC.
    :param registered_to: the datetime before which, or a date: to its end, UTC.
    :param season: a season's slug: tournaments that start on its days, in its game where it is of one.
    """

    game: str | None = None
    status: str | None = None
    placement: int | str | None = None
    tournament: str | None = None
    registered_from: datetime | str | None = None
    registered_to: datetime | str | None = None
    season: str | None = None

    def for_page(self, page: str | None) -> TournamentFilters:
        """Return the filters that the statement of a page needs; see ``MatchFilters.for_page``."""
        return self if page is None else replace(self, registered_to=None)


GivenMatchFilters = MatchFilters | Mapping[str, Any] | None
GivenTournamentFilters = TournamentFilters | Mapping[str, Any] | None
Named = TypeVar("Named", Game, Tournament)
SomeFilters = TypeVar("SomeFilters", MatchFilters, TournamentFilters)


def read_match_filters(given: GivenMatchFilters, *, game: Game | str | None = None) -> MatchFilters:
    """Convert a mapping of texts to checked filters, or check a dataclass; an empty text filters nothing.

    A season narrows the other filters to its days and its game.

    :param game: a game asked for separately, as a slug or a row.
    :raises InvalidInput: for an unknown name or an invalid value.
    """
    filters = _named(MatchFilters, given)
    slug = game.slug if isinstance(game, Game) else game
    if slug and filters.game and slug != filters.game:
        raise InvalidInput(
            gettext("Two games are asked for, %(game)s and %(named)s: name one.")
            % {"game": repr(slug), "named": repr(filters.game)},
            field="game",
        )
    slug = slug or filters.game
    season = get_season_named(filters.season, game=slug) if filters.season else None
    since, until = (season.since, season.until) if season else (None, None)
    return replace(
        filters,
        game=slug or (season.game.slug if season and season.game else None),
        kind=_choice(filters.kind, MatchRow.Kind, "kind"),
        result=_choice(filters.result, MatchRow.Result, "result"),
        played_from=_choose(max, read_datetime(filters.played_from, "played_from"), since),
        played_to=_choose(min, read_datetime(filters.played_to, "played_to", ends=True), until),
        reported=check_reported(filters.reported),
    )


def read_tournament_filters(given: GivenTournamentFilters) -> TournamentFilters:
    """Convert and check filters as ``read_match_filters`` does, for tournaments."""
    filters = _named(TournamentFilters, given)
    return replace(
        filters,
        status=_choice(filters.status, Tournament.Status, "status"),
        placement=_placement(filters.placement),
        registered_from=read_datetime(filters.registered_from, "registered_from"),
        registered_to=read_datetime(filters.registered_to, "registered_to", ends=True),
    )


def read_as_of(text: str, *, now: datetime) -> datetime:
    """Return the datetime that ``text`` names, up to which facts happened.

    It is a date, to its end in UTC, or a datetime with a time zone. Today is a whole day, whatever the time.

    :raises InvalidInput: when it is neither, or lies on a day to come.
    """
    found = _read_end(text, "as_of")
    if found > end_of_day(now):
        raise InvalidInput(
            gettext("%(text)s lies in the future; nothing is known of it yet: ask for today at the latest.")
            % {"text": repr(text)},
            field="as_of",
        )
    return found


def read_known_at(text: str, *, now: datetime) -> datetime:
    """Return the datetime that ``text`` names, up to which this site learnt of facts.

    It is written as for ``read_as_of``. Today ends ``now``.

    :raises InvalidInput: when it is neither, or lies in the future.
    """
    found = _read_end(text, "known_at")
    if is_date(text) and found == end_of_day(now):
        return now
    if found > now:
        raise InvalidInput(
            gettext("%(text)s lies in the future, of which nothing is known: leave it out for the present.")
            % {"text": repr(text)},
            field="known_at",
        )
    return found


def is_date(text: str) -> bool:
    """Return whether a time that was read is a date alone, which means the end of its day."""
    return len(text) == DATE_LENGTH


def _read_end(text: str, field: str) -> datetime:
    found = read_datetime(text, field, ends=True)
    assert found is not None  # noqa: S101 - only no text gives none
    return found - timedelta(microseconds=1) if is_date(text) else found


def get_game(slug: str) -> Game:
    """Return the game with this slug, else the one with this name.

    :raises InvalidInput: when there is none, or there are several with this name.
    """
    found = find_games([slug]).get(slug) if SLUG.fullmatch(slug) else None
    if found is not None:
        return found
    message = gettext("There is no game %(slug)s: use the slug of a game, as in its pages' addresses.") % {
        "slug": repr(slug)
    }
    return _get_only(find_games_called(slug.strip()), slug, "game", message)


def get_tournament_named(slug: str, viewer: Viewer) -> Tournament:
    """Return the tournament with this slug, else the one with this name.

    :raises InvalidInput: when there is none, ``viewer`` may not see it, or there are several with this name.
    """
    shown = filter_tournaments_by_visibility(Tournament.objects.select_related("game"), viewer)
    found = find_tournaments([slug], among=shown).get(slug) if SLUG.fullmatch(slug) else None
    if found is not None:
        return found
    message = gettext("There is no tournament %(slug)s: use its name, or the slug in its page's address.") % {
        "slug": repr(slug)
    }
    return _get_only(find_tournaments_called(slug.strip(), shown), slug, "tournament", message)


def _get_only(called: list[Named], name: str, field: str, message: str) -> Named:
    """Return the one game or tournament called ``name``.

    :param message: what to say where there is none.
    :raises InvalidInput: there is none, or there are several.
    """
    if len(called) == 1:
        return called[0]
    if called:
        choices = list_choices([each.slug for each in called])
        message = gettext("Several are called %(name)s: %(choices)s. Use one of these slugs.") % {
            "name": repr(name[:60]),
            "choices": choices,
        }
    raise InvalidInput(message, field=field)


def get_season_named(slug: str, *, game: str | None = None) -> Season:
    """Return the season with this slug, to filter by.

    :param game: the slug of a game that is asked for besides.
    :raises InvalidInput: when there is none, or it is of another game.
    """
    try:
        season = get_season(slug)
    except NotFound as refusal:
        raise InvalidInput(refusal.message, field="season") from refusal

    if game and season.game and get_game(game) != season.game:
        message = gettext(
            "The season %(slug)s is of the game %(game)s, not of %(asked)s: name one of both."
        ) % {"slug": repr(slug), "game": repr(season.game.slug), "asked": repr(game)}
        raise InvalidInput(message, field="season")
    return season


def _named(kind: type[SomeFilters], given: SomeFilters | Mapping[str, Any] | None) -> SomeFilters:
    if given is None or isinstance(given, kind):
        return given or kind()
    if not isinstance(given, Mapping):
        raise InvalidInput(
            f"Filters are a {kind.__name__} or a mapping, not {type(given).__name__}.", field="filters"
        )
    names = [field.name for field in fields(kind)]
    for name in given:
        if name not in names:
            raise InvalidInput(
                gettext("There is no filter %(name)s: use %(names)s.")
                % {"name": repr(name), "names": ", ".join(names)},
                field=str(name),
            )
    return kind(**{name: value for name, value in given.items() if value not in ("", None)})


def _choice(value: str | None, choices: type[models.TextChoices], field: str) -> str | None:
    if value is None or str(value).upper() in choices.values:
        return value and str(value).upper()
    raise InvalidInput(
        gettext("%(value)s is no %(field)s: use %(choices)s.")
        % {"value": repr(value), "field": field, "choices": ", ".join(choices.values)},
        field=field,
    )


def read_datetime(value: datetime | str | None, field: str, *, ends: bool = False) -> datetime | None:
    """Convert text to a datetime in UTC; a date to its start, or with ``ends`` to the start of the next.

    :raises InvalidInput: when it is no date, or a datetime without a time zone.
    """
    if value is None:
        return None
    found = value if isinstance(value, datetime) else _read_datetime(value, ends=ends)
    if found is None:
        message = gettext("%(value)s is no date: write it as 2025-01-31 or 2025-01-31T18:00:00Z.") % {
            "value": repr(value)
        }
        raise InvalidInput(message, field=field)
    if found.tzinfo is None:
        message = gettext("%(value)s names no time zone: add one, as in 2025-01-31T18:00:00Z.") % {
            "value": repr(value)
        }
        raise InvalidInput(message, field=field)
    return to_utc(found)


def _read_datetime(text: str, *, ends: bool) -> datetime | None:
    try:
        if day := parse_date(text) if len(text) == DATE_LENGTH else None:
            return add_days(datetime.combine(day, time(), UTC), days=1 if ends else 0)
        # A date without hyphens would be taken as a datetime, and a time zone be asked of it.
        return parse_datetime(text) if len(text) > DATE_LENGTH else None
    except ValueError:
        return None


def _choose(choose: Callable[[Iterable[datetime]], datetime], *bounds: datetime | None) -> datetime | None:
    """Return the bound that narrows most; ``None`` where there is none."""
    given = [bound for bound in bounds if bound is not None]
    return choose(given) if given else None


def _placement(value: int | str | None) -> int | None:
    if value is None:
        return None
    text = str(value)
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:12]) <= LARGEST_PLACEMENT):
        raise InvalidInput(
            gettext("%(value)s is no placement: use a whole number from 1 on.") % {"value": repr(value)},
            field="placement",
        )
    return int(text)


def is_narrowing(filters: MatchFilters | TournamentFilters | None) -> bool:
    """Return whether any filter is set."""
    return filters is not None and any(value is not None for value in asdict(filters).values())
