"""Stored texts: English in the database, in the reader's language on pages."""

import pytest
from django.utils.translation import override

from deltacrown.core import words
from deltacrown.core.words import declare_stored, in_english, translate_stored

pytestmark = pytest.mark.once

TURKISH = {
    "it was a walkover": "hükmen galibiyetti",
    "struck out on %(day)s: %(reason)s": "nedeni %(reason)s, günü %(day)s",
}


@pytest.fixture
def known(monkeypatch):
    """Return words with a few sentences declared and translated."""
    monkeypatch.setattr(words, "_DECLARED", {})
    monkeypatch.setattr(words, "gettext", lambda text: TURKISH.get(text, text))
    declare_stored("struck out on %(day)s: %(reason)s")
    return words


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("", ""),
        ("it was a walkover", "hükmen galibiyetti"),
        ("struck out on Monday: cheating", "nedeni cheating, günü Monday"),
        ("struck out on Monday: two\nlines, 100%, %(day)s", "nedeni two\nlines, 100%, %(day)s, günü Monday"),
        ("struck out on Monday: ", "struck out on Monday: "),
        ("he said it was a walkover", "he said it was a walkover"),
        ("he was struck out on Monday: cheating", "he was struck out on Monday: cheating"),
    ],
)
def test_a_stored_text_is_translated_where_the_site_wrote_it(known, stored, shown):
    with override("tr"):
        assert translate_stored(stored) == shown
    with in_english():
        assert translate_stored(stored) == stored
