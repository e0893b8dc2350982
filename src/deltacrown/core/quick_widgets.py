"""Fields of forms, written without templates: the same markup as Django's, to the byte.

Django draws a select with a template for each of its options and two more for their attributes. A page that
filters a list has nine fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.html import conditional_escape
from django.utils.safestring import mark_safe

_WIDGETS = "django/forms/widgets/"
INPUTS = {f"{_WIDGETS}{kind}.html" for kind in ("date", "email", "hidden", "number", "text")}
SELECT, OPTION = f"{_WIDGETS}select.html", f"{_WIDGETS}select_option.html"


class Renderer(DjangoTemplates):
    """For ``FORM_RENDERER``: writes inputs and selects, and leaves the others to Django."""

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        """Return a field as markup."""
        if template_name in INPUTS:
            return mark_safe(_write_input(context["widget"]))  # noqa: S308 - escaped
        if template_name == SELECT and _is_plain(context["widget"]):
            return mark_safe(_write_select(context["widget"]))  # noqa: S308 - escaped
        return super().render(template_name, context, request)


def _is_plain(select: Mapping[str, Any]) -> bool:
    """Return whether a select has no groups, and its options are Django's own and named by texts."""
    return all(
        not group
        and all(
            each["template_name"] == OPTION and isinstance(each["label"], str | Promise) for each in options
        )
        for group, options, _ in select["optgroups"]
    )


def _write_input(widget: Mapping[str, Any]) -> str:
    value = widget["value"]
    written = "" if value is None else f' value="{_escape(value)}"'
    attributes = _write_attributes(widget["attrs"])
    return f'<input type="{_escape(widget["type"])}" name="{_escape(widget["name"])}"{written}{attributes}>'


def _write_select(widget: Mapping[str, Any]) -> str:
    options = "".join(
        f'\n  <option value="{_escape(each["value"])}"{_write_attributes(each["attrs"])}>'
        f"{_escape(each['label'])}</option>\n"
        for _, options, _ in widget["optgroups"]
        for each in options
    )
    return (
        f'<select name="{_escape(widget["name"])}"{_write_attributes(widget["attrs"])}>{options}\n</select>'
    )


def _write_attributes(attributes: Mapping[str, Any]) -> str:
    return "".join(
        f" {_escape(name)}" if value is True else f' {_escape(name)}="{_escape(value)}"'
        for name, value in attributes.items()
        if value is not False
    )


def _escape(value: Any) -> str:
    return conditional_escape(str(value))
