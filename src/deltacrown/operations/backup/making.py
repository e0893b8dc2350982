"""Make a backup: everything into a folder that gets its name when it is whole."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection

from deltacrown.core.errors import Conflict
from deltacrown.operations.backup import media, tools
from deltacrown.operations.backup.manifest import (
    DATABASES,
    MEDIA,
    SECRET,
    Manifest,
    describe_now,
    get_secret,
    write_checksums,
)
from deltacrown.operations.doctor.findings import write_size


class CannotBackUp(Conflict):
    """The folder cannot take the backup."""


def make_backup(folder: Path, *, now: datetime, with_secret: bool = False) -> Path:
    """Write a backup into a new folder below ``folder``, readable by this user alone, and return it.

    :param with_secret: put the secret key into it, too.
    :raises CannotBackUp: ``folder`` is one that the site serves, has no room, or the backup is there already.
    :raises CannotCopy: the database cannot be copied from here.
    """
    folder = folder.absolute()
    _refuse_served(folder)
    folder.mkdir(parents=True, exist_ok=True)
    _refuse_full(folder)
    made = folder / f"deltacrown-{now:%Y%m%dT%H%M%SZ}"
    part = folder / f".{made.name}.part"
    if made.exists() or part.exists():
        raise CannotBackUp(f"{made} is there already, or is being made: nothing was overwritten. Try again.")

    part.mkdir(mode=0o700)
    try:
        _fill(part, now=now, with_secret=with_secret)
        _sync(part)
        part.rename(made)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return made


def _fill(part: Path, *, now: datetime, with_secret: bool) -> Manifest:
    is_here = media.has_files_here()
    if is_here:
        media.copy_new_pictures(part / MEDIA)
    rows = tools.copy_database(part / DATABASES[connection.vendor])
    pictures = media.copy_new_pictures(part / MEDIA) if is_here else None
    if with_secret:
        (part / SECRET).write_text(get_secret(), encoding="utf-8")
        (part / SECRET).chmod(0o600)

    manifest = describe_now(now=now, rows=rows, pictures=pictures, has_secret=with_secret)
    manifest.write(part)
    write_checksums(part)
    return manifest


def _sync(folder: Path) -> None:
    """Have every file on the disk before the backup gets its name."""
    for path in [folder, *folder.rglob("*")]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _refuse_served(folder: Path) -> None:
    for name in ("MEDIA_ROOT", "STATIC_ROOT"):
        served = Path(getattr(settings, name)).absolute().resolve()
        if folder.resolve().is_relative_to(served):
            raise CannotBackUp(f"{folder} is in {name}, of which the site serves files. Name another folder.")


def _refuse_full(folder: Path) -> None:
    needed = tools.get_file().stat().st_size if connection.vendor == "sqlite" else 0
    if media.has_files_here() and media.get_media().exists():
        needed += sum(path.stat().st_size for path in media.get_media().rglob("*") if path.is_file())
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise CannotBackUp(
            f"{folder} has {write_size(free)} left, and the backup takes about {write_size(needed)}. "
            "Free space, or name a folder on another disk."
        )
