"""The variables of the environment, checked: one that cannot be read stops the start with its name.

A variable that is set to nothing counts as not set. An error never repeats a value that may hold a secret.
"""

from __future__ import annotations

import builtins
import logging
import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from deltacrown.config.extras import Extra
from deltacrown.freshness.rates import Rate

Value = TypeVar("Value")

YES, NO = {"1", "true", "yes", "on", "y", "t"}, {"0", "false", "no", "off", "n", "f"}
LEVELS = tuple(logging.getLevelNamesMapping())
NUMBER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
LABEL = r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?"
NAME = rf"{LABEL}(\.{LABEL})*"
HOST = re.compile(rf"\*|\.?{NAME}|\[[0-9a-f:.]+\]", re.ASCII | re.IGNORECASE)
ORIGIN = re.compile(rf"https?://(\*\.)?({NAME}|\[[0-9a-f:.]+\])(:[0-9]{{1,5}})?", re.ASCII | re.IGNORECASE)

SECRET = re.compile(r"[!-~]+", re.ASCII)
ENDPOINT = re.compile(r"https?://[!-~]+", re.ASCII)
MAIL_ADDRESS = re.compile(r"[^<>@\s,]+@[^<>@\s,]+")
CLIENT_ID = re.compile(r"[0-9]{15,25}", re.ASCII)
CLIENT_SECRET = re.compile(r"[!-~]{8,200}", re.ASCII)
SENDER = re.compile(r"[^<>\r\n]{1,100} <[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+")

DATABASES = ("sqlite", "postgres", "postgresql", "psql", "pgsql")
MAILS = ("smtp", "smtp+tls", "smtp+ssl", "filemail", "consolemail")
BROKERS = ("redis", "rediss", "redis+socket", "sentinel", "amqp", "amqps", "pyamqp", "sqs", "memory")


