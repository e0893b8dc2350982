"""The pictures of players: files that are written once under a name of their own, and never changed."""

from __future__ import annotations

import shutil
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage

from deltacrown.core.errors import Conflict
from deltacrown.operations.backup.manifest import digest, list_files


class MediaInTheWay(Conflict):
    """The folder of pictures has other files under the names of those of the backup."""


def has_files_here() -> bool:
    """Return whether pictures are files of this site; elsewhere they are copied by whoever keeps them."""
    return isinstance(default_storage, FileSystemStorage)


def get_media() -> Path:
    """Return the folder of pictures."""
    return Path(settings.MEDIA_ROOT)


def copy_new_pictures(to: Path) -> int:
    """Copy every picture that is not in the copy yet; return how many are in it then.

    Called before and after the database is copied: what its copy names was there before, or came meanwhile.
    """
    to.mkdir(exist_ok=True)
    for name in list_files(get_media()):
        target = to / name
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(get_media() / name, target)
            except FileNotFoundError:  # its player took another one meanwhile
                target.unlink(missing_ok=True)
    return len(list(list_files(to)))


def check_media(copy: Path) -> None:
    """Check that no other file is where a picture of the backup belongs.

    :raises MediaInTheWay: there is one.
    """
    for name in list_files(copy):
        there = get_media() / name
        if there.exists() and (not there.is_file() or digest(there) != digest(copy / name)):
            raise MediaInTheWay(
                f"MEDIA_ROOT has another {name} than the backup. Move its files away, or set MEDIA_ROOT to "
                "an "
                "empty folder."
            )


def put_back_pictures(copy: Path) -> int:
    """Copy the pictures of a backup to where they belong; return how many there were."""
    names = list(list_files(copy))
    for name in names:
        target = get_media() / name
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f".{target.name}.restoring")
            shutil.copyfile(copy / name, part)
            part.rename(target)
    return len(names)
