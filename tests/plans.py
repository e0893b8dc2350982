"""What the database says it will do for a query."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import QuerySet


def empty_tables() -> None:
    """Empty the tables, in this transaction only, so that plans depend on the rows of the test.

    PostgreSQL plans by the size of a table's file too, which includes the rows that earlier tests rolled
    back. Statistics gathered after this describe the new files, and are rolled back with them.
    """
    if connection.vendor != "postgresql":
        return
    tables = [
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.startswith("deltacrown.")
    ]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger looks at what goes
        cursor.execute("TRUNCATE " + ", ".join(f'"{table}"' for table in tables) + " CASCADE")
        cursor.execute("SET LOCAL session_replication_role = origin")


def gather_statistics() -> None:
    """Gather PostgreSQL's statistics, as autovacuum does later.

    SQLite plans by its schema alone, as in production.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def plan_of(query: str | QuerySet[Any], params: Sequence[Any] = (), *, bitmaps: bool = False) -> str:
    """The plan as text. Test tables are small, so PostgreSQL is made to plan as for large ones.

    :param bitmaps: let it join several indexes, as a search in several columns needs.
    """
    sql, params = query.query.sql_with_params() if isinstance(query, QuerySet) else (query, params)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
            cursor.execute(f"SET LOCAL enable_bitmapscan = {'on' if bitmaps else 'off'}")
            cursor.execute(f"EXPLAIN {sql}", params or None)
            return "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params or None)
        return "\n".join(row[3] for row in cursor.fetchall())


def work_of(sql: str, params: Sequence[Any]) -> int:
    """Return the work of a query, in rows read on PostgreSQL, in tens of instructions on SQLite."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, FORMAT JSON) {sql}", params or None)
            [(plan,)] = cursor.fetchall()
            return _rows_read(plan[0]["Plan"])
        steps = count()
        connection.connection.set_progress_handler(lambda: next(steps) and 0, 10)
        try:
            cursor.execute(sql, params or None)
            cursor.fetchall()
        finally:
            connection.connection.set_progress_handler(None, 0)
        return next(steps)


def _rows_read(step: dict[str, Any]) -> int:
    read = step["Actual Rows"] + sum(
        step.get(f"Rows Removed by {why}", 0) for why in ("Filter", "Join Filter", "Index Recheck")
    )
    return int(read * step["Actual Loops"]) + sum(map(_rows_read, step.get("Plans", [])))


def sent_by(read: Callable[[], object], table: str) -> list[tuple[str, Sequence[Any]]]:
    """The queries that ``read`` sends from ``table``, each with the parameters it is bound to."""
    sent: list[tuple[str, Sequence[Any]]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if f'FROM "{table}"' in sql:
            sent.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        read()
    return sent


def sorts(plan: str) -> bool:
    """Whether the plan sorts rows instead of reading them in order.

    Rows that are equal in the leading columns may be put in order a group at a time, as they are read.
    """
    return bool(re.search(r"(^|->) *Sort  \(cost|TEMP B-TREE FOR ORDER BY", plan, re.MULTILINE))


def scans_of(plan: str, table: str) -> list[str]:
    """The steps that read the whole of ``table``."""
    return re.findall(rf"Seq Scan on {table}\b|SCAN {table}\b(?! USING)", plan)
