"""The reference page of the stats, written from their declarations: docs/reference/stats.md."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django.db.models import Q

from deltacrown.user_profile.numbers.period_leaderboards import list_period_boards
from deltacrown.user_profile.stat_fields import DerivedStat as ShownDerivedStat
from deltacrown.user_profile.stat_fields import Stat as ShownStat
from deltacrown.user_profile.stat_fields import list_numbers
from django_tally.declarations import Contribution
from django_tally.feeds import Model, get_derived, get_stat_keys, get_stats, list_holders
from django_tally.fields import DerivedStat, Stat
from django_tally.rows import get_counted_stat

INTRODUCTION = """# Stats

Every number the platform caches, as declared in `src/deltacrown/user_profile/stats.py`. This page
is generated: `make docs` writes it anew, and a test fails while it differs from the declarations.

A *counted* number is kept by the database as its source rows change. A *derived* number is computed
by the database from counted ones of the same row. To add one, see
[how to add a stat](../how-to/add-a-stat.md).
"""

OPERATORS = {"exact": "=", "lt": "<", "lte": "≤", "gt": ">", "gte": "≥", "in": "in"}


def render_stats_reference() -> str:
    """Return the whole page as Markdown, ending in a newline."""
    holders = sorted(list_holders(), key=lambda holder: len(get_stat_keys(holder)))
    lines = [line for holder in holders for line in _render_holder(holder)]
    return "\n".join([INTRODUCTION, *lines]).rstrip() + "\n"


def describe_condition(where: Q) -> str:
    """Return a condition in words: ``voided_at is empty and result = WIN``; empty when every row counts."""
    parts = [_describe_child(child) for child in where.children]
    joined = f" {where.connector.lower()} ".join(f"({part})" if " or " in part else part for part in parts)
    return f"not ({joined})" if where.negated else joined


def _describe_child(child: Any) -> str:
    return describe_condition(child) if isinstance(child, Q) else _describe_lookup(child)


def _describe_lookup(child: Any) -> str:
    path, value = child
    column, _, lookup = path.rpartition("__")
    if lookup == "isnull":
        return f"{column} is {'empty' if value else 'not empty'}"
    if lookup not in OPERATORS:
        column, lookup = path, "exact"
    if value == "":
        return f"{column} is empty"
    return f"{column} {OPERATORS[lookup]} {value}"


def _render_holder(holder: Model) -> Iterator[str]:
    keys = " and ".join(get_stat_keys(holder))
    yield f"## {holder._meta.object_name}\n\nA row per {keys}: `{holder._meta.label}`.\n"
    shown = {field.name: _describe_showing(field) for field in list_numbers(holder)}

    for stat in get_stats(holder):
        yield from _render_entry(stat, [*_describe_counted(stat), *shown[stat.name]])

    for field in get_derived(holder):
        yield from _render_entry(field, [*_describe_derived(holder, field), *shown[field.name]])


def _render_entry(field: Stat | DerivedStat, details: list[str]) -> Iterator[str]:
    yield f"### `{field.name}`\n"
    yield f"**{field.label}.** {field.meaning}\n"
    yield from (f"- {detail}" for detail in details)
    yield ""


def _describe_showing(field: ShownStat | ShownDerivedStat) -> list[str]:
    if field.twin_of:
        return [f"Addressed as `{field.twin_of}` with a game; ranked in each game if that number is ranked."]

    if field.leaderboard is None:
        return []

    of_periods = field.name in list_period_boards()
    periods = "All time, seasons, last 30 days, and as of a day." if of_periods else "All time only."
    return [f"Leaderboard: {field.leaderboard.get_rule()} {periods}"]


def _describe_counted(stat: Stat) -> list[str]:
    alike = groupby(stat.contributions, key=lambda part: (part.value, part.where))
    details = [_describe_contributions(list(group)) for _, group in alike]
    return [*details, "Part of another number; not shown by itself."] if stat.internal else details


def _describe_contributions(parts: list[Contribution]) -> str:
    sources = " and ".join(f"`{part.source}`" for part in parts)
    value = parts[0].value
    what = (
        f"Counts rows of {sources}" if isinstance(value, int) else f"Adds up `{value}` over rows of {sources}"
    )
    renamed = [f" by their `{key}`" for key in parts[0].keys.values()]
    condition = describe_condition(parts[0].where)
    return what + "".join(renamed) + (f" where {condition}." if condition else ".")


def _describe_derived(holder: Model, field: DerivedStat) -> list[str]:
    rows = f"Derived; the rows behind it are those of `{get_counted_stat(holder, field.rows_of).name}`."
    return [rows, f"Unit: {field.unit}"] if field.unit else [rows]
