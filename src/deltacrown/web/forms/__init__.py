"""The HTML forms: they parse what a browser sends into the typed values that pages and services take.

Rules are the services' own. A form checks what only it knows: which fields there are, and their types. What
a service refuses is added to the form with ``add_refusal``, so that the page shows it beside the field.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise

from deltacrown.core.errors import DomainError, InvalidInput


class PageForm(forms.Form):
    """A form whose HTML stands in the template of its page, field by field, each inside its label."""

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=initial, auto_id=False)

    def add_refusal(self, refusal: DomainError) -> None:
        """Add the message of a service's refusal to the field it names, or to the whole form."""
        if refusal.field in self.fields:
            self.add_error(refusal.field, refusal.at_field)
        else:
            self.add_error(None, refusal.message)

    @property
    def problems(self) -> list[str]:
        """Return the messages of all errors, in the order of the fields."""
        found: list[str] = []
        for messages in self.errors.values():
            found.extend(str(message) for message in messages)
        return found

    def require_valid(self) -> dict[str, Any]:
        """Return the cleaned values.

        :raises InvalidInput: the first error; for pages that answer it with a page of its own.
        """
        for field, messages in self.errors.items():
            raise InvalidInput(str(messages[0]), field=field)
        return self.cleaned_data


class DayInput(forms.DateInput):
    """The browser's input for a date."""

    input_type = "date"


def choices_of(label: str | Promise, choices: Any) -> list[tuple[Any, Any]]:
    """Return choices that begin with an empty one, labelled ``label``."""
    return [("", label), *choices]
