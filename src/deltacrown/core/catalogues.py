"""The texts of each app and their translations, in ``<app>/locale/<language>/LC_MESSAGES/django.po``.

Texts are collected from the calls of ``gettext`` and its relatives in Python, and from the tags of ``i18n``
in templates. Catalogues name the files of a text without lines, and bear no date, so that they change only
when texts do. Beside each stands the compiled ``django.mo``, which is what the site reads.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.apps import apps
from django.conf import settings
from django.utils.translation.template import templatize

from deltacrown.core.words import ENGLISH

PACKAGE = Path(__file__).parent.parent
#: The functions that mark a text, with the places of its parts; ``c`` is the context.
MARKS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
#: What catalogues have for a date.
NO_DATE = datetime(2025, 1, 1, tzinfo=UTC)
LINE_LENGTH = 110


@dataclass(frozen=True)
class Written:
    """The catalogue of one app in one language, as files would hold it.

    :param missing: the texts without a translation.
    """

    path: Path
    po: bytes
    mo: bytes
    missing: tuple[str, ...]

    @property
    def is_up_to_date(self) -> bool:
        """Return whether the files hold this."""
        return all(
            path.is_file() and path.read_bytes() == data
            for path, data in ((self.path, self.po), (self.path.with_suffix(".mo"), self.mo))
        )

    def save(self) -> None:
        """Write both files."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(self.po)
        self.path.with_suffix(".mo").write_bytes(self.mo)


def update_catalogues() -> Iterator[Written]:
    """Yield the catalogue of each app in each language: today's texts with the translations they had."""
    for config in apps.get_app_configs():
        folder = Path(config.path)
        if not folder.is_relative_to(PACKAGE):
            continue
        texts = collect_texts(folder)
        if not len(texts):
            continue
        for language, _ in settings.LANGUAGES:
            if language != ENGLISH:
                yield _update(folder / "locale" / language / "LC_MESSAGES" / "django.po", language, texts)


def collect_texts(folder: Path) -> Catalog:
    """Return the texts that the Python files and templates under ``folder`` mark."""
    found = Catalog()
    for path in sorted([*folder.rglob("*.py"), *folder.rglob("*.html")]):
        source = path.read_text()
        python = _as_python(source) if path.suffix == ".html" else source
        name = path.relative_to(folder).as_posix()
        for line, text, comments, context in extract("python", io.BytesIO(python.encode()), MARKS):
            found.add(text, locations=[(name, line)], auto_comments=comments, context=context)
    return found


def _as_python(template: str) -> str:
    """Return a template with its texts as calls of ``gettext``; indentation would be an error in Python."""
    return "\n".join(line.lstrip() for line in templatize(template).splitlines())


def _update(path: Path, language: str, texts: Catalog) -> Written:
    had = Catalog(locale=language)
    if path.is_file():
        with path.open("rb") as file:
            had = read_po(file, locale=language)
    new = Catalog(
        locale=language,
        project="DeltaCrown",
        version="1",
        header_comment="",
        creation_date=NO_DATE,
        revision_date=NO_DATE,
        fuzzy=False,
        msgid_bugs_address="",
        last_translator="DeltaCrown",
        language_team="DeltaCrown",
    )
    missing = []
    for message in texts:
        if not message.id:
            continue
        before = had.get(_first(message), message.context)
        known = before.string if before is not None and before.pluralizable == message.pluralizable else None
        new.add(message.id, known, locations=sorted({(name, 0) for name, _ in message.locations}),
                context=message.context)  # fmt: skip
        if not known or not all(known if isinstance(known, list | tuple) else [known]):
            missing.append(_first(message))

    po, mo = io.BytesIO(), io.BytesIO()
    write_po(po, new, width=LINE_LENGTH, sort_by_file=True, include_lineno=False)
    write_mo(mo, new)
    return Written(path, po.getvalue(), mo.getvalue(), tuple(missing))


def _first(message: Message) -> str:
    return str(message.id[0] if isinstance(message.id, list | tuple) else message.id)
