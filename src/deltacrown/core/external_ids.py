"""Ids of players and teams at other providers: what is valid, and when two are the same.

In files and requests an id is an address: ``steam:76561198000000042``. No username has a ``:``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from deltacrown.core.errors import Conflict, DomainError, InvalidInput, NotFound
from deltacrown.core.inputs import check_text
from deltacrown.core.names import BETWEEN_PROVIDER_AND_ID, make_name_key
from deltacrown.core.races import find_or_insert
from django_tally.batches import in_batches

#: Of one player or team.
MOST_IDS = 50
LONGEST_PROVIDER, LONGEST_VALUE, LONGEST_KEY = 30, 200, 600
LONGEST_ADDRESS = LONGEST_PROVIDER + 1 + LONGEST_VALUE
PROVIDER = re.compile(r"[a-z0-9_]{2,30}")
#: Every text that is an address and nothing else: what is before the first colon looks like a provider.
ADDRESS = re.compile(r"\s*[A-Za-z0-9_]{2,30}:.*", re.DOTALL)


class InvalidExternalId(InvalidInput):
    """The provider or the id is not written as such."""


class ExternalIdTaken(Conflict):
    """The id is confirmed as another's. It is not told whose."""


class ExternalIdNotFound(NotFound):
    """The player or team has no such id."""


class TooManyExternalIds(Conflict):
    """A player or team has as many ids as it may."""


@dataclass(frozen=True)
class Provider:
    """The ids of one provider.

    :param example: an id, for messages.
    :param fold: returns the key of an id: equal for all spellings of it.
    """

    pattern: re.Pattern[str]
    example: str
    fold: Callable[[str], str] = str

    def is_valid(self, value: str) -> bool:
        return self.pattern.fullmatch(value) is not None


def _fold_riot(value: str) -> str:
    # A PUUID has no “#”, and its case counts.
    return make_name_key(value) if "#" in value else value


def _fold_startgg(value: str) -> str:
    return value.lower().rpartition("/")[2]


#: The providers whose ids are checked. Ids of others are taken as they are written.
PROVIDERS: Mapping[str, Provider] = {
    "steam": Provider(re.compile(r"7656119\d{10}", re.ASCII), "76561198000000042"),
    "riot": Provider(re.compile(r"[^#]{1,40}#[^#\s]{2,10}|[\w-]{78}"), "Guy#EUW", _fold_riot),
    "battlenet": Provider(re.compile(r"[^#\s]{2,40}#\d{3,8}", re.ASCII), "Guy#1234", make_name_key),
    "startgg": Provider(
        re.compile(r"((user|team)/)?[0-9a-z]{1,40}", re.ASCII | re.IGNORECASE), "user/abc123de", _fold_startgg
    ),
    "faceit": Provider(
        re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE),
        "5ea07280-2399-4c7e-88ab-f2f7db0c449f",
        str.lower,
    ),
    "discord": Provider(re.compile(r"\d{17,20}", re.ASCII), "80351110224678912"),
}


class ExternalAddress(NamedTuple):
    """An id at a provider, valid and tidy; ``key`` is equal for all spellings of it."""

    provider: str
    value: str
    key: str

    def __str__(self) -> str:
        return f"{self.provider}{BETWEEN_PROVIDER_AND_ID}{self.value}"

    @property
    def identity(self) -> tuple[str, str]:
        return self.provider, self.key


def list_constraints(owner: str, table: str) -> list[models.BaseConstraint]:
    """Return the constraints of a table of external ids: a confirmed id is one owner's."""
    return [
        models.UniqueConstraint(
            fields=["provider", "key"], condition=Q(is_confirmed=True), name=f"{table}_confirmed_once"
        ),
        models.UniqueConstraint(fields=[owner, "provider", "key"], name=f"{table}_once"),
        models.CheckConstraint(
            condition=~Q(provider="") & ~Q(value="") & ~Q(key=""), name=f"{table}_not_empty"
        ),
    ]


def is_address(text: str) -> bool:
    """Return whether a text is written as an external id, valid or not, and so is no username."""
    return ADDRESS.fullmatch(text) is not None


def names_known_provider(text: str) -> bool:
    """Return whether a text is written as an id of one of ``PROVIDERS``; names of teams may have colons."""
    return is_address(text) and text.strip().partition(BETWEEN_PROVIDER_AND_ID)[0].lower() in PROVIDERS


