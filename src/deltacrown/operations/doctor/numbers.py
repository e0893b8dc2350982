"""Whether the numbers are being kept, and whether they are right."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db import connection

from deltacrown.operations.doctor.database import get_sqlite_file
from deltacrown.operations.doctor.findings import Finding, Visit
from django_tally.feeds import list_holders
from django_tally.models import Run
from django_tally.schema import have_columns
from django_tally.triggers import installation
from django_tally.verification import find_drift as recount

#: The job ``reconcile`` verifies them every night.
LONGEST_UNVERIFIED = timedelta(days=3)
_MIGRATE = "deltacrown migrate: it puts the triggers in and recounts, also when no migration is missing."
_RECONCILE = "deltacrown reconcile_stats: it repairs them, and logs why they drifted where that can be told."


def find_trigger_faults(_visit: Visit) -> Iterator[Finding]:
    """Find triggers that are missing, off, of another release, or left over; and roles that pass them by."""
    if not have_columns(installation.list_tables(), using=connection.alias):
        yield Finding("The tables do not match the models, so no number is being kept.", _MIGRATE)
        return
    faults = installation.find_faults(connection)
    if faults:
        more = f", and {len(faults) - 3} more" if len(faults) > 3 else ""
        yield Finding(f"Numbers are not kept as declared: {'; '.join(faults[:3])}{more}.", _MIGRATE)
    for fault in installation.find_session_faults(connection):
        what, _, mend = fault.partition(": ")
        yield Finding(f"{what}.", f"{mend}. Then: {_RECONCILE}")


def find_drift(visit: Visit) -> Iterator[Finding]:
    """Find wrong numbers: by the record of verifications, or with ``verify`` by a recount."""
    if visit.verify:
        yield from _find_damage()
        wrong = sum(len(recount(holder)) for holder in list_holders())
        if wrong:
            yield Finding(f"{wrong:,} numbers differ from their rows.", _RECONCILE)
        return

    runs = Run.objects.filter(scope="").exclude(status=Run.Status.RUNNING).order_by("-started_at", "-id")
    latest = runs.first()
    if latest is None or latest.started_at < visit.clock() - LONGEST_UNVERIFIED:
        when = f"since {latest.started_at:%Y-%m-%d}" if latest else "yet"
        yield Finding.advice(
            f"The numbers were not verified {when}.",
            "deltacrown doctor --verify, which changes nothing, or deltacrown reconcile_stats. "
            "The job reconcile does it every night.",
        )
    elif latest.status == Run.Status.FAILED:
        yield Finding(f"The verification of {latest.started_at:%Y-%m-%d %H:%M} UTC failed.", _RECONCILE)
    elif latest.numbers_drifted > latest.numbers_repaired:
        found = latest.numbers_drifted - latest.numbers_repaired
        yield Finding(
            f"The verification of {latest.started_at:%Y-%m-%d %H:%M} UTC left {found:,} numbers wrong.",
            _RECONCILE,
        )
    elif latest.numbers_drifted:
        yield Finding.advice(
            f"The verification of {latest.started_at:%Y-%m-%d %H:%M} UTC repaired {latest.numbers_drifted:,} "
            "numbers.",
            "Read why they had drifted (docs/how-to/reconcile.md), then verify once more: deltacrown "
            "reconcile_stats.",
        )


def _find_damage() -> Iterator[Finding]:
    if get_sqlite_file() is None:
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA quick_check(3)")
        faults = [str(row[0]) for row in cursor.fetchall()]
    if faults != ["ok"]:
        yield Finding(
            f"The database file is damaged: {'; '.join(faults)[:300]}.",
            "Stop the site, move the file and those beside it (-wal, -shm) away, and: deltacrown restore "
            "BACKUP.",
        )
