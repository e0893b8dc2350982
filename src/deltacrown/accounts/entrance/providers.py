"""The providers that people can sign in with besides a password: which are on, and what one proves.

A provider is on where the settings name it. It tells which account of its own somebody has, by an id: no
address, no name that others see here, and nothing is kept of its answer but the id. See decision 0064.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from deltacrown.core.errors import DomainError, InvalidInput
from deltacrown.core.external_ids import parse_address

logger = logging.getLogger(__name__)


class NotProven(DomainError):
    """What a browser brought back from a provider proves nothing."""

    code = "not-proven"


class Denied(NotProven):
    """The person did not let the provider tell who they are."""

    code = "denied"


class ProviderAway(DomainError):
    """The provider does not answer, or not in a way that can be read."""

    code = "provider-away"


@dataclass(frozen=True)
class Proof:
    """Whose account at a provider somebody has.

    :param uid: the provider's id of it, which is also an external id: ``steam:<uid>``.
    :param name: what the provider calls them, as a suggestion for a username.
    """

    provider: str
    uid: str
    name: str = ""

    @property
    def external_id(self) -> str:
        """Return the id as files and requests write it."""
        return f"{self.provider}:{self.uid}"


class Provider(ABC):
    """One provider.

    :cvar key: its name in addresses, tables and external ids.
    :cvar name: its name for people.
    :cvar origin: where a form that begins a sign-in leads to, for the content policy.
    """

    key: str
    name: str
    origin: str

    def __str__(self) -> str:
        return self.name

    @abstractmethod
    def is_on(self) -> bool:
        """Return whether the settings name it."""

    @abstractmethod
    def build_address(self, request: HttpRequest, *, back: str, state: str, secret: str) -> str:
        """Return the address at the provider to which the browser is led.

        :param back: the absolute address to come back to.
        :param state: comes back with the browser.
        :param secret: is kept here, and is given to ``read`` again.
        """

    @abstractmethod
    def read(self, request: HttpRequest, *, back: str, secret: str) -> Proof:
        """Return what the browser that came back proves; this asks the provider.

        :raises Denied: the person refused at the provider.
        :raises NotProven: it is no answer of the provider to this browser.
        :raises ProviderAway: the provider did not answer.
        """

    def prove(self, uid: str, name: str = "") -> Proof:
        """Return the proof of an id, once it is written as ids of this provider are.

        :raises ProviderAway: it is not.
        """
        try:
            address = parse_address(f"{self.key}:{uid}")
        except InvalidInput as error:
            raise self.find_away(error) from error
        return Proof(self.key, address.value, name)

    def find_away(self, cause: Exception) -> ProviderAway:
        """Return the refusal for a provider without an answer.

        Only the kind of the cause is logged: its words may hold a secret.
        """
        logger.warning("%s gave no answer that can be read: %s", self.name, type(cause).__name__)
        message = _("%(provider)s does not answer as it should. Try again in some minutes.")
        return ProviderAway(message % {"provider": self.name})

    def find_unproven(self) -> NotProven:
        """Return the refusal for a browser that brings nothing that proves anything."""
        message = _("%(provider)s did not confirm who you are. Begin again, in this browser.")
        return NotProven(message % {"provider": self.name})

    def find_denied(self) -> Denied:
        """Return the refusal for who did not agree at the provider."""
        message = _("You did not let %(provider)s tell who you are. Nothing was changed.")
        return Denied(message % {"provider": self.name})


def list_providers() -> list[Provider]:
    """Return the providers that are on, in the order in which pages name them."""
    if not (settings.STEAM_SIGN_IN or settings.DISCORD_CLIENT_ID):
        return []  # what speaks to providers is not even loaded
    from deltacrown.accounts.entrance.discord import Discord  # noqa: PLC0415
    from deltacrown.accounts.entrance.steam import Steam  # noqa: PLC0415

    known: list[Provider] = [Steam(), Discord()]
    return [each for each in known if each.is_on()]


def find_provider(key: str) -> Provider | None:
    """Return a provider that is on; None for any other name."""
    return next((each for each in list_providers() if each.key == key), None)


def read_text(told: Any, name: str) -> str:
    """Return a text of what a provider told as JSON; ``""`` where it has none."""
    found = told.get(name) if isinstance(told, dict) else None
    return found if isinstance(found, str) else ""
