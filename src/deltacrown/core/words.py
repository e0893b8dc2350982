"""The language of the reader: what is written for people, and what is stored, are two things.

Messages and labels go through ``gettext`` when they are written for somebody. What is stored is English, in
every language of whoever happened to bring it about, and is translated when it is shown.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from babel import Locale
from django.utils.translation import get_language, gettext, override, to_locale

#: Of what is stored, of programs and of staff's own tools.
ENGLISH = "en"
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
#: How a stored sentence with placeholders looks once they are filled → the sentence.
_DECLARED: dict[re.Pattern[str], str] = {}


def in_english() -> override:
    """Return a context in which ``gettext`` leaves every text as it is: for what will be stored or logged."""
    return override(ENGLISH)


def declare_stored(sentence: str) -> str:
    """Declare a sentence that is stored with its placeholders filled in, so that it is known when shown.

    :param sentence: marked with ``gettext_noop``, with placeholders as in ``%(reason)s``.
    :return: the sentence.
    """
    words = [re.escape(word) for word in _PLACEHOLDER.split(sentence)[::2]]
    names = _PLACEHOLDER.findall(sentence)
    pattern = words[0] + "".join(f"(?P<{name}>.+){word}" for name, word in zip(names, words[1:], strict=True))
    _DECLARED[re.compile(pattern, re.DOTALL)] = sentence
    return sentence


def translate_stored(text: str) -> str:
    """Return a stored text in the reader's language where the site wrote it, else as a person wrote it."""
    language = get_language()
    return text if not text or language == ENGLISH else _translate(text, language)


#: The same names and reasons are in the rows of many pages.
@lru_cache(maxsize=4096)
def _translate(text: str, language: str | None) -> str:  # noqa: ARG001 - it is the current one
    if (said := gettext(text)) != text:
        return said
    for pattern, sentence in _DECLARED.items():
        if found := pattern.fullmatch(text):
            return gettext(sentence) % found.groupdict()
    return text


def get_locale() -> Locale:
    """Return how the reader's language writes numbers, months and countries."""
    return _find_locale(get_language() or ENGLISH)


@cache
def _find_locale(language: str) -> Locale:
    return Locale.parse(to_locale(language))
