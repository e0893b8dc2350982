"""The Markdown of the repository as the documentation tests see it."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: A block of code; one within a step of a list is indented as the step is.
FENCE = re.compile(r"^( *)(```+)(\w*)\n(.*?)^\1\2\s*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
SHELL = {"", "sh", "bash", "shell", "console"}


def list_blocks(text: str) -> list[tuple[str, str]]:
    """The blocks of code of a text, each with its language; those within steps of a list too."""
    return [(language, textwrap.dedent(body)) for _, _, language, body in FENCE.findall(text)]


@dataclass(frozen=True)
class DocPage:
    path: Path
    text: str

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def prose(self) -> str:
        """The text without its code blocks."""
        return FENCE.sub("", self.text)

    @property
    def shell(self) -> list[str]:
        """The lines of its shell blocks."""
        return [
            line
            for language, body in list_blocks(self.text)
            if language in SHELL
            for line in body.splitlines()
        ]

    @property
    def anchors(self) -> set[str]:
        """What ``#…`` may point to, made from headings as code hosts make it."""
        headings = re.findall(r"^#+ (.+)$", self.prose, re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

    def section(self, heading: str) -> str:
        """The text under the heading whose title is ``heading``, up to the next of its level or above."""
        match = re.search(
            rf"^(#+) {re.escape(heading)}\n(.*?)(?=^#{{1,2}} |\Z)", self.text, re.MULTILINE | re.DOTALL
        )
        return match.group(2) if match else ""


def list_pages() -> list[DocPage]:
    """Every Markdown page: those at the root and all of ``docs``."""
    return [
        DocPage(path, path.read_text(encoding="utf-8"))
        for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
    ]


def page(name: str) -> DocPage:
    return DocPage(ROOT / name, (ROOT / name).read_text(encoding="utf-8"))


def sample(text: str, name: str = "docs/sample.md") -> DocPage:
    """A page that exists only in a test."""
    return DocPage(ROOT / name, text)
