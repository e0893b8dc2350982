"""Every text has a Turkish one that fits it, and the files are as the command would write them now."""

from __future__ import annotations

import ast
import io
import re

import pytest
from babel.messages.pofile import read_po

from deltacrown.core.catalogues import MARKS, Written, collect_texts, update_catalogues
from tests.architecture.source import Module, dotted, list_modules
from tests.architecture.source import sample as module_of

pytestmark = pytest.mark.once

PLACEHOLDER = re.compile(r"%\((\w+)\)([a-z])|%%")
#: What a sentence may do without: the number that its plural form has.
TAG = re.compile(r"</?[a-z]+")


@pytest.fixture(scope="module")
def catalogues() -> list[Written]:
    return list(update_catalogues())


def test_every_text_is_translated(catalogues):
    assert [f"{each.path}: {text}" for each in catalogues for text in each.missing] == []


def test_the_files_are_up_to_date(catalogues):
    old = [each.path for each in catalogues if not each.is_up_to_date]

    assert old == [], "run `make translations`"


def test_a_translation_holds_what_its_text_holds(catalogues):
    """The same values are put in, and the same marks of HTML stand around them."""
    faults = []
    for each in catalogues:
        for message in read_po(io.BytesIO(each.po), locale="tr"):
            if message.id:
                faults += [f"{each.path}: {fault}" for fault in find_misfits(message.id, message.string)]

    assert faults == []


def find_misfits(text: str | tuple[str, ...], translated: str | tuple[str, ...]) -> list[str]:
    """What a translation lacks of its text, or has more."""
    forms = [text] if isinstance(text, str) else list(text)
    wanted = {mark for form in forms for mark in list_marks(form)}
    translations = [translated] if isinstance(translated, str) else list(translated)
    found = []
    for form, needed in zip(translations, forms, strict=True):
        marks = set(list_marks(form))
        if marks - wanted or set(list_marks(needed)) - marks:
            found.append(f"{form!r} for {needed!r}")
        if form[:1].isspace() != forms[-1][:1].isspace() or form[-1:].isspace() != forms[-1][-1:].isspace():
            found.append(f"other blanks around {form!r}")
    return found


def list_marks(text: str) -> list[str]:
    return [found[0] for found in PLACEHOLDER.finditer(text)] + TAG.findall(text)


@pytest.mark.parametrize(
    ("text", "translated", "faults"),
    [
        ("%(n)s of %(all)s", "%(all)s içinden %(n)s", 0),
        ("%(n)s of %(all)s", "%(n)s", 1),
        ("Joined %(team)s", "%(takım)s", 1),
        ("See <b>%(name)s</b>", "%(name)s", 1),
        ("and ", "ve", 1),
        (("One match", "%(n)s matches"), ("%(n)s maç", "%(n)s maç"), 0),
        (("One match", "%(n)s matches"), ("Bir maç", "%(n)s maç"), 0),
        (("One match", "%(n)s matches"), ("Bir maç", "çok maç"), 1),
    ],
)
def test_a_misfit_is_found(text, translated, faults):
    assert len(find_misfits(text, translated)) == faults


#: A text that is put together. A name stands for a text that is marked where it is written.
COMPUTED = (ast.JoinedStr, ast.BinOp, ast.Call)


def list_marked(tree: ast.AST) -> list[ast.Call]:
    """Calls of ``gettext`` and its relatives."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call for call in calls if dotted(call.func).rpartition(".")[2] in MARKS]


def find_computed(module: Module) -> list[str]:
    """Calls of ``gettext`` and its relatives with a text that no translator was given."""
    found = []
    for node in list_marked(module.tree):
        places = MARKS[dotted(node.func).rpartition(".")[2]] or (1,)
        texts = [
            node.args[place - 1] for place in (each if isinstance(each, int) else each[0] for each in places)
        ]
        if any(isinstance(text, COMPUTED) for text in texts):
            found.append(module.at(node))
    return found


def test_only_texts_that_are_written_there_are_marked():
    assert [call for module in list_modules() for call in find_computed(module)] == []


def test_a_computed_text_is_found():
    code = (
        'gettext(f"{name} is taken")\n_("Taken")\nngettext("one", "so " + many, 2)\npgettext("c", "Played")'
    )

    assert len(find_computed(module_of(code))) == 2


def find_hidden(module: Module) -> list[str]:
    """Such calls within an f-string: what collects the texts does not look there."""
    formatted = [node for node in ast.walk(module.tree) if isinstance(node, ast.JoinedStr)]
    return sorted({module.at(call) for node in formatted for call in list_marked(node)})


def test_no_text_is_hidden_in_an_f_string():
    assert [call for module in list_modules() for call in find_hidden(module)] == []


def test_a_hidden_text_is_found():
    assert len(find_hidden(module_of('f"<b>{_(\'Tied\')}</b>"\nnamed = _("Tied")\nf"<b>{named}</b>"'))) == 1


def test_texts_of_templates_and_of_python_are_collected(tmp_path):
    (tmp_path / "a.py").write_text(
        '_("Won")\nngettext("%(n)s match", "%(n)s matches", n)\npgettext("c", "Played")'
    )
    (tmp_path / "b.html").write_text(
        '<h1>\n    {% translate "Lost" %}</h1>\n  {% blocktranslate trimmed count n=n %}One <b>row</b>'
        "{% plural %}{{ n }} rows{% endblocktranslate %}"
    )

    found = {(text.id, text.context) for text in collect_texts(tmp_path) if text.id}

    assert found == {
        ("Won", None),
        (("%(n)s match", "%(n)s matches"), None),
        ("Played", "c"),
        ("Lost", None),
        (("One <b>row</b>", "%(n)s rows"), None),
    }
