"""Where a webhook may be sent: to addresses of the internet, and to no machine of the site's own network.

A name is resolved once, every address that it has is checked, and the connection is made to an address that
was checked: a name that answers otherwise the next time leads nowhere else.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from django.conf import settings

from deltacrown.core.errors import DomainError
from deltacrown.core.inputs import check_text

LONGEST_URL = 500
PORTS = {"https": 443, "http": 80}
Address = IPv4Address | IPv6Address

#: Translated to IPv4 by a router of the network: what counts is the address within.
TRANSLATED = (ip_network("64:ff9b::/96"), ip_network("::ffff:0:0/96"))
#: Tunnels lead to other addresses than they name, or networks of this machine's own choice.
NEVER = tuple(map(ip_network, ("2002::/16", "2001::/32", "64:ff9b:1::/48", "::/96", "fec0::/10")))
#: What WEBHOOKS_ALLOW_PRIVATE does not allow either: the addresses of clouds' own services among them.
LINK_LOCAL = tuple(map(ip_network, ("169.254.0.0/16", "fe80::/10")))


class ForbiddenTarget(DomainError):
    """A webhook may not be sent there."""

    code = "forbidden-target"


class UnknownTarget(DomainError):
    """The name has no address."""

    code = "unknown-target"


@dataclass(frozen=True)
class Target:
    """The parts of an address that was checked in form.

    :param path: with the query.
    """

    is_tls: bool
    host: str
    port: int
    path: str

    @property
    def place(self) -> tuple[bool, str, int]:
        """Return what a connection to it depends on."""
        return self.is_tls, self.host, self.port

    @property
    def authority(self) -> str:
        """Return the host as the header has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        is_usual = self.port == PORTS["https" if self.is_tls else "http"]
        return host if is_usual else f"{host}:{self.port}"


def read_target(url: str) -> Target:
    """Return the parts of an address.

    :raises InvalidInput: it is empty, too long or has control characters.
    :raises ForbiddenTarget: it is no address of https (or of http, where the settings allow private targets),
        has a user or a fragment, or names an address that may not be reached.
    """
    check_text(url, field="url", limit=LONGEST_URL, required=True)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _refuse("This is no address: write it as https://example.org/hooks.") from error
    if parts.scheme != "https" and not (parts.scheme == "http" and settings.WEBHOOKS_ALLOW_PRIVATE):
        raise _refuse("The address must begin with https://.")
    is_readable = host.isascii() and url.isascii() and " " not in url
    if not host or not is_readable or "%" in host:
        raise _refuse("Write the address in ASCII, with the name of a host: https://example.org/hooks.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise _refuse("Leave out users, passwords and what comes after #; messages are signed.")
    if (literal := _read_address(host)) and not is_allowed(literal):
        raise _refuse("This address is private, reserved or of this machine: use one of the internet.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme == "https", host, PORTS[parts.scheme] if port is None else port, path)


def resolve_target(target: Target) -> str:
    """Return the address to connect to: the first that the name has, if all that it has are allowed.

    :raises UnknownTarget: it has none.
    :raises ForbiddenTarget: any of them is private, reserved, or of this machine.
    """
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnknownTarget(f"The name {target.host} was not found.", field="url") from error
    addresses = [_read_address(str(each[4][0])) for each in found]
    if not addresses or not all(each is not None and is_allowed(each) for each in addresses):
        message = f"{target.host} has an address that is private, reserved or of this machine."
        raise ForbiddenTarget(message, field="url")
    return str(addresses[0])


def is_allowed(address: Address) -> bool:
    """Return whether a webhook may be sent to this address."""
    if isinstance(address, IPv6Address):
        if any(address in network for network in TRANSLATED):
            return is_allowed(IPv4Address(int(address) & 0xFFFFFFFF))
        is_private = address.is_loopback or address.is_private
        if settings.WEBHOOKS_ALLOW_PRIVATE and address.is_loopback:
            return True
        if any(address in network for network in NEVER):
            return False
    else:
        is_private = address.is_loopback or address.is_private
    if address.is_multicast or address.is_unspecified or any(address in each for each in LINK_LOCAL):
        return False
    if settings.WEBHOOKS_ALLOW_PRIVATE and is_private:
        return True
    return address.is_global and not address.is_reserved


def _read_address(text: str) -> Address | None:
    """Return an address that stands in its usual form, without the name of an interface."""
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _refuse(message: str) -> ForbiddenTarget:
    return ForbiddenTarget(message, field="url")
