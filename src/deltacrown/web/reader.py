"""How a browser wants pages shown: its language, time zone and theme, kept in cookies and nowhere else.

They are of the browser and not of the account, so that they hold for visitors too and cost no statement.
Whatever a cookie says is believed only where it is one of the values that the page of settings offers.
Who has chosen no language gets the first of those that the browser asks for, as ``Accept-Language`` says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import cache, wraps
from itertools import groupby
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from deltacrown.core.words import in_english

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

ZONE, THEME, LANGUAGE = "zone", "theme", settings.LANGUAGE_COOKIE_NAME
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
#: They stay in UTC and English: staff compare what they read there with the API and the log.
FOR_ALL_ALIKE = ("/admin/", "/api/")


@dataclass(frozen=True)
class Reader:
    """What one browser asked for.

    :param zone: a name of the tz database.
    :param theme: empty where it follows the system.
    :param language: empty where it follows the browser.
    """

    zone: str = NO_ZONE
    theme: str = ""
    language: str = ""

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


_ANYBODY = Reader()


class AsReaderWants:
    """Makes the reader's zone and language the current ones while a page is made."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(FOR_ALL_ALIKE):
            with in_english():
                return self.get_response(request)

        language = translation.get_language_from_request(request)
        zone = get_zone(read_reader(request.COOKIES).zone)
        with timezone.override(zone), translation.override(language):
            response = self.get_response(request)
        if response.has_header("Content-Language"):
            return response
        response["Content-Language"] = language
        patch_vary_headers(response, ["Accept-Language"])
        return response


def for_everybody(view: View) -> View:
    """Let a view write in the site's own language and in UTC: its answers are kept and passed on."""

    @wraps(view)
    def show(*args: Any, **kwargs: Any) -> HttpResponseBase:
        with timezone.override(UTC), translation.override(settings.LANGUAGE_CODE):
            response: HttpResponseBase = view(*args, **kwargs)
        response["Content-Language"] = settings.LANGUAGE_CODE
        return response

    return cast("View", show)


def read_reader(cookies: Mapping[str, str]) -> Reader:
    """Return what the cookies say; the defaults for what they do not say or say wrongly."""
    zone, theme, language = cookies.get(ZONE, ""), cookies.get(THEME, ""), cookies.get(LANGUAGE, "")
    if not (zone or theme or language):  # as of most visitors
        return _ANYBODY
    return Reader(
        zone=zone if is_zone(zone) else NO_ZONE,
        theme=theme if theme in THEMES else "",
        language=language if language in dict(settings.LANGUAGES) else "",
    )


def add_reader(request: HttpRequest) -> dict[str, Any]:
    """Return ``reader`` for the templates, as a context processor, and the language that the page is in."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    return {
        "reader": read_reader(request.COOKIES),
        "language": language,
        "direction": "rtl" if translation.get_language_bidi() else "ltr",
    }


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
