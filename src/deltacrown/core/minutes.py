"""The minute of the database's clock, by which the same read is logged once."""

from __future__ import annotations

from typing import Any

from django.db.models import BigIntegerField, Func


class DatabaseMinute(Func):
    """The number of whole minutes since 1970 by the database's clock."""

    output_field = BigIntegerField()

    def resolve_expression(self, *args: Any, **kwargs: Any) -> DatabaseMinute:
        """Return itself: it names nothing that could be resolved."""
        return self

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, tuple[Any, ...]]:
        return "(CAST(STRFTIME('%%s', 'NOW') AS INTEGER) / 60)", ()

    def as_postgresql(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, tuple[Any, ...]]:
        return "FLOOR(EXTRACT(EPOCH FROM STATEMENT_TIMESTAMP()) / 60)::bigint", ()
