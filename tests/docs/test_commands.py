"""Every command of ours is documented with every option; every command the documentation names exists."""

from __future__ import annotations

import argparse
import re

import pytest
from django.apps import apps
from django.core import management as core_management
from django.core.management import find_commands, get_commands, load_command_class

from tests.docs.pages import ROOT, DocPage, list_pages, page, sample

MANAGED = re.compile(r"manage\.py ([a-z_]+)")
MADE = re.compile(r"\bmake ([a-z]+(?:-[a-z]+)*)\b")
#: What every Django command has.
SHARED_OPTIONS = {
    "--help",
    "--version",
    "--settings",
    "--pythonpath",
    "--traceback",
    "--no-color",
    "--force-color",
    "--verbosity",
}
SHARED_OPTIONS |= {"--skip-checks"}


def own_commands() -> dict[str, str]:
    """Return command name → app, for this project's apps. Django's own are left out, even if extended."""
    ours = {
        config.name
        for config in apps.get_app_configs()
        if config.name.startswith(("deltacrown.", "django_tally"))
    }
    django = find_commands(core_management.__path__[0])
    return {name: app for name, app in get_commands().items() if app in ours and name not in django}


def actions_of(name: str) -> list[argparse.Action]:
    """Return every option and argument of a command, those of its subcommands too."""
    parser = load_command_class(own_commands()[name], name).create_parser("manage.py", name)
    actions = list(parser._actions)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for subparser in action.choices.values():
                actions += subparser._actions
    return actions


def options_of(name: str) -> set[str]:
    options = {option for action in actions_of(name) for option in action.option_strings}
    return {option for option in options if option.startswith("--")} - SHARED_OPTIONS


def arguments_of(name: str) -> list[argparse.Action]:
    return [action for action in actions_of(name) if not action.option_strings]


def find_unknown_commands(doc: DocPage) -> set[str]:
    return set(MANAGED.findall(doc.text)) - get_commands().keys()


def find_unknown_targets(doc: DocPage, makefile: str) -> set[str]:
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {
        target
        for line in [*doc.shell, *re.findall(r"`([^`\n]+)`", doc.prose)]
        for target in MADE.findall(line)
    }
    return named - targets


def documented_options(section: str) -> set[str]:
    """The options that have an item of their own: ``- `--dry-run` changes nothing``."""
    return set(re.findall(r"^- `(--[a-z][a-z-]*)", section, re.MULTILINE)) - SHARED_OPTIONS


@pytest.mark.parametrize("doc", list_pages(), ids=lambda doc: doc.name)
def test_every_command_a_page_names_exists(doc):
    assert find_unknown_commands(doc) == set()
    assert find_unknown_targets(doc, (ROOT / "Makefile").read_text(encoding="utf-8")) == set()


def test_every_command_of_ours_has_a_section_and_every_section_a_command():
    documented = set(re.findall(r"^## `(\w+)`$", page("docs/reference/commands.md").text, re.MULTILINE))

    assert documented == own_commands().keys()


@pytest.mark.parametrize("name", sorted(own_commands()))
def test_every_option_is_documented_and_every_documented_option_exists(name):
    section = page("docs/reference/commands.md").section(f"`{name}`")

    assert documented_options(section) == options_of(name)
    for argument in arguments_of(name):
        assert str(argument.metavar or argument.dest).upper() in section.upper()


def test_a_command_that_does_not_exist_is_found():
    assert find_unknown_commands(sample("Run `manage.py fly_away` after `manage.py migrate`.")) == {
        "fly_away"
    }


def test_a_make_target_that_does_not_exist_is_found():
    doc = sample("We make sense. Run `make fly`.\n\n```sh\nmake test\nmake land\n```\n")

    assert find_unknown_targets(doc, "test: x\n\ttrue\n") == {"fly", "land"}


def test_options_are_read_from_a_section():
    section = (
        "See `manage.py check --database`.\n\n"
        "- `--dry-run` changes nothing.\n"
        "- `--user PUBLIC_ID`: only this player.\n"
        "- `--verbosity`\n"
    )

    assert documented_options(section) == {"--dry-run", "--user"}
