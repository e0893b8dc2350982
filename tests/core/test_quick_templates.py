"""Quick templates give what Django's own give, for each kind of value and each way to miss one."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.template import Context, Engine, Template, VariableDoesNotExist, engines
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy, override

from deltacrown.core.addresses import write_address
from deltacrown.core.quick_templates import Loader, QuickTemplate

pytestmark = pytest.mark.once

OURS, DJANGOS = "deltacrown.core.quick_templates.Loader", "django.template.loaders.cached.Loader"
PARTS = {
    "failing 0": "{{ row.broken }}",
    "failing 1": "{{ name|default:row.none.at }}",
    "failing 2": "{% for a, b in list %}{% endfor %}",
    "said": "{% translate 'Matches' %}",
    "part": "[{{ name }}{{ n }}{% cycle 'a' 'b' %}]",
    "frame": "<{% block inner %}{{ name }}{% endblock %}>",
    "page": '{% extends "frame" %}{% block inner %}{{ block.super }}!{% endblock %}',
}


class Row:
    """What templates look at: attributes, properties and methods."""

    plain = "a & b"

    @property
    def broken(self) -> str:
        raise AttributeError("no such thing")

    @property
    def gone(self) -> str:
        raise ObjectDoesNotExist

    def method(self) -> str:
        return "<called>"

    def takes(self, given: str) -> str:
        return given

    def delete(self) -> str:
        raise AssertionError("templates change nothing")

    delete.alters_data = True  # type: ignore[attr-defined]


VALUES: dict[str, Any] = {
    "name": "O'Hara <b>",
    "safe": format_html("<i>{}</i>", "&"),
    "lazy": gettext_lazy("Matches"),
    "n": 1234567,
    "yes": True,
    "nothing": None,
    "rate": 12.5,
    "amount": Decimal("1234.50"),
    "at": datetime(2025, 3, 4, 5, 6, tzinfo=UTC),
    "list": ["x", "y"],
    "pairs": {"items": "an item", "key": {"deep": 5}},
    "row": Row(),
    "type": Row,
    "made": lambda: "made",
}
SOURCES = [
    "{{ name }}{{ safe }}{{ lazy }}{{ n }}{{ yes }}{{ nothing }}{{ rate }}{{ amount }}{{ at }}{{ made }}",
    "{{ list.1 }}{{ list.7 }}{{ list.count }}{{ pairs.items }}{{ pairs.key.deep }}{{ pairs.keys }}",
    "{{ row.plain }}{{ row.method }}{{ row.takes }}{{ row.delete }}{{ row.gone }}{{ row.none }}",
    "{{ type.plain }}{{ missing }}{{ missing.at }}{{ row.none.at }}{{ row.plain.0 }}.",
    "{% autoescape off %}{{ name }}{{ safe }}{{ n }}{% translate 'Matches' %}{% endautoescape %}",
    "{{ name|upper }}{{ safe|lower }}{{ n|add:'5' }}{{ nothing|default:name }}",
    "{{ missing|default:_('Matches') }}{{ list|join:' & ' }}{{ at|date:'Y' }}",
    "{{ name|default:n|truncatechars:4 }}{{ 'a<'|upper }}",
    "{% if missing %}1{% elif row.none or not row.plain %}2{% elif n > 5 and name %}3{% else %}4{% endif %}",
    "{% with other=row.plain more=n %}{{ other }}{{ more }}{% endwith %}{{ other }}",
    "{% for each in list %}{% include 'part' with name=each %}{{ forloop.counter }}{% endfor %}{{ each }}",
    "{% include 'part' %}{% include 'part' only %}{% include wanted %}{% include 'page' %}",
    "{% translate 'Matches' %}{% translate 'Matches' as said %}-{{ said }}{% translate name %}",
    "{% translate 'Matches' noop %}{% translate 'More' context 'of the head' %}{% translate '50%' %}",
    "{% language 'tr' %}{% translate 'Matches' %}{% endlanguage %}{% translate 'Matches' %}",
    "{% url 'home' %}{% url 'player' 'DC-25-000042' %}{% url 'none' as gone %}{{ gone }}",
    "{% url 'home' as address %}{{ address }}{{ 5|add:3 }}",
    "{% firstof missing name %}{% cycle 'a' 'b' as turn %}{{ turn }}{% now 'Y' as year %}{{ year|length }}",
]


def make_engines() -> tuple[Engine, Engine]:
    """Return an engine of ours and one of Django's."""
    return make_engine(OURS), make_engine(DJANGOS)