class Environment:
    """Reads variables; every method but ``str`` checks the value.

    :param variables: by default those of the process.
    """

    def __init__(self, variables: Mapping[builtins.str, builtins.str]) -> None:
        self._variables = variables

    def str(self, name: builtins.str, *, default: builtins.str) -> builtins.str:
        """Return the text of a variable."""
        return self._variables.get(name, "").strip() or default

    def bool(self, name: builtins.str, *, default: builtins.bool) -> builtins.bool:
        """Return whether a variable says yes.

        :raises ImproperlyConfigured: it says neither yes nor no; as all other methods do.
        """
        text = self.str(name, default="").lower()
        if not text:
            return default
        if text not in YES | NO:
            _refuse(name, text, "write 1 or 0")
        return text in YES

    def int(
        self,
        name: builtins.str,
        *,
        default: builtins.int,
        least: builtins.int = 0,
        most: builtins.int = 2**31 - 1,
    ) -> builtins.int:
        """Return a whole number between ``least`` and ``most``."""
        text = self.str(name, default=builtins.str(default))
        if not NUMBER.fullmatch(text) or not least <= builtins.int(text) <= most:
            _refuse(name, text, f"write a whole number from {least:,} to {most:,}")
        return builtins.int(text)

    def rate(self, name: builtins.str, *, default: builtins.str) -> builtins.str:
        """Return a number of requests per seconds, as it is written."""
        text = self.str(name, default=default)
        try:
            Rate.read(name, text)
        except ValueError:
            _refuse(name, text, "write requests/seconds, as 600/60")
        return text

    def choice(
        self, name: builtins.str, choices: Sequence[builtins.str], *, default: builtins.str
    ) -> builtins.str:
        """Return one of ``choices``."""
        text = self.str(name, default=default)
        if text not in choices:
            _refuse(name, text, f"write {' or '.join(choices)}")
        return text

    def level(self, name: builtins.str, *, default: builtins.str) -> builtins.str:
        """Return the name of a level of logging."""
        text = self.str(name, default=default).upper()
        if text not in LEVELS:
            _refuse(name, text, "write DEBUG, INFO, WARNING, ERROR or CRITICAL")
        return text

    def hosts(self, name: builtins.str, *, default: list[builtins.str]) -> list[builtins.str]:
        """Return names of hosts, without scheme and port."""
        return self._list(name, HOST, "write names of hosts without scheme and port, with commas", default)

    def origins(self, name: builtins.str) -> list[builtins.str]:
        """Return origins, with scheme."""
        return self._list(name, ORIGIN, "write origins as https://play.example.org, with commas", [])

    def folder(self, name: builtins.str, *, default: Path) -> Path:
        """Return the path of a folder, which need not be there yet."""
        path = Path(self.str(name, default=builtins.str(default)))
        if "\0" in builtins.str(path) or (path.exists() and not path.is_dir()):
            _refuse(name, builtins.str(path), "this is no folder")
        return path

    def database(self, name: builtins.str, *, default: builtins.str) -> dict[builtins.str, Any]:
        """Return the entry for ``DATABASES`` of an address."""
        url = self.str(name, default=default)
        remedy = "write sqlite:////absolute/path or postgres://user:password@host:port/name"
        scheme = url.partition("://")[0]
        if "://" not in url or scheme not in DATABASES:
            _refuse_secret(name, remedy)
        entry = _parsed(name, remedy, lambda: environ.Env.db_url_config(url))

        if scheme == "sqlite":
            is_file = ":memory:" not in entry["NAME"] and not entry["NAME"].startswith("file:")
            if is_file and not Path(entry["NAME"]).absolute().parent.is_dir():
                _refuse_secret(name, f"there is no folder {Path(entry['NAME']).absolute().parent}")
        elif not entry["NAME"]:
            _refuse_secret(name, remedy)
        return dict(entry)

    def email(self, name: builtins.str, *, default: builtins.str) -> dict[builtins.str, Any]:
        """Return Django's ``EMAIL_`` settings of an address."""
        url = self.str(name, default=default)
        remedy = "write smtp+tls://user:password@host:587, or filemail:///folder"
        scheme = url.partition("://")[0]
        if "://" not in url or scheme not in MAILS:
            _refuse_secret(name, remedy)
        entry = _parsed(name, remedy, lambda: environ.Env.email_url_config(url))
        is_complete = {"smtp": entry["EMAIL_HOST"], "filemail": entry["EMAIL_FILE_PATH"]}
        if not is_complete.get(scheme.partition("+")[0], True):
            _refuse_secret(name, remedy)
        if scheme == "filemail":
            entry["EMAIL_FILE_PATH"] = (
                f"/{entry['EMAIL_FILE_PATH']}"  # the parser takes it for a relative one
            )
        return dict(entry)

    def sender(self, name: builtins.str, *, default: builtins.str) -> builtins.str:
        """Return whom mails are from: an address, with a name before it or without."""
        text = self.str(name, default=default)
        if not SENDER.fullmatch(text):
            _refuse(name, text, "write DeltaCrown <play@example.org>")
        return text

    def client(self, id_name: builtins.str, secret_name: builtins.str) -> tuple[builtins.str, builtins.str]:
        """Return the id and the secret that a provider gave this site: both are set, or none is."""
        client_id, secret = self.str(id_name, default=""), self.str(secret_name, default="")
        if secret and not CLIENT_SECRET.fullmatch(secret):
            _refuse_secret(secret_name, "write it as the provider shows it, without spaces")
        if client_id and not CLIENT_ID.fullmatch(client_id):
            _refuse(id_name, client_id, "write the number that the provider shows")
        if bool(client_id) != bool(secret):
            missing, there = (secret_name, id_name) if client_id else (id_name, secret_name)
            raise ImproperlyConfigured(f"{missing} is not set, and {there} is: set both, or none.")
        return client_id, secret

    def secret(self, name: builtins.str, *, least: builtins.int) -> builtins.str:
        """Return a secret of at least so many letters, digits and signs; ``""`` when there is none."""
        text = self.str(name, default="")
        if text and not (len(text) >= least and SECRET.fullmatch(text)):
            _refuse_secret(name, f"write at least {least} random letters and digits, without spaces")
        return text

    def endpoint(
        self, name: builtins.str, *, holds: builtins.str = "", needs: Extra | None = None
    ) -> builtins.str:
        """Return an address over HTTP; ``""`` when there is none.

        :param holds: what must stand in it.
        :param needs: what must be installed for it.
        """
        text = self.str(name, default="")
        if not text:
            return ""
        if not ENDPOINT.fullmatch(text) or holds not in text:
            example = f"https://example.org/{holds}"
            _refuse_secret(name, f"write an address as {example}")
        if needs is not None and (missing := needs.find_missing()):
            raise ImproperlyConfigured(
                f"{name} is set, and the package {missing} is not installed: "
                f"pip install 'deltacrown[{needs.name}]', or do not set it."
            )
        return text

    def certificates(self, name: builtins.str) -> builtins.str:
        """Return the path of a file of certificates in PEM; ``""`` when there is none."""
        path = self.str(name, default="")
        if path:
            remedy = "name a file that holds certificates of authorities in PEM, and that can be read"
            trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            try:
                trust.load_verify_locations(cafile=path)
            except (OSError, ValueError):  # an SSLError is an OSError
                _refuse(name, path, remedy)
        return path

    def addresses(self, name: builtins.str) -> list[builtins.str]:
        """Return mail addresses, separated by commas."""
        return self._list(name, MAIL_ADDRESS, "write mail addresses with commas: ann@example.org", [])

    def redis(self, name: builtins.str) -> builtins.str:
        """Return the address of a Redis; ``""`` when there is none."""
        url = self.str(name, default="")
        if not url:
            return ""
        from redis.connection import parse_url  # noqa: PLC0415 - only where there is a Redis

        remedy = "write redis://host:6379/0, rediss://host:6379/0 or unix:///path/of/socket"
        found = _parsed(name, remedy, lambda: parse_url(url))  # type: ignore[no-untyped-call]
        if not (found.get("host") or found.get("path")):
            _refuse_secret(name, remedy)
        return url

    def broker(self, name: builtins.str, *, default: builtins.str) -> builtins.str:
        """Return the address of a broker for Celery."""
        url = self.str(name, default=default)
        if url and url != default and urlsplit(url).scheme not in BROKERS:
            _refuse_secret(name, f"write an address that begins with one of {', '.join(BROKERS)}")
        return url

    def _list(
        self,
        name: builtins.str,
        pattern: re.Pattern[builtins.str],
        remedy: builtins.str,
        default: list[builtins.str],
    ) -> list[builtins.str]:
        text = self.str(name, default="")
        values = [each.strip() for each in text.split(",") if each.strip()] if text else default
        for value in values:
            if not pattern.fullmatch(value):
                _refuse(name, value, remedy)
        return values


def _parsed(name: str, remedy: str, parse: Callable[[], Value]) -> Value:
    try:
        return parse()
    except Exception:  # noqa: BLE001 - parsers of addresses fail in many ways, all of them for the address
        _refuse_secret(name, remedy)


def _refuse(name: str, value: str, remedy: str) -> NoReturn:
    raise ImproperlyConfigured(f"{name} is {value[:60]!r}: {remedy}.") from None


def _refuse_secret(name: str, remedy: str) -> NoReturn:
    raise ImproperlyConfigured(f"{name} cannot be read: {remedy}.") from None
