"""Fields that are written without templates are those that Django's templates write."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from deltacrown.core.quick_widgets import Renderer
from deltacrown.web.forms import DayInput

pytestmark = pytest.mark.once

CHOICES = [("", gettext_lazy("All games")), ("a&b", "A & <B>"), (5, format_html("<i>{}</i>", "five")), (7, 7)]
WIDGETS: list[forms.Widget] = [
    forms.TextInput(
        attrs={"placeholder": '"quoted" & <more>', "required": True, "disabled": False, "size": 8}
    ),
    forms.TextInput(),
    DayInput(attrs={"max": "2025-01-31"}),
    forms.EmailInput(),
    forms.NumberInput(attrs={"min": 0}),
    forms.HiddenInput(),
    forms.Select(choices=CHOICES[:3], attrs={"class": "short"}),
    forms.Select(choices=CHOICES),
    forms.Select(choices=[("Group <1>", CHOICES[1:3]), ("z", "Z")]),
    forms.SelectMultiple(choices=CHOICES),
    forms.CheckboxInput(),
    forms.Textarea(),
    forms.RadioSelect(choices=CHOICES),
]
VALUES: list[Any] = [None, "", "a&b", 5, "<script>", format_html("<b>{}</b>", "safe"), True]


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("value", VALUES, ids=str)
def test_a_field_is_written_as_django_writes_it(widget: forms.Widget, value: Any):
    ours, djangos = (
        widget.render("na<me", value, {"id": "filter-<x>"}, renderer=renderer)
        for renderer in (Renderer(), DjangoTemplates())
    )
    assert ours == djangos
    assert "<script>" not in ours
    assert type(ours) is type(djangos)
