"""The manifest of a backup: what was copied, of which release, and how much of it there was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils.crypto import salted_hmac

from deltacrown.core.errors import InvalidInput

FORM = 1
MANIFEST, CHECKSUMS, MEDIA, SECRET = "manifest.json", "SHA256SUMS", "media", "secret_key"
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}


class BadBackup(InvalidInput):
    """A folder is no backup, or not a whole one."""


@dataclass(frozen=True)
class Manifest:
    """What a backup has in it.

    :param made_at: when it was begun; the database is as it was soon after.
    :param release: the version of the package that made it.
    :param migrations: every migration the database had, as ``app.name``.
    :param rows: table → rows in it.
    :param pictures: how many there are; None where they are not kept in files of this site.
    :param secret: a mark of the secret key, by which another one is known; the key cannot be found from it.
    """

    form: int
    made_at: str
    release: str
    database: str
    database_version: str
    migrations: list[str]
    rows: dict[str, int]
    pictures: int | None
    secret: str
    has_secret: bool

    def write(self, folder: Path) -> None:
        """Write it into the folder of the backup."""
        (folder / MANIFEST).write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Return the manifest of a backup.

        :raises BadBackup: there is none, or not one that this release can read.
        """
        try:
            told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            form = told["form"]
            if form == FORM:
                return cls(**told)
        except (OSError, ValueError, KeyError, TypeError):
            raise BadBackup(
                f"{folder} is no backup: it has no {MANIFEST} that can be read. Name the folder that "
                "deltacrown backup printed."
            ) from None
        raise BadBackup(
            f"{folder} is a backup of form {form}, and this release reads form {FORM}. "
            "Install the release that made it."
        )

    @property
    def database_file(self) -> str:
        """Return the name of the file with the database."""
        return DATABASES[self.database]


def describe_now(*, now: datetime, rows: dict[str, int], pictures: int | None, has_secret: bool) -> Manifest:
    """Return the manifest of a copy of the database at hand."""
    return Manifest(
        form=FORM,
        made_at=now.isoformat(),
        release=get_version(),
        database=connection.vendor,
        database_version=".".join(map(str, connection.get_database_version())),
        migrations=list_applied(),
        rows=rows,
        pictures=pictures,
        secret=mark_secret(),
        has_secret=has_secret,
    )


def get_version() -> str:
    """Return the version of the package; ``"source"`` where it is not installed."""
    try:
        return version("deltacrown")
    except PackageNotFoundError:
        return "source"


def list_applied() -> list[str]:
    """Return every migration that the database has."""
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def list_unknown(migrations: list[str]) -> list[str]:
    """Return those migrations that this release does not have."""
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    return sorted(set(migrations) - known)


def mark_secret() -> str:
    """Return what tells one secret key from another, and neither of them."""
    return salted_hmac("deltacrown.operations.backup", "secret key", algorithm="sha256").hexdigest()[:16]


def count_rows() -> dict[str, int]:
    """Return the rows of every table of a model, as the connection at hand sees them."""
    models = apps.get_models(include_auto_created=True)
    tables = sorted({model._meta.db_table for model in models if model._meta.managed})
    return count_rows_of(tables)


def count_rows_of(tables: list[str]) -> dict[str, int]:
    """Return the rows of these tables; a table that is not there has none, and is left out."""
    counted = {}
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        for table in (each for each in tables if each in there):
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")
            counted[table] = cursor.fetchone()[0]
    return counted


def write_checksums(folder: Path) -> None:
    """Write the checksum of every file in the folder, as ``sha256sum --check`` reads them."""
    lines = [f"{digest(folder / name)}  {name}\n" for name in list_files(folder)]
    (folder / CHECKSUMS).write_text("".join(lines), encoding="utf-8")


def check_checksums(folder: Path) -> None:
    """Check that a backup is whole, and is as it was made.

    :raises BadBackup: a file is missing, was changed, or came later.
    """
    try:
        lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        raise BadBackup(f"{folder} has no {CHECKSUMS}: it was not copied whole. Copy it again.") from None
    expected = {name: told for told, _, name in (line.partition("  ") for line in lines)}
    there = set(list_files(folder)) - {CHECKSUMS}
    wrong = sorted(expected.keys() ^ there)
    wrong += [name for name in sorted(expected.keys() & there) if digest(folder / name) != expected[name]]
    if wrong:
        raise BadBackup(
            f"{folder} is not as it was made: {wrong[0]} is missing, was changed or came later"
            f"{f', and {len(wrong) - 1} more' if wrong[1:] else ''}. Copy it again, or use another backup."
        )


def list_files(folder: Path) -> Iterator[str]:
    """List the files below a folder, in order, by their names from there."""
    return (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file())


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def get_secret() -> str:
    """Return the secret key of this site."""
    return str(settings.SECRET_KEY)
