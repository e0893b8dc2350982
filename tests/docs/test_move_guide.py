"""The guide to move a site, followed line by line: on the site that is left, then on a new one."""

from __future__ import annotations

import io
import re
import shlex
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.docs.pages import page
from tests.interchange.season import leave_site, show_site

GUIDE = page("docs/how-to/move-to-postgresql.md")
BLOCK = re.compile(r"^( *)```sh\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
MANAGE = [".venv/bin/python", "manage.py"]


def follow(line: str, folder: Path) -> None:
    """Do what a line of the guide says, with the files in ``folder``; the database is the test's."""
    words = [str(folder / word) if word.endswith(".gz") else word for word in shlex.split(line)]
    if words[0] == "cmp":
        assert Path(words[1]).read_bytes() == Path(words[2]).read_bytes()
    elif words[:2] == MANAGE:
        call_command(words[2], *words[3:], stdout=io.StringIO(), stderr=io.StringIO())
    else:
        assert words[0] == "export"


@pytest.mark.django_db
def test_a_site_moves_as_the_guide_says(tmp_path):
    lines = [line.strip() for _, body in BLOCK.findall(GUIDE.text) for line in body.splitlines()]
    new_site = lines.index(".venv/bin/python manage.py migrate")

    with leave_site():
        for line in lines[:new_site]:
            follow(line, tmp_path)
        before = show_site()
    for line in lines[new_site + 1 :]:
        follow(line, tmp_path)

    assert show_site() == before
    assert sum(line.startswith("cmp ") for line in lines) == 2
