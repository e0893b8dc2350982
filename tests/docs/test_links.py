"""Every link between the pages of this repository leads somewhere."""

from __future__ import annotations

import pytest

from tests.docs.pages import LINK, ROOT, DocPage, list_pages, sample


def find_broken_links(doc: DocPage) -> list[str]:
    return [
        link
        for link in LINK.findall(doc.prose)
        if "://" not in link and not link.startswith("mailto:") and not resolves(doc, link)
    ]


def resolves(doc: DocPage, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = (doc.path.parent / name).resolve() if name else doc.path
    if name and not target.exists():
        return False
    if not anchor:
        return True
    there = doc if not name else DocPage(target, target.read_text(encoding="utf-8"))
    return anchor in there.anchors


@pytest.mark.parametrize("doc", list_pages(), ids=lambda doc: doc.name)
def test_every_link_leads_somewhere(doc):
    assert find_broken_links(doc) == []


def test_every_page_can_be_reached_from_an_index():
    indexes = [ROOT / "docs" / "README.md", ROOT / "docs" / "decisions" / "README.md"]
    reached = {
        (index.parent / link.partition("#")[0]).resolve()
        for index in indexes
        for link in LINK.findall(index.read_text(encoding="utf-8"))
    }
    pages = {
        doc.path
        for doc in list_pages()
        if doc.path.is_relative_to(ROOT / "docs") and doc.path.name != "README.md"
    }

    assert {str(path.relative_to(ROOT)) for path in pages - reached} == set()


@pytest.mark.parametrize(
    "link", ["nowhere.md", "../nowhere.md", "../README.md#no-such-heading", "#no-such-heading"]
)
def test_a_broken_link_is_found(link):
    assert find_broken_links(sample(f"# Title\n\nSee [there]({link}).")) == [link]


@pytest.mark.parametrize("link", ["../README.md", "#title", "https://example.org/x"])
def test_a_good_link_is_not(link):
    assert find_broken_links(sample(f"# Title\n\nSee [there]({link}).")) == []


def test_a_link_in_a_code_block_is_none():
    assert find_broken_links(sample("```\n[a](nowhere.md)\n```\n")) == []
