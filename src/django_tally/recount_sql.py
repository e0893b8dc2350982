"""The statement that recounts every number of some holders in one pass over each source.

For verification and repair, which read; the triggers' own recount, which writes, is in ``sql``. A source that
feeds several holders is aggregated once, at the finest of their keys, and what feeds a coarser one is the sum
of that. What all numbers of a source ask of a row stands in ``WHERE``, so that a partial index on that
condition is all that is read. Counts are counted, not summed: a sum of bigints is a numeric, and slow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db.backends.base.base import BaseDatabaseWrapper

from django_tally.declarations import Contribution, Rule, all_of, drop_rules, share_rules
from django_tally.feeds import Feed, Model, get_key_columns, get_stat_columns, list_feeds
from django_tally.schema import quote, table_of
from django_tally.sql import condition_sql, contribution_sql


@dataclass
class Pass:
    """One reading of one source: which feeds it serves, by which columns it groups, what it adds up.

    ``terms`` is an aggregate → the name of its column in the pass.
    """

    name: str
    feeds: list[Feed]
    terms: dict[str, str] = field(default_factory=dict)

    @property
    def keys(self) -> tuple[str, ...]:
        return self.feeds[0].source_key_columns

    def takes(self, feed: Feed) -> bool:
        """Return whether ``feed`` counts the same rows by the same owner, no finer."""
        same = feed.source is self.feeds[0].source and feed.source_key_columns[0] == self.keys[0]
        return same and set(feed.source_key_columns) <= set(self.keys)


class Recounting:
    """The numbers of ``holders``, recounted: common table expressions, and a relation per holder of its own.

    :param only: a condition on the owner of a row, written with ``{key}`` in the place of its column, and
        ``{keys}`` in that of all columns that are grouped by.
    """

    def __init__(self, holders: Sequence[Model], connection: BaseDatabaseWrapper, only: str = "") -> None:
        self._connection, self._only = connection, only
        self._passes = _plan(holders)
        self._tables = [self._write_pass(each) for each in self._passes]

    @property
    def tables(self) -> str:
        """Return what goes behind ``WITH``."""
        return ", ".join(self._tables)

    def list_relations(self, holder: Model) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield, per source, a SELECT of ``holder``'s keys and what it adds; and holder column → its column.

        A key is in each of them once at most.
        """
        for one in self._passes:
            for feed in one.feeds:
                if feed.holder is holder:
                    yield self._select(one, feed), self._name_terms(one, feed)

    def _select(self, one: Pass, feed: Feed) -> str:
        keys = [f"{quote(source)} AS {quote(key)}" for key, source in feed.key_pairs]
        terms = list(dict.fromkeys(self._name_terms(one, feed).values()))
        owned = " AND ".join(f"{quote(column)} IS NOT NULL" for column in feed.source_key_columns)
        if len(feed.source_key_columns) == len(one.keys):
            return f"SELECT {', '.join(keys + terms)} FROM {one.name} WHERE {owned}"
        group = ", ".join(map(quote, feed.source_key_columns))
        # A sum of bigints is a numeric, which is slow to compare; what does not fit fitted no column either.
        sums = [f"CAST(SUM({term}) AS BIGINT) AS {term}" for term in terms]
        return f"SELECT {', '.join(keys + sums)} FROM {one.name} WHERE {owned} GROUP BY {group}"

    def _name_terms(self, one: Pass, feed: Feed) -> dict[str, str]:
        shared = _share_rules(one)
        return {
            column: one.terms[self._aggregate(contributions, shared)]
            for column, contributions in feed.columns.items()
        }

    def _write_pass(self, one: Pass) -> str:
        shared, source = _share_rules(one), one.feeds[0].source
        for feed in one.feeds:
            for contributions in feed.columns.values():
                one.terms.setdefault(self._aggregate(contributions, shared), f"n{len(one.terms)}")
        owner = quote(one.keys[0])
        conditions = [condition_sql(source, all_of(shared), self._connection), f"{owner} IS NOT NULL"]
        keys = ", ".join(map(quote, one.keys))
        if self._only:
            conditions.append(self._only.format(key=owner, keys=keys))
        terms = ", ".join(f"{term} AS {name}" for term, name in one.terms.items())
        return (
            f"{one.name} AS (SELECT {keys}, {terms} FROM {table_of(source)} "
            f"WHERE {' AND '.join(conditions)} GROUP BY {keys})"
        )

    def _aggregate(self, contributions: Sequence[Contribution], shared: Sequence[Rule]) -> str:
        return " + ".join(self._add_up(each, shared) for each in contributions)

    def _add_up(self, contribution: Contribution, shared: Sequence[Rule]) -> str:
        rest = drop_rules(contribution, tuple(rule for rule in contribution.rules if rule in shared))
        if isinstance(rest.value, str):
            return f"SUM({contribution_sql(rest, self._connection)})"
        counted = "COUNT(*)"
        if rest.where:
            counted += f" FILTER (WHERE {condition_sql(rest.model, rest.where, self._connection)})"
        return counted if rest.value == 1 else f"{int(rest.value)} * {counted}"


def recount_rows_sql(holder: Model, connection: BaseDatabaseWrapper, only: str) -> str:
    """Return a SELECT of every number of ``holder``, recounted, per key that has a row that counts.

    :param only: as of ``Recounting``.
    """
    recounting, columns = Recounting([holder], connection, only), get_stat_columns(holder)
    keys = ", ".join(map(quote, get_key_columns(holder)))
    parts = []
    for relation, terms in recounting.list_relations(holder):
        named = ", ".join(f"{terms.get(column, '0')} AS {quote(column)}" for column in columns)
        parts.append(f"SELECT {keys}, {named} FROM ({relation}) r")
    sums = ", ".join(f"SUM({quote(column)})" for column in columns)
    return (
        f"WITH {recounting.tables} SELECT {keys}, {sums} FROM ({' UNION ALL '.join(parts)}) u GROUP BY {keys}"
    )


def _plan(holders: Sequence[Model]) -> list[Pass]:
    feeds = [feed for holder in holders for feed in list_feeds(holder)]
    passes: list[Pass] = []
    for feed in sorted(feeds, key=lambda each: -len(each.source_keys)):
        taking = next((each for each in passes if each.takes(feed)), None)
        if taking:
            taking.feeds.append(feed)
        else:
            passes.append(Pass(f"pass{len(passes)}", [feed]))
    return passes


def _share_rules(one: Pass) -> list[Rule]:
    return share_rules([each for feed in one.feeds for found in feed.columns.values() for each in found])
