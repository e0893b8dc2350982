"""Move rows of one owner to another together with their history, and back.

Afterwards everything is told as if the rows had been the other's from the start: no change is told of the
day on which they were moved, and what was known before is told of the other. What it takes to undo this is
returned, and is the caller's to keep.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import connection

from django_tally.feeds import Model, column_of, get_stat_keys, list_holders
from django_tally.models import Repair, Revision
from django_tally.schema import quote, table_of
from django_tally.sources import history_label, list_sources
from django_tally.sql import literal
from django_tally.whole_rows import (
    REVISIONS,
    RowText,
    find_last_revision,
    forget_revisions,
    in_list,
    insert_rows,
    is_source,
    lock_rows,
    read_rows,
)

REPAIRS = table_of(Repair)


@dataclass
class HandedHistory:
    """What was changed of the history of an owner, so that it can be given back.

    :param owned: revisions that were the old owner's.
    :param images: image and column (``old.user_id``) → revisions in which it named the old owner.
    :param dropped: revisions that told both owners of one change, as the old one was told.
    :param repairs: of the old owner's numbers.
    :param last: the latest revision then; later ones tell what happened since.
    """

    owned: list[int] = field(default_factory=list)
    images: dict[str, list[int]] = field(default_factory=dict)
    dropped: list[RowText] = field(default_factory=list)
    repairs: list[int] = field(default_factory=list)
    last: int = 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def move_rows(model: Model, column: str, keys: Collection[int], *, old: int, new: int | None) -> int:
    """Set the foreign key ``column`` of rows from ``old`` to ``new``, without a revision. Return how many.

    The numbers of both follow. Their history does with :func:`hand_over_history`.
    """
    lock_rows({model: keys})
    before = find_last_revision()
    named, key = quote(column_of(model, column)), quote(str(model._meta.pk.column))
    value = "NULL" if new is None else str(int(new))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table_of(model)} SET {named} = {value} "
            f"WHERE {key} {in_list(keys)} AND {named} = {int(old)}"
        )
        moved = int(cursor.rowcount)
    if is_source(model):
        forget_revisions(history_label(model), keys, after=before)
    return moved


def hand_over_history(
    *, old: int, new: int, moved: Mapping[tuple[Model, str], Collection[int]] | None = None
) -> HandedHistory:
    """Give the revisions and repairs of one owner to another, images included.

    :param moved: rows that were moved by a foreign key that owns nothing: model and column → keys. The
        images of these name the new one, too.
    """
    # Before any is deleted: those put back must not be taken for later ones.
    handed = HandedHistory(last=find_last_revision())
    for label, columns in _list_owner_columns():
        told = f"SELECT row FROM {REVISIONS} WHERE owner = {int(old)} AND source = {label}"
        same = f"r.source = {label} AND r.row IN ({told})"
        for column in columns:
            _rename_images(handed, column, same, old=old, new=new)
        handed.owned += _list_ids(f"r.owner = {int(old)} AND r.source = {label}")
    for (model, name), keys in (moved or {}).items():
        if is_source(model):
            label = literal(history_label(model), connection)
            same = f"r.source = {label} AND r.row {in_list(keys)}"
            _rename_images(handed, column_of(model, name), same, old=old, new=new)
    _drop_doubles(handed, old, new)
    _own(handed.owned, new)
    _mark_firsts(f"owner = {int(new)}")
    handed.repairs = _hand_repairs(_list_repairs(old), new)
    return handed


def give_back_history(
    handed: HandedHistory, *, old: int, new: int, moved: Mapping[Model, Collection[int]]
) -> None:
    """Undo :func:`hand_over_history`; what rows tell since then goes with those that were ``moved`` back.

    :param moved: source model → the rows that are the old owner's again.
    """
    insert_rows(Revision, handed.dropped)
    for key, ids in handed.images.items():
        image, column = key.split(".")
        _set_image(image, column, ids, old)
    _own(handed.owned, old)
    columns = dict(_list_owner_columns())
    for model, keys in moved.items():
        label = literal(history_label(model), connection)
        since = f"r.id > {int(handed.last)} AND r.source = {label} AND r.row {in_list(keys)}"
        for column in columns.get(label, ()):
            _rename_images(HandedHistory(), column, since, old=new, new=old)
        _own(_list_ids(f"{since} AND r.owner = {int(new)}"), old)
    _mark_firsts(f"owner IN ({int(old)}, {int(new)})")
    _hand_repairs(handed.repairs, old)


def _list_owner_columns() -> Iterator[tuple[str, list[str]]]:
    """Yield each history's label, as a literal, with the columns that name the owner of a row."""
    columns: dict[str, dict[str, None]] = {}
    for source in list_sources():
        columns.setdefault(source.label, {}).update(dict.fromkeys(source.owner_columns))
    for label, names in columns.items():
        yield literal(label, connection), list(names)


