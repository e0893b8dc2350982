"""Triggers of PostgreSQL: per statement with transition tables, and per row."""

from __future__ import annotations

from django_tally.schema import quote
from django_tally.triggers.trigger import Trigger

#: Event → the transition tables it has: ``n``, the rows after it, and ``o``, the rows before it.
TRANSITION_TABLES = {
    "INSERT": "NEW TABLE AS n",
    "DELETE": "OLD TABLE AS o",
    "UPDATE": "OLD TABLE AS o NEW TABLE AS n",
}
#: Bits of ``pg_trigger.tgtype``.
_ROW, _BEFORE = 1, 2
_EVENT_BITS = {"INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}


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
    create = (
        f"CREATE TRIGGER {name} {timing} {event} ON {quote(table)} {referencing}"
        f"FOR EACH STATEMENT {condition}EXECUTE FUNCTION {name}()"
    )
    return _with_function(name, table, source, create, describe_shape(timing, event, False, bool(when)))


def make_row_trigger(*, name: str, table: str, event: str, body: str, when: str) -> Trigger:
    """Return a row-level BEFORE trigger; ``body`` may change ``NEW``, or raise."""
    create = (
        f"CREATE TRIGGER {name} BEFORE {event} ON {quote(table)} "
        f"FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION {name}()"
    )
    source = f"BEGIN {body} RETURN NEW; END"
    return _with_function(name, table, source, create, describe_shape("BEFORE", event, True, True))


def make_commit_trigger(*, name: str, table: str, body: str, when: str) -> Trigger:
    """Return a row-level trigger that runs ``body`` for an inserted row when the transaction commits."""
    create = (
        f"CREATE CONSTRAINT TRIGGER {name} AFTER INSERT ON {quote(table)} DEFERRABLE INITIALLY DEFERRED "
        f"FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION {name}()"
    )
    source = f"BEGIN {body} RETURN NULL; END"
    return _with_function(name, table, source, create, describe_shape("AFTER", "INSERT", True, True))


def _with_function(name: str, table: str, source: str, create: str, shape: str) -> Trigger:
    """Return a trigger whose function can be used for nothing else, whoever writes the row.

    The function runs as its owner, so that a role needs the right to write the source alone. Names in it mean
    the tables of the schema it was installed in, never a temporary one of the writer: the installation sets
    ``search_path`` to that schema, with ``pg_temp`` last. Nobody else may put it on a table of their own.
    """
    function = (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql "
        f"SECURITY DEFINER SET search_path FROM CURRENT AS $tally${source}$tally$"
    )
    revoke = f"REVOKE ALL ON FUNCTION {name}() FROM PUBLIC"
    return Trigger(name=name, table=table, create=(function, revoke, create), source=source, shape=shape)


def describe_shape(timing: str, event: str, is_per_row: bool, has_condition: bool) -> str:
    """Return when a trigger fires: ``AFTER INSERT STATEMENT``."""
    condition = " WHEN" if has_condition else ""
    return f"{timing} {event} {'ROW' if is_per_row else 'STATEMENT'}{condition}"


def read_shape(bits: int, has_condition: bool) -> str:
    """Return the shape of a trigger with these bits of ``tgtype``."""
    events = " OR ".join(event for event, bit in _EVENT_BITS.items() if bits & bit)
    return describe_shape("BEFORE" if bits & _BEFORE else "AFTER", events, bool(bits & _ROW), has_condition)
