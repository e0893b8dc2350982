"""The guides to back up, restore, upgrade and ask the doctor, followed line by line on a site of its own."""

from __future__ import annotations

import json
import re
import shlex
import subprocess

import pytest

from tests.docs.pages import list_blocks, page
from tests.operations.sites import AFTER, FILL, MATCHES, OwnSite, empty_database
from tests.operations.test_backup import OLDER
from tests.pristine import another_database

#: The round trip on PostgreSQL is in test_backup.
pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

MANAGE = [".venv/bin/python", "manage.py"]
BACKUP, UPGRADE, DOCTOR = (
    page(f"docs/how-to/{name}.md") for name in ("back-up-and-restore", "upgrade", "run-the-doctor")
)
ADA = """
User.objects.create_superuser("ada", "ada@example.org", "horse battery staple 9")
print(tell([]))
"""
SIGN_IN = """
from django.test import Client
visitor = Client(SERVER_NAME="localhost")
visitor.post("/sign-in/", {"username": "ada", "password": "horse battery staple 9"})
print(json.dumps(visitor.get("/admin/").status_code))
"""


def list_lines(guide):
    """The commands of a guide in their order, those within its steps too."""
    blocks = [body for language, body in list_blocks(guide.text) if language == "sh"]
    return [line for block in blocks for line in block.splitlines()]


def follow(site, line, folder):
    """Run a line of a guide; its places are in ``folder``, and the backup that it names is the latest."""
    words = shlex.split(line)
    assert words[:2] == MANAGE, f"no test runs {line!r}"
    made = max((folder / "backups").glob("deltacrown-*"), default=None)
    line = re.sub(r"/srv/backups/deltacrown-\w+", str(made), line).replace("/srv/", f"{folder}/")
    return " ".join(site.run(*shlex.split(line)[1:]).split())


def find_faults(site, line):
    """What the doctor finds wrong, or cannot look at, of what an upgrade has to do with."""
    process = site.start(*shlex.split(line)[1:], "--json", "--verify")
    told = json.loads(process.communicate(timeout=300)[0])
    topics = {"database", "migrations", "triggers", "numbers", "static files"}
    wrong = {found["topic"] for found in told["findings"] if found["severity"] == "problem"}
    return (wrong | told["skipped"].keys()) & topics


@pytest.fixture
def site(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    with another_database(home) as url:
        own = OwnSite(home, url, {})
        yield own
        own.close()


def test_a_site_is_backed_up_lost_and_restored_as_the_guide_says(site, tmp_path):
    backup, restore, finish = list_lines(BACKUP)
    before = site.script(FILL + ADA)

    follow(site, backup, tmp_path)
    [made] = (tmp_path / "backups").iterdir()
    check = re.search(r"`(sha256sum [^`]+)`", BACKUP.text)[1]
    subprocess.run(shlex.split(check), cwd=made, check=True, capture_output=True)
    empty_database(site)
    restored = follow(site, restore, tmp_path)
    assert " 0 wrong." in restored
    assert "1 sessions were ended" in restored
    assert " 0 wrong." in follow(site, finish, tmp_path)

    assert site.script(AFTER) == {"told": {**before, "drift": []}, "sessions": 0, "matches": MATCHES}
    assert site.script(SIGN_IN) == 200


def test_a_site_of_an_older_release_is_upgraded_as_the_guide_says_and_the_doctor_agrees(site, tmp_path):
    backup, migrate, collect, doctor = list_lines(UPGRADE)
    assert list_lines(DOCTOR) == [doctor]
    before = site.script(FILL + ADA)
    for app, name in OLDER.items():
        site.command("migrate", app, name, "--verbosity", "0")
    site.extra.update(DEBUG="0", ALLOWED_HOSTS="localhost")
    assert {"migrations", "static files"} <= find_faults(site, doctor)

    follow(site, backup, tmp_path)
    follow(site, migrate, tmp_path)
    follow(site, collect, tmp_path)

    assert find_faults(site, doctor) == set()
    told = site.script(AFTER)
    assert (told["matches"], told["told"]) == (MATCHES, {**before, "drift": []})
