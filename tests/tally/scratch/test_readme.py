"""The example of the engine's README is run as it stands there, and prints what the README says it prints."""

from __future__ import annotations

import re

import pytest

from tests.tally.scratch.project import ENGINE


def read_blocks(language):
    text = (ENGINE / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def shop(make_project):
    return make_project("readme", read_blocks("python")[0])


def test_the_example_prints_what_the_page_says(shop):
    (printed,) = read_blocks("text")

    assert shop.run(read_blocks("python")[1]) == printed
    for command in read_blocks("sh")[0].splitlines():
        shop.manage(*command.removeprefix("python manage.py ").split())
