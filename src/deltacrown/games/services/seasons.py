"""Seasons: the named periods that boards, charts and filters go by.

A season is a view of facts: no fact refers to one, so it can be changed and deleted at any time, and what
is counted over its days follows.
"""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from deltacrown.accounts.models import User
from deltacrown.core.audit import record_deed, write_about
from deltacrown.core.dates import write_iso_minute
from deltacrown.core.days import add_days, start_of_day, starts_a_day, to_utc
from deltacrown.core.deeds import Deed
from deltacrown.core.errors import Conflict, InvalidInput, NotFound
from deltacrown.core.inputs import check_datetime, check_text, is_storable
from deltacrown.core.names import clean_name
from deltacrown.core.races import find_or_insert
from deltacrown.games.models import Game, Season
from django_tally.transactions import atomic_service

LONGEST_SLUG, LONGEST_NAME = 60, 120


class SeasonTaken(Conflict):
    """The slug belongs to another season."""


@atomic_service
def create_season(
    *,
    slug: str,
    name: str,
    starts_at: datetime,
    ends_at: datetime,
    game: Game | None = None,
    by: User | None = None,
) -> Season:
    """Create a season; the same season again is the one there is.

    :param starts_at: the midnight, in UTC, at which its first day begins.
    :param ends_at: the midnight, in UTC, at which its last day ends.
    :param game: the game it is of; ``None`` for all games.
    :raises InvalidInput: the slug is no slug of at most 60 characters, the name empty or over 120, a time no
        midnight in UTC, or the end not after the start.
    :raises SeasonTaken: the slug belongs to a season that is not the same.
    """
    _check_slug(slug)
    wanted = Season(slug=slug, game=game)
    _set_facts(wanted, name, starts_at, ends_at)

    season, is_new = find_or_insert(lambda: _find_or_create(wanted))
    if _list_facts(season) != _list_facts(wanted):
        message = gettext(
            "The slug %(slug)s belongs to the season %(season)s, which has other days, another name "
            "or another game: change that season, or choose a slug."
        )
        raise SeasonTaken(message % {"slug": slug, "season": repr(season.name)}, field="slug")
    if is_new:
        _log(Deed.SEASON_CREATED, season, by)
    return season


@atomic_service
def change_season(
    *, season: Season, name: str, starts_at: datetime, ends_at: datetime, by: User | None = None
) -> bool:
    """Change the name and the days of a season, and return whether anything is new.

    Its slug, which is its address, and its game stay.

    :raises InvalidInput: as ``create_season``.
    :raises NotFound: it was deleted meanwhile.
    """
    kept = Season.objects.select_for_update(no_key=True).filter(pk=season.pk).first()
    if kept is None:
        raise _build_refusal(season.slug)

    before = _list_facts(kept)
    _set_facts(kept, name, starts_at, ends_at)
    if _list_facts(kept) == before:
        return False

    kept.save(update_fields=["name", "starts_at", "ends_at"])
    _log(Deed.SEASON_CHANGED, kept, by)
    return True


@atomic_service
def delete_season(*, season: Season, by: User | None = None) -> bool:
    """Delete a season, and return whether it was still there. What was played on its days stays."""
    deleted, _ = Season.objects.filter(pk=season.pk).delete()
    if not deleted:
        return False

    _log(Deed.SEASON_DELETED, season, by)
    return True


def list_seasons(game: Game | None = None) -> QuerySet[Season]:
    """Return the seasons of a game, those of all games among them; without a game, every season.

    Those that start last come first.
    """
    seasons = Season.objects.select_related("game").order_by("-starts_at", "slug")
    return seasons.filter(Q(game=game) | Q(game=None)) if game else seasons


def get_season(slug: str) -> Season:
    """Return the season with this slug.

    :raises NotFound: there is none.
    """
    is_slug = len(slug) <= LONGEST_SLUG and is_storable(slug, multiline=False)
    found = Season.objects.select_related("game").filter(slug=slug).first() if is_slug else None
    if found is None:
        raise _build_refusal(slug)
    return found


def find_current_season(game: Game | None, *, now: datetime) -> Season | None:
    """Return the season at hand: of the game if it has one, else of all games. The one begun last.

    :param game: ``None`` for a season of all games only.
    """
    seasons = list_seasons(game) if game else list_seasons().filter(game=None)
    # Whole days, as ``Season.since`` and ``until`` have them, whatever time a row says.
    today = start_of_day(now)
    running = seasons.filter(starts_at__lt=add_days(today, days=1), ends_at__gt=today)
    return min(running, key=lambda season: season.game_id is None, default=None)


def _check_slug(slug: str) -> None:
    check_text(slug, field="slug", limit=LONGEST_SLUG, required=True)
    try:
        validate_slug(slug)
    except ValidationError as error:
        message = gettext("%(slug)s is no slug: letters, digits, hyphens and underscores only.")
        raise InvalidInput(message % {"slug": repr(slug)}, field="slug") from error


def _set_facts(season: Season, name: str, starts_at: datetime, ends_at: datetime) -> None:
    for field, at in (("starts_at", starts_at), ("ends_at", ends_at)):
        check_datetime(at, field=field)
        if not starts_a_day(to_utc(at)):
            message = gettext("%(field)s %(time)s is within a day: give a midnight in UTC.")
            raise InvalidInput(message % {"field": field, "time": write_iso_minute(at)}, field=field)

    if ends_at <= starts_at:
        message = gettext("ends_at %(time)s is not after the start: give a later midnight.")
        raise InvalidInput(message % {"time": write_iso_minute(ends_at)}, field="ends_at")

    season.name = clean_name(name, field="name", limit=LONGEST_NAME)
    season.starts_at, season.ends_at = to_utc(starts_at), to_utc(ends_at)


def _find_or_create(wanted: Season) -> tuple[Season, bool]:
    existing = Season.objects.filter(slug=wanted.slug).first()
    if existing:
        return existing, False

    wanted.save(force_insert=True)
    return wanted, True


def _list_facts(season: Season) -> tuple[object, ...]:
    return season.name, season.starts_at, season.ends_at, season.game_id


def _build_refusal(slug: str) -> NotFound:
    message = gettext("There is no season %(slug)s: use the slug of one, as listed.")
    return NotFound(message % {"slug": f"{slug!r:.80}"}, field="season")


def _log(deed: Deed, season: Season, by: User | None) -> None:
    told = {"slug": season.slug, "days": _say_days(season)}
    who = f"user {by.pk}" if by else "somebody"
    record_deed(deed=deed, by=by, about=write_about("season", season.slug), who=who, told=told)


def _say_days(season: Season) -> str:
    return f"{write_iso_minute(season.since)} to {write_iso_minute(season.until)}"
