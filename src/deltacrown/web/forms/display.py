"""The form with which a reader chooses a theme and a time zone."""

from __future__ import annotations

from typing import Any

from django import forms

from deltacrown.web.forms import PageForm
from deltacrown.web.reader import DARK, LIGHT, NO_ZONE, THEME, ZONE, is_zone, list_zones

#: The theme of the system; it is kept as no cookie.
SYSTEM = "system"


def _list_choices() -> list[Any]:
    return [("", "That of this device"), (NO_ZONE, NO_ZONE), *list_zones()]


class DisplayForm(PageForm):
    """What a browser is to be shown. A field that is not sent stays as it was."""

    theme = forms.ChoiceField(
        required=False,
        choices=[(SYSTEM, "As the system has it"), (LIGHT, "Light"), (DARK, "Dark")],
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "There is no theme “%(value)s”. Choose one of the list."},
    )
    zone = forms.CharField(required=False, max_length=64, widget=forms.Select)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields[ZONE].widget = forms.Select(choices=_list_choices())

    def clean_zone(self) -> str:
        """Return the zone, also one that the list leaves out but this machine knows."""
        name = str(self.cleaned_data[ZONE])
        if name and not is_zone(name):
            raise forms.ValidationError(f"There is no time zone “{name}”. Choose one of the list.")
        return name

    @property
    def chosen(self) -> dict[str, str]:
        """Return the cookies to keep; an empty value stands for none."""
        wanted = {name: str(self.cleaned_data[name]) for name in (THEME, ZONE) if name in self.data}
        if wanted.get(THEME) == SYSTEM:
            wanted[THEME] = ""
        return wanted