def _rename_images(handed: HandedHistory, column: str, where: str, *, old: int, new: int) -> None:
    """Have images that name ``old`` in a column name ``new``."""
    for image in ("old", "new"):
        named = _list_ids(f"{where} AND {_value_sql(image, column)} = {int(old)}")
        handed.images.setdefault(f"{image}.{column}", []).extend(named)
        _set_image(image, column, named, new)


def _value_sql(image: str, column: str) -> str:
    if connection.vendor == "postgresql":
        return f"CAST(r.{image} ->> '{column}' AS bigint)"
    return f"json_extract(r.{image}, '$.{column}')"


def _set_image(image: str, column: str, ids: Collection[int], owner: int) -> None:
    if not ids:
        return
    value = f"json_set({image}, '$.{column}', {int(owner)})"
    if connection.vendor == "postgresql":
        value = f"jsonb_set({image}, '{{{column}}}', '{int(owner)}'::jsonb)"
    _execute(f"UPDATE {REVISIONS} SET {image} = {value} WHERE id {in_list(ids)}")


def _list_ids(where: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT r.id FROM {REVISIONS} r WHERE {where} ORDER BY r.id")
        return [row for (row,) in cursor.fetchall()]


def _drop_doubles(handed: HandedHistory, old: int, new: int) -> None:
    """Delete what told both of one change: a row that went from one to the other changed once."""
    twin = (
        f"SELECT 1 FROM {REVISIONS} n WHERE n.row = r.row AND n.owner = {int(new)} AND n.source = r.source "
        "AND n.changed_at = r.changed_at AND n.id <> r.id "
        "AND COALESCE(CAST(n.old AS text), '') = COALESCE(CAST(r.old AS text), '') "
        "AND COALESCE(CAST(n.new AS text), '') = COALESCE(CAST(r.new AS text), '')"
    )
    doubles = _list_ids(f"r.owner = {int(old)} AND EXISTS ({twin})")
    if not doubles:
        return
    handed.dropped = read_rows(Revision, doubles)
    _execute(f"DELETE FROM {REVISIONS} WHERE id {in_list(doubles)}")
    gone = set(doubles)
    handed.owned = [each for each in handed.owned if each not in gone]


def _own(ids: Collection[int], owner: int) -> None:
    if ids:
        _execute(f"UPDATE {REVISIONS} SET owner = {int(owner)} WHERE id {in_list(ids)}")


def _mark_firsts(where: str) -> None:
    """Mark the first revision of each row and owner as such: its image before is how it was recorded."""
    earlier = (
        f"EXISTS (SELECT 1 FROM {REVISIONS} e WHERE e.row = {REVISIONS}.row AND e.owner = {REVISIONS}.owner "
        f"AND e.source = {REVISIONS}.source AND e.id < {REVISIONS}.id)"
    )
    _execute(f"UPDATE {REVISIONS} SET is_first = NOT {earlier} WHERE {where} AND is_first = {earlier}")


def _list_repairs(owner: int) -> list[int]:
    return list(Repair.objects.filter(owner=owner).order_by("pk").values_list("pk", flat=True))


def _hand_repairs(ids: list[int], owner: int) -> list[int]:
    """Set the owner of repairs, and the first of their keys with it."""
    firsts = {holder._meta.label: get_stat_keys(holder)[0] for holder in list_holders()}
    rows = list(Repair.objects.filter(pk__in=ids))
    for row in rows:
        row.owner, row.keys = owner, {**row.keys, firsts.get(row.holder, ""): owner}
    Repair.objects.bulk_update(rows, ["owner", "keys"])
    return ids


def _execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
