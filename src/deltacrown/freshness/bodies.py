"""Keep answers as they are sent: what was rendered out of an owner's rows, and out of some rows of others.

An answer is kept under the owner's content token, as a value is, and together with whatever else it shows
that does not follow from the token: for the next reader that is read again, and the answer is theirs only if
it is the same. So it must be made of nothing but a value of that token, of what it was ``made_of``, and of
the variant. ``docs/decisions/0069-kept-answers.md`` has the list.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deltacrown.core.release import get_release
from deltacrown.freshness import cache_store
from deltacrown.freshness.keeping import PREFIX

#: An answer in parts. Between each two of them belongs something of the request.
Parts = tuple[bytes, ...]
#: A longer answer is not kept: one of them would take the place of a hundred others.
LARGEST = 512 * 1024


@dataclass(frozen=True)
class Body:
    """An answer that was sent.

    :param depends_on: what must be read again, such as the addresses of matches.
    :param made_of: a digest of what was read of it, and of whatever else it shows.
    :param until: when it is made anew in any case.
    """

    parts: Parts
    depends_on: tuple[Any, ...]
    made_of: str
    until: datetime

    def is_made_of(self, *facts: Hashable) -> bool:
        """Return whether it was made of the same."""
        return self.made_of == digest(*facts)

    @property
    def is_kept(self) -> bool:
        """Return whether it is short enough to be kept."""
        return sum(map(len, self.parts)) <= LARGEST


def digest(*facts: Hashable) -> str:
    """Return a digest of plain values: texts, numbers, None, and tuples of them."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()


@dataclass(frozen=True)
class BodyKey:
    """What an answer is kept under.

    :param variant: all of the reader and the settings that it may depend on.
    """

    kind: str
    owner: int
    token: int
    variant: tuple[Hashable, ...]

    @property
    def name(self) -> str:
        """Return the name in the cache."""
        # Templates, words and addresses of static files are another release's in another process.
        return f"{PREFIX}{self.kind}/{self.owner}/{self.token}/{digest(get_release(), *self.variant)}"


def find_body(key: BodyKey) -> Body | None:
    """Return the answer that was kept last, or None."""
    found = cache_store.read(key.name)
    return found if isinstance(found, Body) else None


def keep_body(key: BodyKey, body: Body, *, seconds: int) -> None:
    """Keep an answer in place of the one before it."""
    if body.is_kept:
        cache_store.write(key.name, body, seconds=seconds)