def parse_address(text: str, *, field: str = "external_id") -> ExternalAddress:
    """Parse ``provider:id``.

    :raises InvalidExternalId: it is none; the message says how to write it.
    """
    check_text(text, field=field, limit=LONGEST_ADDRESS * 2, required=True)
    provider, colon, value = text.partition(BETWEEN_PROVIDER_AND_ID)
    if not colon:
        words = {"text": f"{text!r:.60}", "example": f"steam:{PROVIDERS['steam'].example}"}
        raise InvalidExternalId(
            _("%(text)s has no provider: write it like %(example)s.") % words, field=field
        )
    return make_address(provider, value, field=field)


def make_address(provider: str, value: str, *, field: str = "external_id") -> ExternalAddress:
    """Return an id at a provider, tidied.

    :raises InvalidExternalId: the provider or the value is not written as such.
    """
    provider, value = provider.strip().lower(), value.strip()
    if not PROVIDER.fullmatch(provider):
        message = _("%(provider)s is no provider: use 2 to 30 of a-z, 0-9 and _, such as steam.")
        raise InvalidExternalId(message % {"provider": f"{provider!r:.40}"}, field=field)
    check_text(value, field=field, limit=LONGEST_VALUE, required=True)
    known = PROVIDERS.get(provider)
    if known is not None and not known.is_valid(value):
        words = {"value": f"{value!r:.60}", "provider": provider, "example": f"{provider}:{known.example}"}
        message = _("%(value)s is no id of %(provider)s: write it like %(example)s.") % words
        raise InvalidExternalId(message, field=field)
    key = known.fold(value) if known else value
    return ExternalAddress(provider, value, key[:LONGEST_KEY])


def parse_addresses(texts: Iterable[str]) -> dict[str, ExternalAddress]:
    """Return text → the id it is, for those that are valid."""
    found: dict[str, ExternalAddress] = {}
    for text in dict.fromkeys(texts):
        if is_address(text):
            try:
                found[text] = parse_address(text)
            except DomainError:
                continue
    return found


def find_rows(rows: models.QuerySet[Any], texts: Iterable[str]) -> dict[str, Any]:
    """Return text → the confirmed row with this id; what is none, or nobody's, is left out.

    One query for 500.
    """
    asked = parse_addresses(texts)
    by_identity: dict[tuple[str, str], Any] = {}
    for batch in in_batches(sorted({address.key for address in asked.values()})):
        for row in rows.filter(key__in=batch, is_confirmed=True):
            by_identity[row.provider, row.key] = row
    found = {text: by_identity.get(address.identity) for text, address in asked.items()}
    return {text: row for text, row in found.items() if row is not None}


class Refusals(NamedTuple):
    """What is said when an id is refused, to be translated.

    :ivar unknown: the owner has no such id.
    :ivar taken: it is another's.
    :ivar too_many: the owner has as many as it may.
    """

    unknown: str
    taken: str
    too_many: str


@dataclass(frozen=True)
class IdTable:
    """A table of external ids.

    :param owner: its column that says whose an id is.
    :param words: what is said when an id is refused.
    """

    model: type[models.Model]
    owner: str
    words: Refusals

    @property
    def rows(self) -> models.QuerySet[Any]:
        return self.model._base_manager.all()

    def attach(self, owner: models.Model, address: ExternalAddress, *, confirmed: bool) -> Any:
        """Return the row of an id, added or confirmed now where that was not so before.

        :raises ExternalIdTaken: it is to be confirmed, and is another's.
        :raises TooManyExternalIds: the owner has ``MOST_IDS``.
        """
        return find_or_insert(lambda: self._attach(owner, address, confirmed=confirmed))

    def detach(self, owner: models.Model, address: ExternalAddress) -> None:
        """Delete an id.

        :raises ExternalIdNotFound: the owner has no such id.
        """
        rows = self.rows.filter(**{self.owner: owner}, provider=address.provider, key=address.key)
        if not rows.delete()[0]:
            raise ExternalIdNotFound(_(self.words.unknown) % {"id": address}, field="external_id")

    def _attach(self, owner: models.Model, address: ExternalAddress, *, confirmed: bool) -> Any:
        same = self.rows.filter(provider=address.provider, key=address.key)
        own = same.filter(**{self.owner: owner}).first()
        if own is not None and (own.is_confirmed or not confirmed):
            return own
        if confirmed and same.filter(is_confirmed=True).exists():
            raise ExternalIdTaken(_(self.words.taken) % {"id": address}, field="external_id")
        if own is not None:
            own.is_confirmed = True
            own.save(update_fields=["is_confirmed"])
            return own

        if self.rows.filter(**{self.owner: owner}).count() >= MOST_IDS:
            raise TooManyExternalIds(_(self.words.too_many) % {"most": MOST_IDS}, field="external_id")
        values = {"value": address.value, "key": address.key, "is_confirmed": confirmed}
        return self.rows.create(**{self.owner: owner}, provider=address.provider, **values)
