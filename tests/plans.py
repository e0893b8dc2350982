"""What the database says it will do for a query."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from django.db.models import QuerySet


def plan_of(query: str | QuerySet[Any], params: Sequence[Any] = (), *, bitmaps: bool = False) -> str:
    """The plan as text. Test tables are small, so PostgreSQL is told to think of them as large.

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
    """Whether the plan sorts rows instead of reading them in order."""
    return bool(re.search(r"\bSort\b|TEMP B-TREE FOR .*ORDER BY", plan))


def scans_of(plan: str, table: str) -> list[str]:
    """The steps that read the whole of ``table``."""
    return re.findall(rf"Seq Scan on {table}\b|SCAN {table}\b(?! USING)", plan)
