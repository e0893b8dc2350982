"""Whether a row counts for a number, and if not, why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import BooleanField, ExpressionWrapper
from django.utils.translation import gettext

from django_tally.declarations import Contribution
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
    contributions = [
        contribution for contribution in stat.contributions if isinstance(row, contribution.model)
    ]
    if not contributions:
        return Verdict(False, 0, f"{stat.label.lower()} are not counted from {row._meta.verbose_name_plural}")
    verdicts = [_judge(contribution, row) for contribution in contributions]
    counted = [verdict for verdict in verdicts if verdict.counts]
    return Verdict(
        bool(counted), sum(verdict.value for verdict in counted), "" if counted else verdicts[0].reason
    )


def _judge(contribution: Contribution, row: models.Model) -> Verdict:
    wrapped = {
        f"rule_{n}": ExpressionWrapper(rule.condition, BooleanField())
        for n, rule in enumerate(contribution.rules)
    }
    met: dict[str, bool] = {}
    if wrapped:
        rows = contribution.model._base_manager.filter(pk=row.pk)
        met = rows.annotate(**wrapped).values(*wrapped).get()

    for number, rule in enumerate(contribution.rules):
        if not met[f"rule_{number}"]:
            facts = {
                field.name: _in_words(getattr(row, field.attname)) for field in row._meta.concrete_fields
            }
            return Verdict(False, 0, gettext(rule.otherwise).format_map(facts))

    if isinstance(contribution.value, int):
        return Verdict(True, contribution.value, "")
    return Verdict(True, int(getattr(row, contribution.value) or 0), "")


def _in_words(value: Any) -> Any:
    """Return a value of a row; a text that the site knows in the language that is active."""
    return gettext(value) if isinstance(value, str) and value else value
