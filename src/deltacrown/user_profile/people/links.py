"""The links on a profile: which addresses a player may show to everybody.

Nobody looks at what is behind them. So an address leads by https to a site with a name of its own, never to
a machine or a private network, and holds nothing that a reader is not shown: no username, no odd characters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import check_text
from deltacrown.core.names import clean_name
from deltacrown.user_profile.models.links import ProfileLink

MOST_LINKS = 5
LONGEST_URL, LONGEST_LABEL = 200, 40
#: What ends the names of machines that only a private network knows (RFC 2606, 6761, 6762, 8375 and custom).
PRIVATE_ENDS = (
    *("localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "home", "lan"),
    *("home.arpa", "in-addr.arpa", "ip6.arpa", "test", "invalid", "onion"),
)
#: A name of several words, the last of which is no number: so it is never an address of a machine.
HOST = re.compile(
    r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})"
)
#: Browsers read these otherwise than they are written.
ODD = re.compile(r"[\s\\<>\"^`{|}]")

NOT_HTTPS = gettext_noop("%(field)s is no address of a page: write it like https://example.org/me.")
HOLDS_USER = gettext_noop("%(field)s holds a username or a password: remove what is before the @.")
NO_SITE = gettext_noop(
    "%(field)s leads to a machine or a private network: name a site that everybody can open."
)
HOLDS_ODD = gettext_noop("%(field)s holds blanks or signs that no address has: copy it from the browser.")
TWICE = gettext_noop("%(field)s is there twice: remove one of them.")


def clean_links(links: Sequence[ProfileLink]) -> list[ProfileLink]:
    """Return links as they are stored, in the same order.

    :raises InvalidInput: there are too many, or one cannot be shown; ``field`` is as in ``links.0.url``.
    """
    if len(links) > MOST_LINKS:
        words = {"count": len(links), "most": MOST_LINKS}
        message = _("There are %(count)s links; a profile has at most %(most)s.") % words
        raise InvalidInput(message, field="links")

    cleaned: list[ProfileLink] = []
    for number, link in enumerate(links):
        field = f"links.{number}.url"
        made = ProfileLink(_clean_url(link.url, field), _clean_label(link.label, f"links.{number}.label"))
        if _fold(made) in map(_fold, cleaned):
            raise _refuse(TWICE, field)
        cleaned.append(made)
    return cleaned


def read_given_links(value: object) -> list[ProfileLink]:
    """Return links out of JSON that somebody wrote; ``clean_links`` checks what they hold.

    :raises InvalidInput: it is no list of objects with ``url`` and, if they like, ``label``.
    """
    rows: list[Any] = value if isinstance(value, list) else [value]
    for row in rows:
        if not isinstance(row, dict) or "url" not in row or not row.keys() <= {"url", "label"}:
            raise InvalidInput(_('Write links as in [{"url": "https://…", "label": "…"}].'), field="links")
    return [ProfileLink(row["url"], row.get("label", "")) for row in rows]


def _clean_label(label: str, field: str) -> str:
    check_text(label, field=field, limit=LONGEST_LABEL * 4)
    return clean_name(label, field=field, limit=LONGEST_LABEL) if str(label).strip() else ""


def _clean_url(url: str, field: str) -> str:
    check_text(url, field=field, limit=LONGEST_URL, required=True)
    text = url.strip()
    if ODD.search(text):
        raise _refuse(HOLDS_ODD, field)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise _refuse(NOT_HTTPS, field) from error
    if parts.scheme != "https" or not parts.netloc:
        raise _refuse(NOT_HTTPS, field)
    if "@" in parts.netloc:
        raise _refuse(HOLDS_USER, field)

    place = f"{_clean_host(parts, field)}{'' if port in (None, 443) else f':{port}'}"
    made = iri_to_uri(urlunsplit(("https", place, parts.path or "/", parts.query, parts.fragment))) or ""
    check_text(made, field=field, limit=LONGEST_URL)
    return made


def _clean_host(parts: SplitResult, field: str) -> str:
    """Return the name of a site in ASCII, so that no letter looks like another."""
    host = parts.hostname or ""
    try:
        name = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise _refuse(NOT_HTTPS, field) from error
    is_private = any(f".{name}".endswith(f".{end}") for end in PRIVATE_ENDS)
    if is_private or HOST.fullmatch(name) is None:
        raise _refuse(NO_SITE, field)
    return name


def _fold(link: ProfileLink) -> str:
    return link.url.removesuffix("/").replace("://www.", "://")


def _refuse(sentence: str, field: str) -> InvalidInput:
    message = _(sentence)
    beside = message % {"field": pgettext("a field", "This")}
    return InvalidInput(message % {"field": field}, field=field, at_field=beside)
