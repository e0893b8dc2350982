"""The page on the jobs shows the schedule as it is."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from tests.docs.pages import ROOT, page
from tests.pristine import another_database


@pytest.mark.parametrize("form", ["table", "cron", "systemd"])
def test_the_page_shows_what_the_command_prints(form):
    out = StringIO()
    call_command("list_jobs", "--format", form, stdout=out)

    assert len(out.getvalue().splitlines()) > 5
    assert out.getvalue() in page("docs/how-to/run-the-jobs.md").text


def print_schedule(form, folder, environment):
    out = StringIO()
    where = ["--folder", str(folder), "--environment", str(environment)]
    call_command("list_jobs", "--format", form, *where, stdout=out)
    return out.getvalue()


def test_another_folder():
    printed = print_schedule("cron", "/srv/my arena", "/etc/arena.env")

    assert "cd '/srv/my arena' && set -a && . /etc/arena.env && set +a && exec .venv/bin/python" in printed


@pytest.mark.parametrize("path", ["arena", "./arena", "", "/srv/100%", "/srv/a\nb"])
def test_a_path_that_depends_on_where_one_is_or_breaks_a_line_is_refused(path):
    with pytest.raises(CommandError, match="absolute path"):
        call_command("list_jobs", "--folder", path)


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
class TestPrintedLines:
    """What is printed works on the database of the site, with nothing in its environment as cron has it."""

    @pytest.fixture
    def site(self, tmp_path, django_db_setup):
        """An installation in a folder whose name has a blank, with its database elsewhere."""
        folder = tmp_path / "my arena"
        (folder / ".venv/bin").mkdir(parents=True)
        python = folder / ".venv/bin/python"
        python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        python.chmod(0o755)
        (folder / "manage.py").symlink_to(ROOT / "manage.py")
        with another_database(tmp_path) as url:
            environment = tmp_path / "deltacrown.env"
            environment.write_text(f"# The site.\nDATABASE_URL='{url}'\nSECRET_KEY='a $b & c'\n")
            yield SimpleNamespace(folder=folder, environment=environment, url=url)

    def run(self, command, **environment):
        return subprocess.run(
            command, env=environment, cwd="/", capture_output=True, text=True, check=False, timeout=300
        )

    def states(self, site):
        check = [sys.executable, str(ROOT / "manage.py"), "check_jobs", "--json"]
        return {each["job"]: each for each in json.loads(self.run(check, DATABASE_URL=site.url).stdout)}

    def test_a_line_for_cron(self, site):
        printed = print_schedule("cron", site.folder, site.environment).splitlines()
        lines = {line.rpartition(" ")[2]: line.partition("  ")[2] for line in printed[1:]}

        done = self.run(["/bin/sh", "-c", lines["archive-matches"]])

        assert (done.returncode, done.stderr) == (0, "")
        assert self.states(site)["archive-matches"]["latest"]
        assert self.run(["/bin/sh", "-c", lines["--due"]]).returncode == 0

    def test_a_line_for_cron_without_its_file_does_nothing(self, site):
        missing = site.environment.with_name("missing.env")
        printed = print_schedule("cron", site.folder, missing).splitlines()

        done = self.run(["/bin/sh", "-c", printed[3].partition("  ")[2]])

        assert done.returncode != 0
        assert "missing.env" in done.stderr
        assert self.states(site)["archive-matches"]["latest"] is None

    def test_a_service_for_systemd(self, site):
        printed = print_schedule("systemd", site.folder, site.environment).split("\n\n")
        services = {block.split("\n")[0]: block.split("\n") for block in printed if "[Service]" in block}

        for name, job in {"deltacrown-job@.service": "archive-matches", "deltacrown-due.service": ""}.items():
            lines = (line.partition("=") for line in services[f"# {name}"])
            unit = {key: value for key, _, value in lines}
            settings = dict(
                line.split("=", 1) for line in Path(unit["EnvironmentFile"]).read_text().splitlines()[1:]
            )
            command = shlex.split(unit["ExecStart"].replace("%i", job))
            done = subprocess.run(
                command,
                env={key: value.strip("'") for key, value in settings.items()},
                cwd=unit["WorkingDirectory"],
                capture_output=True,
                text=True,
                check=False,
                timeout=300,
            )
            assert (done.returncode, done.stderr) == (0, "")

        assert self.states(site)["archive-matches"]["latest"]
