"""The files of a site: room for more, who can read secrets, and static files of this release."""

from __future__ import annotations

import filecmp
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.storage import FileSystemStorage

from deltacrown.operations.doctor.database import get_sqlite_file
from deltacrown.operations.doctor.findings import Finding, Visit, write_size

#: Less than the first is a problem, less than the second advice.
LEAST_FREE, LITTLE_FREE = 256 << 20, 2 << 30
#: A log of SQLite that is larger is not being written back into the file.
LARGEST_LOG = 512 << 20
READABLE_BY_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def find_full_disks(_visit: Visit) -> Iterator[Finding]:
    """Find disks with little room, and a log of SQLite that only grows."""
    file = get_sqlite_file()
    places = {
        "DELTACROWN_HOME": settings.DELTACROWN_HOME,
        "the database": file.parent if file else settings.DELTACROWN_HOME,
        "MEDIA_ROOT": Path(settings.MEDIA_ROOT),
        "temporary files": Path(tempfile.gettempdir()),
    }
    told: set[int] = set()
    for name, place in places.items():
        there = next((each for each in (place, *place.parents) if each.exists()), None)
        if there is None or there.stat().st_dev in told:
            continue
        told.add(there.stat().st_dev)
        free = shutil.disk_usage(there).free
        if free < LITTLE_FREE:
            make = Finding if free < LEAST_FREE else Finding.advice
            yield make(
                f"The disk of {name} ({there}) has {write_size(free)} left.",
                "Free space on it, or make it larger. A full disk takes no match: writers get 503 until "
                "there is room.",
            )

    log = file.with_name(f"{file.name}-wal") if file else None
    if log and log.exists() and log.stat().st_size > LARGEST_LOG:
        yield Finding.advice(
            f"The log beside the database ({log.name}) has {write_size(log.stat().st_size)}: something reads "
            "all the time, so it cannot be written back.",
            "End what reads for so long (a backup or an export that hangs, a stopped process); or stop the "
            "site and "
            "open the database once with deltacrown dbshell.",
        )


def find_file_faults(_visit: Visit) -> Iterator[Finding]:
    """Find secrets that others can read, and folders that this user cannot write to."""
    home: Path = settings.DELTACROWN_HOME
    for name in ("secret_key", ".env"):
        path = home / name
        if path.exists() and path.stat().st_mode & READABLE_BY_OTHERS:
            yield Finding(
                f"Others on this machine can read {path}, which has secrets of the site.",
                f"chmod 600 {path}. Who may have read it could sign cookies: set another SECRET_KEY then "
                "(everybody signs in again).",
            )

    folders = {"DELTACROWN_HOME": home, "MEDIA_ROOT": Path(settings.MEDIA_ROOT)}
    for variable, folder in folders.items():
        there = next((each for each in (folder, *folder.parents) if each.exists()), folder)
        if not there.is_dir():
            yield Finding(
                f"{variable} ({folder}) cannot be: {there} is a file.",
                f"Move that file away, or set {variable} to a folder.",
            )
        elif not os.access(there, os.W_OK | os.X_OK):
            yield Finding(
                f"This user cannot write to {there} ({variable}).",
                f"Run deltacrown as the user of the site, or give it the folder: chown -R USER {there}.",
            )


def find_static_faults(_visit: Visit) -> Iterator[Finding]:
    """Find static files that were not collected, or were collected of another release."""
    if settings.DEBUG or not isinstance(staticfiles_storage, FileSystemStorage):
        return
    mend = "deltacrown collectstatic --noinput, then restart the server."
    manifest = getattr(staticfiles_storage, "hashed_files", None)
    if manifest == {}:
        yield Finding(
            f"No static files were collected into {settings.STATIC_ROOT}: pages have no style.", mend
        )
        return

    other = [name for name, source in _list_sources() if not _is_collected(name, source)]
    if other:
        yield Finding(
            f"{len(other)} static files are missing or of another release, such as {other[0]}.", mend
        )


def _list_sources() -> Iterator[tuple[str, Path]]:
    """List every static file of this release as collectstatic would: the first of a name counts."""
    seen: set[str] = set()
    for finder in get_finders():
        for name, storage in finder.list([]):
            if name not in seen:
                seen.add(name)
                yield name, Path(storage.path(name))


def _is_collected(name: str, source: Path) -> bool:
    collected = Path(staticfiles_storage.path(name))
    return collected.is_file() and filecmp.cmp(source, collected, shallow=False)
