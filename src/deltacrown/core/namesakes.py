"""Refuse names that are another's: the same under the fold, or made to look the same.

Each app registers the tables whose names are shown as those of players or of teams. So a username is compared
with display names, although ``accounts`` does not know profiles.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from django.db import connection, models
from django.utils.translation import gettext, gettext_noop

from deltacrown.core.errors import Conflict
from deltacrown.core.listing import name_script, write_list
from deltacrown.core.names import is_look_alike, list_scripts, make_name_key, make_skeleton
from django_tally.batches import in_batches

#: The space of this module's advisory locks, and into how many queues names are spread.
LOCK_SPACE, LOCK_QUEUES = 0x6E61, 64
#: What is said of a name that is another's, or looks like another's, by the kind of names.
NAMESAKES = {
    "player": gettext_noop("“%(name)s” is the name of another player; choose another"),
    "team": gettext_noop("“%(name)s” is the name of another team; choose another"),
}
LOOK_ALIKES = {
    "player": gettext_noop(
        "“%(name)s”, in %(scripts)s letters, looks like the name of another player; choose another"
    ),
    "team": gettext_noop(
        "“%(name)s”, in %(scripts)s letters, looks like the name of another team; choose another"
    ),
}


class NameTaken(Conflict):
    """The name is another's, or looks like another's."""


@dataclass(frozen=True)
class NameSource:
    """A column of names that are shown.

    :param kind: names are compared with those of the same kind: ``player``, ``team``.
    :param skeleton: the column with their skeletons, indexed.
    :param owner: the column that says whose the name is.
    """

    kind: str
    model: type[models.Model]
    name: str
    skeleton: str
    owner: str = "pk"


_sources: list[NameSource] = []


def register_names(source: NameSource) -> None:
    """Have names of a kind compared with those of another column."""
    if source not in _sources:
        _sources.append(source)


def find_taken(
    kind: str, names: Collection[str], *, owners: Mapping[str, int | None] | None = None
) -> dict[str, str]:
    """Return name → a sentence, for those that are another's or look like another's.

    Of ``names`` themselves, the first of each two that look alike is fine. A query for each registered column
    and 500 names.

    :param owners: name → whose it is to be; that owner's own other names do not count.
    """
    owners = owners or {}
    bearers: dict[str, list[tuple[str, int | None]]] = {}
    for batch in in_batches(sorted({make_skeleton(name) for name in names})):
        for source in (source for source in _sources if source.kind == kind):
            for skeleton, name, owner in _read(source, batch):
                bearers.setdefault(skeleton, []).append((name, owner))

    taken: dict[str, str] = {}
    for name in names:
        others = bearers.setdefault(make_skeleton(name), [])
        own = owners.get(name)
        if fault := _find_fault(
            kind, name, [other for other, owner in others if own is None or owner != own]
        ):
            taken[name] = fault
        else:
            others.append((name, own))
    return taken


def _read(source: NameSource, skeletons: Collection[str]) -> Iterator[tuple[str, str, int]]:
    rows = source.model._base_manager.filter(**{f"{source.skeleton}__in": skeletons})
    yield from rows.exclude(**{source.name: ""}).values_list(source.skeleton, source.name, source.owner)


def _find_fault(kind: str, name: str, others: Collection[str]) -> str:
    key = make_name_key(name)
    if any(make_name_key(other) == key for other in others):
        return gettext(NAMESAKES[kind]) % {"name": f"{name:.80}"}
    alike = next((other for other in others if is_look_alike(name, other)), None)
    if alike is None:
        return ""
    foreign = write_list([name_script(script) for script in sorted(set(list_scripts(name)))])
    return gettext(LOOK_ALIKES[kind]) % {"name": f"{name:.80}", "scripts": foreign}


def queue_for_names(names: Collection[str]) -> None:
    """Let one transaction at a time check and write a name, where no unique key stops the second.

    SQLite has one writer at a time anyway.
    """
    if connection.vendor != "postgresql":
        return
    queues = sorted({zlib.crc32(make_skeleton(name).encode()) % LOCK_QUEUES for name in names})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, queue) FROM unnest(%s::int[]) AS queue", [LOCK_SPACE, queues]
        )
