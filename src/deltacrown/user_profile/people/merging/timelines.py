"""The timelines of two accounts, made one: what one of them hid stays hidden."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from deltacrown.user_profile.models import ActivityRow, ArchivedUserActivity, UserActivity
from deltacrown.user_profile.timeline.hiding import is_hidden
from deltacrown.user_profile.timeline.syncing import rebuild_timelines
from django_tally.whole_rows import RowText, insert_rows, read_rows

TABLES: tuple[Any, ...] = (UserActivity, ArchivedUserActivity)
Visibility = ActivityRow.Visibility


@dataclass
class JoinedTimelines:
    """What was done to entries.

    :param moved: entries that became the kept account's.
    :param hidden: the kept account's entries that the other one had hidden, with their visibility before.
    :param withdrawn: table and row of entries of which the fact is the kept account's in another row.
    """

    moved: list[int] = field(default_factory=list)
    hidden: list[tuple[int, str]] = field(default_factory=list)
    withdrawn: list[tuple[str, RowText]] = field(default_factory=list)


def join_timelines(*, kept: int, merged: int) -> JoinedTimelines:
    """Move the entries that only the merged account has, and sync the kept one's with the facts.

    Where both have an entry of one fact, the merged account's stays where nobody sees it.
    """
    done = JoinedTimelines()
    pair = (kept, merged)
    rows = [row for table in TABLES for row in table.objects.filter(user__in=pair).order_by("pk")]
    mine = {(row.activity_type, row.dedupe_key): row for row in rows if row.user_id == kept}
    for row in (row for row in rows if row.user_id == merged):
        same = mine.get((row.activity_type, row.dedupe_key))
        if same is None:
            done.moved.append(row.pk)
            mine[row.activity_type, row.dedupe_key] = row
        elif is_hidden(row) and not is_hidden(same):
            done.hidden.append((same.pk, same.visibility))
    texts = _read_entries(pair)
    for table in TABLES:
        table.objects.filter(pk__in=done.moved, user=merged).update(user=kept)
        table.objects.filter(pk__in=[pk for pk, _ in done.hidden]).update(visibility=Visibility.PRIVATE)
    rebuild_timelines(users=[kept])
    left = _read_entries(pair).keys()
    done.withdrawn = [(table, text) for (table, pk), text in texts.items() if (table, pk) not in left]
    return done


def part_timelines(done: JoinedTimelines, *, kept: int, merged: int) -> None:
    """Move entries back, and sync both timelines with the facts of each."""
    for table in TABLES:
        table.objects.filter(pk__in=done.moved, user=kept).update(user=merged)
        for pk, visibility in done.hidden:
            table.objects.filter(pk=pk, visibility=Visibility.PRIVATE).update(visibility=visibility)
    for table in TABLES:
        texts = [text for name, text in done.withdrawn if name == table._meta.label]
        insert_rows(table, [text for text in texts if not _is_there(text)])
    rebuild_timelines(users=[kept, merged])


def _read_entries(pair: Collection[int]) -> dict[tuple[str, int], RowText]:
    found: dict[tuple[str, int], RowText] = {}
    for table in TABLES:
        keys = list(table.objects.filter(user__in=pair).order_by("pk").values_list("pk", flat=True))
        label = table._meta.label
        found |= {(label, pk): text for pk, text in zip(keys, read_rows(table, keys), strict=True)}
    return found


def _is_there(text: RowText) -> bool:
    """Return whether an entry of the same fact was made since."""
    entry = json.loads(text)
    same = {name: entry[name] for name in ("user_id", "activity_type", "dedupe_key")}
    return any(table.objects.filter(**same).exists() for table in TABLES)
