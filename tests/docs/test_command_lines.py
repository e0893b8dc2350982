"""Every line of a page that calls one of our commands or Django's is one that the command takes.

What the lines then do is shown by the tests that follow a guide. This holds for each line of each page, and
costs no more than reading it: its options exist, its arguments are all there, and of the right kind.
"""

from __future__ import annotations

import re
import shlex

import pytest
from django.core.management import CommandError, get_commands, load_command_class

from tests.docs.pages import DocPage, list_pages, sample

#: From the name of the command to the end of its call: a pipe, a second command, or a redirection.
CALL = re.compile(r"(?:manage\.py|(?:^|[(/]|&& )deltacrown) ([a-z_]+)((?:'[^']*'|\"[^\"]*\"|[^|;&)<>'\"])*)")
#: What ``deltacrown`` does itself, with options of other programs.
OWN = {"demo", "serve", "worker", "beat"}
#: What a page writes where a reader writes their own.
ELSEWHERE = {"…", "..."}
#: A format that the reader of a page makes first, as test_import_format_guide does: a page → its name.
MADE = {"docs/how-to/add-an-import-format.md": "scoresheet"}


def list_calls(doc: DocPage) -> list[tuple[str, list[str]]]:
    """Return the commands that the shell blocks of a page call, each with its words."""
    text = "\n".join(doc.shell).replace("\\\n", " ")
    calls = []
    for line in text.splitlines():
        for name, rest in CALL.findall(line.partition(" #")[0]):
            if line.count('"') % 2:  # a text of several lines, such as a program for the shell
                continue
            words = shlex.split(rest)
            if name not in OWN and not ELSEWHERE & set(words):
                calls.append((name, words))
    return calls


def find_refused(doc: DocPage) -> list[str]:
    """Return the calls that a command does not take, each with what it says."""
    refused = []
    for name, words in list_calls(doc):
        app = get_commands().get(name)
        if app is None:
            refused.append(f"{name}: there is no such command")
            continue
        command = load_command_class(app, name) if isinstance(app, str) else app
        command._called_from_command_line = False
        try:
            known = ["cwl" if word == MADE.get(doc.name) else word for word in words]
            command.create_parser("manage.py", name).parse_args(known)
        except (CommandError, SystemExit) as error:
            refused.append(f"{name} {' '.join(words)}: {error}")
    return refused


@pytest.mark.parametrize("doc", [doc for doc in list_pages() if list_calls(doc)], ids=lambda doc: doc.name)
def test_every_call_of_a_page_is_one_that_the_command_takes(doc):
    assert find_refused(doc) == []


def test_calls_are_found_wherever_they_stand():
    doc = sample(
        "1. Do it:\n\n   ```sh\n   python manage.py export_matches all.csv --season x  # all\n   ```\n\n"
        "```sh\nKEY=$(deltacrown create_api_key ann \\\n  --name bot) && manage.py migrate | tee log\n```\n"
    )

    assert list_calls(doc) == [
        ("export_matches", ["all.csv", "--season", "x"]),
        ("create_api_key", ["ann", "--name", "bot"]),
        ("migrate", []),
    ]
    assert len([doc for doc in list_pages() if list_calls(doc)]) > 25


@pytest.mark.parametrize(
    "line", ["export_matches", "export_matches a.csv --seasons x", "fly_away", "tally verify --batch x"]
)
def test_a_call_that_is_not_taken_is_found(line):
    assert len(find_refused(sample(f"```sh\nmanage.py {line}\n```\n"))) == 1
