"""The triggers that write search terms, and the sync after they had been away."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.signals import pre_save

from deltacrown.core.search_terms import LONGEST_TERM, SearchTerm, TermSource
from django_tally.schema import quote
from django_tally.triggers import postgresql, sqlite
from django_tally.triggers.plan import Provider, register_provider
from django_tally.triggers.trigger import Trigger

_COLUMNS = "owner_id, place, term, former_name"
#: A name → its beginnings. ``text`` has a spelling in each line; ``n`` is where a term begins.
_SPLIT = {
    "postgresql": (
        "SELECT DISTINCT owner, "
        "CASE WHEN n = 1 OR substr(text, n - 1, 1) = chr(10) THEN {name} ELSE {word} END, "
        f"substr(split_part(substr(text, n), chr(10), 1), 1, {LONGEST_TERM}), former "
        "FROM (SELECT {columns}{source}) AS named, generate_series(1, length(text)) AS n "
        "WHERE (n = 1 OR substr(text, n - 1, 1) IN (chr(10), ' ')) AND substr(text, n, 1) <> chr(10)"
    ),
    "sqlite": (
        "SELECT DISTINCT owner, "
        "CASE WHEN n = 1 OR substr(text, n - 1, 1) = char(10) THEN {name} ELSE {word} END, "
        f"substr(text, n, min(instr(substr(text, n) || char(10), char(10)) - 1, {LONGEST_TERM})), former "
        "FROM (WITH RECURSIVE steps(owner, text, former, n) AS (SELECT {columns}, 1{source} "
        "UNION ALL SELECT owner, text, former, n + 1 FROM steps WHERE n < length(text)) SELECT * FROM steps) "
        "WHERE (n = 1 OR substr(text, n - 1, 1) IN (char(10), ' ')) "
        "AND substr(text, n, 1) NOT IN ('', char(10))"
    ),
}
_LINE_BREAKS = {"postgresql": "chr(10)", "sqlite": "char(10)"}


_tables: list[type[SearchTerm]] = []
_registered: list[tuple[TermSource, ...]] = []


def register_terms(sources: Iterable[TermSource]) -> None:
    """Have the database write the terms of ``sources``. Registering them again changes nothing."""
    given = tuple(sources)
    if given in _registered:
        return
    _registered.append(given)
    tables = [model for source in given for model in (source.terms, source.named)]
    register_provider(
        Provider(
            lambda connection: [trigger for source in given for trigger in _build(source, connection)],
            lambda: tables,
            lambda found: sync_terms(given, using=found.using),
        )
    )
    for terms in {source.terms for source in given}:
        if terms not in _tables:
            _tables.append(terms)
            pre_save.connect(_take_key_of_equal_row, sender=terms)


def list_term_tables() -> list[type[SearchTerm]]:
    """Return every table of terms."""
    return list(_tables)


def sync_terms(sources: Iterable[TermSource], *, using: str) -> None:
    """Sync the rows with the names, as after triggers had been away; write only what differs."""
    connection = connections[using]
    if connection.vendor not in _SPLIT:
        return
    by_table: dict[type[SearchTerm], list[TermSource]] = {}
    for source in sources:
        by_table.setdefault(source.terms, []).append(source)
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for terms, of_table in by_table.items():
            wanted = [
                _split(source, connection.vendor, "r", f" FROM {quote(source.named._meta.db_table)} AS r")
                for source in of_table
            ]
            table = quote(terms._meta.db_table)
            every = " UNION ".join(f"SELECT * FROM ({each}) AS w{n}" for n, each in enumerate(wanted))
            cursor.execute(
                f"DELETE FROM {table} WHERE ({_COLUMNS}) IN "
                f"(SELECT {_COLUMNS} FROM {table} EXCEPT SELECT * FROM ({every}) AS w)"
            )
            for select in wanted:
                cursor.execute(_insert(terms, select))


def _split(source: TermSource, vendor: str, row: str, from_: str = "") -> str:
    """Return the statement that selects the terms of ``row``: of a trigger, or of the table ``from_``."""
    former = f"{row}.{quote(source.former_name)}" if source.former_name else "''"
    text = source.text(row, _LINE_BREAKS[vendor])
    places = SearchTerm.Place
    return _SPLIT[vendor].format(
        columns=f"{row}.{quote(source.owner)} AS owner, {text} AS text, {former} AS former",
        source=from_,
        name=int(places.FORMER_NAME if source.former_name else places.NAME),
        word=int(places.FORMER_WORD if source.former_name else places.WORD),
    )


def _insert(terms: type[SearchTerm], select: str) -> str:
    # A real upsert: inside an outer INSERT OR REPLACE, SQLite would turn OR IGNORE into a replace.
    table = quote(terms._meta.db_table)
    return f"INSERT INTO {table} ({_COLUMNS}) {select} ON CONFLICT ({_COLUMNS}) DO NOTHING;"


def _delete(source: TermSource, row: str, *, using: str = "") -> str:
    """Return the statement that deletes the terms of ``row``, of a trigger or of the table ``using``."""
    table = quote(source.terms._meta.db_table)
    former = f"{row}.{quote(source.former_name)}" if source.former_name else "''"
    owner = f"{row}.{quote(source.owner)}"
    return f"DELETE FROM {table} AS t{using} WHERE t.owner_id = {owner} AND t.former_name = {former};"


def _build(source: TermSource, connection: BaseDatabaseWrapper) -> list[Trigger]:
    build = {"postgresql": _build_postgresql, "sqlite": _build_sqlite}
    return build[connection.vendor](source) if connection.vendor in build else []


def _name_trigger(source: TermSource, event: str) -> str:
    return f"tally_search_{source.named._meta.db_table}_{event}"


def _build_postgresql(source: TermSource) -> list[Trigger]:
    table = source.named._meta.db_table
    rewritten = _delete(source, "OLD") + _insert(source.terms, _split(source, "postgresql", "NEW"))
    changed = " OR ".join(f"OLD.{quote(name)} IS DISTINCT FROM NEW.{quote(name)}" for name in source.columns)
    return [
        postgresql.make_trigger(
            name=_name_trigger(source, "insert"),
            table=table,
            event="INSERT",
            body=_insert(source.terms, _split(source, "postgresql", "n", " FROM n")),
        ),
        # Per row: profiles are updated all the time, and their names hardly ever.
        postgresql.make_row_trigger(
            name=_name_trigger(source, "update"), table=table, event="UPDATE", body=rewritten, when=changed
        ),
        postgresql.make_trigger(
            name=_name_trigger(source, "delete"),
            table=table,
            event="DELETE",
            body=_delete(source, "o", using=" USING o"),
        ),
    ]


def _build_sqlite(source: TermSource) -> list[Trigger]:
    table = source.named._meta.db_table
    insert = _insert(source.terms, _split(source, "sqlite", "NEW"))
    delete = _delete(source, "OLD").replace(" AS t ", " ").replace("t.", "")
    changed = " OR ".join(f"OLD.{quote(name)} IS NOT NEW.{quote(name)}" for name in source.columns)
    return [
        sqlite.make_trigger(name=_name_trigger(source, "insert"), table=table, event="INSERT", body=insert),
        sqlite.make_trigger(
            name=_name_trigger(source, "update"),
            table=table,
            event=f"UPDATE OF {', '.join(map(quote, source.columns))}",
            body=delete + insert,
            when=changed,
        ),
        sqlite.make_trigger(name=_name_trigger(source, "delete"), table=table, event="DELETE", body=delete),
    ]


def _take_key_of_equal_row(
    sender: type[SearchTerm], instance: SearchTerm, raw: bool, using: str, **_: Any
) -> None:
    """Give a row of a fixture the key of the one that the trigger wrote when its name was loaded."""
    if not raw:
        return
    columns = ("owner_id", "place", "term", "former_name")
    same = sender._base_manager.using(using).filter(**{name: getattr(instance, name) for name in columns})
    instance.pk = same.values_list("pk", flat=True).first()
