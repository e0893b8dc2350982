"""A language in which every text is its English in brackets, to find texts that are not translated."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

OPEN, CLOSE = "⟦", "⟧"
#: Any that the site does not have.
LANGUAGE = "eo"
WORD = re.compile(r"[^\W\d_]{2,}")
#: Codes of countries, currencies and ids, and days, which Babel writes.
CODE = re.compile(r"\b[A-Z]{2,3}\b")

#: Returns what a reader is told outside of brackets, piece by piece: texts, and attributes that are read out.
#: Names stand in ``bdi``, days and times in ``time``; neither has a language.
FIND_OUTSIDE = """
([open, close]) => {
  const found = [];
  let depth = 0;
  const outside = (text, isSkipped) => {
    let told = "";
    for (const each of text) {
      if (each === open) depth += 1;
      else if (each === close) depth -= 1;
      else if (depth === 0 && !isSkipped) told += each;
    }
    if (told.trim()) found.push(told.trim());
  };
  const skipped = "script, style, bdi, time, textarea, select[name=zone], [lang]:not(html), .id";
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    if (walker.currentNode.parentElement.closest(".pips [aria-hidden]")) continue;  // a first letter
    outside(walker.currentNode.data, walker.currentNode.parentElement.closest(skipped));
  }
  if (depth !== 0) found.push("brackets left open");
  for (const name of ["aria-label", "title", "placeholder", "alt", "label"]) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      depth = 0;
      if (!element.closest(skipped)) outside(element.getAttribute(name));
    }
  }
  for (const element of document.querySelectorAll("meta[name=description]")) {
    depth = 0;
    outside(element.content);
  }
  return found;
}
"""


def write_catalogue(folder: Path) -> None:
    """Write the catalogue of the language below ``folder``, for ``LOCALE_PATHS``."""
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo

    from deltacrown.core.catalogues import PACKAGE, collect_texts

    written = Catalog(locale=LANGUAGE)
    for text in collect_texts(PACKAGE):
        if text.id:
            forms = text.id if isinstance(text.id, tuple) else (text.id,)
            bracketed = tuple(f"{OPEN}{form}{CLOSE}" for form in forms)
            written.add(text.id, bracketed if len(bracketed) > 1 else bracketed[0], context=text.context)
    path = folder / LANGUAGE / "LC_MESSAGES" / "django.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, written)


def list_untranslated(page: Any, names: list[str]) -> list[str]:
    """What the page in the browser says outside of brackets, but for what is somebody's name."""
    from babel.dates import get_month_names

    months = [str(name) for name in get_month_names("abbreviated", locale=LANGUAGE).values()]
    known = re.compile("|".join(sorted(map(re.escape, [*names, *months]), key=len, reverse=True)))
    found = page.evaluate(FIND_OUTSIDE, [OPEN, CLOSE])
    return [told for told in dict.fromkeys(found) if WORD.search(CODE.sub("", known.sub("", told)))]
