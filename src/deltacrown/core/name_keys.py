"""Columns that hold what ``core.names`` computes of a name, kept in step with it by every door of the ORM.

``save``, ``bulk_create``, ``update``, ``bulk_update`` and ``loaddata`` fill them. After raw SQL they are
missing or old: ``manage.py check --database`` says so, and ``mend_name_keys`` computes them anew, every night
and by ``backfill_profiles``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.core.checks import CheckMessage, Warning
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, models, transaction
from django.db.models.signals import pre_save

from django_tally.schema import have_columns

if TYPE_CHECKING:
    _CharField = models.CharField[Any, Any]
else:
    _CharField = models.CharField

#: Rows that are read, and if need be mended, at a time.
BATCH = 1000
#: Stands in a unique key between the key itself and the row's id, when an older row has that key.
#: No key contains it, as white space in a key is one space; ``#`` is part of names such as Guy#1234.
BETWEEN_KEY_AND_ID = "\n"

_models: list[type[models.Model]] = []


class NameKeyField(_CharField):
    """What a function of ``core.names`` computes of another column of the row. In migrations a ``CharField``.

    :param of: the column whose change changes it.
    :param compute: the function.
    :param read: returns the text to compute it of; the column ``of`` when it is left out.
    :param reads_along: the relation that ``read`` follows.
    """

    def __init__(
        self,
        *,
        of: str = "",
        compute: Callable[[str], str] = str,
        read: Callable[[Any], str] | None = None,
        reads_along: str = "",
        **options: Any,
    ) -> None:
        self.of, self.compute, self.read, self.reads_along = of, compute, read, reads_along
        super().__init__(**{"max_length": 600, "editable": False, **options})

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.CharField", list(args), options

    def contribute_to_class(self, cls: type[models.Model], name: str, **options: Any) -> None:  # type: ignore[override]
        super().contribute_to_class(cls, name, **options)
        if not cls._meta.abstract and self.of and cls not in _models:
            _models.append(cls)
            pre_save.connect(_fill_before_saving, sender=cls)

    def compute_for(self, row: models.Model) -> str:
        """Return what the column must hold for ``row``."""
        text = self.read(row) if self.read else getattr(row, self.of)
        return self.compute(text or "")[: self.max_length]

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Compute the value; ``bulk_create`` comes through here, and sends no signal."""
        if self.of:
            setattr(model_instance, self.attname, self._keep_or_compute(model_instance))
        return getattr(model_instance, self.attname)

    def _keep_or_compute(self, row: models.Model) -> str:
        """Return the key, or the one with the row's id that ``mend_name_keys`` gave it."""
        key = self.compute_for(row)
        return _mark(self, row) if _is_marked(self, row) else key


class NamedQuerySet(models.QuerySet[Any]):
    """A queryset that writes the keys of the names it writes."""

    def update(self, **values: Any) -> int:
        """Update rows, and the keys of names given as text."""
        named = [
            field
            for field in list_key_fields(self.model)
            if field.of in values and field.attname not in values
        ]
        if not all(isinstance(values[field.of], str) for field in named):
            return self._update_by_expressions(values)

        for field in named:
            if field.read is None:
                values[field.attname] = field.compute(values[field.of])[: field.max_length]
        return super().update(**values)

    update.alters_data = True  # type: ignore[attr-defined]

    def _update_by_expressions(self, values: dict[str, Any]) -> int:
        """Update names that the database computes, then their keys."""
        with transaction.atomic(using=self.db):
            rows = list(self.values_list("pk", flat=True))
            updated = super().update(**values)
            for row in self.model._base_manager.using(self.db).filter(pk__in=rows):
                row.save(update_fields=[name for name in values if name != "pk"], using=self.db)
        return updated

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None) -> int:
        """Update rows, and the keys of names among ``fields``."""
        rows, named = list(objs), list(fields)
        for row in rows:
            fill_name_keys(row)
        return super().bulk_update(rows, add_key_columns(self.model, named), batch_size=batch_size)

    def bulk_create(self, objs: Iterable[Any], *args: Any, **options: Any) -> list[Any]:
        """Insert rows; on conflict the keys are updated with their names."""
        if options.get("update_fields"):
            options["update_fields"] = add_key_columns(self.model, list(options["update_fields"]))
        return super().bulk_create(objs, *args, **options)


