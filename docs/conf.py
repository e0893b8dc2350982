"""The documentation as a site: `make docs-site`, or `sphinx-build docs build/docs/latest`.

The pages are those a code host shows. What Sphinx has to be told besides is in ``_site/repository.py``.
"""

import os
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_site"))

project = "DeltaCrown"
author = "The DeltaCrown maintainers"
project_copyright = author
#: What a reader chooses among: a release, or ``latest``.
version = release = os.environ.get("DOCS_VERSION", "latest")
#: What the package calls itself, wherever a page is of no release.
package_version = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"][
    "version"
]

extensions = ["myst_parser", "repository"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_site"]
root_doc = "index"
language = "en"
nitpicky = True

myst_heading_anchors = 4
myst_enable_extensions: list[str] = []

html_theme = "furo"
html_title = "DeltaCrown"
html_static_path = ["_site/static"]
templates_path = ["_site/templates"]
html_css_files = ["site.css"]
html_js_files = [("versions.js", {"defer": "defer"})]
html_search_scorer = str(HERE / "_site" / "scorer.js")
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_use_index = False
html_domain_indices = False
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/search.html",
        "sidebar/versions.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
# The names of our code in the pages are no names of languages: what is not known is shown as it is.
highlight_language = "text"
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