def make_engine(loader: str, **options: Any) -> Engine:
    """Return an engine with the tags of the site."""
    site: Any = engines["django"]
    texts = {**PARTS, **_number(SOURCES)}
    return Engine(
        loaders=[(loader, [("django.template.loaders.locmem.Loader", texts)])],  # type: ignore[list-item]
        libraries=site.engine.libraries,
        builtins=["django.templatetags.i18n"],
        **options,
    )


def _number(sources: list[str]) -> dict[str, str]:
    return {f"source {number}": source for number, source in enumerate(sources)}


@pytest.mark.parametrize("language", ["en", "tr"])
@pytest.mark.parametrize("number", range(len(SOURCES)))
def test_a_quick_template_gives_what_djangos_gives(number: int, language: str):
    ours, djangos = (engine.get_template(f"source {number}") for engine in make_engines())
    assert type(ours) is QuickTemplate
    assert type(djangos) is Template

    for _ in range(2):  # what is kept for the second time is the same
        with override(language):
            written = ours.render(Context({**VALUES, "wanted": "part"}))
            assert written == djangos.render(Context({**VALUES, "wanted": "part"}))
    assert written


def test_a_text_is_in_the_language_of_each_time():
    ours, _ = make_engines()
    template = ours.get_template("said")
    with override("en"):
        english = template.render(Context(VALUES))
    with override("tr"):
        assert template.render(Context(VALUES)) != english
    with override("en"):
        assert template.render(Context(VALUES)) == english


@pytest.mark.parametrize("number", range(3))
def test_what_django_raises_is_raised(number: int):
    failures = []
    for engine in make_engines():
        with pytest.raises((AttributeError, VariableDoesNotExist, ValueError)) as failure:
            engine.get_template(f"failing {number}").render(Context(VALUES))
        failures.append((failure.type, str(failure.value)[:40]))
    assert failures[0] == failures[1]


def test_a_template_that_is_debugged_is_djangos_own():
    assert type(make_engine(OURS, debug=True).get_template("part")) is Template


def test_the_site_is_drawn_by_quick_templates():
    site: Any = engines["django"]
    [loader] = site.engine.template_loaders
    assert isinstance(loader, Loader)
    assert type(site.engine.get_template("web/base.html")) is QuickTemplate


ADDRESSES: list[tuple[str, list[object]]] = [
    ("home", []),
    ("player", ["DC-25-000042"]),
    ("match", ["valorant", "a match/7 & more"]),
    ("match", ["valorant", "VCT-1"]),
    ("tournament", ["masters-2025"]),
    ("player-stat", ["DC-25-000042", "matches_won"]),
]


@pytest.mark.parametrize(("name", "args"), ADDRESSES)
def test_an_address_is_what_reverse_says(name: str, args: list[object]):
    assert write_address(name, *args) == reverse(name, args=args)


@pytest.mark.parametrize(
    ("name", "args"), [("player", ["nobody"]), ("player", []), ("no-page", []), ("match", ["a b", "c"])]
)
def test_an_address_that_there_is_not_is_refused(name: str, args: list[object]):
    with pytest.raises(NoReverseMatch):
        reverse(name, args=args)
    with pytest.raises(NoReverseMatch):
        write_address(name, *args)