class NamedModel(models.Model):
    """A model whose keys are saved with its names, also by ``save(update_fields=[...])``."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        if options.get("update_fields") is not None:
            options["update_fields"] = add_key_columns(type(self), list(options["update_fields"]))
        super().save(*args, **options)


def list_named_models() -> list[type[models.Model]]:
    """Return every model with keys of names."""
    return list(_models)


def list_key_fields(model: type[models.Model]) -> list[NameKeyField]:
    """Return the columns of a model that hold keys."""
    return [field for field in model._meta.concrete_fields if isinstance(field, NameKeyField) and field.of]


def add_key_columns(model: type[models.Model], columns: Sequence[str]) -> list[str]:
    """Return ``columns`` with those that hold keys of them."""
    keys = [field.attname for field in list_key_fields(model) if field.of in columns]
    return list(dict.fromkeys([*columns, *keys]))


def fill_name_keys(row: models.Model) -> None:
    """Set the keys of a row."""
    for field in list_key_fields(type(row)):
        field.pre_save(row, add=False)


def mend_name_keys(using: str = "default") -> int:
    """Compute the keys of all rows anew, where they are missing or old; return how many rows were mended.

    A key that an older row has is stored with the id behind it, so that both rows stay usable. A check
    names them: one of the two must be renamed.
    """
    # not atomic: every row is mended by itself
    return sum(
        _mend(row, using) for model in _models for rows in _iterate_stale(model, using) for row in rows
    )


def check_name_keys(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Return a warning for each table with rows whose keys are missing or old, or are another row's."""
    found: list[CheckMessage] = []
    for model in _models if "default" in (databases or ()) else ():
        if not have_columns([model], using="default"):
            continue
        marked = [
            getattr(row, field.of)
            for rows in _iterate_stale(model, "default")
            for row in rows
            for field in list_key_fields(model)
            if _is_marked(field, row)
        ]
        stale = sum(len(rows) for rows in _iterate_stale(model, "default")) - len(marked)
        if stale > 0:
            message = f"{stale} rows of {model._meta.label} have no up-to-date keys of their names."
            hint = "Raw SQL wrote them. Run `manage.py backfill_profiles`."
            found.append(Warning(message, hint=hint, id="core.W003"))
        if marked:
            message = f"{model._meta.label}: names that older rows have in another spelling: {marked[:5]}."
            found.append(Warning(message, hint="Rename one of each two.", id="core.W004"))
    return found


def _iterate_stale(model: type[models.Model], using: str) -> Iterator[list[models.Model]]:
    """Yield the rows whose keys are not what they should be, in order of id."""
    fields = list_key_fields(model)
    related = [field.reads_along for field in fields if field.reads_along]
    rows = model._base_manager.using(using).select_related(*related).order_by("pk")
    batch = list(rows[:BATCH])
    while batch:
        if stale := [row for row in batch if _is_stale(fields, row)]:
            yield stale
        batch = list(rows.filter(pk__gt=batch[-1].pk)[:BATCH])


def _is_stale(fields: Sequence[NameKeyField], row: models.Model) -> bool:
    return any(getattr(row, field.attname) != field.compute_for(row) for field in fields)


def _mark(field: NameKeyField, row: models.Model) -> str:
    return f"{field.compute_for(row)}{BETWEEN_KEY_AND_ID}{row.pk}"


def _is_marked(field: NameKeyField, row: models.Model) -> bool:
    return field.unique and getattr(row, field.attname) == _mark(field, row)


def _mend(row: models.Model, using: str) -> bool:
    """Write the keys of a row; return whether any of them changed."""
    fields = list_key_fields(type(row))
    was = {field.attname: getattr(row, field.attname) for field in fields}
    wanted = {field.attname: field.compute_for(row) for field in fields}
    try:
        _write(row, wanted, using)
    except IntegrityError:
        wanted |= {field.attname: _mark(field, row) for field in fields if field.unique}
        _write(row, wanted, using)
    return wanted != was


def _write(row: models.Model, keys: dict[str, str], using: str) -> None:
    with transaction.atomic(using=using):
        type(row)._base_manager.using(using).filter(pk=row.pk).update(**keys)


def _fill_before_saving(instance: models.Model, raw: bool, **_: Any) -> None:
    """Fill the keys of a row that a fixture holds without them."""
    if raw:
        # A name of a row that is loaded later is filled in when the keys are mended.
        with suppress(ObjectDoesNotExist):
            fill_name_keys(instance)


def fill_in_migration(
    app: str, model: str, of: Sequence[str], columns: dict[str, Callable[[str], str]], *, unique: str = ""
) -> Callable[[Any, Any], None]:
    """Return what a migration runs to fill columns it has added. Every row is filled, in order of id.

    :param of: the paths of the name: the first that is not empty counts.
    :param columns: column → what computes it.
    :param unique: the column that may hold each key once; see ``mend_name_keys``.
    """

    def fill(apps: Any, schema_editor: Any) -> None:
        rows = apps.get_model(app, model)._base_manager.using(schema_editor.connection.alias)
        taken: set[str] = set()
        last: list[Any] = []
        while batch := list((rows.filter(pk__gt=last[-1]) if last else rows).order_by("pk")[:BATCH]):
            names = dict(zip((row.pk for row in batch), _list_names(rows, batch, of), strict=True))
            for row in batch:
                for column, compute in columns.items():
                    limit = row._meta.get_field(column).max_length
                    setattr(row, column, compute(names[row.pk])[:limit])
                if unique:
                    if getattr(row, unique) in taken:
                        setattr(row, unique, f"{getattr(row, unique)}{BETWEEN_KEY_AND_ID}{row.pk}")
                    taken.add(getattr(row, unique))
            rows.bulk_update(batch, list(columns))
            last = [batch[-1].pk]

    return fill


def _list_names(rows: Any, batch: Sequence[Any], of: Sequence[str]) -> list[str]:
    """Return the name of each row: the first that is not empty of the paths ``of``."""
    found = rows.filter(pk__in=[row.pk for row in batch]).order_by("pk").values_list(*of)
    return [next((name for name in names if name), "") for names in found]
