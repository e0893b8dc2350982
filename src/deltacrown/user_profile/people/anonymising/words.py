"""Names that are words of facts as well: a player called as a map, a stat or a side is.

A plain name that stands in many facts in which the player had no part is such a word. There it is left, or
the facts of everybody would be spoilt by the name that one player chose.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator

from deltacrown.accounts.texts import Text, Texts, list_texts
from deltacrown.core.mentions import count_mentions, fold, is_plain
from deltacrown.user_profile.people.anonymising.about import Own, list_clues

#: A name in more rows of others than this is a word.
FEW = 20
BATCH = 2_000


def find_words(names: Iterable[str], own: Own) -> set[str]:
    """Return the folded names among ``names`` that are words of facts: a look through all facts."""
    plain = {fold(name) for name in names if is_plain(fold(name))}
    counts: Counter[str] = Counter()
    list_found = count_mentions(plain)
    for text in _read_facts_of_others(own) if plain else ():
        counts.update(list_found(text))
        if all(counts[name] > FEW for name in plain):
            break
    return {name for name in plain if counts[name] > FEW}


def _read_facts_of_others(own: Own) -> Iterator[str]:
    for texts in list_texts():
        columns = texts.list_columns(Text.FACT, Text.KEY)
        if columns:
            yield from _read_table(texts, columns, own)


def _read_table(texts: Texts, columns: list[str], own: Own) -> Iterator[str]:
    users, clues = list_clues(texts.model)
    rows = texts.model._base_manager.order_by("pk").values("pk", *columns, *users, *clues)
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        last = batch[-1]["pk"]
        for row in batch:
            written = [row[column] for column in columns if row[column]]
            if written and not own.has_part(row, users):
                yield json.dumps(written, ensure_ascii=False)
