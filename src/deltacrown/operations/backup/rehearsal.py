"""Restore a backup for trial into a database that is thrown away: what can be restored is a backup."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.db import Error, connection

from deltacrown.core.errors import Conflict
from deltacrown.operations.backup.manifest import get_secret


class Failed(Conflict):
    """A backup could not be restored, or what came out of it is not right."""


def rehearse(made: Path) -> str:
    """Restore a backup into a scratch database, as ``restore`` does; return what it printed.

    :raises Failed: it could not be restored, or not every number is right.
    """
    with tempfile.TemporaryDirectory(prefix="deltacrown-rehearsal-") as name:
        scratch = Path(name)
        with _scratch_database(scratch) as variables:
            environment = {
                **os.environ,
                **variables,
                "DELTACROWN_HOME": name,
                "MEDIA_ROOT": str(scratch / "media"),
                "SECRET_KEY": get_secret(),
                "REDIS_URL": "",  # what the site keeps there is not the scratch database's
                "CELERY_BROKER_URL": "",
            }
            done = subprocess.run(  # noqa: S603 - our own command, with no shell
                [sys.executable, "-m", "deltacrown", "restore", str(made)],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
    if done.returncode:
        said = (done.stderr + done.stdout).strip()[-1000:]
        raise Failed(f"{made} was made, and could not be restored for trial. Do not rely on it. {said}")
    return done.stdout


@contextmanager
def _scratch_database(folder: Path) -> Iterator[dict[str, str]]:
    """Yield the variables that name an empty database, which is gone afterwards."""
    if connection.vendor == "sqlite":
        yield {"DATABASE_URL": f"sqlite:///{folder / 'scratch.sqlite3'}"}
        return

    name = f"deltacrown_rehearsal_{secrets.token_hex(4)}"
    address = _name_beside(name)
    quoted = connection.ops.quote_name(name)
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {quoted}")
    except Error as error:
        raise Failed(
            "The backup was made, and not tried: this role may not create a scratch database "
            f"({type(error).__name__}). ALTER ROLE … CREATEDB, or restore it by hand on another server."
        ) from error
    try:
        yield {"DATABASE_URL": address}
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {quoted} WITH (FORCE)")


def _name_beside(name: str) -> str:
    """Return the address of another database of this server, for the role at hand."""
    address = os.environ.get("DATABASE_URL", "")
    if not address:
        raise Failed(
            "The backup was made, and not tried: set DATABASE_URL, of which the trial takes the server."
        )
    return urlsplit(address)._replace(path=f"/{name}").geturl()
