"""The two kinds of column a holder may have: counted, and computed from counted ones."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F
from django.db.models.sql import UpdateQuery

from django_tally.database_clock import DatabaseNow
from django_tally.declarations import Contribution


def keep_on_update(column: str, value: Any, compiler: Any, connection: Any) -> str:
    """Return the placeholder that keeps the stored value when an UPDATE brings a plain one.

    Loading a raw fixture sends such updates.
    """
    if not isinstance(compiler.query, UpdateQuery) or hasattr(value, "as_sql"):
        return "%s"
    return f"COALESCE({connection.ops.quote_name(column)}, %s)"


if TYPE_CHECKING:
    _BigIntegerField = models.BigIntegerField[int, int]
    _DateTimeField = models.DateTimeField[datetime, datetime]
else:
    _DateTimeField = models.DateTimeField
    _BigIntegerField = models.BigIntegerField


class Stat(_BigIntegerField):
    """A cached whole number, declared by the rows it counts.

    Python cannot set it: a save keeps the column as it is in the database, however stale the
    instance, and a new row starts at what the sources say. Only the generated triggers and a
    repair write it.

    :param contributions: made with ``count_of`` or ``sum_of``; empty in migrations, which know only the
        column.
    :param label: what people call it, capitalised as a heading: ``"Orders paid"``.
    :param meaning: one sentence: exactly which rows count.
    :param internal: true for a part of another number, not shown by itself.
    """

    def __init__(
        self,
        contributions: tuple[Contribution, ...] = (),
        *,
        label: str = "",
        meaning: str = "",
        internal: bool = False,
        **kwargs: Any,
    ) -> None:
        self.contributions, self.label, self.meaning, self.internal = contributions, label, meaning, internal
        always = {"verbose_name": label or None, "default": 0, "db_default": 0, "editable": False}
        super().__init__(**{**kwargs, **always})

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, path, args, kwargs = super().deconstruct()
        for implied in ("default", "db_default", "editable", "verbose_name"):
            kwargs.pop(implied, None)
        return name, path, args, kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        return 0 if add else F(self.attname)

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        return keep_on_update(str(self.column), value, compiler, connection)


class RecordedAt(_DateTimeField):
    """When a source row reached the database, by its clock; what history and as-of values are reckoned from.

    Code can neither choose nor change it. A time that a writer gives is replaced by that of the database,
    unless the row is known to have been recorded under it: it moves to or from its archive, or is loaded from
    a full dump.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "db_default": DatabaseNow(), "editable": False})

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.DateTimeField", args, kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        return super().pre_save(model_instance, add) if add else F(self.attname)

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        return keep_on_update(str(self.column), value, compiler, connection)


class DerivedStat(models.GeneratedField):
    """A number the database computes from other columns of the same row, so that it cannot drift.

    :param rows_of: the name of the stat whose rows are the ones behind this number.
    """

    def __init__(
        self, *, rows_of: str = "", label: str = "", meaning: str = "", unit: str = "", **kwargs: Any
    ) -> None:
        self.rows_of, self.label, self.meaning, self.unit = rows_of, label, meaning, unit
        kwargs.setdefault("db_persist", True)
        if label:
            kwargs["verbose_name"] = label
        super().__init__(**kwargs)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, _, args, kwargs = super().deconstruct()
        kwargs.pop("verbose_name", None)
        return name, "django.db.models.GeneratedField", args, kwargs


class ProtectedNumber(TypeError):
    """Code tried to set a cached number; change the rows it counts through their service instead."""


class HolderQuerySet(models.QuerySet[Any]):
    """A queryset of holders that refuses, loudly, to set the numbers it may not set."""

    def _refuse(self, names: Any) -> None:
        stats = sorted(name for name in names if isinstance(self.model._meta.get_field(name), Stat))
        if stats:
            raise ProtectedNumber(
                f"{', '.join(stats)}: counted by the database from source rows and never set from code. "
                "Change the rows through their service, "
                "or run `manage.py tally reconcile` if the number is wrong."
            )

    def update(self, **kwargs: Any) -> int:  # bulk_update() comes through here too
        self._refuse(kwargs)
        return super().update(**kwargs)

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> Any:
        self._refuse(kwargs.get("update_fields") or ())
        return super().bulk_create(objs, *args, **kwargs)
