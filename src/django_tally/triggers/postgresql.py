"""Statement-level triggers with transition tables, for PostgreSQL."""

from __future__ import annotations

from django_tally.schema import quote
from django_tally.triggers.trigger import Trigger

#: Event → the transition tables it has: ``n``, the rows after it, and ``o``, the rows before it.
TRANSITION_TABLES = {
    "INSERT": "NEW TABLE AS n",
    "DELETE": "OLD TABLE AS o",
    "UPDATE": "OLD TABLE AS o NEW TABLE AS n",
}


def make_trigger(
    *,
    name: str,
    table: str,
    event: str,
    body: str,
    declare: str = "",
    timing: str = "AFTER",
    when: str = "",
) -> Trigger:
    """Return a statement-level trigger with a function of its own, both called ``name``.

    :param event: INSERT, UPDATE, DELETE or TRUNCATE; ``body`` may read its :data:`TRANSITION_TABLES`.
    :param body: PL/pgSQL statements, each ended by a semicolon.
    :param declare: variables of the body: ``"DECLARE top bigint;"``.
    :param when: a condition that the trigger itself is subject to.
    """
    source = f"{declare} BEGIN {body} RETURN NULL; END"
    tables = TRANSITION_TABLES.get(event) if timing == "AFTER" else None
    referencing = f"REFERENCING {tables} " if tables else ""
    condition = f"WHEN ({when}) " if when else ""

    return Trigger(
        name=name,
        table=table,
        create=(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $tally${source}$tally$",
            f"CREATE TRIGGER {name} {timing} {event} ON {quote(table)} {referencing}"
            f"FOR EACH STATEMENT {condition}EXECUTE FUNCTION {name}()",
        ),
        source=source,
    )
