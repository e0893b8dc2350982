from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class ProfileLink:
    """A link that a player shows on the profile.

    :param url: an address that begins with ``https://``.
    :param label: what the player calls it; empty for the name of the site alone.
    """

    url: str
    label: str = ""

    @property
    def host(self) -> str:
        """Return the name of the site, which is shown whatever the label says."""
        return (urlsplit(self.url).hostname or "").removeprefix("www.")

    def as_stored(self) -> dict[str, str]:
        """Return it as the column of links holds it."""
        return {"url": self.url, "label": self.label}


def read_links(stored: Iterable[Mapping[str, str]]) -> list[ProfileLink]:
    """Return links out of what the column holds, in their order."""
    return [ProfileLink(each["url"], each.get("label", "")) for each in stored]
