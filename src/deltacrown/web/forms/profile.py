"""The forms of what players say of themselves: the profile, and ids at other providers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deltacrown.accounts.models import LONGEST_USERNAME
from deltacrown.core.errors import DomainError
from deltacrown.user_profile.models.links import ProfileLink
from deltacrown.user_profile.people.identities import LONGEST_BIO, LONGEST_DISPLAY_NAME, Identity
from deltacrown.user_profile.people.links import LONGEST_LABEL, LONGEST_URL, MOST_LINKS
from deltacrown.web.countries import list_countries, name_country
from deltacrown.web.forms import PageForm

#: The field of a refusal of ``clean_links``.
OF_A_LINK = re.compile(r"links\.(\d+)\.(url|label)", re.ASCII)


class LinkFields(NamedTuple):
    """The two fields of one link, and its number for people."""

    number: int
    url: BoundField
    label: BoundField


class ProfileForm(PageForm):
    """What a player says of themselves on the profile; what it may not hold the service refuses."""

    display_name = forms.CharField(
        required=False,
        widget=forms.TextInput(attrs={"maxlength": LONGEST_DISPLAY_NAME, "autocomplete": "off"}),
    )
    country = forms.ChoiceField(
        required=False,
        error_messages={
            "invalid_choice": gettext_lazy("This is no country of the list: choose one, or none.")
        },
    )
    bio = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 5, "maxlength": LONGEST_BIO}))

    def __init__(self, data: Mapping[str, Any] | None = None, *, shown: Identity) -> None:
        links = [link.as_stored() for link in shown.links or ()]
        initial: dict[str, Any] = {name: getattr(shown, name) for name in self.base_fields}
        for number, link in enumerate(links):
            initial |= {f"{name}_{number}": value for name, value in link.items()}
        super().__init__(data, initial=initial)
        self._add_link_fields()
        countries = list_countries()
        if shown.country and shown.country not in dict(countries):
            countries.append((shown.country, name_country(shown.country)))
        self.fields["country"].choices = [("", _("Not said")), *countries]  # type: ignore[attr-defined]

    def _add_link_fields(self) -> None:
        for number in range(MOST_LINKS):
            address: dict[str, Any] = {
                "maxlength": LONGEST_URL,
                "inputmode": "url",
                "placeholder": "https://",
            }
            limits: dict[str, dict[str, Any]] = {"url": address, "label": {"maxlength": LONGEST_LABEL}}
            for name, attrs in limits.items():
                field = forms.CharField(required=False, widget=forms.TextInput(attrs=attrs))
                self.fields[f"{name}_{number}"] = field

    @property
    def links(self) -> list[LinkFields]:
        """Return the fields of each link, for the template."""
        return [
            LinkFields(number + 1, self[f"url_{number}"], self[f"label_{number}"])
            for number in range(MOST_LINKS)
        ]

    def clean(self) -> None:
        """Refuse a label without an address."""
        for number in range(MOST_LINKS):
            if self.cleaned_data.get(f"label_{number}") and not self.cleaned_data.get(f"url_{number}"):
                self.add_error(
                    f"url_{number}",
                    _("This is empty beside a label: write the address, or remove the label."),
                )

    def read_wishes(self) -> dict[str, Any]:
        """Return what the service takes."""
        links = [
            ProfileLink(self.cleaned_data[f"url_{number}"], self.cleaned_data[f"label_{number}"])
            for number in self._list_written()
        ]
        texts = {name: self.cleaned_data[name] for name in self.base_fields}
        return {**texts, "bio": texts["bio"].replace("\r\n", "\n"), "links": links}

    def add_refusal(self, refusal: DomainError) -> None:
        """Add a refusal to the field it is about: the service does not count rows that were left empty."""
        found = OF_A_LINK.fullmatch(refusal.field)
        if found is None:
            super().add_refusal(refusal)
        else:
            row = self._list_written()[int(found[1])]
            self.add_error(f"{found[2]}_{row}", refusal.at_field)

    def _list_written(self) -> list[int]:
        return [number for number in range(MOST_LINKS) if self.cleaned_data.get(f"url_{number}")]


class UsernameForm(PageForm):
    """Says what a player wants to be called; looks at it first, or takes it."""

    PREVIEW, RENAME = "preview", "rename"

    # The service refuses a name that is empty or too long: with the same words for the API.
    username = forms.CharField(
        required=False,
        strip=False,
        widget=forms.TextInput(
            attrs={
                "maxlength": LONGEST_USERNAME,
                "required": True,
                "autocomplete": "username",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
    )
    do = forms.ChoiceField(required=False, choices=[(PREVIEW, ""), (RENAME, "")])

    @property
    def is_sure(self) -> bool:
        """Return whether the name is to be taken, and not only looked at."""
        return bool(self.cleaned_data["do"] == self.RENAME)


class ExternalIdForm(PageForm):
    """Says that an id at a provider is the player's own, or that it is to be removed."""

    CLAIM, REMOVE = "claim", "remove"

    provider = forms.CharField(
        required=False, widget=forms.TextInput(attrs={"list": "providers", "autocomplete": "off"})
    )
    external_id = forms.CharField(required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    do = forms.ChoiceField(required=False, choices=[(CLAIM, ""), (REMOVE, "")])

    @property
    def is_removal(self) -> bool:
        """Return whether the id is to be removed."""
        return bool(self.cleaned_data["do"] == self.REMOVE)

    def read_address(self) -> str:
        """Return the id as ``provider:id``."""
        return f"{self.cleaned_data['provider'].strip()}:{self.cleaned_data['external_id'].strip()}"
