"""Whether a row counts for a number, and if not, why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.db.models import BooleanField, ExpressionWrapper
from django.utils.translation import gettext

from django_tally.declarations import Contribution, Rule
from django_tally.fields import Stat


@dataclass(frozen=True)
class Verdict:
    """Whether a row counts, by how much, and, when it does not, the first of the rules that keeps it out."""

    counts: bool
    value: int
    reason: str

    def __str__(self) -> str:
        return f"counts {self.value}" if self.counts else f"does not count: {self.reason}"


def explain_row(stat: Stat, row: models.Model) -> Verdict:
    """Check ``row``, as it is in the database, against the rules of ``stat``.

    A row of a model that ``stat`` does not read does not count, and the reason says so. Reasons are in the
    language that is active, as far as it knows the words of the rules.
    """
    return explain_rows(stat, [row])[0]


def explain_rows(stat: Stat, rows: Sequence[models.Model]) -> list[Verdict]:
    """As ``explain_row``, for each of ``rows``; one statement for each contribution that they are of.

    :raises ObjectDoesNotExist: when one of them is no longer in the database.
    """
    judged: list[list[Verdict]] = [[] for _ in rows]
    for contribution in stat.contributions:
        places = [place for place, row in enumerate(rows) if isinstance(row, contribution.model)]
        met = _check_rules(contribution, [rows[place] for place in places])
        for place in places:
            judged[place].append(_judge(contribution, rows[place], met[rows[place].pk]))
    return [_sum_up(stat, row, verdicts) for row, verdicts in zip(rows, judged, strict=True)]


def _sum_up(stat: Stat, row: models.Model, verdicts: Sequence[Verdict]) -> Verdict:
    if not verdicts:
        return Verdict(False, 0, f"{stat.label.lower()} are not counted from {row._meta.verbose_name_plural}")
    counted = [verdict for verdict in verdicts if verdict.counts]
    return Verdict(
        bool(counted), sum(verdict.value for verdict in counted), "" if counted else verdicts[0].reason
    )


def _check_rules(contribution: Contribution, rows: Sequence[models.Model]) -> dict[Any, list[bool]]:
    """Return for each row, by its key, which of the rules it meets."""
    wrapped = {
        f"rule_{n}": ExpressionWrapper(rule.condition, BooleanField())
        for n, rule in enumerate(contribution.rules)
    }
    if not wrapped or not rows:
        return {row.pk: [] for row in rows}
    asked = contribution.model._base_manager.filter(pk__in=[row.pk for row in rows])
    found = asked.annotate(**wrapped).values_list("pk", *wrapped)
    met = {key: list(rules) for key, *rules in found}
    if missing := [row for row in rows if row.pk not in met]:
        raise ObjectDoesNotExist(f"{missing[0]!r} is no longer in the database.")
    return met


def say_why_not(rule: Rule, row: models.Model) -> str:
    """Return why ``row``, which does not meet ``rule``, does not count."""
    return gettext(rule.otherwise).format_map(_Facts(row))


class _Facts(dict[str, Any]):
    """The values of a row by the names of its fields, in words; only those that are asked for are read."""

    def __init__(self, row: models.Model) -> None:
        self._columns = {field.name: str(field.attname) for field in row._meta.concrete_fields}
        self._row = row

    def __missing__(self, name: str) -> Any:
        return _in_words(getattr(self._row, self._columns[name]))


def _judge(contribution: Contribution, row: models.Model, met: Sequence[bool]) -> Verdict:
    for rule, is_met in zip(contribution.rules, met, strict=True):
        if not is_met:
            return Verdict(False, 0, say_why_not(rule, row))

    if isinstance(contribution.value, int):
        return Verdict(True, contribution.value, "")
    return Verdict(True, int(getattr(row, contribution.value) or 0), "")


def _in_words(value: Any) -> Any:
    """Return a value of a row; a text that the site knows in the language that is active."""
    return gettext(value) if isinstance(value, str) and value else value
