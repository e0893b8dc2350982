"""The page on the jobs shows the schedule as it is."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from tests.docs.pages import page


@pytest.mark.parametrize("form", ["table", "cron", "systemd"])
def test_the_page_shows_what_the_command_prints(form):
    out = StringIO()
    call_command("list_jobs", "--format", form, stdout=out)

    assert len(out.getvalue().splitlines()) > 5
    assert out.getvalue() in page("docs/how-to/run-the-jobs.md").text


def test_another_folder():
    out = StringIO()
    call_command("list_jobs", "--format", "cron", "--folder", "/srv/arena", stdout=out)

    assert "cd /srv/arena && .venv/bin/python manage.py run_job reconcile" in out.getvalue()
