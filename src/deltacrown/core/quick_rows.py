"""Objects of models that are made of rows with less work: the same objects as Django makes.

Django sets each column by itself, as anything may listen: a descriptor, an ``__init__``, a receiver of a
signal. A profile by the API is made of some fifty objects, a tenth of what the process takes for it. Where
nobody listens the columns are put in at one stroke; of any other model Django makes the objects.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Model
from django.db.models.base import ModelState
from django.db.models.query import RelatedPopulator
from django.db.models.query_utils import DeferredAttribute
from django.db.models.signals import post_init, pre_init

Make = Callable[[Sequence[Any]], Any]


def make_maker(model: type[Model], names: Sequence[str], using: str) -> Make:
    """Return what makes an object of the columns of one row, as ``Model.from_db`` does.

    :param names: the attributes that the columns are the values of; the model's others are deferred.
    :param using: the database that the row is of.
    """
    if not _is_plain(model, names):
        return lambda values: model.from_db(using, names, values)
    create = model.__new__

    def make(values: Sequence[Any]) -> Any:
        made, state = create(model), ModelState()
        vars(state).update(adding=False, db=using, fields_cache={})
        fields = vars(made)
        fields["_state"] = state
        fields.update(zip(names, values, strict=True))
        return made

    return make


def make_populator(populator: RelatedPopulator, using: str) -> Callable[[Sequence[Any], Any], None]:
    """Return what adds a related object to one of the same row, as ``RelatedPopulator.populate`` does."""
    found: Any = populator
    if found.reorder_for_init:  # of a child of another model
        populate: Callable[[Sequence[Any], Any], None] = found.populate
        return populate
    make = make_maker(found.model_cls, found.init_list, using)
    start, end, key = found.cols_start, found.cols_end, found.cols_start + found.pk_idx
    set_local, set_remote = found.local_setter, found.remote_setter
    further = [make_populator(each, using) for each in found.related_populators]

    def add(row: Sequence[Any], to: Any) -> None:
        if row[key] is None:
            set_local(to, None)
            return
        made = make(row[start:end])
        for add_further in further:
            add_further(row, made)
        set_local(to, made)
        set_remote(made, to)

    return add


def _is_plain(model: type[Model], names: Sequence[str]) -> bool:
    """Return whether nothing of a model, and nobody else, takes part when an object of it is made."""
    own: Any = model
    is_made_so = own.__init__ is Model.__init__ and own.from_db.__func__ is vars(Model)["from_db"].__func__
    if not is_made_so or own.__new__ is not object.__new__ or own.__setattr__ is not object.__setattr__:
        return False
    if pre_init.has_listeners(model) or post_init.has_listeners(model):
        return False
    if hasattr(ModelState, "fetch_mode"):  # of Django 6.1, which notes there how the row was fetched
        return False
    # That of a foreign key forgets the row it led to, and there is none yet.
    return all(
        isinstance(getattr(model, name, None), DeferredAttribute) and name in _list_columns(model)
        for name in names
    )


def _list_columns(model: type[Model]) -> set[str]:
    return {field.attname for field in model._meta.concrete_fields}
