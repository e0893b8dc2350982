"""The checks of ``manage.py check``: of declarations and, with ``--database``, of the triggers installed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import FieldDoesNotExist, FieldError
from django.db import connection, connections, models
from django.db.models import Q
from django.db.models.sql import Query

from django_tally.declarations import Contribution
from django_tally.feeds import Model, get_derived, get_stat_keys, get_stats, list_holders
from django_tally.fields import RecordedAt, Stat
from django_tally.keeping.maintainer import MAINTAINERS, get_maintainer
from django_tally.rows import UnknownStat, get_counted_stat
from django_tally.schema import have_columns, have_tables
from django_tally.triggers.installation import find_faults, find_session_faults, list_tables


def check_declarations(**_: Any) -> list[CheckMessage]:
    """Find declarations the engine cannot keep."""
    return [message for holder in list_holders() for message in check_holder(holder)]


def check_maintainer(**_: Any) -> list[CheckMessage]:
    """Find a maintainer that does not exist."""
    chosen = get_maintainer()
    if chosen in MAINTAINERS:
        return []
    hint = f"Set it to {' or '.join(repr(name) for name in MAINTAINERS)}, then run `manage.py migrate`."
    return [Error(f"TALLY_MAINTAINER is {chosen!r}, which keeps no numbers.", hint=hint, id="tally.E007")]


def check_holder(holder: Model) -> list[CheckMessage]:
    """Find the faults in the declarations of one holder."""
    messages = list(_check_keys(holder))
    if messages:
        return messages  # nothing else can be judged without keys
    for stat in get_stats(holder):
        for contribution in stat.contributions:
            messages += _check_contribution(holder, stat, contribution)
    return messages + list(_check_derived(holder))


def check_installed(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Find triggers that are missing, stale, disabled or left over in the databases being checked."""
    if check_declarations():
        return []  # no triggers can be generated from declarations that are refused
    return [message for alias in databases or () for message in _check_database(alias)]


def _check_database(alias: str) -> Iterator[CheckMessage]:
    # Warnings, not errors: `migrate` refuses to run on errors, and it is the cure.
    hint = "Run `manage.py migrate`: it reinstalls the triggers and recounts."
    if not have_tables(list_tables(), using=alias):
        return  # nothing was migrated here yet
    if not have_columns(list_tables(), using=alias):
        yield Warning(
            "tally: the tables do not match the models, so no number is being kept.",
            hint=hint,
            id="tally.W102",
        )
        return
    faults = find_faults(connections[alias])
    if faults:
        more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""
        yield Warning(
            f"tally: in database {alias!r}, {'; '.join(faults[:3])}{more}.", hint=hint, id="tally.W101"
        )
    for fault in find_session_faults(connections[alias]):
        yield Warning(f"tally: in database {alias!r}, {fault}.", id="tally.W103")


def _check_keys(holder: Model) -> Iterator[CheckMessage]:
    keys = get_stat_keys(holder)
    if not keys:
        hint = (
            "Name the foreign keys that identify a row of it, the owner's first: `stat_keys = ('customer',)`."
        )
        yield Error(
            f"{holder._meta.label} declares stats and no stat_keys.", hint=hint, obj=holder, id="tally.E001"
        )

    for key in keys:
        try:
            field = holder._meta.get_field(key)
        except FieldDoesNotExist:
            field = None
        if not isinstance(field, models.ForeignKey):
            hint = "Name foreign keys of the model in `stat_keys`."
            yield Error(
                f"stat_keys names {key!r}, which is no foreign key of {holder._meta.label}.",
                hint=hint,
                obj=holder,
                id="tally.E001",
            )


def _check_contribution(holder: Model, stat: Stat, contribution: Contribution) -> Iterator[CheckMessage]:
    where = f"{holder._meta.label}.{stat.name}"
    try:
        source = contribution.model
    except (LookupError, ValueError):
        hint = "Write it as 'app_label.Model' and install its app."
        yield Error(
            f"{where} counts {contribution.source!r}, which is not a model.",
            hint=hint,
            obj=stat,
            id="tally.E002",
        )
        return
    yield from _check_recorded_at(stat, source, where)
    yield from _check_happened_at(stat, contribution, source, where)
    yield from _check_source_keys(holder, stat, contribution, source, where)
    yield from _check_value(stat, contribution, source, where)
    yield from _check_condition(stat, contribution, source, where)


