"""Write several names, and names of scripts, as their language does: ``Ann, Bob and Cat``; ``Cyrillic``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from babel import Locale
from babel.lists import format_list

from deltacrown.core.words import ENGLISH, get_locale


def write_list(names: Sequence[str]) -> str:
    """Return names, the last two with an ``and`` between them."""
    return str(format_list(names, locale=get_locale()))


def write_choice(names: Sequence[str]) -> str:
    """Return names, the last two with an ``or`` between them."""
    return str(format_list(names, style="or", locale=get_locale()))


def name_script(script: str) -> str:
    """Return what a script is called, such as ``CYRILLIC``; one that Babel does not know by its own name."""
    known = get_locale().scripts.get(_list_codes().get(script, ""))
    return str(known or script.replace("_", " ").title())


@cache
def _list_codes() -> dict[str, str]:
    """Return name in capitals → the code of the script in CLDR."""
    return {name.upper(): code for code, name in Locale(ENGLISH).scripts.items()}
