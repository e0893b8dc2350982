"""What a replica must have replayed before somebody may read from it: whoever wrote sees it at once.

The floor of the site is raised by everything that people write, whoever they are: what one of them hides,
ends or takes back, nobody reads any more once it was answered. Programs that record matches by a key do so
many times a second; their floor is their own, or the replica would be behind it at all times.

The floors are in Redis, where all processes find them. Where it is empty the floor is the primary's position
of now; where it does not answer nobody reads from the replica. A browser is also given the position of its
own write, as a cookie: it is right even where Redis failed at that moment.
"""

from __future__ import annotations

import hashlib

from django.conf import settings

from deltacrown.core import replica
from deltacrown.freshness import cache_store

_SITE = "deltacrown/floor"
#: A position that is older than this was replayed wherever the replica may be read at all.
SPARE_SECONDS = 5


def raise_floor(*, key: str = "") -> int:
    """Have everybody read what was committed until now, or only who sends ``key``; return its position."""
    position = replica.read_position()
    if key:
        cache_store.raise_to(_name(key), position, seconds=get_lifetime())
    else:
        cache_store.raise_to(_SITE, position)
    return position


def read_floor(*, key: str = "") -> int:
    """Return the position that a reader must see.

    :raises replica.Unusable: it is not known.
    """
    names = [_SITE, *([_name(key)] if key else [])]
    found = cache_store.read_many(names)
    if found is not None and _SITE not in found:
        cache_store.raise_to(_SITE, replica.read_position())
        found = cache_store.read_many(names)
    if not found or _SITE not in found:
        raise replica.Unusable
    return max(int(position) for position in found.values())


def get_lifetime() -> int:
    """Return for how many seconds a position matters."""
    return int(settings.REPLICA_MAX_LAG_SECONDS) + SPARE_SECONDS


def _name(key: str) -> str:
    return f"{_SITE}/{hashlib.sha256(key.encode()).hexdigest()}"
