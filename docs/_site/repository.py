"""Teach Sphinx how this repository keeps its documentation.

A page of the site is a file that a code host shows as well, so nothing is written twice: the index is
``docs/README.md``, the tree of pages follows from the lists of links in it, and the pages at the root of the
repository belong to it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx
from sphinx.project import Project

#: The pages outside ``docs``, and what the site calls them.
AT_THE_ROOT = {
    "README.md": "about",
    "CONTRIBUTING.md": "contributing",
    "SECURITY.md": "security",
    "CHANGELOG.md": "changelog",
}
#: A list's link to a page, as in ``- [First season](tutorial/first-season.md): …``.
LISTED = re.compile(r"^- \[[^\]]+\]\(([^)#\s]+\.md)\)", re.MULTILINE)


class RepositoryProject(Project):
    """The pages in ``docs`` and those at the root; what code hosts call README is called index."""

    def discover(self, exclude_paths: Iterable[str] = (), include_paths: Iterable[str] = ("**",)) -> set[str]:
        """Find every page. Links name them by their path, so each is found by that too."""
        super().discover(exclude_paths, include_paths)
        paths = {name_page(path): path for path in self._docname_to_path.values()}
        paths |= {name: Path("..", file) for file, name in AT_THE_ROOT.items()}
        self.docnames.clear()
        self.docnames.update(paths)
        self._docname_to_path = paths
        self._path_to_docname = {path: name for name, path in paths.items()}
        self._path_to_docname |= {Path(self.srcdir, path).resolve(): name for name, path in paths.items()}
        return self.docnames

    def path2doc(self, filename: str | os.PathLike[str]) -> str | None:
        """Return the page in a file. A file elsewhere is none, even where it is written in Markdown."""
        path = Path(filename)
        return None if path.is_absolute() and path not in self._path_to_docname else super().path2doc(path)


def name_page(path: Path) -> str:
    """Return the name of a page: its path without the suffix, and ``index`` for the list of a folder."""
    bare = path.with_suffix("")
    return (bare.with_name("index") if bare.name == "README" else bare).as_posix()


def adopt_pages(app: Sphinx) -> None:
    """Let the project, and all who ask it, know the pages of the repository."""
    app.project = app.env.project = RepositoryProject(app.srcdir, app.config.source_suffix)


def add_tree(app: Sphinx, docname: str, content: list[str]) -> None:
    """Write under the index the tree that its lists of links make: a branch for each heading."""
    if docname == app.config.root_doc:
        folder = Path(app.env.doc2path(docname)).parent
        content[0] += "".join(list_branches(app, folder, content[0]))


def leave_out_decisions(app: Sphinx, _: nodes.document) -> None:
    """Keep single decisions out of the tree: their own index lists them, and they are half of all pages."""
    name = app.env.docname
    if name.startswith("decisions/") and name != "decisions/index":
        app.env.metadata[name]["orphan"] = True


def list_branches(app: Sphinx, folder: Path, text: str) -> Iterator[str]:
    """Yield the directive of each part of an index that lists pages."""
    for part in re.split(r"^## ", "\n" + text, flags=re.MULTILINE):
        pages = [app.env.path2doc(str((folder / link).resolve())) for link in LISTED.findall(part)]
        if pages:
            title = part.splitlines()[0].strip()
            caption = f":caption: {title}\n" if title else ""
            entries = "\n".join(f"/{page}" for page in pages)
            yield f"\n\n```{{toctree}}\n:hidden:\n{caption}\n{entries}\n```\n"


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect this to Sphinx."""
    app.add_lexer("csv", TextLexer)
    app.connect("builder-inited", adopt_pages)
    app.connect("source-read", add_tree)
    app.connect("doctree-read", leave_out_decisions)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
