"""Put a backup back into an empty database, and make sure that nothing of after it is shown or believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from deltacrown.accounts.services import end_every_session
from deltacrown.core.errors import Conflict
from deltacrown.core.readiness import find_missing_migrations
from deltacrown.freshness import cache_store, keeping
from deltacrown.freshness.triggers import renew_all
from deltacrown.operations.backup import media, tools
from deltacrown.operations.backup.manifest import (
    MEDIA,
    Manifest,
    check_checksums,
    count_rows_of,
    list_unknown,
    mark_secret,
)
from deltacrown.user_profile.numbers.reconciliation import Report, reconcile_stats
from django_tally.triggers.installation import find_faults


class NotEmpty(Conflict):
    """The database has tables already."""


class OtherDatabase(Conflict):
    """The backup is of another kind of database, or of a newer release."""


class NotAsBefore(Conflict):
    """What was restored is not what was backed up."""


@dataclass(frozen=True)
class Restored:
    """What a restore found and did.

    :param pictures: how many pictures the backup has; None where it has none, or there was no backup to read.
    :param migrated: the migrations that were applied after it: the backup was made by an older release.
    :param sessions: how many sessions were ended; None when they were kept.
    :param has_other_secret: whether this site has another secret key than the one that was backed up.
    :param report: the recount of all numbers.
    :param faults: what is wrong with the triggers.
    """

    pictures: int | None
    migrated: list[str]
    sessions: int | None
    has_other_secret: bool
    report: Report
    faults: list[str]

    @property
    def is_right(self) -> bool:
        """Return whether every number is right, and triggers keep it so."""
        return self.report.is_right and not self.faults


def restore_backup(folder: Path, *, clock: Callable[[], datetime], keep_sessions: bool = False) -> Restored:
    """Put a backup back into the database and the folder of pictures of this site.

    :raises BadBackup: it is none, or is not as it was made.
    :raises OtherDatabase: it is of another kind of database, or of a newer release.
    :raises NotEmpty: the database has tables.
    :raises MediaInTheWay: other pictures are where those of the backup belong.
    :raises CannotCopy: the database cannot be filled from here; it is as empty as before.
    :raises NotAsBefore: the database has not the rows that were copied.
    """
    manifest = Manifest.read(folder)
    check_checksums(folder)
    _refuse_other(manifest)
    refuse_filled()
    if (folder / MEDIA).is_dir():
        media.check_media(folder / MEDIA)

    tools.put_back_database(folder / manifest.database_file)
    _compare(manifest)
    if (folder / MEDIA).is_dir():
        media.put_back_pictures(folder / MEDIA)
    return settle(
        clock=clock,
        keep_sessions=keep_sessions,
        pictures=manifest.pictures,
        has_other_secret=manifest.secret != mark_secret(),
    )


def settle(
    *,
    clock: Callable[[], datetime],
    keep_sessions: bool = False,
    pictures: int | None = None,
    has_other_secret: bool = False,
) -> Restored:
    """Take up work with a database that was set back in time, by a backup or by its own tools.

    It is migrated to this release. Nothing that was kept of pages is shown any more, and nobody is signed in
    who was then. Every number is recounted; none is repaired.
    """
    missing = find_missing_migrations()
    if missing:
        call_command("migrate", verbosity=0, interactive=False)
    # What was kept since is under tokens that nobody reads any more, and what was kept before is made anew:
    # rows may have been set back by parts, or while triggers were away.
    renew_all(connection.alias)
    cache_store.forget(keeping.PREFIX)
    sessions = None if keep_sessions else end_every_session()
    faults = find_faults(connection)
    report = reconcile_stats(clock=clock, dry_run=True)
    return Restored(pictures, missing, sessions, has_other_secret, report, faults)


def refuse_filled() -> None:
    """Refuse a database that has tables, or of which something lies beside its file.

    :raises NotEmpty: it is so.
    """
    if connection.vendor == "sqlite":
        file = tools.get_file()
        left = [f"{file}{name}" for name in tools.BESIDE if Path(f"{file}{name}").exists()]
        if not file.exists():
            if left:  # SQLite would take it for the log of the restored file, and damage that
                raise NotEmpty(f"{left[0]} of another database is there. Move it away; nothing was changed.")
            return
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    if tables:
        how = (
            f"Stop the site and move {tools.get_file()} away, with -wal and -shm beside it"
            if connection.vendor == "sqlite"
            else "Create an empty one (createdb), and set DATABASE_URL to it"
        )
        raise NotEmpty(f"The database has {len(tables)} tables: nothing was changed. {how}.")


def _refuse_other(manifest: Manifest) -> None:
    if manifest.database != connection.vendor:
        raise OtherDatabase(
            f"The backup is of {manifest.database}, and DATABASE_URL names {connection.vendor}. Restore it "
            "where it "
            "is from, then move the site: docs/how-to/move-to-postgresql.md."
        )
    newer = list_unknown(manifest.migrations)
    if newer:
        raise OtherDatabase(
            f"The backup was made by a newer release ({manifest.release}): {newer[0]} is not in this one. "
            "Install that release, and restore it there."
        )


def _compare(manifest: Manifest) -> None:
    there = count_rows_of(list(manifest.rows))
    wrong = sorted(table for table, rows in manifest.rows.items() if there.get(table) != rows)
    if wrong:
        raise NotAsBefore(
            f"{wrong[0]} has {there.get(wrong[0], 0)} rows where {manifest.rows[wrong[0]]} were backed up, "
            "and "
            f"{len(wrong) - 1} more tables differ. Somebody writes to the database: stop the site, and "
            "restore "
            "into an empty one."
        )


def get_secret_place() -> str:
    """Return where the secret key of this site is set."""
    return f"SECRET_KEY, or the file {settings.DELTACROWN_HOME / 'secret_key'}"
