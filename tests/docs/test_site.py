"""The documentation as a site: built with warnings as errors, whole, and asking no other host."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.docs.pages import LINK, ROOT, list_pages

pytestmark = pytest.mark.once

DOCS = ROOT / "docs"
#: The attributes by which a browser asks for something before anybody clicks.
LOADED = {
    "img": ["src", "srcset"],
    "script": ["src"],
    "link": ["href"],
    "iframe": ["src"],
    "source": ["src", "srcset"],
    "video": ["src", "poster"],
    "audio": ["src"],
    "object": ["data"],
    "form": ["action"],
}

#: What a style sheet loads.
URLS = re.compile(r"url\(['\"]?([^'\")]+)|@import ['\"]([^'\"]+)")


def run_build(docs: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """Build a folder of documentation as ``make docs-site`` does."""
    options = ["-q", "-E", "-W", "--keep-going", "-n", "-j", "2", "-d", str(out) + ".doctrees"]
    return subprocess.run(
        [sys.executable, "-m", "sphinx", *options, str(docs), str(out)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The built site. What Sphinx warns of is an error."""
    folder = tmp_path_factory.mktemp("site") / "latest"
    run = run_build(DOCS, folder)
    assert (run.returncode, run.stderr) == (0, "")
    return folder


class Page(HTMLParser):
    """What a page loads, where its links lead, and what may be linked to in it."""

    def __init__(self, path: Path):
        super().__init__()
        self.loaded: set[str] = set()
        self.links: set[str] = set()
        self.ids: set[str] = set()
        self.navigation: set[str] = set()
        self.depth = 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self.loaded |= {told[name] for name in LOADED.get(tag, []) if told.get(name)}
        self.loaded |= set(re.findall(r"url\(['\"]?([^'\")]+)", told.get("style") or ""))
        self.ids |= {told["id"]} if told.get("id") else set()
        if tag == "div" and (self.depth or "sidebar-tree" in (told.get("class") or "")):
            self.depth += 1
        if tag == "a" and told.get("href"):
            self.links.add(told["href"])
            if self.depth:
                self.navigation.add(told["href"])

    def handle_endtag(self, tag):
        self.depth -= tag == "div" and self.depth > 0


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, Page]:
    """Each page of the site, read. Files of the code that pages offer are none of them."""
    return {path: Page(path) for path in site.rglob("*.html") if "_downloads" not in path.parts}


def name_in_site(path: Path) -> str:
    """Return the page of the site for a file of the repository, as the pages' names say it."""
    if path.parent == ROOT:
        return {"README": "about"}.get(path.stem, path.stem.lower())
    bare = path.relative_to(DOCS).with_suffix("")
    return (bare.with_name("index") if bare.name == "README" else bare).as_posix()


def test_every_page_of_the_repository_is_a_page_of_the_site(site, pages):
    built = {path.relative_to(site).with_suffix("").as_posix() for path in pages}

    assert built - {"search"} == {name_in_site(doc.path) for doc in list_pages()}


def test_the_navigation_has_every_page_and_the_decisions_their_index(site, pages):
    names = {name_in_site(doc.path) for doc in list_pages()}
    single = {name for name in names if name.startswith("decisions/0")}
    links = pages[site / "index.html"].navigation
    told = {link.partition("#")[0].removesuffix(".html") for link in links} - {""}

    assert told == names - single - {"index"}


def test_every_link_of_the_site_leads_somewhere(site, pages):
    broken = []
    for path, page in pages.items():
        for link in page.links | page.loaded:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchors = pages[target].ids if target in pages else {parts.fragment}
            if not target.is_file() or (parts.fragment and unquote(parts.fragment) not in anchors):
                broken.append((path.relative_to(site).as_posix(), link))

    assert broken == []


def test_no_page_asks_another_host_for_anything(site, pages):
    told = {link for page in pages.values() for link in page.loaded}
    for sheet in site.rglob("*.css"):
        told |= {"".join(link) for link in URLS.findall(sheet.read_text())}

    assert {link for link in told if urlsplit(link).netloc} == set()
    assert {urlsplit(link).scheme for link in told} <= {"", "data"}
    scripts = "".join(path.read_text() for path in (site / "_static").rglob("*.js"))
    assert re.findall(r"(?:fetch|import|importScripts)\(\s*['\"`]https?:", scripts) == []


def test_the_search_needs_no_server(site):
    index = (site / "searchindex.js").read_text()
    names = set(json.loads(re.search(r'"docnames":(\[[^\]]*\])', index)[1]))

    assert {name_in_site(doc.path) for doc in list_pages()} == names
    assert index.startswith("Search.setIndex(")


def test_a_broken_link_a_heading_that_is_not_there_and_a_page_in_no_list_end_the_build(tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    for name in ("README", "CONTRIBUTING", "SECURITY", "CHANGELOG"):
        (tmp_path / f"{name}.md").write_text("# Title\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1"\n')
    shutil.copy(DOCS / "conf.py", docs)
    (docs / "_site").symlink_to(DOCS / "_site")
    listed = ["README", "CONTRIBUTING", "SECURITY", "CHANGELOG"]
    lists = "".join(f"- [It](../{name}.md)\n" for name in listed)
    (docs / "README.md").write_text(f"# Title\n\n## All\n\n- [A](a.md)\n{lists}")
    (docs / "a.md").write_text("# A\n\n[x](nowhere.md) [y](../README.md#nothing)\n")
    (docs / "b.md").write_text("# B\n")

    run = run_build(docs, tmp_path / "site")

    assert run.returncode != 0
    told = run.stderr.splitlines()
    assert [any(word in line for line in told) for word in ("nowhere.md", "nothing", "b.md: WARNING")] == [
        True
    ] * 3
    assert len(told) == 3, run.stderr


def load_versions():
    spec = importlib.util.spec_from_file_location("versions", DOCS / "_site" / "versions.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_versions_are_those_that_are_built(tmp_path):
    versions = load_versions()
    with pytest.raises(ValueError, match="no version"):
        versions.write_versions(tmp_path)
    for name in ("0.9.0", "0.10.0", "latest", "1.0.0rc1", "elsewhere"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").write_text("")
    (tmp_path / "0.11.0").mkdir()  # a build that was stopped

    versions.write_versions(tmp_path)

    told = json.loads((tmp_path / "versions.json").read_text())
    assert told == {"versions": ["latest", "1.0.0rc1", "0.10.0", "0.9.0"], "first": "1.0.0rc1"}
    assert 'url=1.0.0rc1/index.html"' in (tmp_path / "index.html").read_text()


def test_a_site_without_a_release_begins_at_the_main_branch(tmp_path):
    (tmp_path / "latest").mkdir()
    (tmp_path / "latest" / "index.html").write_text("")

    load_versions().write_versions(tmp_path)

    assert 'url=latest/index.html"' in (tmp_path / "index.html").read_text()


def test_every_page_is_named_in_one_list_of_the_index():
    text = (DOCS / "README.md").read_text(encoding="utf-8").partition("## Learn")[2]
    links = [link.partition("#")[0] for link in LINK.findall(text)]

    assert sorted(links) == sorted(set(links))
