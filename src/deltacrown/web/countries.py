"""The countries of ISO 3166-1, by their names in the reader's language."""

from __future__ import annotations

import re

from anyascii import anyascii

from deltacrown.core.words import get_locale

CODE = re.compile(r"[A-Z]{2}", re.ASCII)
#: What Unicode has as territories beside the countries of ISO 3166-1, and Kosovo.
NO_COUNTRIES = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}


def name_country(code: str) -> str:
    """Return the name of a country in the reader's language; its code where that is none of ISO 3166-1."""
    return code if code in NO_COUNTRIES else str(get_locale().territories.get(code, code))


def list_countries() -> list[tuple[str, str]]:
    """Return the code and the name of each country, by name; accents do not matter."""
    codes = (str(code) for code in get_locale().territories)
    named = [
        (code, name_country(code)) for code in codes if CODE.fullmatch(code) and code not in NO_COUNTRIES
    ]
    return sorted(named, key=lambda each: (anyascii(each[1]).casefold(), each[0]))
