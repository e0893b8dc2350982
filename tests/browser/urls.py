"""The addresses of the site, and three that fail, to see what readers are told then."""

from __future__ import annotations

import sqlite3
from typing import NoReturn

from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest
from django.urls import path

from deltacrown.config.urls import handler500
from deltacrown.config.urls import urlpatterns as ours

__all__ = ["handler500", "urlpatterns"]


def break_down(request: HttpRequest) -> NoReturn:
    raise RuntimeError("a mistake of ours")


def be_away(request: HttpRequest) -> NoReturn:
    busy = sqlite3.OperationalError("database is locked")
    busy.sqlite_errorcode = sqlite3.SQLITE_BUSY
    raise OperationalError(*busy.args) from busy


def be_suspicious(request: HttpRequest) -> NoReturn:
    raise SuspiciousOperation("not as a browser asks")


urlpatterns = [
    path("broken/", break_down),
    path("away/", be_away),
    path("suspicious/", be_suspicious),
    *ours,
]
