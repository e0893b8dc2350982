"""How a browser wants pages shown: its time zone and its theme, kept in two cookies and nowhere else.

They are of the browser and not of the account, so that they hold for visitors too and cost no statement.
Whatever a cookie says is believed only where it is one of the values that the page of settings offers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import cache
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

ZONE, THEME = "zone", "theme"
#: The zone of a reader of whom none is known.
NO_ZONE = "UTC"
LIGHT, DARK = "light", "dark"
#: Each theme with its ``--panel`` of the style sheet, for the browser's own frame.
THEMES = {LIGHT: "#ffffff", DARK: "#14181d"}
ONE_YEAR = 365 * 24 * 60 * 60
#: Continents and oceans. What is outside of them are old names, and offsets whose signs mislead.
REGIONS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)
#: They stay in UTC: staff compare times there with those of the API and of the log.
IN_UTC = ("/admin/", "/api/")


@dataclass(frozen=True)
class Reader:
    """What one browser asked for.

    :param zone: a name of the tz database.
    :param theme: empty where it follows the system.
    """

    zone: str = NO_ZONE
    theme: str = ""

    @property
    def scheme(self) -> str:
        """Return the value of ``color-scheme``."""
        return self.theme or f"{LIGHT} {DARK}"

    @property
    def colours(self) -> list[tuple[str, str]]:
        """Return each theme that may be shown with its colour."""
        return [(name, colour) for name, colour in THEMES.items() if self.theme in {"", name}]

    @property
    def zone_name(self) -> str:
        """Return the zone as people write it."""
        return self.zone.replace("_", " ")


class ReaderZone:
    """Makes the reader's zone the current one while a page is made; that of the admin and the API is UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(IN_UTC):
            return self.get_response(request)
        with timezone.override(get_zone(read_reader(request.COOKIES).zone)):
            return self.get_response(request)


def read_reader(cookies: Mapping[str, str]) -> Reader:
    """Return what the cookies say; the defaults for what they do not say or say wrongly."""
    zone, theme = cookies.get(ZONE, ""), cookies.get(THEME, "")
    return Reader(zone if is_zone(zone) else NO_ZONE, theme if theme in THEMES else "")


def add_reader(request: HttpRequest) -> dict[str, Any]:
    """Return ``reader`` for the templates, as a context processor."""
    return {"reader": read_reader(request.COOKIES)}


def is_zone(name: str) -> bool:
    """Return whether there is a zone of this name."""
    return name in _list_names()


def get_zone(name: str) -> tzinfo:
    """Return the zone; UTC needs no tz database on the machine."""
    return UTC if name == NO_ZONE else ZoneInfo(name)


@cache
def list_zones() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the zones that one can choose by region, each with the name of its place."""
    names = [name for name in sorted(_list_names()) if name.partition("/")[0] in REGIONS]
    return [
        (region, [(name, name.partition("/")[2].replace("_", " ")) for name in together])
        for region, together in groupby(names, key=lambda name: name.partition("/")[0])
    ]


@cache
def _list_names() -> frozenset[str]:
    return frozenset(available_timezones() | {NO_ZONE})


def keep(response: HttpResponse, name: str, value: str) -> None:
    """Set a cookie for a year; remove it where there is no value."""
    if value:
        response.set_cookie(
            name, value, max_age=ONE_YEAR, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax"
        )
    else:
        response.delete_cookie(name, samesite="Lax")
