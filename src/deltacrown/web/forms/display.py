"""The form with which a reader chooses a language, a theme and a time zone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deltacrown.web.forms import PageForm
from deltacrown.web.reader import DARK, LANGUAGE, LIGHT, NO_ZONE, THEME, ZONE, is_zone, list_zones

#: The theme of the system, or the language of the browser; it is kept as no cookie.
SYSTEM = "system"
#: The continents and oceans of ``REGIONS``, as people call them.
REGION_NAMES = {
    "Africa": gettext_lazy("Africa"),
    "America": gettext_lazy("America"),
    "Antarctica": gettext_lazy("Antarctica"),
    "Arctic": gettext_lazy("Arctic"),
    "Asia": gettext_lazy("Asia"),
    "Atlantic": gettext_lazy("Atlantic"),
    "Australia": gettext_lazy("Australia"),
    "Europe": gettext_lazy("Europe"),
    "Indian": gettext_lazy("Indian"),
    "Pacific": gettext_lazy("Pacific"),
}


def _list_zones() -> list[Any]:
    by_region = [(REGION_NAMES[region], zones) for region, zones in list_zones()]
    return [("", _("That of this device")), (NO_ZONE, NO_ZONE), *by_region]


def _list_languages() -> list[Any]:
    return [(SYSTEM, _("As the browser has it")), *settings.LANGUAGES]


class DisplayForm(PageForm):
    """What a browser is to be shown. A field that is not sent stays as it was."""

    theme = forms.ChoiceField(
        required=False,
        choices=[
            (SYSTEM, gettext_lazy("As the system has it")),
            (LIGHT, gettext_lazy("Light")),
            (DARK, gettext_lazy("Dark")),
        ],
        widget=forms.RadioSelect,
        error_messages={
            "invalid_choice": gettext_lazy("There is no theme “%(value)s”. Choose one of the list.")
        },
    )
    language = forms.ChoiceField(
        required=False,
        choices=_list_languages,
        error_messages={
            "invalid_choice": gettext_lazy("There is no language “%(value)s”. Choose one of the list.")
        },
    )
    zone = forms.CharField(required=False, max_length=64, widget=forms.Select)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields[ZONE].widget = forms.Select(choices=_list_zones())

    def clean_zone(self) -> str:
        """Return the zone, also one that the list leaves out but this machine knows."""
        name = str(self.cleaned_data[ZONE])
        if name and not is_zone(name):
            sentence = _("There is no time zone “%(name)s”. Choose one of the list.")
            raise forms.ValidationError(sentence % {"name": name})
        return name

    @property
    def chosen(self) -> dict[str, str]:
        """Return the cookies to keep; an empty value stands for none."""
        wanted = {name: str(self.cleaned_data[name]) for name in (THEME, ZONE, LANGUAGE) if name in self.data}
        return {name: "" if value == SYSTEM else value for name, value in wanted.items()}
