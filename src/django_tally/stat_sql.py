"""The SQL of one counted number of one holder row: whose rows it counts, what each adds, and its history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.db import connection

from django_tally.declarations import Contribution
from django_tally.feeds import Model, column_of, get_stat_keys
from django_tally.fields import Stat
from django_tally.models import Repair, Revision
from django_tally.schema import quote, table_of
from django_tally.sources import history_label
from django_tally.sql import contribution_sql, literal

REVISIONS, REPAIRS = table_of(Revision), table_of(Repair)


def owned_sql(contribution: Contribution, keys: Mapping[str, int]) -> str:
    """Return a condition on bare columns: a row is that of the holder row with these keys."""
    named = [(column_of(contribution.model, contribution.key_for(key)), value) for key, value in keys.items()]
    return " AND ".join(f"{quote(column)} = {int(value)}" for column, value in named)


def any_owned_sql(contributions: Iterable[Contribution], keys: Mapping[str, int]) -> str:
    """Return the same of a row that any of ``contributions`` counts, as an index can serve it."""
    return " OR ".join(dict.fromkeys(f"({owned_sql(each, keys)})" for each in contributions))


@dataclass(frozen=True)
class StatOf:
    """One counted number of one holder row, and the SQL that history and as-of reading need of it.

    :param keys: the value of each of the holder's keys.
    """

    holder: Model
    stat: Stat
    keys: Mapping[str, int]

    @property
    def owner(self) -> int:
        return int(self.keys[get_stat_keys(self.holder)[0]])

    @cached_property
    def by_model(self) -> dict[Model, list[Contribution]]:
        """Return what each source model contributes."""
        grouped: dict[Model, list[Contribution]] = {}
        for contribution in self.stat.contributions:
            grouped.setdefault(contribution.model, []).append(contribution)
        return grouped

    @cached_property
    def by_label(self) -> dict[str, Model]:
        """Return, per label of a history, the model that its images are read as."""
        labels: dict[str, Model] = {}
        for model in self.by_model:
            labels.setdefault(history_label(model), model)
        return labels

    def row_delta(self, model: Model) -> str:
        """Return, as SQL over bare columns, what a row of ``model`` adds: 0 when it is someone else's."""
        terms = [
            f"CASE WHEN {owned_sql(c, self.keys)} THEN {contribution_sql(c, connection)} ELSE 0 END"
            for c in self.by_model[model]
        ]
        return " + ".join(terms)

    def is_mine(self, model: Model) -> str:
        """Return, as a condition on bare columns that an index can serve, whether a row is the owner's."""
        return any_owned_sql(self.by_model[model], self.keys)

    def image_delta(self, model: Model, image: str) -> str:
        """Return, as SQL, what the row in the column ``image`` of a revision adds: 0 when there is no row."""
        if connection.vendor == "postgresql":
            relation = f"jsonb_populate_record(NULL::{table_of(model)}, r.{image})"
        else:
            columns = [column_of(model, field.name) for field in model._meta.concrete_fields]
            relation = (
                "(SELECT "
                + ", ".join(f"json_extract(r.{image}, '$.{c}') AS {quote(c)}" for c in columns)
                + ")"
            )
        return f"COALESCE((SELECT {self.row_delta(model)} FROM {relation} i), 0)"

    def revised(self, label: str) -> str:
        """Return a condition on revisions ``r``: of this owner's rows under this label."""
        return f"r.owner = {self.owner} AND r.source = {literal(label, connection)}"

    def is_repaired(self) -> str:
        """Return a condition on repairs ``r``: of this number, and telling of what no row does."""
        place = "r.keys ->> '{}'" if connection.vendor == "postgresql" else "json_extract(r.keys, '$.{}')"
        keys = [f"CAST({place.format(key)} AS bigint) = {int(value)}" for key, value in self.keys.items()]
        return (
            f"r.owner = {self.owner} AND r.holder = {literal(self.holder._meta.label, connection)} "
            f"AND r.stat = {literal(self.stat.name, connection)} AND r.unexplained <> 0 "
            f"AND {' AND '.join(keys)}"
        )