def _check_recorded_at(stat: Stat, source: Model, where: str) -> Iterator[CheckMessage]:
    recorded_at = [field for field in source._meta.concrete_fields if field.name == "recorded_at"]
    if not any(isinstance(field, RecordedAt) for field in recorded_at):
        hint = f"Add `recorded_at = RecordedAt()` (django_tally.fields) to {source._meta.object_name}."
        message = (
            f"{where}: {source._meta.label} does not say when a row was recorded, "
            "so the number would have no history."
        )
        yield Error(message, hint=hint, obj=stat, id="tally.E008")


def _check_happened_at(
    stat: Stat, contribution: Contribution, source: Model, where: str
) -> Iterator[CheckMessage]:
    name = contribution.happened_at
    field = next((field for field in source._meta.concrete_fields if field.name == name), None)
    if not isinstance(field, models.DateTimeField):
        hint = f"Name a datetime column of {source._meta.object_name}: happened_at='paid_at'."
        said = f"names {name!r}, which is no datetime column" if name else "names no column"
        message = (
            f"{where} {said} that says when a row of {source._meta.label} happened, "
            "so the number would have no value as of a day."
        )
        yield Error(message, hint=hint, obj=stat, id="tally.E009")
    elif field.null and not any(_asks_for(name, rule.condition) for rule in contribution.rules):
        hint = (
            f"Count only rows that have it: Rule(Q({name}__isnull=False), …), or let the column refuse NULL."
        )
        message = f"{where} counts rows of {source._meta.label} that may have no {name!r}."
        yield Error(message, hint=hint, obj=stat, id="tally.E009")


def _asks_for(name: str, condition: Any) -> bool:
    """Return whether ``condition`` plainly leaves out rows without a value in ``name``."""
    if condition == (f"{name}__isnull", False):
        return True
    if not isinstance(condition, Q) or condition.negated:
        return False
    asked = (_asks_for(name, child) for child in condition.children)
    return any(asked) if condition.connector == Q.AND else all(asked)


def _check_source_keys(
    holder: Model, stat: Stat, contribution: Contribution, source: Model, where: str
) -> Iterator[CheckMessage]:
    for key in get_stat_keys(holder):
        name, target = contribution.key_for(key), holder._meta.get_field(key).related_model
        try:
            field = source._meta.get_field(name)
        except FieldDoesNotExist:
            field = None
        if not isinstance(field, models.ForeignKey) or field.related_model is not target:
            hint = f"Say which foreign key it is: keys={{{key!r}: '…'}}."
            message = f"{where}: {source._meta.label} has no foreign key {name!r} to the {key} it counts for."
            yield Error(message, hint=hint, obj=stat, id="tally.E003")


def _check_value(stat: Stat, contribution: Contribution, source: Model, where: str) -> Iterator[CheckMessage]:
    if isinstance(contribution.value, int):
        return
    try:
        field = source._meta.get_field(contribution.value)
    except FieldDoesNotExist:
        field = None
    if not isinstance(field, models.IntegerField):
        message = (
            f"{where} sums {contribution.value!r}, which is no whole-number column of {source._meta.label}."
        )
        yield Error(message, hint="Sum an IntegerField; count money in cents.", obj=stat, id="tally.E004")


def _check_condition(
    stat: Stat, contribution: Contribution, source: Model, where: str
) -> Iterator[CheckMessage]:
    if not contribution.where:
        return
    try:
        query = Query(source, alias_cols=False)
        compiled = Q(contribution.where).resolve_expression(query, allow_joins=False)
        query.get_compiler(connection=connection).compile(compiled)
    except (FieldError, ValueError, TypeError) as error:
        hint = "A condition may only use columns of the source itself: no joins, no subqueries."
        yield Error(
            f"{where}: the condition on {source._meta.label} cannot be used: {error}",
            hint=hint,
            obj=stat,
            id="tally.E005",
        )


def _check_derived(holder: Model) -> Iterator[CheckMessage]:
    for field in get_derived(holder):
        try:
            get_counted_stat(holder, field.rows_of)
        except (UnknownStat, RecursionError):
            hint = "Set rows_of to the name of the counted stat whose rows stand behind it."
            message = (
                f"{holder._meta.label}.{field.name} opens the rows of {field.rows_of!r}, which is no stat."
            )
            yield Error(message, hint=hint, obj=field, id="tally.E006")
