"""How every command of ours ends: stated in its help, in one line when interrupted, with checked numbers."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class

from deltacrown.config import starting
from deltacrown.core.commands import OwnCommand, describe_exits, whole_number
from tests.docs.pages import page

pytestmark = [pytest.mark.django_db, pytest.mark.once]

ROOT = Path(__file__).resolve().parents[2]


def list_ours():
    """Every command that a package of this repository has, Django's that it extends too."""
    return {
        name: app
        for name, app in get_commands().items()
        if isinstance(app, str) and app.startswith(("deltacrown.", "django_tally"))
    }


def load(name):
    return load_command_class(list_ours()[name], name)


def list_actions(name):
    """Every option and argument of a command, those of its subcommands too."""
    parsers = [load(name).create_parser("manage.py", name)]
    for parser in parsers:
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                parsers += action.choices.values()
            yield action


OWN = sorted(name for name in list_ours() if isinstance(load(name), OwnCommand))


def test_the_commands_are_found():
    assert {
        "import_matches",
        "reconcile_stats",
        "run_job",
        "migrate",
        "tally",
        "loaddata",
    } <= list_ours().keys()
    assert {"import_matches", "backfill_activities", "run_job"} <= set(OWN)


@pytest.mark.parametrize("name", sorted(list_ours()))
def test_the_help_states_every_exit_code(name):
    text = " ".join(load(name).create_parser("manage.py", name).format_help().split())
    (stated,) = re.findall(r"Exit code: (.*?)\.(?: |$)", text)

    codes = set(re.findall(r"(?:^|, )(\d+) ", stated))
    assert {"2", "130"} <= codes
    assert "0" in codes or name == "load_demo"
    if name in OWN:
        assert codes == {str(code) for code in load(name).exits} | {"2", "130"}


@pytest.mark.parametrize("name", OWN)
def test_the_documentation_states_the_same(name):
    section = " ".join(page("docs/reference/commands.md").section(f"`{name}`").split())
    is_stub = name == "load_demo" and list_ours()[name] == "deltacrown.web"

    assert is_stub or describe_exits(load(name).exits) in section


@pytest.mark.parametrize("name", [*OWN, "tally"])
def test_an_interruption_is_one_line_and_130(name, monkeypatch):
    command, out, err = load(name), StringIO(), StringIO()

    def be_interrupted(*args, **options):
        raise KeyboardInterrupt

    inner = "_verify" if name == "tally" else "handle"
    monkeypatch.setattr(type(command), inner, be_interrupted)
    arguments = {"tally": ["verify"]}.get(name, [])
    required = [each for each in list_actions(name) if each.required]
    if name != "tally":
        arguments = [text for each in required for text in (*each.option_strings[:1], "1")]
    if name == "archive_matches":
        arguments = ["--before", "2024-01-01"]
    if name == "create_api_key":
        arguments = ["1", "--name", "x", "--scope", "read"]

    with pytest.raises(SystemExit) as ended:
        call_command(command, *arguments, stdout=out, stderr=err)

    assert (ended.value.code, err.getvalue()) == (130, "")
    assert re.fullmatch(r"Interrupted\. .+\n", out.getvalue())


def test_an_interruption_outside_of_a_command_is_one_line_too(monkeypatch, capsys):
    def be_interrupted(argv):
        raise KeyboardInterrupt

    monkeypatch.setattr("django.core.management.execute_from_command_line", be_interrupted)
    with pytest.raises(SystemExit) as ended:
        starting.run_command(["manage.py", "shell"])

    assert ended.value.code == 130
    assert capsys.readouterr().err.count("\n") == 1


def test_a_signal_ends_a_real_process_with_one_line(tmp_path):
    # A process that was started in the background ignores the signal unless it says otherwise.
    script = (
        "import os, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "os.kill(os.getpid(), signal.SIGINT)"
    )
    command = [sys.executable, "manage.py", "shell", "--no-imports", "--command", script]
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": f"sqlite:///{tmp_path}/x.sqlite3"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300
    )

    assert (done.returncode, done.stdout) == (130, "")
    assert re.fullmatch(r"Interrupted: .+\n", done.stderr)


@pytest.mark.parametrize("name", sorted(list_ours()))
def test_every_number_is_checked(name):
    """A number is an option whose default is one, or that converts ``"7"`` to one."""
    if isinstance(load(name), OwnCommand) or name == "tally":
        for action in list_actions(name):
            if not isinstance(action.default, int) or isinstance(action.default, bool):
                continue
            if "--verbosity" in action.option_strings:
                continue
            assert action.type is not int, action.option_strings
            for wrong in ("x", "-3", "1.5", "", "1e3", "٣", "9" * 30):
                with pytest.raises(argparse.ArgumentTypeError, match="whole number"):
                    action.type(wrong)


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("50", 50), ("007", 7)])
def test_a_whole_number_in_its_bounds_is_read(text, number):
    assert whole_number(1, 50)(text) == number


@pytest.mark.parametrize("text", ["0", "51", "-1"])
def test_a_whole_number_out_of_its_bounds_is_refused_with_them(text):
    with pytest.raises(argparse.ArgumentTypeError, match="from 1 to 50"):
        whole_number(1, 50)(text)


class TestWithoutTables:
    """A forgotten ``DATABASE_URL`` is told, and makes no database."""

    def run(self, path, *arguments):
        environment = {"PATH": os.environ["PATH"], "DATABASE_URL": f"sqlite:///{path}"}
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300
        )

    def test_a_file_that_is_not_there_is_not_made(self, tmp_path):
        path = tmp_path / "other.sqlite3"
        done = self.run(path, "run_job", "--due")

        assert done.returncode == 2
        assert f"The database {path} has no tables. Is DATABASE_URL the one of the site?" in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert not path.exists()

    def test_an_empty_database_is_refused(self, tmp_path):
        path = tmp_path / "other.sqlite3"
        path.touch()

        assert self.run(path, "reconcile_stats").returncode == 2


def test_tables_are_there_when_they_are():
    with pytest.raises(CommandError, match="either the name of a job or --due"):
        call_command("run_job")
