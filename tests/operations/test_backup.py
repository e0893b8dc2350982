"""A backup is whole, is not overwritten, and comes back as it was; what came after it is not shown."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess

import pytest
from django.db import connection

from deltacrown.operations.backup import manifest as manifests
from tests.operations.sites import (
    AFTER,
    BEGIN,
    COUNT,
    FILL,
    MATCHES,
    OwnSite,
    as_line,
    empty_database,
    find_binaries,
    make_backup,
)
from tests.pristine import another_database

pytestmark = pytest.mark.django_db(transaction=True)

#: How far the migrations of some apps were, once.
OLDER = {"webhooks": "zero", "core": "0004"}
RECORD_ONE = """
from tests import scene
from deltacrown.accounts.models import User
scene.match(User.objects.get(username="ann"), "since", title=scene.game("chess"))
print(1)
"""


@pytest.fixture
def site(tmp_path):
    """A site with a picture, and a database that was migrated."""
    home = tmp_path / "home"
    (home / "media" / "avatars").mkdir(parents=True)
    (home / "media" / "avatars" / "ann.webp").write_bytes(b"a picture")
    with another_database(home) as url:
        own = OwnSite(home, url, {"PATH": f"{find_binaries()}{os.pathsep}{os.environ['PATH']}"})
        yield own
        own.close()


def test_a_site_comes_back_as_it_was_and_nothing_else_is_accepted(site, tmp_path):
    before = site.script(FILL + "print(tell([]))")
    kept = tmp_path / "kept"
    made = make_backup(site, kept, "--verify")
    told = manifests.Manifest.read(made)
    site.script(RECORD_ONE)

    # What it is: readable by its owner alone, with a checksum of each file that other tools read.
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    subprocess.run(["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"], cwd=made, check=True)
    assert (told.pictures, told.rows["games_match"]) == (1, MATCHES)
    assert not (made / "secret_key").exists()
    assert list(kept.iterdir()) == [made]

    # A database that is in use is refused, and left alone.
    assert "tables: nothing was changed" in site.command("restore", str(made), expected=2)
    assert site.script(COUNT) == MATCHES + 1

    # A file that was changed is refused before anything is done.
    empty_database(site)
    damaged = shutil.copytree(made, tmp_path / "damaged")
    (damaged / "media" / "avatars" / "ann.webp").write_bytes(b"another")
    refusal = as_line(site.command("restore", str(damaged), expected=2))
    assert "avatars/ann.webp is missing, was changed" in refusal

    shutil.rmtree(site.home / "media")
    restored = as_line(site.command("restore", str(made)))

    assert " 0 wrong." in restored
    assert "1 sessions were ended" in restored
    assert "another secret key" not in restored
    assert site.script(AFTER) == {"told": {**before, "drift": []}, "sessions": 0, "matches": MATCHES}
    assert (site.home / "media" / "avatars" / "ann.webp").read_bytes() == b"a picture"


def seal(made, manifest, site, *, expected):
    """Give a backup another manifest, with its checksum, and restore it."""
    (made / "manifest.json").write_text(json.dumps(manifest))
    sums = [line for line in (made / "SHA256SUMS").read_text().splitlines() if "manifest.json" not in line]
    sums.append(f"{manifests.digest(made / 'manifest.json')}  manifest.json")
    (made / "SHA256SUMS").write_text("\n".join(sorted(sums)) + "\n")
    return as_line(site.command("restore", str(made), expected=expected))


def test_what_is_not_a_backup_for_this_site_is_refused_with_a_mend(site, tmp_path):
    site.script(FILL + "print(1)")
    made = make_backup(site, tmp_path / "kept", "--with-secret-key")
    assert (made / "secret_key").read_text() == site.environment["SECRET_KEY"]
    empty_database(site)
    told = json.loads((made / "manifest.json").read_text())

    def refuse(**changed):
        return seal(made, {**told, **changed}, site, expected=2)

    other = {"sqlite": "postgresql", "postgresql": "sqlite"}[told["database"]]
    assert "docs/how-to/move-to-postgresql.md" in refuse(database=other)
    newer = refuse(migrations=[*told["migrations"], "games.9999_of_tomorrow"], release="99")
    assert "newer release (99): games.9999_of_tomorrow" in newer
    assert "Install that release" in newer
    # Rows that are not those that were copied: somebody writes meanwhile.
    assert "games_match has 6 rows where 5 were" in refuse(rows={**told["rows"], "games_match": 5})

    empty_database(site)
    site.extra["SECRET_KEY"] = site.environment["SECRET_KEY"][1:]
    restored = seal(made, told, site, expected=0)
    assert "another secret key than the one that was backed up" in restored


def test_a_backup_of_an_older_release_is_migrated_and_every_number_is_right(site, tmp_path):
    before = site.script(FILL + "print(tell([]))")
    for app, name in OLDER.items():
        site.command("migrate", app, name, "--verbosity", "0")
    made = make_backup(site, tmp_path / "kept")
    told = manifests.Manifest.read(made)
    assert not {"webhooks.0001_initial", "core.0005_told_problems"} & {*told.migrations}
    empty_database(site)

    restored = as_line(site.command("restore", str(made)))

    assert " 0 wrong." in restored
    assert site.script(AFTER) == {"told": {**before, "drift": []}, "sessions": 0, "matches": MATCHES}
    assert "No migrations to apply" in site.command("migrate")


@pytest.mark.once
def test_what_is_no_backup_is_refused(tmp_path):
    with pytest.raises(manifests.BadBackup, match="is no backup"):
        manifests.Manifest.read(tmp_path)
    (tmp_path / "manifest.json").write_text('{"form": 2}')
    with pytest.raises(manifests.BadBackup, match="reads form 1"):
        manifests.Manifest.read(tmp_path)
    with pytest.raises(manifests.BadBackup, match="was not copied whole"):
        manifests.check_checksums(tmp_path)


@pytest.mark.once
def test_a_log_of_another_database_beside_the_file_is_refused(site, tmp_path):
    made = make_backup(site, tmp_path / "kept")
    empty_database(site)
    (site.home / f"{site.file.name}-wal").write_bytes(b"what was written last")

    refusal = as_line(site.command("restore", str(made), expected=2))

    assert f"{site.file.name}-wal of another database is there" in refusal
    assert not site.file.exists()


def test_a_backup_that_cannot_be_made_leaves_nothing(site, tmp_path):
    served, kept = site.home / "media" / "backups", tmp_path / "kept"
    assert "in MEDIA_ROOT" in as_line(site.command("backup", str(served), expected=2))
    assert not served.exists()
    if connection.vendor == "postgresql":
        tools = tmp_path / "tools"
        tools.mkdir()
        tool = tools / "pg_dump"
        site.extra["PATH"] = f"{tools}:/nonexistent"
        assert "apt install postgresql-client" in as_line(site.command("backup", str(kept), expected=2))
        tool.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.1'\n")
        tool.chmod(0o755)
        assert "is of version 9.6.1" in as_line(site.command("backup", str(kept), expected=2))
        tool.write_text(
            "#!/bin/sh\n[ \"$1\" = --version ] && echo 99.1 && exit\necho 'no room' >&2\nexit 1\n"
        )
        assert "pg_dump failed: no room" in as_line(site.command("backup", str(kept), expected=2))
    else:
        site.file.write_bytes(b"x" * 100_000)
        assert "No backup was made" in site.command("backup", str(kept), expected=2)
    assert not kept.exists() or list(kept.iterdir()) == []


#: Records matches, one transaction each, until something comes in.
RECORD = """
import select
from tests import scene
zoe, chess = scene.player("zoe"), scene.game("chess")
number = 0
while not select.select([sys.stdin], [], [], 0)[0]:
    scene.match(zoe, f"live{number}", title=chess)
    number += 1
    if number == 20:
        print("recording", flush=True)
print(json.dumps(number), flush=True)
"""


def test_a_copy_made_while_a_writer_records_is_right_in_itself(site, tmp_path):
    writer = site.start("-c", BEGIN + RECORD)
    try:
        assert writer.stdout.readline() == "recording\n"
        made = make_backup(site, tmp_path / "kept")
        copied = manifests.Manifest.read(made).rows["games_match"]
        while (between := site.script(COUNT)) == copied:
            assert writer.poll() is None, writer.communicate()
        out, err = writer.communicate("stop", timeout=300)
        assert writer.returncode == 0, err
    finally:
        writer.kill()
        writer.wait()
    written = json.loads(out)

    empty_database(site)
    assert " 0 wrong." in site.command("restore", str(made))

    # None was lost and none is half there: the copy is one moment of a writer that went on.
    assert 20 <= copied < between <= written
    after = site.script(AFTER)
    assert (after["matches"], after["told"]["drift"]) == (copied, [])
    numbers = after["told"]["numbers"]
    won = [value[0] for name, value in numbers.items() if name.endswith(" matches_won")]
    assert won == [copied, copied]  # of the profile, and in the game
