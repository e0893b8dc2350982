"""The template filter for the name of a country."""

from __future__ import annotations

from django import template

from deltacrown.core.words import get_locale

register = template.Library()

#: What Unicode has as territories beside the countries of ISO 3166-1, and Kosovo.
NO_COUNTRIES = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}


@register.filter
def country(code: str) -> str:
    """Return the name of a country in the reader's language; its code where that is none of ISO 3166-1."""
    return code if code in NO_COUNTRIES else str(get_locale().territories.get(code, code))
