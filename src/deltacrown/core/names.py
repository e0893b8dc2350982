"""Names: when two are the same, how they are found, which look alike, and what a name may hold.

Everything that compares, searches or checks a name uses the functions of this module. Their results are
stored beside the names (``name_keys``), so that SQLite, PostgreSQL and Python give one verdict. See
``docs/explanation/names.md``.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from itertools import pairwise

from anyascii import anyascii
from confusable_homoglyphs import categories
from confusable_homoglyphs.confusables import confusables_data
from django.utils.translation import gettext, gettext_noop

from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import BLANK_BRAILLE, INVISIBLE, check_text

#: A key is at most this long, as emoji and some scripts become much longer in ASCII.
LONGEST_KEY, LONGEST_SEARCH_KEY = 600, 500
#: Between the spellings of one search key. No query contains it.
BETWEEN_SPELLINGS = "\n"
#: Letters that people also write as two, besides the letter without its accent: Đoković, Djokovic.
TWO_LETTERS = str.maketrans({"đ": "dj", "ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})

#: Characters that turn the direction of the text after them.
BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
#: Joiners and variation selectors: part of emoji, and of the spelling of some languages.
JOINERS = frozenset("\u200c\u200d\ufe0e\ufe0f")
#: More combining marks than this on one letter are no spelling of any language.
MOST_MARKS = 4
#: What is written for an apostrophe; all are one in a key, and most keyboards have only the first.
APOSTROPHES = str.maketrans(dict.fromkeys("’‘‛ʼʻ′", "'"))
#: An acute accent on its own, which people type for an apostrophe, and what NFKC makes of it.
ACUTE, DECOMPOSED_ACUTE = "´", " \u0301"
#: The categories of what a username may hold besides blanks: letters, marks, digits, punctuation, symbols.
OF_USERNAMES = "LMNPS"
#: What stands between the provider and the value of an external id, so that no username is taken for one.
BETWEEN_PROVIDER_AND_ID = ":"
#: What a username may not look like: the public id of a player.
PUBLIC_ID = re.compile(r"DC-\d{2}-\d{6,12}", re.IGNORECASE)
#: Characters that stand for one of the others in many typefaces, once they are case folded.
SAME_STROKES = str.maketrans({"i": "l", "1": "l", "|": "l", "ı": "l", "0": "o"})
WORD = re.compile(r"\w+")
#: What a search may leave out of a name: all but letters, digits and blanks.
SIGNS = re.compile(r"[^\w\s]|_")
#: How to mend a name with a character that no name may hold.
UNSEEN = gettext_noop("remove %(character)s, which cannot be seen")
TURNING = gettext_noop("remove %(character)s, which turns the direction of text")
PRIVATE = gettext_noop("remove %(character)s, which is shown differently to everybody")


class InvalidName(InvalidInput):
    """The name holds what no name may hold, or nothing that can be seen."""


@functools.lru_cache(maxsize=65_536)
def make_name_key(name: str) -> str:
    """Return the key under which two spellings of one name are equal.

    NFKC and case folded, white space as one space, without characters that cannot be seen. ``İ``, ``I`` and
    ``i`` are one letter; ``ı`` is another.
    """
    key = name
    # Some characters need a second round: what case folding gives is not always in normal form.
    for _ in range(4):
        before, key = key, _fold_once(key)
        if key == before:
            break
    return key[:LONGEST_KEY]


def make_search_key(name: str) -> str:
    """Return the text in which a search looks for a name: every spelling of it in ASCII letters.

    Names with signs are also spelled with blanks for them, and without them: ``o'sullivan``, ``o sullivan``,
    ``osullivan``.
    """
    spellings = list_search_spellings(name)
    spaced, joined = map(_space_signs, spellings), (SIGNS.sub("", each) for each in spellings)
    lines = dict.fromkeys(filter(None, [*spellings, *spaced, *joined]))
    return BETWEEN_SPELLINGS.join(lines)[:LONGEST_SEARCH_KEY]


def list_search_spellings(text: str) -> list[str]:
    """Return ``text`` without accents and case, in ASCII, and how else people write it, if they do.

    ``Đoković`` is ``dokovic`` and ``djokovic``; ``Müller`` is ``muller`` and ``mueller``.
    """
    key = make_name_key(text)
    return list(dict.fromkeys([_write_in_ascii(key), _write_in_ascii(key.translate(TWO_LETTERS))]))


def list_query_spellings(query: str) -> list[str]:
    """Return what to look for in search keys: the spellings of a query, with blanks for signs.

    A query that is hardly more than signs is looked for as it is.
    """
    spellings = [(each, _space_signs(each)) for each in list_search_spellings(query)]
    return list(dict.fromkeys(spaced if len(spaced) > 1 else plain for plain, spaced in spellings))


def write_search_text(text: str) -> str:
    """Return the first of the spellings of ``text``: without accents and case, in ASCII."""
    return list_search_spellings(text)[0]


def make_skeleton(name: str) -> str:
    """Return what a name looks like: equal for names that are hard to tell apart (UTS 39).

    Names with equal keys have equal skeletons.
    """
    return _find_shape(name).translate(SAME_STROKES)


@functools.lru_cache(maxsize=4096)
def _find_shape(name: str) -> str:
    """Return a name in characters that stand for all that look like them; ``i``, ``l``, ``1`` are three."""
    if name.isascii():
        return make_name_key(name)

    # Before and after case folding: ``Н`` looks like ``H``, and ``н`` like none.
    composed = unicodedata.normalize("NFKC", name).translate(APOSTROPHES).replace(DECOMPOSED_ACUTE, "'")
    decomposed = unicodedata.normalize("NFD", composed)
    prototypes = "".join(map(_find_prototype, decomposed))
    key = make_name_key("".join(map(_find_prototype, make_name_key(prototypes))))
    return unicodedata.normalize("NFD", key)


def list_scripts(name: str) -> list[str]:
    """Return the script of each letter of a name, in order, such as ``LATIN`` or ``CYRILLIC``."""
    scripts = map(_find_script, make_name_key(name))
    return [script for script in scripts if script not in {"COMMON", "INHERITED"}]


def is_look_alike(name: str, other: str) -> bool:
    """Return whether two different names look alike because one takes unusual letters for the other's.

    Those are letters of another script, or ``ɡ`` for ``g``. ``Zer0`` and ``Zero`` are two names, and so are
    ``ılker`` and ``ilker``.
    """
    key, other_key = make_name_key(name), make_name_key(other)
    if make_skeleton(name) != make_skeleton(other) or key == other_key:
        return False
    if _find_shape(name) == _find_shape(other) and "ı" not in key + other_key:
        return True

    scripts, others = list_scripts(name), list_scripts(other)
    is_mixed = len(set(scripts)) > 1
    return bool(scripts and others) and (set(scripts) != set(others) or (is_mixed and scripts != others))


def clean_name(name: object, *, field: str, limit: int) -> str:
    """Return a name as it is stored: in normal form (NFC), trimmed, with single spaces.

    :raises InvalidInput: it is no text, empty, too long, or holds control characters.
    :raises InvalidName: it holds what no name may hold, or nothing that can be seen.
    """
    check_text(name, field=field, limit=limit * 4, required=True)
    cleaned = " ".join(unicodedata.normalize("NFC", str(name)).split())
    check_text(cleaned, field=field, limit=limit, required=True)
    if fault := _find_fault(cleaned):
        words = {"field": field, "name": f"{cleaned!r:.80}", "fix": fault}
        beside = gettext("This cannot be kept: %(fix)s.") % words
        raise InvalidName(gettext("%(field)s %(name)s: %(fix)s.") % words, field=field, at_field=beside)
    return cleaned


def clean_username(username: object, *, field: str, limit: int) -> str:
    """Return a username as it is stored: in normal form (NFKC), trimmed, with single spaces.

    :raises InvalidInput: as ``clean_name``.
    :raises InvalidName: as ``clean_name``; or it has a ``:``, is a public id, or has no letter and no digit.
    """
    check_text(username, field=field, limit=limit * 4, required=True)
    cleaned = tidy_username(str(username))
    check_text(cleaned, field=field, limit=limit, required=True)
    if fault := find_username_fault(cleaned):
        words = {"name": f"{cleaned!r:.80}", "fix": fault}
        raise InvalidName(gettext("%(name)s is not a valid username: %(fix)s.") % words, field=field)
    return cleaned


def tidy_username(username: str) -> str:
    """Return a username in normal form (NFKC), trimmed, with single spaces; it may break other rules."""
    composed = unicodedata.normalize("NFKC", username.replace(ACUTE, "'"))
    return " ".join(composed.split())


def find_username_fault(username: str) -> str:
    """Return how to mend a username that breaks a rule; ``""`` when it breaks none."""
    cleaned = tidy_username(username)
    if fault := _find_fault(cleaned) or next(filter(None, map(_find_wrong_sign, cleaned)), ""):
        return fault
    if PUBLIC_ID.fullmatch(cleaned):
        return gettext("write another name: this one is a public id")
    if any(unicodedata.category(mark)[0] == "M" for blank, mark in pairwise(cleaned) if blank == " "):
        return gettext("remove the accent after a blank")
    return "" if any(map(str.isalnum, cleaned)) else gettext("write at least one letter or digit")


def _find_wrong_sign(character: str) -> str:
    """Return how to mend a username with this character; ``""`` when a username may hold it."""
    if character == BETWEEN_PROVIDER_AND_ID:
        return gettext("remove “:”, which stands in external ids such as steam:76561198000000042")
    is_fine = unicodedata.category(character)[0] in OF_USERNAMES and character != BLANK_BRAILLE
    if is_fine or character == " " or character in JOINERS:
        return ""
    return _write_removal(UNSEEN, character)


def _fold_once(text: str) -> str:
    text = unicodedata.normalize("NFKC", text)
    if not text.isascii():
        text = "".join(character for character in text if character not in INVISIBLE)
    folded = text.casefold().replace("i\u0307", "i").translate(APOSTROPHES)
    folded = folded.replace(DECOMPOSED_ACUTE, "'")
    return unicodedata.normalize("NFKC", " ".join(folded.split()))


def _space_signs(text: str) -> str:
    return " ".join(SIGNS.sub(" ", text).split())


def _write_in_ascii(key: str) -> str:
    """Return a key in ASCII letters; a character that has none stays."""
    if key.isascii():
        return key
    composed = unicodedata.normalize("NFC", key)
    written = "".join(anyascii(character) or _keep(character) for character in composed)
    return " ".join(written.lower().split())


def _keep(character: str) -> str:
    return "" if unicodedata.category(character).startswith("M") else character


@functools.lru_cache(maxsize=4096)
def _find_prototype(character: str) -> str:
    """Return the character that stands for all that look like ``character``; ASCII stands for itself."""
    if character.isascii():
        return character
    alike = [each["c"] for each in confusables_data.get(character, ())]
    if "rn" in alike:
        return "m"
    plain = [each for each in alike if each.isascii()]
    if plain:
        return str(plain[0])

    candidates = [character, *(each for each in alike if len(each) == 1)]
    return str(max(candidates, key=_rank_prototype))


def _rank_prototype(character: str) -> tuple[bool, int, int]:
    """Rank the character in the middle first, which most others are listed as looking like."""
    is_foreign = _find_script(character) != "LATIN"
    return is_foreign, len(confusables_data.get(character, ())), -ord(character)


@functools.lru_cache(maxsize=4096)
def _find_script(character: str) -> str:
    if character.isascii():
        return "LATIN" if character.isalpha() else "COMMON"
    return str(categories.alias(character))


def _find_fault(name: str) -> str:
    """Return how to mend a name that holds what no name may hold; ``""`` when it is fine."""
    if name.isascii():
        return ""
    if fault := next(filter(None, (_find_wrong_character(name, place) for place in range(len(name)))), ""):
        return fault
    if unicodedata.category(name[0]).startswith("M"):
        return gettext("begin with a letter, not with an accent")
    if _count_marks(name) > MOST_MARKS:
        return gettext("put no more than %(most)s accents on one letter") % {"most": MOST_MARKS}
    if word := _find_pretence(name):
        return gettext("use one script for %(word)s, which mixes letters that look alike") % {
            "word": repr(word)
        }
    return ""


def _find_wrong_character(name: str, place: int) -> str:
    character = name[place]
    if character in BIDI_CONTROLS:
        return _write_removal(TURNING, character)
    if unicodedata.category(character) == "Co":
        return _write_removal(PRIVATE, character)
    if character in INVISIBLE and not _is_joining(name, place):
        return _write_removal(UNSEEN, character)
    return ""


def _write_removal(why: str, character: str) -> str:
    """Return how to mend a name with a character that no name may hold."""
    return gettext(why) % {"character": f"U+{ord(character):04X}"}


def _is_joining(name: str, place: int) -> bool:
    """Return whether the invisible character at ``place`` belongs to an emoji or to a word that needs it."""
    if name[place] not in JOINERS or place == 0:
        return False
    before = name[place - 1]
    if name[place] in "\u200c\u200d" and place == len(name) - 1:
        return False
    is_emoji = unicodedata.category(before) in {"So", "Sk", "Po", "Nd"} or before in JOINERS
    is_written_joined = unicodedata.category(before)[0] in "LM" and _find_script(before) not in {
        "LATIN",
        "GREEK",
        "CYRILLIC",
        "COMMON",
    }
    return is_emoji or is_written_joined


def _count_marks(name: str) -> int:
    """Return the length of the longest run of combining marks that take no room of their own."""
    longest = run = 0
    for character in unicodedata.normalize("NFD", name):
        run = run + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        longest = max(longest, run)
    return longest


def _find_pretence(name: str) -> str:
    """Return a word that looks like one of Latin letters only, and mixes them with others; ``""`` if none."""
    for word in WORD.findall(name):
        scripts = set(list_scripts(word))
        if "LATIN" in scripts and len(scripts) > 1 and set(list_scripts(make_skeleton(word))) == {"LATIN"}:
            return str(word)
    return ""
