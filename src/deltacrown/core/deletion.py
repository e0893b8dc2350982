"""Refuse to delete what facts refer to: a foreign key declares it, and every way of deleting asks it.

``instance.delete()``, ``queryset.delete()``, a cascade and the admin all go through Django's collector, which
calls ``on_delete``. Below the ORM the database's own foreign keys refuse.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Model, QuerySet, RestrictedError
from django.db.models.deletion import Collector

from deltacrown.core.errors import Conflict


class InUse(Conflict, RestrictedError):
    """Facts refer to the row, so it stays.

    Django's ``ProtectedError`` would do, but for its message, which the collector writes: it names fields,
    and not what can be done instead.
    """

    code = "in-use"

    def __init__(self, message: str, *, rows: set[Model]) -> None:
        RestrictedError.__init__(self, message, rows)
        self.args = (message,)
        self.message, self.field = message, ""


def refuse_deletion(collector: Collector, field: Any, sub_objs: QuerySet[Any], using: str) -> None:  # noqa: ARG001
    """Refuse to delete rows that others refer to. An ``on_delete`` of foreign keys.

    The model referred to says in ``instead_of_deletion`` what to do.

    :raises InUse: there are such rows.
    """
    first = sub_objs.first()
    if first is not None:
        raise build_refusal(getattr(first, field.name), rows=sub_objs)


# Django would fetch all rows to find out whether there are any.
refuse_deletion.lazy_sub_objs = True  # type: ignore[attr-defined]


def build_refusal(target: Model, *, rows: QuerySet[Any]) -> InUse:
    """Return the error that says how many rows refer to ``target``, and what to do instead."""
    count, names = rows.count(), rows.model._meta
    refer = f"{count:,} {names.verbose_name_plural} refer" if count > 1 else f"a {names.verbose_name} refers"
    advice = getattr(target, "instead_of_deletion", "")

    message = f"{target} cannot be deleted, because {refer} to it. {advice}"
    return InUse(message.strip(), rows=set(rows[:1]))


def check_deletion(row: Model) -> None:
    """Check that a row could be deleted, with all that goes along.

    :raises InUse: it could not.
    """
    Collector(using=row._state.db or "default", origin=row).collect([row])
